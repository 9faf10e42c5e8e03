from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0006_rollbacks_bring_another_digest")]

    operations = [
        migrations.RemoveConstraint(
            model_name="promotion", name="rollback_undoes_something"
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "rollback"), ("undoes__isnull", False)),
                    models.Q(
                        models.Q(("kind", "rollback"), _negated=True),
                        ("back_to__isnull", True),
                        ("undoes__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="rollback_undoes_something",
            ),
        ),
    ]
