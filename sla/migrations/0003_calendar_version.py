"""A calendar's name and description say which text their editor started from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_zone_release")]

    operations = [
        migrations.AddField(
            model_name="servicecalendar",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name="historicalservicecalendar",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
    ]
