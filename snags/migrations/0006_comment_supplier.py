"""A word to "the supplier" names which one: a later supplier must not read it."""

from django.db import migrations, models
from django.db.models import PROTECT, Q

# Whoever had the snag last when it was said.
FILL = """
UPDATE snags_snagcomment c SET supplier_id = (
    SELECT h.supplier_id FROM snags_handover h
    WHERE h.snag_id = c.snag_id AND h.from_at <= c.at
    ORDER BY h.from_at DESC, h.id DESC LIMIT 1
) WHERE c.audience = 'supplier'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_rolerequest"),
        ("snags", "0005_rollup_times"),
    ]

    operations = [
        migrations.AddField(
            "snagcomment",
            "supplier",
            models.ForeignKey(
                "accounts.party", PROTECT, null=True, blank=True, related_name="+"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "snagcomment",
            models.CheckConstraint(
                name="snag_comment_supplier_only_for_supplier",
                condition=Q(supplier__isnull=True) | Q(audience="supplier"),
            ),
        ),
    ]
