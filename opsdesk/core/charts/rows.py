"""Bars that lie: how old things are, and who kept how many of their promises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsdesk.core.charts import marks
from opsdesk.core.charts.columns import Part
from opsdesk.core.charts.marks import Cell, number

MET = Part("Met", "ok")
MISSED = Part("Missed", "bad")


@dataclass(frozen=True)
class Row:
    """One bar: a count for each part, where it leads, and where each part leads."""

    label: str
    counts: Sequence[int]
    href: str = ""
    part_hrefs: Sequence[str] = ()

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Rank:
    """Whoever or whatever is ranked: how many promises were met, how many missed."""

    label: str
    met: int
    missed: int
    href: str = ""
    missed_href: str = ""

    @property
    def total(self) -> int:
        return self.met + self.missed

    @property
    def share(self) -> str:
        """Met, of all; a dash when there was nothing to meet."""
        if not self.total:
            return "–"
        return f"{marks.whole(100 * self.met / self.total)}%"


def ageing(
    title: str,
    parts: Sequence[Part],
    rows: Sequence[Row],
    *,
    empty: str = "Nothing is open.",
) -> SafeString:
    """How many, by age; a plain list that reads well without the drawing."""
    most = max((row.total for row in rows), default=0)
    if not most:
        return marks.nothing(empty)
    items = [_item(row, parts, most, str(row.total)) for row in rows]
    return marks.joined(
        [
            marks.legend((part.tone, part.name) for part in parts),
            _list(title, "hbars", items),
            marks.data_table(["", *(p.name for p in parts)], _rows(rows)),
        ]
    )


def ranking(
    title: str,
    ranks: Sequence[Rank],
    *,
    target: float | None = None,
    empty: str = "No promise has come due yet.",
) -> SafeString:
    """Bars as long as what was promised, split by met and missed; the share at the end.

    The share is green at or above the target (a percentage), red below it.
    """
    most = max((rank.total for rank in ranks), default=0)
    if not most:
        return marks.nothing(empty)
    items = [_ranked(rank, most, target) for rank in ranks]
    table: list[list[Cell]] = [
        [
            marks.link(rank.label, rank.href),
            str(rank.met),
            marks.link(str(rank.missed), rank.missed_href),
            rank.share,
        ]
        for rank in ranks
    ]
    return marks.joined(
        [
            marks.legend((part.tone, part.name) for part in (MET, MISSED)),
            _list(title, "hbars wide", items),
            marks.data_table(["", MET.name, MISSED.name, "Share met"], table),
        ]
    )


def _list(title: str, extra: str, items: list[SafeString]) -> SafeString:
    return format_html(
        '<ul class="{}" aria-label="{}">{}</ul>', extra, title, marks.joined(items)
    )


def _ranked(rank: Rank, most: int, target: float | None) -> SafeString:
    row = Row(rank.label, (rank.met, rank.missed), rank.href)
    judged = ""
    if target is not None and rank.total:
        judged = "good" if rank.met * 100 >= target * rank.total else "bad"
    return _item(row, (MET, MISSED), most, rank.share, judged)


def _item(
    row: Row, parts: Sequence[Part], most: int, value: str, judged: str = ""
) -> SafeString:
    words = [
        (marks.tone(part.tone), f"{part.name}: {count}")
        for part, count in zip(parts, row.counts, strict=True)
    ]
    return format_html(
        '<li data-tip="{}">{}<svg class="hb" height="18" aria-hidden="true">'
        '<rect class="track" width="100%" height="100%" rx="4"/>{}</svg>'
        '<span class="val {}">{}</span></li>',
        marks.tip(row.label, words),
        _label(row),
        marks.joined(_segments(row, parts, most)),
        judged,
        value,
    )


def _label(row: Row) -> SafeString:
    if row.href:
        return format_html('<a class="lbl" href="{}">{}</a>', row.href, row.label)
    return format_html('<span class="lbl">{}</span>', row.label)


def _segments(row: Row, parts: Sequence[Part], most: int) -> Iterator[SafeString]:
    before = 0
    for part, count in zip(parts, row.counts, strict=True):
        if count:
            yield format_html(
                '<rect class="bar {}" x="{}%" width="{}%" height="100%"/>',
                marks.tone(part.tone),
                number(before / most * 100),
                number(count / most * 100),
            )
        before += count


def _rows(rows: Sequence[Row]) -> Iterator[list[Cell]]:
    for row in rows:
        hrefs = row.part_hrefs or [""] * len(row.counts)
        cells = [
            marks.link(str(n), href) for n, href in zip(row.counts, hrefs, strict=True)
        ]
        yield [marks.link(row.label, row.href), *cells]
