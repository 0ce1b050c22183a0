from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0003_session_trash'),
    ]

    operations = [
        migrations.AddField(
            model_name='generationsession',
            name='arrived_from',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='generationsession',
            name='arrived_key',
            field=models.CharField(blank=True, db_default='', max_length=64),
        ),
        migrations.AddIndex(
            model_name='generationsession',
            index=models.Index(fields=['owner', 'arrived_key', 'id'], name='session_arrived'),
        ),
    ]
