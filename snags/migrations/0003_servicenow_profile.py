"""The profile of ServiceNow's incident event log; another layout is another profile."""

from django.db import migrations

NAME = "servicenow-event-log"
LEVELS = {"1 - High": 1, "2 - Medium": 2, "3 - Low": 3}
MAPPING = {
    "system": "servicenow",
    "dates": ["%d/%m/%Y %H:%M"],
    "missing": ["?", ""],
    "true": ["true"],
    "false": ["false"],
    "columns": {
        "number": "number",
        "state": {
            "column": "incident_state",
            "values": {
                "New": "new",
                "Active": "in_progress",
                "Awaiting User Info": "waiting reporter",
                "Awaiting Vendor": "waiting supplier",
                "Awaiting Problem": "waiting third_party",
                "Awaiting Evidence": "waiting third_party",
                "Resolved": "resolved",
                "Closed": "closed",
                "-100": "keep",
            },
        },
        "updated_at": "sys_updated_at",
        "updated_by": "sys_updated_by",
        "opened_at": "opened_at",
        "resolved_at": "resolved_at",
        "closed_at": "closed_at",
        "made_sla": "made_sla",
        "caller": "caller_id",
        "logger": "opened_by",
        "group": "assignment_group",
        "assignee": "assigned_to",
        "resolver": "resolved_by",
        "resolution_note": "closed_code",
        "priority": {
            "column": "priority",
            "values": {
                "1 - Critical": 1,
                "2 - High": 2,
                "3 - Moderate": 3,
                "4 - Low": 4,
            },
        },
        "impact": {"column": "impact", "values": LEVELS},
        "urgency": {"column": "urgency", "values": LEVELS},
        "channel": {
            "column": "contact_type",
            "values": {"Phone": "phone", "Email": "mail"},
            "default": "import",
        },
        "category": "category",
        "subcategory": "subcategory",
        "symptom": "u_symptom",
    },
    "title": ["category", "subcategory", "symptom"],
    "facts": [
        "contact_type",
        "location",
        "cmdb_ci",
        "closed_code",
        "problem_id",
        "rfc",
        "caused_by",
        "reassignment_count",
        "reopen_count",
    ],
    "supplier": "Vendor (imported)",
    "landscape": "Imported ERP",
}


def add(apps, schema_editor):
    apps.get_model("snags", "ImportProfile").objects.update_or_create(
        name=NAME,
        defaults={
            "description": "ServiceNow incident event log: one row an update.",
            "mapping": MAPPING,
        },
    )


class Migration(migrations.Migration):
    replaces = [("snags", "0004_servicenow_profile")]
    dependencies = [("snags", "0002_append_only")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
