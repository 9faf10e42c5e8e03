"""The life of a request for a role of weight."""

from opsdesk.accounts.models import RoleRequest

Status = RoleRequest.Status

# Verb -> (from, to, who). A second person is an access administrator who neither
# asked for the role nor receives it.
MOVES: dict[str, tuple[str, str, str]] = {
    "confirm": (Status.PENDING, Status.CONFIRMED, "second access administrator"),
    "refuse": (Status.PENDING, Status.REFUSED, "second access administrator"),
    "withdraw": (Status.PENDING, Status.WITHDRAWN, "whoever asked"),
}
