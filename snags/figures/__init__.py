"""The one place where a figure of the dashboard is defined, counted and listed.

Each figure has a name, a predicate over raw rows (`definitions`), and a reading: from
rollups when it counts what happened in a period (`counts`), from open rows when it
counts how things stand (`live`). A drill-down lists the rows of the predicate, so the
number shown and the rows listed are the same by definition, and by test.
"""

from snags.figures.board import Board, board, fresh_as_of
from snags.figures.counts import Counts
from snags.figures.definitions import AGES, FIGURES, Cut, Figure, Subject, rows
from snags.figures.periods import Period

__all__ = [
    "AGES",
    "FIGURES",
    "Board",
    "Counts",
    "Cut",
    "Figure",
    "Period",
    "Subject",
    "board",
    "fresh_as_of",
    "rows",
]
