"""One row of a benchmark: what was measured, what it must reach, whether it did."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure; `ok` is None when it has no limit or could not be measured."""

    name: str
    value: float
    unit: str
    must: str
    ok: bool | None


def at_least(name: str, value: float, unit: str, limit: float) -> Row:
    """Return a row that must reach a limit."""
    return Row(name, value, unit, f">= {limit:,g}", value >= limit)


def at_most(name: str, value: float, unit: str, limit: float) -> Row:
    """Return a row that must stay within a limit."""
    return Row(name, value, unit, f"<= {limit:,g}", value <= limit)


def written(rows: Iterable[Row]) -> str:
    """Return the rows as a table of plain text."""
    cells = [("what", "measured", "must", "")]
    for row in rows:
        shown = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:,.2f}"
        verdict = {True: "ok", False: "MISSED", None: "-"}[row.ok]
        cells.append((row.name, f"{shown} {row.unit}", row.must, verdict))
    widths = [max(len(cell[n]) for cell in cells) for n in range(3)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {must:>{widths[2]}}  {verdict}"
        for name, value, must, verdict in cells
    )
