"""The part of RFC 5545 in which windows repeat: by days, weeks, months and years.

Only what cannot make the machine count for long is read: every rule of DAILY and
WEEKLY comes again, and the others step by months.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time
from itertools import takewhile

from dateutil.rrule import rrulestr

ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
BY_MONTH = {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
PARTS = {
    "DAILY": ALWAYS,
    "WEEKLY": ALWAYS | {"BYDAY"},
    "MONTHLY": ALWAYS | BY_MONTH,
    "YEARLY": ALWAYS | BY_MONTH,
}
SHAPES = {
    "INTERVAL": re.compile(r"[1-9]\d?"),
    "COUNT": re.compile(r"[1-9]\d{0,2}"),
    "UNTIL": re.compile(r"20\d{6}(T\d{6})?"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
    "BYDAY": re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTHDAY": re.compile(r"-?([1-9]|[12]\d|3[01])"),
    "BYMONTH": re.compile(r"[1-9]|1[0-2]"),
    "BYSETPOS": re.compile(r"-?([1-9]|[12]\d|3[01])"),
}
MANY = {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}


def read(text: str) -> dict[str, str]:
    """The parts of a rule. Raises ValueError, with a sentence, where one is wrong."""
    pairs = [part.partition("=") for part in text.upper().strip("; ").split(";")]
    parts = {name.strip(): value.strip() for name, _, value in pairs}
    if len(parts) != len(pairs):
        raise ValueError("A part of the rule is given twice.")
    allowed = PARTS.get(parts.get("FREQ", ""))
    if allowed is None:
        raise ValueError("Start with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    for name, value in parts.items():
        if name not in allowed:
            raise ValueError(f"{name or 'An empty part'} cannot be used here.")
        _check(name, value, parts["FREQ"])
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError("Give COUNT or UNTIL, not both.")
    return parts


def starts(text: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """Wall-clock starts from `first` to `last`; without a rule, `first` alone."""
    if not text:
        return iter([first] if first <= last else [])
    parts = read(text)
    if until := parts.get("UNTIL"):
        parts["UNTIL"] = f"{_end_of(until):%Y%m%dT%H%M%S}"
    rule = rrulestr(
        ";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first
    )
    return takewhile(lambda wall: wall <= last, rule)


def _check(name: str, value: str, freq: str) -> None:
    values = value.split(",") if name in MANY else [value]
    shape = SHAPES.get(name)
    if shape and not all(shape.fullmatch(one) for one in values):
        raise ValueError(f"{name}={value} cannot be read.")
    if name == "BYDAY" and freq == "WEEKLY" and any(len(one) > 2 for one in values):
        raise ValueError("In a weekly rule BYDAY names days without a number.")
    if name == "UNTIL":
        _end_of(value)


def _end_of(until: str) -> datetime:
    """A day means its end, so that what starts on it still counts."""
    try:
        end = datetime.fromisoformat(until)
    except ValueError:
        raise ValueError(f"UNTIL={until} is no day.") from None
    return end if "T" in until else datetime.combine(end, time(23, 59, 59))
