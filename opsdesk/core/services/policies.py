"""Who must agree is decided here; requests that are open keep their terms."""

from typing import Any

from django.db import transaction

from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.models import ApprovalPolicy
from opsdesk.core.records import check_version, save

KEEPERS = (Role.MANAGER, Role.ADMINISTRATOR)


@transaction.atomic
def keep_policy(
    policy: ApprovalPolicy,
    *,
    actor: User,
    version: int | None,
    valid_days: int,
    steps: list[dict[str, Any]],
) -> ApprovalPolicy:
    """Say how many of whom must agree from now on, and for how many days it counts."""
    require(access_of(actor).has(*KEEPERS))
    policy = locked_policy(policy)
    check_version(policy, version)
    if not steps:
        raise RuleError("At least one person must agree.", code="nobody_asked")
    policy.valid_days, policy.steps = valid_days, steps
    save(policy, actor=actor)
    return policy


def locked_policy(policy: ApprovalPolicy) -> ApprovalPolicy:
    """The policy as it is now, held until the transaction ends."""
    return ApprovalPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
