"""Writes a calendar as RFC 5545 text: escaped, folded at 75 octets, CRLF."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

WIDEST = 75  # octets of a line, without its end
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True)
class Event:
    """One entry: [starts_at, ends_at), known by `uid` for ever."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    body: str = ""
    url: str = ""
    category: str = ""


def write(name: str, events: Iterable[Event], *, stamp: datetime) -> bytes:
    """The whole calendar, each entry stamped with when it was read."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//opsdesk//Calendar//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        *(line for event in events for line in _event(event, stamp)),
        "END:VCALENDAR",
    ]
    return b"".join(b"\r\n ".join(_folded(line)) + b"\r\n" for line in lines)


def _event(event: Event, stamp: datetime) -> list[str]:
    extra = {
        "DESCRIPTION": _text(event.body),
        "CATEGORIES": _text(event.category),
        "URL": event.url,
    }
    return [
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{_instant(stamp)}",
        f"DTSTART:{_instant(event.starts_at)}",
        f"DTEND:{_instant(event.ends_at)}",
        f"SUMMARY:{_text(event.title)}",
        *(f"{name}:{value}" for name, value in extra.items() if value),
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A text value; control characters but the line's end are left out."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c == "\n" or (c >= " " and c != "\x7f"))
    return kept.translate(ESCAPES)


def _folded(line: str) -> list[bytes]:
    """The line in pieces, none of which cuts a character in two."""
    pieces, piece, room = [], b"", WIDEST
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            pieces.append(piece)
            # A continuation line begins with the blank that joins the pieces.
            piece, room = b"", WIDEST - 1
        piece += octets
    return [*pieces, piece]
