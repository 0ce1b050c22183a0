"""What a person wants finals to say; and of one filing, where it was asked for otherwise."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0007_varied"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="FinalWishes",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="final_wishes",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("creator", models.CharField(blank=True, max_length=200)),
                ("rights", models.CharField(blank=True, max_length=1000)),
                ("with_prompt", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField("generationsession", "filing_wishes", models.JSONField(null=True, blank=True)),
    ]
