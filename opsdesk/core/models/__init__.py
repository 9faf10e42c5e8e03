from opsdesk.core.models.approvals import (
    ApprovalPolicy,
    ApprovalRequest,
    ApprovalStep,
    Asked,
    Vote,
)
from opsdesk.core.models.kernel import (
    Attachment,
    Comment,
    Duty,
    Heartbeat,
    Message,
    MessageQuerySet,
    Notification,
    SavedView,
    Submission,
    TimelineEvent,
)

__all__ = [
    "ApprovalPolicy",
    "ApprovalRequest",
    "ApprovalStep",
    "Asked",
    "Attachment",
    "Comment",
    "Duty",
    "Heartbeat",
    "Message",
    "MessageQuerySet",
    "Notification",
    "SavedView",
    "Submission",
    "TimelineEvent",
    "Vote",
]
