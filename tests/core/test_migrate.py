import pytest
from django.core.management import call_command
from django.db import connection


def patience():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_migration_may_take_as_long_as_a_large_table_needs():
    seen = set()

    def look(execute, sql, *rest):
        if sql.startswith("SELECT"):
            seen.add(patience())
        return execute(sql, *rest)

    before = patience()
    with connection.execute_wrapper(look):
        call_command("migrate", verbosity=0)

    assert seen == {"0"}
    assert patience() == before != "0"
