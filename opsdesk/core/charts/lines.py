"""Lines over time: a trend against its target, and the small one in a key figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from opsdesk.core.charts import marks
from opsdesk.core.charts.marks import Cell, Frame, Number, Scale, number


@dataclass(frozen=True)
class Line:
    """One line: a value for each label, None where nothing was measured."""

    name: str
    values: Sequence[Number]
    tone: str = "s0"


@dataclass(frozen=True)
class Axis:
    """What is measured, what was promised, and its ends if not as they fall."""

    unit: str = "%"
    target: float | None = None
    bounds: tuple[float, float] | None = None


SHARES = Axis()


def trend(
    title: str,
    labels: Sequence[str],
    lines: Sequence[Line],
    *,
    axis: Axis = SHARES,
    hrefs: Sequence[str] = (),
    empty: str = "Nothing to show yet.",
) -> SafeString:
    """Lines with gaps where nothing was measured; a column leads to its rows."""
    measured = [v for line in lines for v in line.values if v is not None]
    if not measured:
        return marks.nothing(empty)
    scale = _scale(measured, axis)
    frame = Frame(scale, labels=labels)
    for index, line in enumerate(lines):
        frame.body.extend(_drawn(scale, line, is_filled=index == 0))
    if axis.target is not None:  # last, so that its name can be read
        frame.body.append(_target(scale, axis.target))
    frame.body.extend(_hits(scale, labels, lines, hrefs))
    return marks.joined(
        [
            marks.legend((line.tone, line.name) for line in lines),
            frame.render(title, _message(lines, axis), has_links=bool(hrefs)),
            marks.data_table(
                ["", *(line.name for line in lines)],
                _rows(labels, lines, axis.unit, hrefs),
            ),
        ]
    )


def spark(values: Sequence[Number], tone: str = "s0") -> SafeString:
    """The shape of a figure's past; too little of it draws nothing."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return SafeString()
    low, high = min(known), max(known)
    reach = (high - low) or 1
    last = len(known) - 1
    points = " ".join(
        f"{number(i / last * 100)},{number(28 - (v - low) / reach * 26)}"
        for i, v in enumerate(known)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none"'
        ' aria-hidden="true"><polygon class="fill {0}" points="0,30 {1} 100,30"/>'
        '<polyline class="line {0}" points="{1}"/></svg>',
        marks.tone(tone),
        points,
    )


def _scale(values: list[float], axis: Axis) -> Scale:
    """From the given bounds, else from what was measured; shares end at 100 %."""
    if axis.bounds:
        return marks.scale(*axis.bounds, unit=axis.unit, ticks=3)
    every = values if axis.target is None else [*values, axis.target]
    low, high = min(every), max(every)
    if axis.unit != "%":
        return marks.scale(min(0.0, low), high or 1, unit=axis.unit)
    floor = max(0.0, min(90.0, 10 * (low // 10)))
    return marks.scale(floor, max(100.0, high), unit="%", ticks=3)


def _target(axis: Scale, target: float) -> SafeString:
    return format_html(
        '<line class="target" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>'
        '<text class="tick target-l" x="4" y="{0}%" dy="-5">Target {1}</text>',
        number(axis.y(target)),
        marks.figure(target, axis.unit),
    )


def _drawn(axis: Scale, line: Line, *, is_filled: bool) -> Iterator[SafeString]:
    """Each unbroken run as a line; a lone value as a dot, and so the last one."""
    count = len(line.values)
    colour = marks.tone(line.tone)
    for run in _runs(line.values):
        places = [((i + 0.5) / count * 100, axis.y(v)) for i, v in run]
        points = " ".join(f"{number(x)},{number(y)}" for x, y in places)
        fill = _fill(places, points, colour) if is_filled else ""
        yield format_html(
            '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%"'
            ' height="100%">{}<polyline class="line {}" points="{}"/></svg>',
            fill,
            colour,
            points,
        )
    for run in _runs(line.values):
        is_last = run[-1][0] == _last(line.values)
        if is_last or len(run) == 1:
            index, value = run[-1]
            yield format_html(
                '<circle class="dot {}" cx="{}%" cy="{}%" r="3.5"/>',
                colour,
                number((index + 0.5) / count * 100),
                number(axis.y(value)),
            )


def _fill(places: list[tuple[float, float]], points: str, colour: str) -> SafeString:
    return format_html(
        '<polygon class="fill {}" points="{},100 {} {},100"/>',
        colour,
        number(places[0][0]),
        points,
        number(places[-1][0]),
    )


def _runs(values: Sequence[Number]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = []
    before = -2
    for index, value in enumerate(values):
        if value is None:
            continue
        if index == before + 1:
            runs[-1].append((index, value))
        else:
            runs.append([(index, value)])
        before = index
    return runs


def _last(values: Sequence[Number]) -> int:
    return max(i for i, v in enumerate(values) if v is not None)


def _hits(
    axis: Scale, labels: Sequence[str], lines: Sequence[Line], hrefs: Sequence[str]
) -> Iterator[SafeString]:
    """One column a label to hover, focus and follow."""
    width = 100 / len(labels)
    for index, label in enumerate(labels):
        told = [
            (marks.tone(line.tone), line.name, line.values[index]) for line in lines
        ]
        dots = format_html_join(
            "",
            '<circle class="hdot {}" cx="50%" cy="{}%" r="4"/>',
            ((c, number(axis.y(v))) for c, _, v in told if v is not None),
        )
        words = [(c, f"{name}: {marks.figure(v, axis.unit)}") for c, name, v in told]
        column = format_html(
            '<svg class="hit" x="{}%" width="{}%" height="100%" data-tip="{}">'
            '<line class="cross" x1="50%" x2="50%" y1="0" y2="100%"/>{}'
            '<rect width="100%" height="100%"/></svg>',
            number(index * width),
            number(width),
            marks.tip(label, words),
            dots,
        )
        href = hrefs[index] if index < len(hrefs) else ""
        named = f"{label}: {', '.join(text for _, text in words)}"
        yield marks.linked(href, named, column)


def _message(lines: Sequence[Line], axis: Axis) -> str:
    known = [line for line in lines if any(v is not None for v in line.values)]
    latest = ", ".join(
        f"{line.name} {marks.figure(line.values[_last(line.values)], axis.unit)}"
        for line in known
    )
    if axis.target is None:
        return f"Latest: {latest}"
    return f"Latest: {latest}, target {marks.figure(axis.target, axis.unit)}"


def _rows(
    labels: Sequence[str], lines: Sequence[Line], unit: str, hrefs: Sequence[str]
) -> Iterator[list[Cell]]:
    for index, label in enumerate(labels):
        href = hrefs[index] if index < len(hrefs) else ""
        cells = (marks.figure(line.values[index], unit) for line in lines)
        yield [marks.link(label, href), *cells]
