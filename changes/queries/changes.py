"""Lists of changes, as one person may read them."""

from django.db.models import Q, QuerySet

from changes.models import ChangeRequest, ChangeTarget
from changes.moves import BEFORE, ChangeState
from environments.models import Environment, Landscape
from opsdesk.accounts.models import User
from snags.models import Snag

# What the list may be narrowed to besides one state.
VIEWS = {
    "open": "Open",
    "mine": "Mine",
    "waiting": "Awaiting approval",
    "all": "All",
}


def changes_for(
    user: User,
    *,
    view: str = "open",
    state: str = "",
    kind: str = "",
    risk: str = "",
    environment: Environment | None = None,
    text: str = "",
) -> QuerySet[ChangeRequest]:
    """The changes a person may see, narrowed, the latest first."""
    rows = ChangeRequest.objects.visible_to(user)
    if view == "mine":
        rows = rows.filter(Q(requester=user) | Q(implementer=user))
    if view == "waiting":
        rows = rows.filter(state=ChangeState.AWAITING)
    if view in {"open", "mine"} and not state:
        rows = rows.open()
    asked = {"state": state, "kind": kind, "risk": risk}
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    if environment is not None:
        aimed = ChangeTarget.objects.filter(environment=environment).values("change")
        rows = rows.filter(pk__in=aimed)
    if text:
        number = text.upper().removeprefix("CR-")
        named = Q(title__icontains=text)
        if number.isascii() and number.isdecimal() and len(number) < 18:
            named |= Q(pk=int(number))
        rows = rows.filter(named)
    return (
        rows.select_related("package__component", "implementer", "requester")
        .prefetch_related("targets__environment")
        .order_by("-pk")
    )


def change_for(user: User, pk: int) -> ChangeRequest | None:
    """The change with what every page of it names, if this person may know of it."""
    rows = ChangeRequest.objects.visible_to(user).select_related(
        "package__component", "requester", "implementer", "approval"
    )
    try:
        return rows.get(pk=pk)
    except ChangeRequest.DoesNotExist:
        return None


def fixes_of(user: User, snag: Snag) -> QuerySet[ChangeRequest]:
    """The changes that are to fix a snag, as far as this person may know of them."""
    mine = ChangeRequest.snags.through.objects.filter(snag=snag).values("changerequest")
    return ChangeRequest.objects.visible_to(user).filter(pk__in=mine).order_by("-pk")


def environments_in_use(landscape: Landscape | None = None) -> QuerySet[Environment]:
    """Where changes go, in the order of promotion."""
    rows = Environment.objects.in_use()
    if landscape is not None:
        rows = rows.filter(landscape=landscape)
    return rows.order_by("landscape", "kind", "name")


def is_early(change: ChangeRequest) -> bool:
    """Nothing was done to a serving environment yet: it may still be edited."""
    return change.state in BEFORE


def slot_of(change: ChangeRequest) -> ChangeTarget | None:
    """Its next slot by the prefetched targets, the earliest first."""
    held = [aim for aim in change.targets.all() if aim.slot]
    return min(held, key=lambda aim: aim.slot.lower, default=None)
