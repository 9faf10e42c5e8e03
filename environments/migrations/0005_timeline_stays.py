from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("environments", "0004_inventory"), ("core", "0004_votes_stay")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE"
            " ON environments_environmentevent"
            " FOR EACH ROW EXECUTE FUNCTION keep_row();",
            "DROP TRIGGER append_only ON environments_environmentevent;",
        )
    ]
