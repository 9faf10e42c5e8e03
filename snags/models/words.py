"""What full text knows of a snag: its words, and whose department it is."""

from typing import Any

from django.contrib.postgres.search import (
    SearchQuery,
    SearchVector,
    SearchVectorCombinable,
    SearchVectorField,
)
from django.db.models import Func


class Lexemes(SearchQuery):
    """A query in PostgreSQL's own notation, its words reduced to their stems."""

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


def words_in(words: SearchQuery, department: int) -> SearchQuery:
    """The words, in what one department has."""
    return words & Lexemes(f"'@{department}'")


WORDS = (
    SearchVector("title", weight="A", config="english")
    + SearchVector("detail", weight="B", config="english")
    + Department("department_id")
)
