"""The manifest of a package: which files, how large, with which SHA-256. Pure.

A line `<sha256>  <size>  <path>\\n` for each file, sorted by the bytes of the path, in
UTF-8; the SHA-256 of all lines is the package's digest. Paths are such that the same
manifest can be made on any host an ERP runs on.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_PATH = 512  # bytes
MAX_SIZE = 2**63 - 1
LINE = re.compile(r"([0-9a-f]{64})  (0|[1-9][0-9]{0,18})  (.+)")


class ManifestError(ValueError):
    """A path or a line that cannot be part of a manifest; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One file as the manifest names it."""

    path: str
    size: int
    sha256: str

    @property
    def line(self) -> str:
        return f"{self.sha256}  {self.size}  {self.path}\n"


@dataclass(frozen=True)
class Difference:
    """What happened to one path from an older manifest to a newer one."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def check_path(path: str) -> str:
    """The path itself if it may be part of a package, else ManifestError."""
    shown = path if path.isprintable() else repr(path)[1:-1]
    if not path:
        raise ManifestError("A file needs a path.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        raise ManifestError(f"“{shown}” holds control characters.")
    if not unicodedata.is_normalized("NFC", path):
        raise ManifestError(f"“{shown}” is not in Unicode's normal form (NFC).")
    if "\\" in path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise ManifestError(f"“{shown}” is not a relative path with / between folders.")
    if any(part in {"", ".", ".."} for part in path.split("/")):
        raise ManifestError(f"“{shown}” has an empty part, “.” or “..” in it.")
    if len(path.encode()) > MAX_PATH:
        raise ManifestError(f"“{shown[:40]}…” is longer than {MAX_PATH} bytes.")
    return path


def check_unique(paths: Iterable[str]) -> None:
    """Refuse two paths that some hosts cannot tell apart: a.sql and A.sql."""
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.get(path.casefold())
        if other is not None:
            raise ManifestError(f"“{path}” and “{other}” are the same on some hosts.")
        seen[path.casefold()] = path


def text(entries: Iterable[Entry]) -> str:
    """All lines, in the order of the paths' bytes."""
    ordered = sorted(entries, key=lambda entry: entry.path.encode())
    return "".join(entry.line for entry in ordered)


def digest(entries: Iterable[Entry]) -> str:
    """The SHA-256 of the manifest, in hexadecimal."""
    return hashlib.sha256(text(entries).encode()).hexdigest()


def parse(lines: str) -> list[Entry]:
    """The files a manifest names; ManifestError says which line is none."""
    found = []
    for number, line in enumerate(lines.split("\n"), 1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.removesuffix("\r"))
        if match is None or int(match[2]) > MAX_SIZE:
            raise ManifestError(f"Line {number} is not “SHA-256  size  path”.")
        found.append(Entry(check_path(match[3]), int(match[2]), match[1]))
    check_unique(entry.path for entry in found)
    return found


def compare(before: Sequence[Entry], after: Sequence[Entry]) -> list[Difference]:
    """What differs from one manifest to another, by path; a file that stayed is not."""
    old = {entry.path: entry for entry in before}
    new = {entry.path: entry for entry in after}
    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys(), key=str.encode)
        if old.get(path) != new.get(path)
    ]
