"""When it was recorded that a supplier's turn ended: how far its people may read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("snags", "0015_sensitive_is_not_shared")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="end_recorded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
