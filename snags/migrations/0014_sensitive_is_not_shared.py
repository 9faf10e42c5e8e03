"""What holds sensitive data is never open to everybody; what was is made private."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_private(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    snags = apps.get_model("snags", "Snag").objects.exclude(sensitivity="normal")
    snags.filter(is_shared=True).update(is_shared=False)


class Migration(migrations.Migration):
    dependencies = [("snags", "0013_fewer_indexes")]

    operations = [
        migrations.RunPython(make_private, migrations.RunPython.noop),
        migrations.AddConstraint(
            "snag",
            models.CheckConstraint(
                name="snag_sensitive_is_not_shared",
                condition=models.Q(is_shared=False) | models.Q(sensitivity="normal"),
            ),
        ),
    ]
