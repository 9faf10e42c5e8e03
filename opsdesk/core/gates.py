"""Gates: what must hold at the moment of an act, each with its reason.

A gate is a named function of a subject and an instant. An act lists its gates; one
evaluator serves page, API and worker, and tells every one that is not met, not the
first. A screen asks to show them; the service asks again under the row's lock.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from opsdesk.core.errors import RuleError

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Finding:
    """What one gate says: met or not, why, how to clear it, until when it stands."""

    code: str
    is_met: bool
    detail: str = ""
    clear: str = ""
    url: str = ""
    until: datetime | None = None
    is_waivable: bool = False
    is_waived: bool = False

    @property
    def lets_pass(self) -> bool:
        return self.is_met or self.is_waived

    @property
    def standing(self) -> str:
        """Which part of the list it is shown in: unmet, waived or met."""
        if self.is_met:
            return "met"
        return "waived" if self.is_waived else "unmet"

    def as_json(self) -> dict[str, object]:
        """As the API and the record of a start show it."""
        return {
            "code": self.code,
            "ok": self.lets_pass,
            "detail": self.detail,
            "clear": self.clear,
            "until": self.until.isoformat() if self.until else None,
            "waivable": self.is_waivable,
            "waived": self.is_waived,
        }


Gate = Callable[[Subject, datetime], Finding]


class GatesError(RuleError):
    """At least one gate is not met; all of them come with the refusal."""

    code = "gates_failed"

    def __init__(self, findings: list[Finding]) -> None:
        unmet = [found for found in findings if not found.lets_pass]
        reasons = " ".join(found.detail for found in unmet)
        super().__init__(reasons or "Not now.")
        self.findings = findings
        self.unmet = unmet


class Gates(Generic[Subject]):
    """The gates of one act, in the order they are shown. Higher apps may add theirs."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate[Subject]] = {}

    def register(self, code: str, gate: Gate[Subject]) -> None:
        """Add a gate; adding one again, as a reload does, changes nothing."""
        self._gates.setdefault(code, gate)

    @property
    def codes(self) -> list[str]:
        return list(self._gates)

    def evaluate(
        self, subject: Subject, at: datetime, waived: Iterable[str] = ()
    ) -> list[Finding]:
        """What every gate says; a waiver counts only where the gate allows one."""
        given = frozenset(waived)
        found = [gate(subject, at) for gate in self._gates.values()]
        return [
            replace(each, is_waived=not each.is_met and each.is_waivable)
            if each.code in given
            else each
            for each in found
        ]

    def require(
        self, subject: Subject, at: datetime, waived: Iterable[str] = ()
    ) -> list[Finding]:
        """All findings when every gate lets pass; else GatesError with all of them."""
        findings = self.evaluate(subject, at, waived)
        if not all(found.lets_pass for found in findings):
            raise GatesError(findings)
        return findings
