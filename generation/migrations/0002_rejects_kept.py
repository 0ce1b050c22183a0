from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0001_initial'),
        ('photos', '0002_library'),
    ]

    operations = [
        migrations.AddField(
            model_name='generationsession',
            name='rejects_kept',
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.AlterModelOptions(
            name='generationsession',
            options={'permissions': [('generate', 'May run generation sessions')]},
        ),
    ]
