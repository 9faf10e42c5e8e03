"""One index holds all that the dashboard asks of open snags."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("snags", "0008_worklist_indexes")]

    operations = [
        AddIndexConcurrently(
            "snag",
            models.Index(
                fields=["priority"],
                include=[
                    "department",
                    "team",
                    "owner",
                    "process",
                    "cause",
                    "status",
                    "reported_at",
                    "next_due_at",
                    "at_risk_from",
                ],
                name="snag_open_standing",
                condition=models.Q(
                    ("status__in", ["new", "triaged", "in_progress", "waiting"])
                ),
            ),
        )
    ]
