"""What a file says of how it was made, whether it is signed, and the sidecar of a final.

The columns are added in place: Django would copy the whole table on SQLite for each that has a default of its own.
"""

from django.db import migrations, models
from django.db.models import F, Q

ADDED = (("signed", "varchar(8)", ""), ("sidecar_sha256", "varchar(64)", ""))


def add_columns(apps, schema_editor):
    for name, kind, _default in ADDED:
        schema_editor.execute(f"ALTER TABLE photos_photo ADD COLUMN {name} {kind} DEFAULT '' NOT NULL")


def drop_columns(apps, schema_editor):
    for name, *_ in reversed(ADDED):
        schema_editor.execute(f"ALTER TABLE photos_photo DROP COLUMN {name}")


class Migration(migrations.Migration):
    dependencies = [("photos", "0012_places")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_columns, drop_columns)],
            state_operations=[
                migrations.AddField(
                    "photo", "signed", models.CharField(blank=True, db_default="", default="", max_length=8)
                ),
                migrations.AddField(
                    "photo",
                    "sidecar_sha256",
                    models.CharField(blank=True, db_default="", default="", max_length=64),
                ),
            ],
        ),
        migrations.AddField("photo", "marked_as", models.CharField(max_length=60, null=True)),
        migrations.AddField("photo", "marking", models.PositiveSmallIntegerField(editable=False, null=True)),
        migrations.AddIndex(
            "photo",
            models.Index(
                "owner", "marking", F("id").desc(), name="photo_marking",
                condition=Q(trashed_at__isnull=True, marking__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "photo",
            models.Index(
                "owner", "id", name="photo_not_read_back",
                condition=Q(trashed_at__isnull=True, marking__isnull=True),
            ),
        ),
    ]  # fmt: skip
