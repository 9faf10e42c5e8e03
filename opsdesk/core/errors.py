"""The only exceptions a service raises on purpose, and what the database's mean."""

from django.db import IntegrityError

# Constraint name -> (API code, sentence for people). The database refuses; this table
# says it in words. A constraint that is not listed is a bug and must crash loudly.
CONSTRAINTS: dict[str, tuple[str, str]] = {}


class OpsError(Exception):
    """Base of every error whose message is safe to show to a person."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or self.code


class RuleError(OpsError):
    """The request is well formed, but a rule forbids it right now."""

    code = "rule_broken"
    status = 409


class StaleError(RuleError):
    """Somebody else changed the text first; the caller keeps both."""

    code = "stale"

    def __init__(self, theirs: object) -> None:
        super().__init__("Somebody else changed this while you were writing.")
        self.theirs = theirs


class NotAllowedError(OpsError):
    """The actor's role does not permit the action."""

    code = "not_allowed"
    status = 403


def require(allowed: object, message: str = "Your role does not permit this.") -> None:
    """Raise NotAllowedError unless allowed."""
    if not allowed:
        raise NotAllowedError(message)


def explain_constraints(sentences: dict[str, tuple[str, str]]) -> None:
    """Add an app's constraint sentences to the one table; called from its apps.py."""
    CONSTRAINTS.update(sentences)


def as_rule_error(error: IntegrityError) -> RuleError | None:
    """The sentence for a refused row, or None when the refusal is a bug of ours."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name not in CONSTRAINTS:
        return None
    code, sentence = CONSTRAINTS[name]
    return RuleError(sentence, code=code)
