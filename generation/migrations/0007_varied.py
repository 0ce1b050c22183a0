"""Images asked for once a session is there, and rounds in which its picks are narrowed."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("generation", "0006_engine_setup"), ("photos", "0012_places")]
    operations = [
        migrations.AddField("generationsession", "round", models.PositiveIntegerField(null=True)),
        migrations.AddField("generationsession", "round_from", models.PositiveIntegerField(null=True)),
        migrations.AddField("candidate", "kept_in", models.PositiveIntegerField(null=True)),
        migrations.CreateModel(
            name="Variation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("seed", models.CharField(max_length=24)),
                ("asked_at", models.DateTimeField(db_default=Now())),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="varied_into",
                        to="photos.photo",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variations",
                        to="generation.generationsession",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("session", "number"), name="variation_number_once")
                ],
            },
        ),
    ]
