"""The index of the plain search (photos/search): FTS5 on SQLite, a tsvector with a GIN on PostgreSQL; filled here."""

from django.db import migrations


def create(apps, schema_editor):
    from photos.search.keeping import backend

    backend().create()


def fill(apps, schema_editor):
    from photos.search import index

    photos, last = apps.get_model("photos", "Photo").objects.order_by("pk"), 0
    while ids := list(photos.filter(pk__gt=last).values_list("pk", flat=True)[:5_000]):
        index(ids)
        last = ids[-1]


def drop(apps, schema_editor):
    from photos.search.keeping import backend

    backend().drop()


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(create, drop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
