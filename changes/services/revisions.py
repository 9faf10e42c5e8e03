"""What a change says is fixed, revision by revision, under its digest."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from changes.digest import sha256_of
from changes.models import ChangeRequest, ChangeRevision, ChangeTarget
from changes.moves import ChangeState
from changes.queries.risks import risk_of
from changes.queries.substance import substance
from changes.risk import higher
from environments.models import Environment
from environments.queries.pairs import standbys
from environments.queries.placing import having
from opsdesk.accounts.models import User
from opsdesk.core.records import save

# People agree, or have agreed: the calculated risk may rise under them, never sink.
AGREEING = (ChangeState.AWAITING, ChangeState.APPROVED)
# What a record decides of the row itself.
SETTLED = ("risk_calculated", "risk", "sha256", "revision")
ORDER = ("dev_test", "production", "failover", "training")


@transaction.atomic(savepoint=False)
def record(change: ChangeRequest, *, actor: User, at: datetime) -> bool:
    """Settle targets, risk and digest; write the revision down. True when it is new."""
    prefetch_related_objects([change], "components")
    was = _settled(change)
    _add_standbys(change)
    _judge_risk(change, at)
    body = substance(change)
    change.sha256 = sha256_of(body)
    last = change.revisions.order_by("-number").first()
    is_same = last is not None and last.sha256 == change.sha256
    is_new = last is None or not is_same or last.number < change.revision
    if last is not None and last.number == change.revision and not is_same:
        change.revision += 1
    if is_new:
        ChangeRevision.objects.create(
            change=change,
            number=change.revision,
            sha256=change.sha256,
            body=body,
            by=actor,
            at=at,
        )
    if _settled(change) != was:
        save(change, *SETTLED, actor=actor)
    return is_new


def ordinal_of(environment: Environment) -> int:
    """Its place in the order of promotion; training follows production."""
    return ORDER.index(environment.kind) + 1


def _settled(change: ChangeRequest) -> list[Any]:
    return [getattr(change, name) for name in SETTLED]


def _add_standbys(change: ChangeRequest) -> None:
    """Who changes what serves changes what stands by for it: added as a target, where
    the package belongs."""
    aims = list(change.targets.select_related("environment").order_by("ordinal", "pk"))
    aimed = {aim.environment_id for aim in aims}
    for aim in aims:
        for standby in _standbys(change, aim.environment):
            if standby.pk not in aimed:
                ChangeTarget.objects.create(
                    change=change,
                    environment=standby,
                    ordinal=ordinal_of(standby),
                    minutes=aim.minutes,
                )


def _standbys(change: ChangeRequest, environment: Environment) -> list[Environment]:
    found = standbys(environment)
    return having(found, change.package.component) if change.package else list(found)


def _judge_risk(change: ChangeRequest, at: datetime) -> None:
    level = risk_of(change, at).level
    if change.state in AGREEING:
        level = higher(level, change.risk_calculated)
    change.risk_calculated = level
    change.risk = higher(level, change.risk_manual)
