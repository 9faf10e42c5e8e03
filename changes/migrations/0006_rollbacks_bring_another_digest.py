from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0005_promotions_point_at_installations")]

    operations = [
        migrations.RemoveConstraint(
            model_name="promotion", name="promotion_succeeds_with_its_own_digest"
        ),
        migrations.AddConstraint(
            model_name="promotion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["verifying", "succeeded"]), _negated=True),
                    ("kind", "rollback"),
                    ("reported_sha256", models.F("sha256")),
                    _connector="OR",
                ),
                name="promotion_succeeds_with_its_own_digest",
            ),
        ),
    ]
