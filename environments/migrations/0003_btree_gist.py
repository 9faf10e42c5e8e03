from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("environments", "0002_modules_out_of_use")]

    operations = [BtreeGistExtension()]
