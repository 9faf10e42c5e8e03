"""Django's PostgreSQL, emptied row by row after a test that commits.

TRUNCATE makes every table and each of its indexes anew, which takes longer than most of
those tests; they leave a few dozen rows.
"""

from django.db.backends.postgresql import base, operations
from psycopg2 import sql

KEPT = (
    "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class held ON held.oid = tgrelid"
    " WHERE NOT tgisinternal"
)
# Who points at others by a key that is checked at once has to go before them.
POINTING = (
    "SELECT DISTINCT relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
    " WHERE c.contype = 'f' AND NOT c.condeferrable"
)
# Django's own index of the tables, the same after every test.
STAYING = {"django_content_type", "auth_permission"}
# What migrations put there for every installation is put there again.
FILL = "INSERT INTO core_approvalpolicy SELECT * FROM kept.core_approvalpolicy"
LET_GO = sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER")
DELETE = sql.SQL("DELETE FROM {}")
KEEP = sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER")


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        """Rows that nobody may delete are let go for the length of the transaction."""
        with self.connection.cursor() as cursor:
            cursor.execute(KEPT)
            kept = [table for (table,) in cursor.fetchall()]
            cursor.execute(POINTING)
            first = {table for (table,) in cursor.fetchall()}
            leaving = [table for table in tables if table not in STAYING]
            leaving.sort(key=lambda table: table not in first)

            def each(statement, names):
                quoted = (statement.format(sql.Identifier(name)) for name in names)
                return [text.as_string(cursor.cursor) for text in quoted]

            return [
                *each(LET_GO, kept),
                *each(DELETE, leaving),
                FILL,
                "SET CONSTRAINTS ALL IMMEDIATE",
                *each(KEEP, kept),
            ]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
