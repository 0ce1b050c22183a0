from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ('photos', '0009_imports'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='photo',
            index=models.Index(F('shown_at').desc(), F('id').desc(), condition=Q(('derived', 'pending')), name='photo_pending'),
        ),
    ]
