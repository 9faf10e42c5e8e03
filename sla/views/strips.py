"""A week of opening hours as a drawing: seven days, twenty-four hours."""

from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sla.hours import DAY_MINUTES, DAY_NAMES, Hours, Window
from sla.wording import SHORT, windows_text

ROW, LEFT, WIDTH, TOP = 26, 44, 720, 20


@dataclass(frozen=True)
class DayText:
    """One weekday in words, for whoever cannot see the drawing."""

    name: str
    times: str


def week_strip(hours: Hours) -> SafeString:
    """Seven bars of open time; a shift over midnight goes on in the next bar."""
    height = TOP + 7 * ROW
    return format_html(
        '<svg class="week" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        LEFT + WIDTH + 12,
        height,
        "Weekly hours: "
        + "; ".join(f"{day.name} {day.times}" for day in week_words(hours)),
        _scale(height),
        format_html_join("", "{}", ((_day(hours, day),) for day in range(7))),
    )


def week_words(hours: Hours) -> list[DayText]:
    return [
        DayText(name, windows_text(windows))
        for name, windows in zip(DAY_NAMES, hours.weekly, strict=True)
    ]


def _scale(height: int) -> SafeString:
    marks = (
        (LEFT + hour * WIDTH // 24, height, f"{hour:02}") for hour in range(0, 25, 3)
    )
    return format_html_join(
        "",
        '<path class="g" d="M{0} 16V{1}"/><text class="h" x="{0}" y="10">{2}</text>',
        marks,
    )


def _day(hours: Hours, day: int) -> SafeString:
    y = TOP + day * ROW
    spans = [*_spilled(hours.weekly[day - 1]), *_own(hours.weekly[day])]
    bars = format_html_join(
        "",
        '<rect class="o" x="{}" y="{}" width="{}" height="16" rx="3"/>',
        (
            (
                LEFT + start * WIDTH // DAY_MINUTES,
                y + 4,
                max(2, (end - start) * WIDTH // DAY_MINUTES),
            )
            for start, end in spans
        ),
    )
    return format_html(
        '<rect class="c" x="{}" y="{}" width="{}" height="16" rx="3"/>'
        '<text class="d" x="0" y="{}">{}</text>{}',
        LEFT,
        y + 4,
        WIDTH,
        y + 16,
        SHORT[day],
        bars,
    )


def _own(windows: tuple[Window, ...]) -> list[Window]:
    return [(start, DAY_MINUTES if end < start else end) for start, end in windows]


def _spilled(windows: tuple[Window, ...]) -> list[Window]:
    return [(0, end) for start, end in windows if end < start and end]
