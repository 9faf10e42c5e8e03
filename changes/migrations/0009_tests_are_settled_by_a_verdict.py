"""Duties to test are settled by a verdict, so the inbox only leads to them."""

from django.db import migrations


def rename(old, new):
    def run(apps, schema_editor):
        apps.get_model("core", "Duty").objects.filter(kind=old).update(kind=new)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0008_templates_rest_on_evidence"),
        ("core", "0005_duty_series"),
    ]

    operations = [
        migrations.RunPython(
            rename("user_test", "change_test"), rename("change_test", "user_test")
        )
    ]
