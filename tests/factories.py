"""Ready-made rows. Anything with rules is made by its service, not by the ORM."""

from datetime import UTC, date, datetime

from environments.models import Environment, Landscape
from opsdesk.accounts.models import Membership, Party, User
from snags.models import GoLive, Snaglist

# A Monday in winter: London shows the same hour.
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse"


def make_party(name, kind="department", **extra):
    return Party.objects.get_or_create(name=name, defaults={"kind": kind, **extra})[0]


def make_user(name, *roles, supplier=None, scope=None, **extra):
    """make_user("sam", "support"): Sam Support, sam@example.org."""
    user = User.objects.create_user(
        f"{name}@example.org", PASSWORD, **{"name": name.capitalize(), **extra}
    )
    for role in roles:
        Membership.objects.create(
            user=user, role=role, supplier=supplier, department=scope
        )
    return user


def make_landscape(name="ERP"):
    """A landscape with its four environments and one open snaglist; gives production."""
    landscape = Landscape.objects.create(name=name, product="Compiere")
    for kind in Environment.Kind:
        Environment.objects.create(
            landscape=landscape,
            kind=kind,
            name=f"{name} {kind.label}",
            is_serving=kind == Environment.Kind.PRODUCTION,
        )
    golive = GoLive.objects.create(
        landscape=landscape, name="Go-live", went_live_on=date(2026, 1, 5)
    )
    Snaglist.objects.create(golive=golive, name="General")
    return landscape.environments.get(is_serving=True)
