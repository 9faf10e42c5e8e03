from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models

from snags.models.words import Department


class Migration(migrations.Migration):
    dependencies = [("snags", "0015_handover_end_recorded")]

    operations = [
        migrations.RemoveIndex("snag", "snag_search"),
        migrations.RemoveField("snag", "search"),
        migrations.AddField(
            "snag",
            "search",
            models.GeneratedField(
                expression=SearchVector("title", weight="A", config="english")
                + SearchVector("detail", weight="B", config="english")
                + Department("department_id"),
                output_field=SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            "snag",
            GinIndex("search", name="snag_search", gin_pending_list_limit=512),
        ),
    ]
