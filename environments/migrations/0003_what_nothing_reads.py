"""Two columns that nothing reads leave the tables made before 0001 was written anew."""

from django.db import migrations

DROP = """
ALTER TABLE environments_lease DROP COLUMN IF EXISTS forced_reason;
ALTER TABLE environments_windowrule DROP COLUMN IF EXISTS expanded_to;
"""


class Migration(migrations.Migration):
    replaces = [("environments", "0007_what_nothing_reads")]
    dependencies = [("environments", "0002_timeline_stays")]

    operations = [migrations.RunSQL(DROP, migrations.RunSQL.noop)]
