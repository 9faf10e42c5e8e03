"""The one place where a figure of the dashboard is defined, counted and listed.

Each figure has a name, a predicate over raw rows (`definitions`), and a reading: from
rollups when it counts what happened in a period (`counts`), from open rows when it
counts how things stand (`live`). A drill-down lists the rows of the predicate, so the
number shown and the rows listed are the same by definition, and by test.
"""

from snags.figures.board import Board, Decision, Freshness, board, fresh_as_of, golives
from snags.figures.counts import (
    MANY_WEEKS,
    Counts,
    CurveWeek,
    Line,
    Week,
    drawn,
    drawn_curve,
    name_of_value,
)
from snags.figures.definitions import (
    AGES,
    FIGURES,
    OLD_DAYS,
    Cut,
    Dimension,
    Figure,
    Subject,
    rows,
)
from snags.figures.listing import as_rows, columns_of, listed, number_of, ordered
from snags.figures.live import Live, Standing
from snags.figures.periods import Period

__all__ = [
    "AGES",
    "FIGURES",
    "MANY_WEEKS",
    "OLD_DAYS",
    "Board",
    "Counts",
    "CurveWeek",
    "Cut",
    "Decision",
    "Dimension",
    "Figure",
    "Freshness",
    "Line",
    "Live",
    "Period",
    "Standing",
    "Subject",
    "Week",
    "as_rows",
    "board",
    "columns_of",
    "drawn",
    "drawn_curve",
    "fresh_as_of",
    "golives",
    "listed",
    "name_of_value",
    "number_of",
    "ordered",
    "rows",
]
