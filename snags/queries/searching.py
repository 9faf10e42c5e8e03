"""Finding snags by number and by words, within what a person may see.

Words are matched by full text. A common word matches most of the table, so nothing here
ranks or counts all that matches: the newest so many are ranked, and a search that takes
longer than a second is given up.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.postgres.search import SearchRank
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from psycopg2 import errors

from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError
from snags.models import Snag, SourceRecord
from snags.models.snag import visible_parts
from snags.models.snag_rules import IS_OPEN
from snags.models.words import Lexemes
from snags.queries.as_left import as_left

LONGEST = 200
RANKED = 1_000
CANDIDATES = 300
PATIENCE_MS = 1_000
# Words of a title looked at, and the share of all snags that makes a word a common one.
WORDS = 12
COMMON = 0.02
# How many systems may have used one number.
COMMON_NUMBERS = 10
CONFIG = "english"

NUMBER = re.compile(r"(?:SN-?)?\s*([1-9][0-9]{0,17})", re.ASCII | re.IGNORECASE)
SOURCE_NUMBER = re.compile(r"[A-Z]{2,10}-?[0-9]{3,15}", re.ASCII | re.IGNORECASE)
# The last word may be half typed, unless what was typed says exactly what it means.
LAST_LEXEME = re.compile(r"'(?:[^']|'')+'$")
UNFINISHED = re.compile(r"^[^\"-]*\w{2}$")


class SearchTooWideError(RuleError):
    """So much matches, or so little of so much, that it would take too long."""

    code = "search_too_wide"

    def __init__(self) -> None:
        super().__init__(
            "That matches too much to search in a second. Add a rarer word or a number."
        )


@dataclass(frozen=True)
class Match:
    """What a search means: certain snags by number, or words."""

    condition: Q = field(default_factory=Q)
    words: Lexemes | None = None

    @property
    def is_exact(self) -> bool:
        return self.words is None


def matching(text: str) -> Match | None:
    """What was typed as a condition: a number, another system's number, or words."""
    text = text.strip()[:LONGEST]
    if not text:
        return None
    if number := NUMBER.fullmatch(text):
        return Match(Q(pk=int(number[1])))
    if SOURCE_NUMBER.fullmatch(text):
        rows = SourceRecord.objects.filter(number=text.upper()).order_by("pk")
        if pks := list(rows.values_list("snag_id", flat=True)[:COMMON_NUMBERS]):
            return Match(Q(pk__in=pks))
    return Match(words=words_of(text))


def words_of(text: str) -> Lexemes:
    """The text as the database understands it; a last word nobody uses is half typed.

    Asked for apart, because the planner must see the words to know how common they are;
    of a beginning it knows nothing, so a word that exists is not taken for one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT websearch_to_tsquery(%s, %s)::text", [CONFIG, text])
        words: str = cursor.fetchone()[0]
        last = LAST_LEXEME.search(words)
        if last is None or not UNFINISHED.match(text):
            return Lexemes(words)
        used = Snag.objects.filter(search=Lexemes(last[0]))
        return Lexemes(words if used.exists() else f"{words}:*")


@contextmanager
def patience() -> Iterator[None]:
    """Give up what takes longer than a second, and say so in words."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise SearchTooWideError from error
        raise


def search(user: User, text: str, limit: int = 20) -> list[Snag]:
    """What a person may see that matches, best first; nothing if it takes too long."""
    found = matching(text)
    if found is None:
        return []
    rows = _newest(user, found, RANKED).select_related("owner")
    if found.words is not None:
        rank = SearchRank(F("search"), found.words)
        rows = rows.annotate(rank=rank).order_by("-rank", "-pk")
    try:
        with patience():
            return as_left(user, list(rows.defer("detail", "search")[:limit]))
    except SearchTooWideError:
        return []


def similar_open(user: User, text: str, limit: int = 5) -> list[Snag]:
    """Open snags a person may see that sound like the text, most alike first.

    Candidates hold one of the text's rare words, or its common ones together; among the
    newest of those, the more words in common the better.
    """
    query = _likeness(text[:LONGEST])
    if query is None:
        return []
    candidates, everything = query
    rank = SearchRank(F("search"), Lexemes(everything))
    found = Match(IS_OPEN, Lexemes(candidates))
    rows = _newest(user, found, CANDIDATES).annotate(rank=rank)
    try:
        with patience():
            return list(rows.defer("detail", "search").order_by("-rank", "-pk")[:limit])
    except SearchTooWideError:
        return []


def _newest(user: User, match: Match, limit: int) -> QuerySet[Snag]:
    """The newest matches only, by the parts of what the person may see."""
    parts = visible_parts(user, match.words)
    heads = [
        Snag.objects.filter(match.condition, part).order_by("-pk").values("pk")[:limit]
        for part in ([Q()] if parts is None else parts)
    ]
    found = heads[0].union(*heads[1:]) if heads[1:] else heads[0]
    return Snag.objects.filter(pk__in=found).order_by("-pk")


def _likeness(text: str) -> tuple[str, str] | None:
    """What to look among, and what to rank by, as texts of queries; None for no words.

    How common a word is comes from the statistics PostgreSQL keeps anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FREQUENCIES, [text, WORDS])
        words = cursor.fetchall()
    if not words:
        return None
    rare = [word for word, share in words if share < COMMON]
    common = [word for word, share in words if share >= COMMON]
    together = f"({' & '.join(common[:2])})" if common else ""
    candidates = " | ".join([*rare, together] if together else rare)
    return candidates, " | ".join(word for word, _ in words)


_FREQUENCIES = """
WITH known AS (
    SELECT unnest(most_common_elems::text::text[]) AS word,
        unnest(most_common_elem_freqs) AS share
    FROM pg_stats
    WHERE schemaname = current_schema() AND tablename = 'snags_snag'
        AND attname = 'search'
)
SELECT quote_literal(lexeme), coalesce(share, 0) AS share
FROM unnest(to_tsvector('english', %s)) LEFT JOIN known ON word = lexeme
ORDER BY share, lexeme LIMIT %s
"""
