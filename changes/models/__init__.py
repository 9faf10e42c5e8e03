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
    ChangeDuty,
    FreezeOverride,
    Promotion,
    PromotionStep,
    Review,
    Waiver,
)
from changes.models.testing import TestSignOff, UserTest

__all__ = [
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
