"""Which release of the time zone database this process reads."""

import re
from functools import cache
from pathlib import Path
from zoneinfo import TZPATH

import tzdata  # type: ignore[import-untyped]

_RELEASE = re.compile(r"(\d{4}[a-z]+)")


@cache
def release() -> str:
    """The IANA release, like 2025b: the system's where it says so, else the package's.

    Releases sort as texts, so a node with older data never undoes a newer one.
    """
    for folder in TZPATH:
        stated = Path(folder) / "tzdata.zi"
        if stated.exists():
            with stated.open(encoding="ascii", errors="replace") as lines:
                found = _RELEASE.search(lines.readline())
            if found:
                return found[1]
    return str(tzdata.IANA_VERSION)
