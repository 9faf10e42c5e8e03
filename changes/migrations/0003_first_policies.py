"""Who must agree, until somebody decides otherwise (design: approvals, defaults)."""

from django.db import migrations

STEPS = {
    ("change", "low"): [("approver_technical", 1)],
    ("change", "medium"): [("approver_technical", 1), ("approver_business", 1)],
    ("change", "high"): [
        ("approver_technical", 1),
        ("approver_business", 1),
        ("manager", 1),
    ],
    ("change", "emergency"): [("emergency", 1)],
    ("promotion", "normal"): [("administrator", 1)],
    ("promotion", "high"): [("administrator", 2)],
    ("promotion", "emergency"): [("emergency", 1)],
    ("override", "normal"): [("manager", 1)],
    ("template", "normal"): [("approver_technical", 1), ("manager", 1)],
    ("retro", "break_glass"): [("manager", 1), ("administrator", 1)],
}


def add(apps, schema_editor):
    policies = apps.get_model("core", "ApprovalPolicy")
    for (kind, level), steps in STEPS.items():
        policies.objects.create(
            kind=kind,
            level=level,
            steps=[
                {"asked": asked, "needed": needed, "sequence": 0}
                for asked, needed in steps
            ],
        )


class Migration(migrations.Migration):
    dependencies = [("changes", "0002_sealed_stays_sealed")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
