"""How services write rows: named fields, the actor in the history, texts guarded."""

from django.db import models

from opsdesk.accounts.models import User
from opsdesk.core.errors import StaleError


def save(row: models.Model, *fields: str, actor: User | None) -> None:
    """Save a row, all of it when new, else only the named fields, in actor's name."""
    row._history_user = actor  # type: ignore[attr-defined]  # noqa: SLF001
    row.save(update_fields=fields or None)


def delete(row: models.Model, *, actor: User) -> None:
    """Delete a row, in actor's name."""
    row._history_user = actor  # type: ignore[attr-defined]  # noqa: SLF001
    row.delete()


def check_version(row: models.Model, version: int | None) -> None:
    """Refuse to overwrite a text that changed since it was read; then count it up.

    `version` None means the caller has locked the row and read it afresh.
    """
    if version is not None and version != row.version:  # type: ignore[attr-defined]
        raise StaleError(row)
    row.version += 1  # type: ignore[attr-defined]
