from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("environments", "0005_timeline_stays")]
    dependencies = [("environments", "0001_tables"), ("core", "0002_votes_stay")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE"
            " ON environments_environmentevent"
            " FOR EACH ROW EXECUTE FUNCTION keep_row();",
            "DROP TRIGGER append_only ON environments_environmentevent;",
        )
    ]
