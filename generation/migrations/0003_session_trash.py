from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0002_rejects_kept'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='generationsession',
            index=models.Index(F('owner'), F('trashed_at').desc(), F('id').desc(), condition=Q(('trashed_at__isnull', False)), name='session_trash'),
        ),
    ]
