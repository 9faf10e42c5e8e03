"""What must hold for a promotion to start: every gate, in the order it is shown.

Each is met, or not met with its reason and how to clear it. An app above adds its own
in its `apps.py`: PROMOTION_GATES.register(code, gate).
"""

from changes.gates import agreement, evidence, place
from changes.gates.case import Case
from opsdesk.core.gates import Gates

PROMOTION_GATES = Gates[Case]()
for code, gate in (
    ("STATE", agreement.state),
    ("HOLD", agreement.hold),
    ("PACKAGE", evidence.package),
    ("DIGEST", evidence.digest),
    ("ROUTE", evidence.route),
    ("SIGNOFF", evidence.signed_off),
    ("SOAK", evidence.soaked),
    ("APPROVAL", agreement.approval),
    ("PROMO_APPROVAL", agreement.promotion_approval),
    ("SOD", agreement.separation),
    ("BASELINE", evidence.baseline),
    ("DEPENDS", evidence.depends),
    ("ENV", place.environment),
    ("FREEZE", place.freeze),
    ("WINDOW", place.window),
    ("SLOT", place.slot),
    ("LEASE", place.lease),
    ("FAILOVER", place.failover),
    ("BACKOUT", evidence.backout),
    ("MIGRATION", place.migration),
    ("REPLAY", place.replay),
):
    PROMOTION_GATES.register(code, gate)

__all__ = ["PROMOTION_GATES", "Case"]
