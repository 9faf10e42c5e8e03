"""Rollups count days, weeks and four weeks; what was counted before is counted anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("snags", "0002_append_only")]

    operations = [
        migrations.RunSQL("DELETE FROM snags_rollup", migrations.RunSQL.noop),
        migrations.RemoveConstraint("rollup", "one_rollup_per_day_and_value"),
        migrations.RenameField("rollup", "day", "start"),
        migrations.AlterModelOptions("rollup", {"ordering": ["start", "id"]}),
        migrations.AlterField(
            "rollup", "key", models.CharField(blank=True, max_length=20)
        ),
        migrations.AddField(
            "rollup",
            "span",
            models.PositiveSmallIntegerField(
                choices=[(1, "Day"), (7, "Week"), (28, "Four weeks")], default=1
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "rollup", "first_bucket", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddConstraint(
            "rollup",
            models.UniqueConstraint(
                name="one_rollup_per_days_and_value",
                fields=["scope", "dimension", "span", "start", "key", "priority"],
            ),
        ),
        migrations.AddConstraint(
            "rollup",
            models.CheckConstraint(
                name="rollup_span_is_known",
                condition=models.Q(span__in=[1, 7, 28]),
            ),
        ),
        migrations.AddIndex(
            "rollup",
            models.Index(fields=["span", "start"], name="rollup_by_days"),
        ),
    ]
