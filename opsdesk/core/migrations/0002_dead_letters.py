"""Dead letters are found without reading all mail."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["-dead_at", "-id"],
                name="message_dead",
                condition=models.Q(dead_at__isnull=False),
            ),
        ),
    ]
