"""Columns over time: stacked by what they are made of, or in against out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsdesk.core.charts import marks
from opsdesk.core.charts.marks import Cell, Frame, Scale, number


@dataclass(frozen=True)
class Part:
    """One layer of every column: its name and colour."""

    name: str
    tone: str


@dataclass(frozen=True)
class Column:
    """One column: a count for each part, where it leads, and where each part leads."""

    label: str
    counts: Sequence[int]
    href: str = ""
    part_hrefs: Sequence[str] = ()

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Week:
    """What came in, what went out, and what was left at its end."""

    label: str
    opened: int
    closed: int
    backlog: int | None
    href: str = ""


def stacked(
    title: str,
    parts: Sequence[Part],
    columns: Sequence[Column],
    *,
    empty: str = "Nothing to show yet.",
) -> SafeString:
    """Counts by time, the first part on top; a column leads to its rows."""
    if not any(column.total for column in columns):
        return marks.nothing(empty)
    axis = marks.scale(0, max(column.total for column in columns), whole=True)
    frame = Frame(axis, labels=[column.label for column in columns])
    width = 100 / len(columns)
    for index, column in enumerate(columns):
        drawn = _stack(axis, parts, column)
        frame.body.append(_hit(index, width, _told(column, parts), drawn, column.href))
    first, last = columns[0].total, columns[-1].total
    message = f"From {first} in {columns[0].label} to {last} in {columns[-1].label}"
    has_links = any(column.href for column in columns)
    return marks.joined(
        [
            marks.legend((part.tone, part.name) for part in parts),
            frame.render(title, message, has_links=has_links),
            marks.data_table(
                ["", *(part.name for part in parts)], _stack_rows(columns)
            ),
        ]
    )


def combo(
    title: str, weeks: Sequence[Week], *, empty: str = "Nothing to show yet."
) -> SafeString:
    """In and out side by side, and the line of what is left: does it settle?"""
    if not any(week.opened or week.closed or week.backlog for week in weeks):
        return marks.nothing(empty)
    most = max(max(w.opened, w.closed, w.backlog or 0) for w in weeks)
    axis = marks.scale(0, most, whole=True)
    frame = Frame(axis, labels=[week.label for week in weeks])
    width = 100 / len(weeks)
    for index, week in enumerate(weeks):
        frame.body.append(
            _hit(index, width, _told_week(week), _pair(axis, week), week.href)
        )
    frame.body.append(_backlog(axis, weeks))
    left = next((w.backlog for w in reversed(weeks) if w.backlog is not None), 0)
    opened, closed = sum(w.opened for w in weeks), sum(w.closed for w in weeks)
    message = f"{opened} opened, {closed} closed, {left} open at the end"
    rows: list[list[Cell]] = [
        [
            marks.link(w.label, w.href),
            str(w.opened),
            str(w.closed),
            marks.figure(w.backlog),
        ]
        for w in weeks
    ]
    has_links = any(week.href for week in weeks)
    return marks.joined(
        [
            marks.legend((("s0", "Opened"), ("s1", "Closed"), ("s2", "Still open"))),
            frame.render(title, message, has_links=has_links),
            marks.data_table(["", "Opened", "Closed", "Still open"], rows),
        ]
    )


def _hit(
    index: int,
    width: float,
    told: tuple[str, Sequence[tuple[str, str]]],
    drawn: SafeString,
    href: str,
) -> SafeString:
    """A column one can hover, focus and follow."""
    label, words = told
    column = format_html(
        '<svg class="hit" x="{}%" width="{}%" height="100%" data-tip="{}">'
        '<rect width="100%" height="100%"/>{}</svg>',
        number(index * width),
        number(width),
        marks.tip(label, words),
        drawn,
    )
    named = f"{label}: {', '.join(text for _, text in words)}"
    return marks.linked(href, named, column)


def _told(column: Column, parts: Sequence[Part]) -> tuple[str, list[tuple[str, str]]]:
    pairs = zip(parts, column.counts, strict=True)
    words = [(marks.tone(part.tone), f"{part.name}: {n}") for part, n in pairs]
    return column.label, words


def _told_week(week: Week) -> tuple[str, list[tuple[str, str]]]:
    return week.label, [
        (marks.tone("s0"), f"Opened: {week.opened}"),
        (marks.tone("s1"), f"Closed: {week.closed}"),
        (marks.tone("s2"), f"Still open: {marks.figure(week.backlog)}"),
    ]


def _stack(axis: Scale, parts: Sequence[Part], column: Column) -> SafeString:
    """From the bottom up, so the first part ends on top."""
    below, drawn = 0, []
    for part, count in reversed(list(zip(parts, column.counts, strict=True))):
        below += count
        if count:
            drawn.append(
                format_html(
                    '<rect class="bar {}" x="18%" width="64%" y="{}%" height="{}%"/>',
                    marks.tone(part.tone),
                    number(axis.y(below)),
                    number(axis.share(count)),
                )
            )
    return marks.joined(drawn)


def _pair(axis: Scale, week: Week) -> SafeString:
    bars = ((week.opened, "s0", 16), (week.closed, "s1", 52))
    return marks.joined(
        format_html(
            '<rect class="bar {}" x="{}%" width="32%" y="{}%" height="{}%"/>',
            marks.tone(colour),
            place,
            number(axis.y(count)),
            number(axis.share(count)),
        )
        for count, colour, place in bars
        if count
    )


def _backlog(axis: Scale, weeks: Sequence[Week]) -> SafeString:
    known = [(i, w.backlog) for i, w in enumerate(weeks) if w.backlog is not None]
    if not known:
        return SafeString()
    places = [((i + 0.5) / len(weeks) * 100, axis.y(v)) for i, v in known]
    points = " ".join(f"{number(x)},{number(y)}" for x, y in places)
    x, y = places[-1]
    return format_html(
        '<svg class="over" viewBox="0 0 100 100" preserveAspectRatio="none"'
        ' width="100%" height="100%"><polyline class="line {0}" points="{1}"/></svg>'
        '<circle class="dot over {0}" cx="{2}%" cy="{3}%" r="3.5"/>',
        marks.tone("s2"),
        points,
        number(x),
        number(y),
    )


def _stack_rows(columns: Sequence[Column]) -> Iterator[list[Cell]]:
    for column in columns:
        cells: list[Cell] = [marks.link(column.label, column.href)]
        for index, count in enumerate(column.counts):
            hrefs = column.part_hrefs
            cells.append(marks.link(str(count), hrefs[index] if hrefs else ""))
        yield cells
