"""Write down what the search knows of each picture; what an earlier version wrote is written anew where it differs."""

from django.db import migrations


def fill(apps, schema_editor):
    from photos.search import index

    photos, last = apps.get_model("photos", "Photo").objects.order_by("pk"), 0
    while ids := list(photos.filter(pk__gt=last).values_list("pk", flat=True)[:5_000]):
        index(ids)
        last = ids[-1]


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0005_search_facts'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
