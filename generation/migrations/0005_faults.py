from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0004_arrived_from'),
    ]

    operations = [
        migrations.AddField(
            model_name='generationsession',
            name='cost_usd',
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='generationsession',
            name='not_before',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='generationsession',
            name='tokens',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
