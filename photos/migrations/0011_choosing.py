"""Colour labels, the reason of a reject, and the book of gestures.

The new columns of the two large tables are added in place: Django would copy the whole table on SQLite for each, as
it does for every column that has a default of its own.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Now

CHUNK = 1_000
ADDED = (
    ("photos_photo", "label", "smallint", "0", "photo_label_known", "label BETWEEN 0 AND 5"),
    ("photos_photo", "reason", "varchar(40)", "''", "photo_reason_of_reject", "reason = '' OR decision = 2"),
    ("photos_decision", "old_reason", "varchar(40)", "''", "", ""),
    ("photos_decision", "new_reason", "varchar(40)", "''", "", ""),
)  # fmt: skip


def add_columns(apps, schema_editor):
    for table, name, kind, default, rule, condition in ADDED:
        check = f" CONSTRAINT {rule} CHECK ({condition})" if rule else ""
        schema_editor.execute(
            f"ALTER TABLE {table} ADD COLUMN {name} {kind} DEFAULT {default} NOT NULL{check}"
        )


def drop_columns(apps, schema_editor):
    """For those who go back; SQLite drops no column that a rule speaks of, so the rule goes first, with a copy."""
    for table, name, *_ in reversed(ADDED):
        model = apps.get_model("photos", table.removeprefix("photos_").capitalize())
        if schema_editor.connection.vendor == "sqlite":
            schema_editor._remake_table(model, delete_field=model._meta.get_field(name))
        else:
            schema_editor.execute(f"ALTER TABLE {table} DROP COLUMN {name}")


def write_book(apps, schema_editor):
    """What was decided before there was a book of it."""
    decisions, gestures = (apps.get_model("photos", name).objects for name in ("Decision", "Gesture"))
    taken_back = set(decisions.filter(undoes__isnull=False).values_list("undoes", flat=True).distinct())
    listed = (
        decisions.filter(undoes__isnull=True)
        .values("batch", "actor", "photo__owner")
        .annotate(n=Count("pk"), first=Min("pk"), when=Min("at"), on=Min("axis"), to=Max("new"))
        .order_by("first")
    )
    rows = []
    for one in listed.iterator(chunk_size=CHUNK):
        rows.append(
            gestures.model(
                owner_id=one["photo__owner"], actor_id=one["actor"], batch=one["batch"], axis=one["on"],
                value=one["to"], count=one["n"], at=one["when"],
                undone_at=one["when"] if one["batch"] in taken_back else None,
            )
        )  # fmt: skip
        if len(rows) == CHUNK:
            gestures.bulk_create(rows, ignore_conflicts=True)
            rows.clear()
    gestures.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0010_pending"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    "photo", "label",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "no label"), (1, "red"), (2, "yellow"), (3, "green"), (4, "blue"), (5, "purple")],
                        db_default=0, default=0,
                    ),
                ),
                migrations.AddField(
                    "photo", "reason", models.CharField(blank=True, db_default="", default="", max_length=40)
                ),
                migrations.AddConstraint(
                    "photo",
                    models.CheckConstraint(condition=Q(label__range=(0, 5)), name="photo_label_known"),
                ),
                migrations.AddConstraint(
                    "photo",
                    models.CheckConstraint(condition=Q(reason="") | Q(decision=2), name="photo_reason_of_reject"),
                ),
                migrations.AddField(
                    "decision", "old_reason", models.CharField(blank=True, db_default="", default="", max_length=40)
                ),
                migrations.AddField(
                    "decision", "new_reason", models.CharField(blank=True, db_default="", default="", max_length=40)
                ),
                migrations.AlterField(
                    "decision", "axis",
                    models.CharField(
                        choices=[("decision", "Decision"), ("rating", "Rating"), ("label", "Label")], max_length=10
                    ),
                ),
            ],
            database_operations=[migrations.RunPython(add_columns, drop_columns)],
        ),
        migrations.AddIndex(
            "photo",
            models.Index(
                "owner", "label", F("shown_at").desc(), F("id").desc(), name="photo_label",
                condition=Q(trashed_at__isnull=True, represented=False, label__gt=0),
            ),
        ),
        migrations.AddIndex(
            "photo",
            models.Index(
                "owner", "reason", F("shown_at").desc(), F("id").desc(), name="photo_reason",
                condition=Q(trashed_at__isnull=True, represented=False) & ~Q(reason=""),
            ),
        ),
        migrations.CreateModel(
            "Gesture",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.UUIDField(default=uuid.uuid4)),
                ("axis", models.CharField(
                    choices=[("decision", "Decision"), ("rating", "Rating"), ("label", "Label")], max_length=10
                )),
                ("value", models.SmallIntegerField()),
                ("reason", models.CharField(blank=True, default="", max_length=40)),
                ("count", models.IntegerField(default=0)),
                ("at", models.DateTimeField(db_default=Now())),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undone_by", models.UUIDField(blank=True, null=True)),
                ("redoable", models.BooleanField(default=False)),
                ("running", models.BooleanField(default=False)),
                ("unwanted", models.BooleanField(default=False)),
                ("actor", models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                    to=settings.AUTH_USER_MODEL,
                )),
                ("owner", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                )),
            ],
            options={
                "indexes": [
                    models.Index(
                        "actor", F("id").desc(), name="gesture_standing",
                        condition=Q(undone_at__isnull=True, unwanted=False),
                    ),
                    models.Index("actor", F("undone_at").desc(), name="gesture_redoable", condition=Q(redoable=True)),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=["batch", "owner"], name="gesture_once_per_owner")
                ],
            },
        ),
        migrations.CreateModel(
            "RejectReasons",
            [
                ("owner", models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False,
                    to=settings.AUTH_USER_MODEL,
                )),
                ("listed", models.JSONField(default=list)),
            ],
        ),
        migrations.RunPython(write_book, migrations.RunPython.noop),
    ]  # fmt: skip
