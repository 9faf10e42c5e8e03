from changes.models.change import (
    ChangeComment,
    ChangeEvent,
    ChangeRequest,
    ChangeRevision,
    ChangeTarget,
    ChangeTemplate,
    Risk,
)
from changes.models.packages import (
    Package,
    PackageBlock,
    PackageEvent,
    PackageFile,
)
from changes.models.promotion import (
    NOT_INSTALLED,
    ChangeDuty,
    FreezeOverride,
    Promotion,
    PromotionStep,
    Review,
    Waiver,
)
from changes.models.testing import TestSignOff, UserTest

__all__ = [
    "NOT_INSTALLED",
    "ChangeComment",
    "ChangeDuty",
    "ChangeEvent",
    "ChangeRequest",
    "ChangeRevision",
    "ChangeTarget",
    "ChangeTemplate",
    "FreezeOverride",
    "Package",
    "PackageBlock",
    "PackageEvent",
    "PackageFile",
    "Promotion",
    "PromotionStep",
    "Review",
    "Risk",
    "TestSignOff",
    "UserTest",
    "Waiver",
]
