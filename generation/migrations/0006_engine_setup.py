import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0005_faults'),
        ('photos', '0010_pending'),
    ]

    operations = [
        migrations.CreateModel(
            name='EngineSetup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('alias', models.CharField(max_length=60, unique=True)),
                ('kind', models.CharField(blank=True, max_length=20)),
                ('title', models.CharField(blank=True, max_length=80)),
                ('options', models.JSONField(blank=True, default=dict)),
                ('secrets', models.TextField(blank=True)),
                ('is_on', models.BooleanField(default=True)),
                ('position', models.PositiveIntegerField(default=0)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('checked', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='generationsession',
            name='error_field',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='generationsession',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sessions_from_it', to='photos.photo'),
        ),
        migrations.AddField(
            model_name='generationsession',
            name='source_sha256',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
    ]
