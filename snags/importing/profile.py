"""A profile: what the columns and values of another system's file mean to opsdesk.

It is stored as JSON (`ImportProfile.mapping`), so that another layout of a log needs
another profile and no code. See docs/importing.md for every key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEEP = "keep"
WAITING = "waiting "
STATES = (
    "new",
    "triaged",
    "in_progress",
    "waiting reporter",
    "waiting supplier",
    "waiting change",
    "waiting third_party",
    "resolved",
    "closed",
    KEEP,
)
CHANNELS = ("web", "phone", "walk_in", "mail", "api", "import")
RESOLUTIONS = (
    "configuration",
    "change",
    "data_correction",
    "training",
    "answered",
    "no_fault",
    "deferred",
    "not_accepted",
)
INSTANTS = ("updated_at", "opened_at", "resolved_at", "closed_at")
FLAGS = ("made_sla",)
PEOPLE = ("caller", "logger", "assignee", "resolver", "updated_by")
TEXTS = (
    "number",
    *PEOPLE,
    "group",
    "supplier",
    "category",
    "subcategory",
    "symptom",
    "summary",
    "description",
    "resolution_note",
)
# Columns whose every value must be in the profile's own table of values.
CHOICES: dict[str, tuple[Any, ...]] = {
    "state": STATES,
    "priority": (1, 2, 3, 4),
    "impact": (1, 2, 3),
    "urgency": (1, 2, 3),
    "channel": CHANNELS,
    "resolution": RESOLUTIONS,
}
FIELDS = (*TEXTS, *INSTANTS, *FLAGS, *CHOICES)
KEYS = (
    "system",
    "description",
    "delimiter",
    "encoding",
    "dates",
    "missing",
    "true",
    "false",
    "columns",
    "title",
    "facts",
    "supplier",
    "landscape",
)
COLUMN_KEYS = ("column", "values", "missing", "prefix", "pad", "default")
MISSING = ("", "?", "NULL", "N/A")
LONGEST_NAME = 100


class ProfileError(ValueError):
    """A mapping that cannot be used; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where one value comes from and how its texts are read.

    `prefix` and `pad` put back what another layout has stripped: "45" becomes
    "INC0000045" with prefix "INC" and pad 7. Texts that have the prefix stay as they
    are. `values` maps a text to ours, whatever its case; `default` is for texts that
    are not listed. A column name may say which of several: "note#2".
    """

    field: str
    name: str
    values: Mapping[str, Any] | None = None
    missing: frozenset[str] | None = None
    prefix: str = ""
    pad: int = 0
    default: Any = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A mapping that has been checked."""

    name: str
    system: str
    columns: Mapping[str, Column]
    dates: tuple[str, ...]
    missing: frozenset[str]
    true: frozenset[str]
    false: frozenset[str]
    title: tuple[str, ...]
    facts: tuple[Column, ...]
    delimiter: str | None
    encoding: str | None
    supplier: str
    landscape: str

    @property
    def wanted(self) -> set[str]:
        """The column names that a file must have."""
        named = {column.name for column in self.columns.values()}
        return named | {column.name for column in self.facts}


def parse_profile(name: str, mapping: object) -> Profile:
    """Check a stored mapping; raises ProfileError with the first thing wrong."""
    if not isinstance(mapping, Mapping):
        raise ProfileError("A profile is an object with keys like system and columns.")
    _known(mapping, KEYS, "A profile")
    columns = {
        str(field): _column(str(field), spec)
        for field, spec in _object(mapping, "columns").items()
    }
    _check_columns(columns)
    title = _texts(mapping, "title", ["summary", "category", "subcategory", "symptom"])
    if set(title) - set(TEXTS):
        raise ProfileError(f"title lists fields that are texts: {', '.join(TEXTS)}.")
    delimiter = mapping.get("delimiter")
    if delimiter is not None and (
        not isinstance(delimiter, str) or len(delimiter) != 1
    ):
        raise ProfileError("delimiter is one character, like a semicolon or a tab.")
    return Profile(
        name=name,
        system=_text(mapping, "system", "")[:60] or name,
        columns=columns,
        dates=_dates(mapping),
        missing=frozenset(_texts(mapping, "missing", list(MISSING))),
        true=_folded(_texts(mapping, "true", ["true", "yes", "1"])),
        false=_folded(_texts(mapping, "false", ["false", "no", "0"])),
        title=tuple(field for field in title if field in columns),
        facts=_facts(mapping),
        delimiter=delimiter,
        encoding=_text(mapping, "encoding", "") or None,
        supplier=_name(mapping, "supplier", "Vendor (imported)"),
        landscape=_name(mapping, "landscape", "Imported ERP"),
    )


def _column(field: str, spec: object) -> Column:
    if isinstance(spec, str) and spec:
        spec = {"column": spec}
    if not isinstance(spec, Mapping) or not isinstance(spec.get("column"), str):
        raise ProfileError(f"columns.{field} names a column of the file.")
    _known(spec, COLUMN_KEYS, f"columns.{field}")
    values = spec.get("values")
    if values is not None and not isinstance(values, Mapping):
        raise ProfileError(f"columns.{field}.values is an object: text to value.")
    missing = spec.get("missing")
    pad = spec.get("pad", 0)
    if not isinstance(pad, int) or not 0 <= pad <= 30:
        raise ProfileError(f"columns.{field}.pad is a number of digits, up to 30.")
    return Column(
        field=field,
        name=spec["column"],
        values=None if values is None else {_fold(k): v for k, v in values.items()},
        missing=None if missing is None else frozenset(_texts(spec, "missing", [])),
        prefix=_text(spec, "prefix", ""),
        pad=pad,
        default=spec.get("default"),
    )


def _facts(mapping: Mapping[str, Any]) -> tuple[Column, ...]:
    facts = mapping.get("facts") or []
    if not isinstance(facts, list):
        raise ProfileError("facts is a list of columns.")
    return tuple(_column(f"fact {spec}", spec) for spec in facts)


def _check_columns(columns: Mapping[str, Column]) -> None:
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise ProfileError(
            f"There is no field called {unknown[0]!r}. Fields are:"
            f" {', '.join(sorted(FIELDS))}."
        )
    for field in ("number", "state"):
        if field not in columns:
            raise ProfileError(f"A profile must say which column is the {field}.")
    if "updated_at" not in columns and "opened_at" not in columns:
        raise ProfileError("A profile must map updated_at (a log) or opened_at.")
    for field, allowed in CHOICES.items():
        if field in columns:
            _check_values(columns[field], allowed)


def _check_values(column: Column, allowed: tuple[Any, ...]) -> None:
    """Every value a choice is mapped to must be one of ours."""
    if not column.values:
        raise ProfileError(f"columns.{column.field} needs values: text to ours.")
    given = [*column.values.values()]
    if column.default is not None:
        given.append(column.default)
    for value in given:
        if value not in allowed or isinstance(value, bool):
            words = ", ".join(str(name) for name in allowed)
            raise ProfileError(
                f"columns.{column.field} maps to {value!r}; it can be: {words}."
            )


def _dates(mapping: Mapping[str, Any]) -> tuple[str, ...]:
    formats = tuple(_texts(mapping, "dates", ["iso"]))
    for form in formats:
        if form != "iso" and not _is_whole(form):
            raise ProfileError(
                f"{form!r} is not a date format. Write iso, or like %d/%m/%Y %H:%M"
                " or %m/%d/%Y %I:%M %p."
            )
    if not formats:
        raise ProfileError("dates lists at least one format.")
    return formats


def _is_whole(form: str) -> bool:
    """Day, month and hour are told; an hour up to twelve with its half of the day."""
    hours = ("%H",) if "%H" in form else ("%I", "%p")
    return all(part in form for part in ("%d", "%m", *hours))


def _known(mapping: Mapping[str, Any], keys: Iterable[str], what: str) -> None:
    unknown = sorted(str(key) for key in set(mapping) - set(keys))
    if unknown:
        raise ProfileError(
            f"{what} has no key {unknown[0]!r}. Keys are: {', '.join(keys)}."
        )


def _object(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    if not isinstance(value, Mapping):
        raise ProfileError(f"{key} is an object.")
    return value


def _text(mapping: Mapping[str, Any], key: str, default: str) -> str:
    value = mapping.get(key, default)
    if not isinstance(value, str):
        raise ProfileError(f"{key} is a text.")
    return value


def _name(mapping: Mapping[str, Any], key: str, default: str) -> str:
    name = _text(mapping, key, default).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise ProfileError(
            f"{key} is not empty and has {LONGEST_NAME} letters at most."
        )
    return name


def _texts(mapping: Mapping[str, Any], key: str, default: list[str]) -> list[str]:
    value = mapping.get(key, default)
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ProfileError(f"{key} is a list of texts.")
    return value


def _fold(text: object) -> str:
    return " ".join(str(text).casefold().split())


def _folded(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(_fold(text) for text in texts)
