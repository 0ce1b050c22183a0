"""The library for people: tokens, devices, uploads, the words a search looks at, what stands on the timeline."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name='photo', name='photo_timeline'),
        migrations.AddField(
            model_name='photo',
            name='on_timeline',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(collection__in=('uploaded', 'completed', 'linked'), then=models.Value(True)), default=models.Value(False)), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(models.F('owner'), models.OrderBy(models.F('shown_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('on_timeline', True), ('trashed_at__isnull', True)), name='photo_timeline'),
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(max_length=12)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PhotoText',
            fields=[
                ('photo', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='text', serialize=False, to='photos.photo')),
                ('owner_id', models.BigIntegerField()),
                ('shown_at', models.DateTimeField()),
                ('words', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='SignedInDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(max_length=40, unique=True)),
                ('browser', models.CharField(blank=True, max_length=200)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('signed_in_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='UploadBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('album', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='photos.album')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='upload_batches', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='UploadEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('outcome', models.CharField(choices=[('added', 'added'), ('known', 'already here'), ('restored', 'restored from the trash'), ('refused', 'refused')], max_length=8)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('sentence', models.CharField(blank=True, max_length=300)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='photos.uploadbatch')),
                ('photo', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='photos.photo')),
            ],
        ),
        migrations.AddIndex(
            model_name='uploadbatch',
            index=models.Index(models.F('owner'), models.OrderBy(models.F('id'), descending=True), name='upload_batch_of_owner'),
        ),
        migrations.AddIndex(
            model_name='uploadentry',
            index=models.Index(fields=['batch', 'id'], name='upload_entry_in_batch'),
        ),
        migrations.AddConstraint(
            model_name='uploadentry',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['added', 'known', 'restored', 'refused'])), name='upload_outcome_known'),
        ),
    ]
