"""The index of the plain search (photos/search): FTS5 on SQLite, a tsvector with a GIN on PostgreSQL.

What fills it is in 0006: it needs the tables of 0005.
"""

from django.db import migrations


def create(apps, schema_editor):
    from photos.search.keeping import backend

    backend().create()


def drop(apps, schema_editor):
    from photos.search.keeping import backend

    backend().drop()


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0002_library'),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
