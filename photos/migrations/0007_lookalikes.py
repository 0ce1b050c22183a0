"""Duplicates, indexes for look-alikes of one owner, and the stack of each recipe that is there."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

CHUNK = 2_000


def stack(apps, schema_editor):
    from photos.stacking import FACTS, stack_of

    recipes, last = apps.get_model("photos", "Recipe").objects.order_by("pk"), 0
    fields = ("photo_id", "photo__owner_id", "loras", *FACTS)
    while rows := list(recipes.filter(pk__gt=last).select_related("photo").only(*fields)[:CHUNK]):
        for recipe in rows:
            recipe.stack = stack_of(recipe, recipe.photo.owner_id)
        recipes.bulk_update([recipe for recipe in rows if recipe.stack], ["stack"], batch_size=400)
        last = rows[-1].pk


def looks(name, n):
    condition = Q(represented=False, trashed_at__isnull=True)
    return models.Index(fields=["owner", f"phash{n}"], condition=condition, name=f"{name}{n}")


class Migration(migrations.Migration):

    dependencies = [
        ("photos", "0005_search_facts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(migrations.RemoveIndex(model_name="photo", name=f"photo_phash{n}") for n in range(4)),
        *(migrations.AddIndex(model_name="photo", index=looks("photo_looks", n)) for n in range(4)),
        migrations.AddField(
            model_name="recipe", name="stack", field=models.BigIntegerField(editable=False, null=True)
        ),
        migrations.RunPython(stack, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="recipe",
            index=models.Index(
                fields=["stack", "photo"], condition=Q(stack__isnull=False), name="recipe_stack"
            ),
        ),
        migrations.CreateModel(
            name="DuplicateGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.PositiveSmallIntegerField(choices=[(0, "Exact"), (1, "Near")])),
                ("kept", models.BooleanField(default=False)),
                ("n_live", models.PositiveIntegerField()),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index("owner", "kind", F("id").desc(), condition=Q(kept=False, n_live__gte=2), name="duplicates_open")
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="members", to="photos.duplicategroup")),
                ("photo", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="photos.photo")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("group", "photo"), name="duplicate_member_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="duplicategroup",
            name="photos",
            field=models.ManyToManyField(related_name="duplicate_groups", through="photos.DuplicateMember", to="photos.photo"),
        ),
        migrations.CreateModel(
            name="DuplicateMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.UUIDField()),
                ("given", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("keeper", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="photos.photo")),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"indexes": [models.Index(fields=["batch"], name="duplicate_merge_batch")]},
        ),
        migrations.CreateModel(
            name="DuplicateSearch",
            fields=[
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("lease_holder", models.CharField(blank=True, editable=False, max_length=120)),
                ("attempts", models.PositiveIntegerField(default=0, editable=False)),
                ("owner", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to=settings.AUTH_USER_MODEL)),
                ("reached", models.BigIntegerField(default=0)),
                ("searched_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
