"""What of a change is of substance: whoever agrees, agrees to exactly this.

Not in it: the slot inside the envelope, the implementer, comments and links.
"""

from typing import Any

from changes.digest import instant
from changes.models import ChangeRequest


def substance(change: ChangeRequest) -> dict[str, Any]:
    """The body of a revision, in plain values; its digest is what votes are bound to.

    A statutory change says its law and date besides.
    """
    template = change.template
    law = {"authority": change.authority, "legal_on": str(change.legal_on or "")}
    return {
        "type": change.kind,
        "template": [template.code, template.number] if template else None,
        "title": change.title,
        "description": change.description,
        "business_reason": change.reason,
        "impact": change.impact,
        "outage_expected": change.outage_minutes > 0,
        "outage_minutes": change.outage_minutes,
        "manifest_sha256": change.package.sha256 if change.package else "",
        "implementation_plan": change.implementation_plan,
        "test_plan": change.test_plan,
        "backout_plan": change.backout_plan,
        "comms_plan": change.comms_plan,
        "backout_deadline": change.backout_hours,
        "risk_answers": change.risk_answers,
        "risk": change.risk,
        "components": sorted(component.pk for component in change.components.all()),
        "envelope": [instant(change.earliest_start), instant(change.latest_end)],
        "targets": [
            [aim.environment_id, aim.ordinal, aim.is_mandatory, aim.is_exclusive]
            for aim in change.targets.order_by("ordinal", "pk")
        ],
        **(law if change.kind == ChangeRequest.Kind.STATUTORY else {}),
    }
