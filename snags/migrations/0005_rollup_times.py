"""Times to resolve are kept as one number; what was counted before is counted anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("snags", "0004_servicenow_profile")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM snags_rollup; DELETE FROM core_heartbeat WHERE name = 'rollup'",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField("rollup", "first_bucket"),
        migrations.RemoveField("rollup", "buckets"),
        migrations.AddField(
            "rollup",
            "times",
            models.DecimalField(decimal_places=0, default=0, max_digits=640),
        ),
    ]
