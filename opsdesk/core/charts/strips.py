"""One strip a row: days by colour, and single calls against what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from opsdesk.core.charts import marks
from opsdesk.core.charts.marks import Cell, Number, number

# Up to which share of a day a colour stands, best first.
LEVELS = (
    ("u0", 99.995, "100%"),
    ("u1", 99.9, "≥ 99.9%"),
    ("u2", 99.0, "≥ 99%"),
    ("u3", 97.0, "≥ 97%"),
    ("u4", 0.0, "< 97%"),
)
GOOD_SHARE = 90


@dataclass(frozen=True)
class Day:
    """One cell: the share of a day in percent, None where nothing was measured."""

    label: str
    percent: Number
    href: str = ""


@dataclass(frozen=True)
class Strip:
    """One row of days with its overall figure and what was promised."""

    label: str
    days: Sequence[Day]
    overall: Number
    target: float | None = None
    href: str = ""


@dataclass(frozen=True)
class Spread:
    """How long calls took: quartile, median, 90th percentile, share within the target.

    `dots` are single calls, a sample where there are many.
    """

    label: str
    note: str
    target: float
    low: float
    median: float
    high: float
    within: float
    dots: Sequence[float] = ()
    href: str = ""


def spread_of(
    label: str, note: str, target: float, values: Sequence[float], href: str = ""
) -> Spread | None:
    """The spread of single values; None when there are none."""
    if not values:
        return None
    ordered = sorted(values)
    within = 100 * sum(v <= target for v in ordered) / len(ordered)
    low, median, high = (_quantile(ordered, q) for q in (0.25, 0.5, 0.9))
    return Spread(
        label, note, target, low, median, high, within, dots=values, href=href
    )


def heat(
    title: str, strips: Sequence[Strip], *, empty: str = "Nothing was measured yet."
) -> SafeString:
    """A cell a day; what was not measured is hollow, not red."""
    if not any(day.percent is not None for strip in strips for day in strip.days):
        return marks.nothing(empty)
    days = max((strip.days for strip in strips), key=len)
    rows = marks.joined(_strip(strip) for strip in strips)
    table: list[list[Cell]] = [
        [marks.link(s.label, s.href), *(marks.figure(d.percent, "%") for d in s.days)]
        for s in strips
    ]
    return marks.joined(
        [
            marks.legend((level, words) for level, _, words in LEVELS),
            format_html(
                '<div class="heat" role="group" aria-label="{}">{}</div>'
                '<div class="heataxis muted"><span>{}</span><span>{}</span></div>',
                title,
                rows,
                days[0].label,
                days[-1].label,
            ),
            marks.data_table(["", *(day.label for day in days)], table),
        ]
    )


def distribution(
    title: str,
    spreads: Sequence[Spread],
    *,
    unit: str = "h",
    empty: str = "No call has been answered yet.",
) -> SafeString:
    """A dot a call on its row's line; box, median and promise across it."""
    if not spreads:
        return marks.nothing(empty)
    reach = max(max(s.high, s.target) for s in spreads) * 1.15
    axis = marks.scale(0, reach, unit=unit, ticks=5)
    rows = marks.joined(_spread(s, axis.high, unit) for s in spreads)
    head = ["", "Median", "90th percentile", "Target", "Within target"]
    table: list[list[Cell]] = [
        [
            marks.link(s.label, s.href),
            marks.figure(s.median, unit),
            marks.figure(s.high, unit),
            marks.figure(s.target, unit),
            f"{marks.whole(s.within)}%",
        ]
        for s in spreads
    ]
    return marks.joined(
        [
            format_html(
                '<div class="dists" role="group" aria-label="{}">{}'
                '<div class="drow axis"><span></span>'
                '<svg height="16" class="dist" aria-hidden="true">{}</svg>'
                "<span></span></div></div>",
                title,
                rows,
                _axis(axis),
            ),
            marks.data_table(head, table),
        ]
    )


def _level(percent: Number) -> str:
    if percent is None:
        return "unmeasured"
    return next(marks.tone(name) for name, least, _ in LEVELS if percent >= least)


def _strip(strip: Strip) -> SafeString:
    count = len(strip.days)
    cells = marks.joined(
        _day(day, index / count * 100, 100 / count * 0.78, strip.label)
        for index, day in enumerate(strip.days)
    )
    promised = _promised(strip.target)
    has_links = any(day.href for day in strip.days)
    return format_html(
        '<div class="heatrow"><div class="hl">{}<span class="muted">{}</span></div>'
        '<svg class="strip" height="30" role="{}" aria-label="{}: {} over {} days">{}'
        '</svg><div class="hv {}">{}</div></div>',
        _label(strip.label, strip.href),
        promised,
        "group" if has_links else "img",
        strip.label,
        marks.figure(strip.overall, "%"),
        count,
        cells,
        _judged(strip.overall, strip.target),
        "–" if strip.overall is None else f"{strip.overall:.2f}%",
    )


def _promised(target: float | None) -> str:
    return "no target" if target is None else f"target {marks.figure(target, '%')}"


def _judged(value: Number, target: float | None) -> str:
    if value is None or target is None:
        return ""
    return "good" if value >= target else "bad"


def _day(day: Day, x: float, width: float, name: str) -> SafeString:
    level = _level(day.percent)
    said = "not measured" if day.percent is None else f"{day.percent:.2f}% up"
    cell = format_html(
        '<rect class="{}" x="{}%" width="{}%" height="100%" rx="2" data-tip="{}"/>',
        level,
        number(x),
        number(width),
        marks.tip(day.label, [(level, f"{name}: {said}")]),
    )
    return marks.linked(day.href, f"{name}, {day.label}: {said}", cell)


def _spread(spread: Spread, reach: float, unit: str) -> SafeString:
    words = (
        f"median {marks.figure(spread.median, unit)}, 90th percentile"
        f" {marks.figure(spread.high, unit)}, target"
        f" {marks.figure(spread.target, unit)},"
        f" {marks.whole(spread.within)}% within target"
    )
    tips = [
        (marks.tone("s0"), f"Median: {marks.figure(spread.median, unit)}"),
        (marks.tone("s1"), f"90th percentile: {marks.figure(spread.high, unit)}"),
        (marks.tone("p1"), f"Target: {marks.figure(spread.target, unit)}"),
    ]
    return format_html(
        '<div class="drow" data-tip="{}"><div class="hl">{}'
        '<span class="muted">{}</span></div>'
        '<svg class="dist" height="40" role="img" aria-label="{}: {}">{}</svg>'
        '<div class="hv {}">{}%</div></div>',
        marks.tip(spread.label, tips),
        _label(spread.label, spread.href),
        spread.note,
        spread.label,
        words,
        _drawing(spread, reach),
        "good" if spread.within >= GOOD_SHARE else "bad",
        str(marks.whole(spread.within)),
    )


def _drawing(spread: Spread, reach: float) -> SafeString:
    def x(value: float) -> str:
        return number(min(value, reach) / reach * 100)

    dots = format_html_join(
        "",
        '<circle class="{}" cx="{}%" cy="{}" r="2.6"/>',
        (
            ("in" if v <= spread.target else "out", x(v), 13 + (i * 7) % 15)
            for i, v in enumerate(spread.dots)
        ),
    )
    box = number((min(spread.high, reach) - min(spread.low, reach)) / reach * 100)
    return format_html(
        '<line class="base" x1="0" x2="100%" y1="20" y2="20"/>'
        '<rect class="box" x="{}%" width="{}%" y="9" height="22" rx="5"/>{}'
        '<line class="med" x1="{}%" x2="{}%" y1="6" y2="34"/>'
        '<line class="target" x1="{}%" x2="{}%" y1="1" y2="39"/>',
        x(spread.low),
        box,
        dots,
        *(x(spread.median),) * 2,
        *(x(spread.target),) * 2,
    )


def _axis(axis: marks.Scale) -> SafeString:
    def anchor(value: float) -> str:
        return {axis.low: "start", axis.high: "end"}.get(value, "middle")

    return format_html_join(
        "",
        '<text class="tick" x="{}%" y="12" text-anchor="{}">{}</text>',
        (
            (number(axis.share(t)), anchor(t), marks.figure(t, axis.unit))
            for t in axis.ticks()
        ),
    )


def _label(text: str, href: str) -> SafeString:
    if href:
        return format_html('<b><a href="{}">{}</a></b>', href, text)
    return format_html("<b>{}</b>", text)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between neighbours, as spreadsheets do it."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
