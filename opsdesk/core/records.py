"""How services write rows: named fields, the actor in the history, texts guarded."""

from typing import Protocol

from django.db import models

from opsdesk.accounts.models import User
from opsdesk.core.errors import StaleError


class Versioned(Protocol):
    """A row whose texts people edit: its version counts how often they did."""

    version: int


def save(row: models.Model, *fields: str, actor: User | None) -> None:
    """Save a row, all of it when new, else only the named fields, in actor's name."""
    _sign(row, actor)
    row.save(update_fields=fields or None)


def delete(row: models.Model, *, actor: User) -> None:
    """Delete a row, in actor's name."""
    _sign(row, actor)
    row.delete()


def check_version(row: Versioned, version: int | None) -> None:
    """Refuse to overwrite a text that changed since it was read; then count it up.

    `version` None means the caller has locked the row and read it afresh.
    """
    if version is not None and version != row.version:
        raise StaleError(row)
    row.version += 1


def _sign(row: models.Model, actor: User | None) -> None:
    """Whose doing the next change of the row is, where simple_history looks for it."""
    row._history_user = actor  # type: ignore[attr-defined]  # noqa: SLF001
