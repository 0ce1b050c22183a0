import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0013_papers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('n_chosen', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(max_length=200)),
                ('signed_by', models.CharField(blank=True, max_length=80)),
                ('allows_download', models.BooleanField(default=False)),
                ('is_on', models.BooleanField(default=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('opened_on', models.DateField(blank=True, null=True)),
                ('n_opened', models.PositiveIntegerField(default=0)),
                ('album', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='photos.album')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'share link',
            },
        ),
        migrations.CreateModel(
            name='SharedPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('photo', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='photos.photo')),
                ('share', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='photos.share')),
            ],
        ),
        migrations.AddIndex(
            model_name='share',
            index=models.Index(models.F('owner'), models.OrderBy(models.F('id'), descending=True), name='share_of_owner'),
        ),
        migrations.AddIndex(
            model_name='sharedphoto',
            index=models.Index(fields=['share', 'position', 'id'], name='share_by_position'),
        ),
        migrations.AddConstraint(
            model_name='sharedphoto',
            constraint=models.UniqueConstraint(fields=('share', 'photo'), name='share_photo_once'),
        ),
    ]
