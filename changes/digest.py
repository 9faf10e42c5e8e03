"""The exact text of what a change says, and its digest. Pure.

Canonical JSON: keys sorted, UTF-8, no spaces, instants in UTC to the microsecond. Who
holds the body can compute the digest anywhere and see that nothing was altered.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def instant(at: datetime | None) -> str | None:
    """2026-03-02T09:00:00.000000Z, whatever zone it was given in."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def canonical(body: Mapping[str, Any]) -> bytes:
    """The one text of a body of plain values."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def sha256_of(body: Mapping[str, Any]) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(canonical(body)).hexdigest()
