"""A breach that was voided does not hide a real one: only live records count once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("snags", "0006_comment_supplier")]

    operations = [
        migrations.RemoveConstraint("clockevent", "clock_event_once"),
        migrations.AddConstraint(
            "clockevent",
            models.UniqueConstraint(
                name="clock_event_once",
                fields=["clock", "level", "arm"],
                condition=models.Q(voided_at__isnull=True),
            ),
        ),
    ]
