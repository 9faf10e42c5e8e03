"""What full text knows of a snag: its words, and whose department it is."""

from typing import Any

from django.contrib.postgres.search import (
    SearchQuery,
    SearchVector,
    SearchVectorCombinable,
    SearchVectorField,
)
from django.db.models import Func, Q


class Lexemes(SearchQuery):
    """A query in PostgreSQL's own notation, its words reduced to their stems."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        # A phrase is told by its rows alone; no word at all would be left out of AND.
        self.is_for_index = bool(text) and "<" not in text

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        kwargs["template"] = "(%(expressions)s)::tsquery"
        return super().as_sql(*args, **kwargs)


class Department(SearchVectorCombinable, Func):
    """A department as one more word of the text, of a kind that nobody can type.

    One index then finds a word within a department. PostgreSQL would else read all the
    department has ever had to meet it with the word.
    """

    template = "array_to_tsvector(ARRAY['@' || coalesce(%(expressions)s::text, '')])"
    output_field = SearchVectorField()


def in_department(pk: int, words: Lexemes | None) -> Q:
    """What one department has, or only what holds the words of it.

    No index knows a phrase, only which rows to look at: then rather the department's,
    from the newest on, than all that hold its words.
    """
    if words is None:
        return Q(department_id=pk)
    if words.is_for_index:
        return Q(search=words & Lexemes(f"'@{pk}'"))
    return Q(department_id=pk, search=words)


WORDS = (
    SearchVector("title", weight="A", config="english")
    + SearchVector("detail", weight="B", config="english")
    + Department("department_id")
)
