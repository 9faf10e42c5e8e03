from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0007_rollbacks_take_out_a_first_installation")]

    operations = [
        migrations.AddField(
            model_name="changetemplate",
            name="evidence",
            field=models.ManyToManyField(related_name="+", to="changes.changerequest"),
        ),
    ]
