"""What all charts are drawn with: numbers, scales, legends, tables, links, frames."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

COLOURS = "s0 s1 s2 s3 p1 p2 p3 p4 u0 u1 u2 u3 u4 ok bad"
TONES = frozenset(COLOURS.split())
NICE = (1, 2, 2.5, 5, 10)
LABELS_THAT_FIT = 13
Number = float | None


def number(value: float) -> str:
    """A coordinate or a figure: two places at most, none that say nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def figure(value: Number, unit: str = "") -> str:
    """A value as people read it; what was not measured is a dash."""
    if value is None:
        return "–"
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text}{unit}" if unit in {"", "%"} else f"{text} {unit}"


def whole(share: float) -> int:
    """A percentage rounded down: only a full one says 100."""
    return int(share)


def tone(name: str) -> str:
    """The class of a colour; an unknown one raises."""
    if name not in TONES:
        raise LookupError(f"{name!r} is not a chart colour; see charts/marks.py.")
    return f"c-{name}"


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def tip(heading: str, lines: Iterable[tuple[str, str]]) -> str:
    """What tooltip.js shows: a heading and lines, each with its colour."""
    safe = [heading.replace("|", "/")]
    safe += [f"{colour}:{text.replace('|', '/')}" for colour, text in lines]
    return "|".join(safe)


@dataclass(frozen=True)
class Link:
    """A figure in a table that leads to the rows behind it."""

    text: str
    href: str


Cell = str | Link


def link(text: str, href: str) -> Cell:
    """A figure that leads somewhere, or as it is when it leads nowhere."""
    return Link(text, href) if href else text


def nothing(text: str) -> SafeString:
    """Said instead of drawn: an axis without data would look like a fact."""
    return format_html('<p class="nochart">{}</p>', text)


def legend(items: Iterable[tuple[str, str]]) -> SafeString:
    """Which colour is what, as (tone, words)."""
    keys = format_html_join(
        "",
        '<li><svg class="key {}" aria-hidden="true" width="10" height="10">'
        '<rect width="10" height="10" rx="2.5"/></svg>{}</li>',
        ((tone(name), words) for name, words in items),
    )
    return format_html('<ul class="legend">{}</ul>', keys)


def data_table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> SafeString:
    """The same figures for whoever reads rather than looks; closed until wanted."""
    columns = format_html_join("", '<th scope="col">{}</th>', ((h,) for h in head))
    body = joined(_table_row(row) for row in rows)
    return format_html(
        '<details class="datatable"><summary>View data</summary><div class="scroll">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>",
        columns,
        body,
    )


def linked(href: str, label: str, inner: SafeString) -> SafeString:
    """The drawing as a link with a name, or as it is when it leads nowhere."""
    if not href:
        return inner
    return format_html(
        '<a href="{}" aria-label="{}">{}</a>',
        href,
        label,
        inner,
    )


@dataclass(frozen=True)
class Scale:
    """An axis from low to high in steps people can count in."""

    low: float
    high: float
    step: float
    unit: str = ""

    def y(self, value: float) -> float:
        """Percent from the top."""
        return 100 - self.share(value)

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low) * 100

    def ticks(self) -> Iterator[float]:
        count = round((self.high - self.low) / self.step)
        return (self.low + index * self.step for index in range(count + 1))


def scale(
    low: float, high: float, *, unit: str = "", ticks: int = 4, whole: bool = False
) -> Scale:
    """The smallest round axis that holds low to high; counts step by whole numbers."""
    raw = max(high - low, 1e-9) / ticks
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(nice * size for nice in NICE if nice * size >= raw * 0.999_999)
    if whole:
        step = max(1.0, math.ceil(step))
    base = math.floor(low / step) * step
    steps = max(1, math.ceil((high - base) / step - 1e-9))
    return Scale(base, base + steps * step, step, unit)


@dataclass
class Frame:
    """Axis gutter, plot and labels below: three percent drawings in a grid."""

    scale: Scale
    body: list[SafeString] = field(default_factory=list)
    labels: Sequence[str] = ()

    def render(self, title: str, message: str, *, has_links: bool) -> SafeString:
        """A picture with a message; a group when it holds links to reach."""
        return format_html(
            '<div class="plot"><svg class="yax" aria-hidden="true">{}</svg>'
            '<svg class="area" role="{}" aria-label="{}. {}">{}{}</svg>'
            '<svg class="xax" aria-hidden="true">{}</svg></div>',
            self._axis(),
            "group" if has_links else "img",
            title,
            message,
            self._grid(),
            joined(self.body),
            self._below(),
        )

    def _axis(self) -> SafeString:
        return format_html_join(
            "",
            '<text class="tick" x="100%" dx="-8" dy=".32em" text-anchor="end"'
            ' y="{}%">{}</text>',
            (
                (number(self.scale.y(t)), figure(t, self.scale.unit).replace(" ", ""))
                for t in self.scale.ticks()
            ),
        )

    def _grid(self) -> SafeString:
        return format_html_join(
            "",
            '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>',
            ((number(self.scale.y(t)),) for t in self.scale.ticks()),
        )

    def _below(self) -> SafeString:
        """Labels that fit; every second of those gives way where it is narrow."""
        count = len(self.labels)
        every = math.ceil(count / LABELS_THAT_FIT)
        shown = range(0, count, every)
        return format_html_join(
            "",
            '<text class="tick{}" x="{}%" y="16" text-anchor="middle">{}</text>',
            (
                (
                    " opt" if place % 2 else "",
                    number((index + 0.5) / count * 100),
                    self.labels[index],
                )
                for place, index in enumerate(shown)
            ),
        )


def _table_row(row: Sequence[Cell]) -> SafeString:
    cells = format_html_join("", "<td>{}</td>", ((_cell(c),) for c in row[1:]))
    return format_html('<tr><th scope="row">{}</th>{}</tr>', _cell(row[0]), cells)


def _cell(cell: Cell) -> str | SafeString:
    if isinstance(cell, Link):
        return format_html('<a href="{}">{}</a>', cell.href, cell.text)
    return cell
