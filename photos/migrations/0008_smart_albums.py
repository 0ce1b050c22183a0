"""A search kept as an album, which nobody but its owner may look into; and wider indexes for searches by marks."""

from django.db import migrations, models
from django.db.models import F, Q


def marks(first, second):
    condition = Q(represented=False, trashed_at__isnull=True)
    columns = ("owner", first, F("shown_at").desc(), F("id").desc(), second, "collection")
    return models.Index(*columns, condition=condition, name=f"photo_{first}")


class Migration(migrations.Migration):
    dependencies = [("photos", "0007_lookalikes")]

    operations = [
        migrations.AddField(
            "album",
            "query",
            models.CharField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "album",
            models.CheckConstraint(condition=Q(query="") | Q(access="private"), name="album_smart_private"),
        ),
        migrations.RemoveIndex("photo", "photo_rating"),
        migrations.AddIndex("photo", marks("rating", "decision")),
        migrations.RemoveIndex("photo", "photo_decision"),
        migrations.AddIndex("photo", marks("decision", "rating")),
    ]
