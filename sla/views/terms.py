"""What the forms of calendars and contracts share: tried, saved, or overtaken."""

from collections.abc import Callable
from typing import TypeVar

from django import forms

from opsdesk.core.http import UserRequest, submit
from sla.models import CalendarVersion, ContractVersion

Made = TypeVar("Made")


def saved(
    request: UserRequest,
    form: forms.Form,
    service: Callable[..., Made],
    *subject: object,
) -> Made | None:
    """What a service made of the form; who only asked for a preview saves nothing."""
    if "preview" in request.POST:
        return None
    return submit(form, service, *subject, actor=request.user)


def is_overtaken(form: forms.Form, latest: CalendarVersion | ContractVersion) -> bool:
    """Whether somebody wrote a version since; who has now read it may save over it."""
    seen = getattr(form, "cleaned_data", {}).get("version")
    if seen is None or seen == latest.number:
        return False
    form.data = {**dict(form.data.items()), "version": str(latest.number)}
    return True
