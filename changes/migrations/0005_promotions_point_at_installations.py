import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0004_package_timeline"),
        ("environments", "0006_calendar_feed"),
    ]

    operations = [
        migrations.AddField(
            model_name="promotion",
            name="back_to",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="environments.installation",
            ),
        ),
        migrations.AddField(
            model_name="promotion",
            name="installation",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="promotion",
                to="environments.installation",
            ),
        ),
        migrations.AlterField(
            model_name="freezeoverride",
            name="used_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="overrides",
                to="changes.promotion",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("back_to__isnull", False),
                    ("kind", "rollback"),
                    ("undoes__isnull", False),
                )
                | models.Q(
                    models.Q(("kind", "rollback"), _negated=True),
                    ("back_to__isnull", True),
                    ("undoes__isnull", True),
                ),
                name="rollback_undoes_something",
            ),
        ),
    ]
