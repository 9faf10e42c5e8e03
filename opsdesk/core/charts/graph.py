"""Boxes in columns and the arrows between them: what depends on what, left to right."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from opsdesk.core.charts import marks
from opsdesk.core.charts.marks import Cell, number

WIDTH, HEIGHT = 168, 46
ACROSS, DOWN = 76, 18
EDGE = 10
LETTERS = 21


@dataclass(frozen=True)
class Box:
    """One thing: what it is called, what is said below, whether it is down."""

    key: int
    name: str
    note: str = ""
    is_down: bool = False
    is_strong: bool = False
    href: str = ""


@dataclass(frozen=True)
class Arrow:
    """From what is needed to what needs it."""

    start: int
    end: int


def graph(
    title: str,
    columns: Sequence[Sequence[Box]],
    arrows: Sequence[Arrow],
    *,
    empty: str = "Nothing runs here yet.",
) -> SafeString:
    """The columns from left to right; an arrow says that its end needs its start."""
    boxes = [box for column in columns for box in column]
    if not boxes:
        return marks.nothing(empty)
    places = _places(columns)
    tallest = max(len(column) for column in columns)
    width = len(columns) * (WIDTH + ACROSS) - ACROSS + 2 * EDGE
    height = tallest * (HEIGHT + DOWN) - DOWN + 2 * EDGE
    down = {box.key for box in boxes if box.is_down}
    drawn = format_html(
        '<svg class="graph" role="group" aria-label="{}" width="{}" height="{}"'
        ' viewBox="0 0 {} {}">{}{}</svg>',
        title,
        width,
        height,
        width,
        height,
        marks.joined(_arrow(arrow, places, down) for arrow in arrows),
        marks.joined(_box(box, places[box.key]) for box in boxes),
    )
    return format_html(
        '<div class="scroll graphbox" tabindex="0" role="region"'
        ' aria-label="Drawing: {}">{}</div>{}',
        title,
        drawn,
        marks.data_table(["Part", "State", "Needs"], _rows(boxes, arrows)),
    )


Point = tuple[float, float]


def _places(columns: Sequence[Sequence[Box]]) -> dict[int, Point]:
    """The upper left corner of each box."""
    return {
        box.key: (
            EDGE + across * (WIDTH + ACROSS),
            EDGE + down * (HEIGHT + DOWN),
        )
        for across, column in enumerate(columns)
        for down, box in enumerate(column)
    }


def _arrow(arrow: Arrow, places: dict[int, Point], down: set[int]) -> SafeString:
    x, y = places[arrow.start]
    to_x, to_y = places[arrow.end]
    x, y, to_y = x + WIDTH, y + HEIGHT / 2, to_y + HEIGHT / 2
    tone = " down" if arrow.start in down else ""
    return format_html(
        '<path class="wire{}" d="{}"/><path class="head{}" d="M{} {}l-6 -3.5v7z"/>',
        tone,
        _wire(x, y, to_x, to_y),
        tone,
        number(to_x),
        number(to_y),
    )


def _wire(x: float, y: float, to_x: float, to_y: float) -> str:
    """The way of an arrow; over a column it runs between two rows, behind no box."""
    half = ACROSS / 2
    if to_x - x <= ACROSS:
        return _way(x, y, [(x + half, y), (to_x - half, to_y), (to_x - 5, to_y)])
    is_top = y < EDGE + HEIGHT
    lane = y + (HEIGHT + DOWN) / 2 * (1 if to_y > y or is_top else -1)
    out = _way(x, y, [(x + half, y), (x + half, lane), (x + ACROSS, lane)])
    over = f"H{number(to_x - ACROSS)}"
    back = [(to_x - half, lane), (to_x - half, to_y), (to_x - 5, to_y)]
    return f"{out}{over}{_curve(back)}"


def _way(x: float, y: float, points: Sequence[Point]) -> str:
    return f"M{number(x)} {number(y)}{_curve(points)}"


def _curve(points: Sequence[Point]) -> str:
    return "C" + " ".join(f"{number(x)} {number(y)}" for x, y in points)


def _box(box: Box, place: Point) -> SafeString:
    x, y = place
    name = box.name if len(box.name) <= LETTERS else f"{box.name[: LETTERS - 1]}…"
    drawn = format_html(
        '<g class="node{}{}"><title>{}. {}</title>'
        '<rect x="{}" y="{}" width="{}" height="{}" rx="8"/>'
        '<text class="name" x="{}" y="{}">{}</text>'
        '<text class="note" x="{}" y="{}">{}</text></g>',
        " down" if box.is_down else "",
        " strong" if box.is_strong else "",
        box.name,
        box.note,
        *(number(v) for v in (x, y, WIDTH, HEIGHT)),
        number(x + 12),
        number(y + 20),
        name,
        number(x + 12),
        number(y + 36),
        box.note,
    )
    return marks.linked(box.href, f"{box.name}. {box.note}", drawn)


def _rows(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> list[list[Cell]]:
    names = {box.key: box.name for box in boxes}
    return [
        [
            marks.link(box.name, box.href),
            box.note,
            ", ".join(names[a.start] for a in arrows if a.end == box.key) or "–",
        ]
        for box in boxes
    ]
