"""When it was recorded that a supplier's turn ended: how far its people may read."""

from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("snags", "0014_sensitive_is_not_shared")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="end_recorded_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            "handover",
            models.CheckConstraint(
                name="handover_end_recorded_at_is_sane",
                condition=Q(end_recorded_at__isnull=True)
                | Q(
                    end_recorded_at__gte=datetime(2000, 1, 1, tzinfo=UTC),
                    end_recorded_at__lt=datetime(2100, 1, 1, tzinfo=UTC),
                ),
            ),
        ),
    ]
