from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts.access import Role
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.http import UserRequest, once
from opsdesk.core.policy import policy
from sla.forms.contracts import (
    AmendContractForm,
    CorrectContractForm,
    LoggedAtForm,
    NewContractForm,
    TermsForm,
    first_terms,
    terms_of,
)
from sla.models import ContractVersion
from sla.permissions import READERS, can_edit_terms
from sla.queries import contracts
from sla.services import contracts as services
from sla.views.terms import is_overtaken, saved
from snags.queries import live_clocks


@require_GET
@policy(*READERS)
def contract_list(request: UserRequest) -> HttpResponse:
    context = {
        "lines": contracts.contract_lines(clock.now()),
        "may_edit": can_edit_terms(request.user),
    }
    return render(request, "sla/contract_list.html", context)


@require_GET
@policy(*READERS)
def contract_page(request: UserRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(contracts.contracts(), pk=pk)
    now = clock.now()
    version = contracts.contract_version_at(contract, now)
    asked = LoggedAtForm(request.GET if "at" in request.GET else None)
    at = asked.instant(now)
    then = contracts.contract_version_at(contract, at)
    context = {
        "contract": contract,
        "version": version,
        "matrix": contracts.matrix(version) if version else [],
        "asked": asked,
        "at": at,
        "forecast": contracts.forecast(then, at) if then else [],
        "versions": contracts.contract_versions(contract),
        "clocks": live_clocks.of_contract(pk, now),
        "pending": contracts.open_changes({"contract_id": pk}),
        "may_edit": can_edit_terms(request.user),
    }
    return render(request, "sla/contract.html", context)


@policy(Role.MANAGER)
@once
def contract_new(request: UserRequest) -> HttpResponse:
    form = NewContractForm(request.POST or None, initial=first_terms())
    if not form.calendars:
        raise RuleError("Write a calendar first: a promise is counted in its hours.")
    made = saved(request, form, services.create_contract)
    if made:
        messages.success(request, f"{made} is in force.")
        return redirect(made)
    return _form(request, form, "New contract")


@policy(Role.MANAGER)
@once
def contract_amend(request: UserRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(contracts.contracts(), pk=pk)
    latest = contracts.contract_versions(contract)[0]
    start = contracts.contract_version_at(contract, clock.now()) or latest
    initial = terms_of(start) | {"version": latest.number}
    form = AmendContractForm(request.POST or None, initial=initial)
    made = saved(request, form, services.amend_contract, contract)
    if made:
        messages.success(request, f"Version {made.number} is written.")
        return redirect(contract)
    title = f"Amend {contract}"
    return _form(request, form, title, latest=latest, contract=contract, before=start)


@policy(Role.MANAGER)
@once
def contract_correct(request: UserRequest, pk: int, number: int) -> HttpResponse:
    contract = get_object_or_404(contracts.contracts(), pk=pk)
    wrong = get_object_or_404(
        contract.versions.in_force().prefetch_related("targets__calendar"),
        number=number,
    )
    latest = contracts.contract_versions(contract)[0]
    initial = terms_of(wrong) | {"version": latest.number, "replaces": number}
    form = CorrectContractForm(request.POST or None, initial=initial)
    made = saved(request, form, services.correct_contract, contract)
    if made:
        messages.success(request, f"Version {made.number} replaces {number}.")
        return redirect(contract)
    extra = {"contract": contract, "before": wrong, "correcting": wrong}
    title = f"Correct version {number} of {contract}"
    return _form(request, form, title, latest=latest, **extra)


@require_POST
@policy(Role.MANAGER)
def contract_active(request: UserRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(contracts.contracts(), pk=pk)
    wanted = request.POST.get("is_active") == "yes"
    services.set_contract_active(contract, actor=request.user, is_active=wanted)
    messages.success(request, f"{contract} is {'in' if wanted else 'out of'} force.")
    return redirect(contract)


def _form(
    request: UserRequest,
    form: TermsForm,
    title: str,
    *,
    latest: ContractVersion | None = None,
    **extra: Any,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "title": title, **extra}
    if "preview" in request.POST and form.is_valid() and form.cleaned_data:
        context |= _trial(form, extra.get("before"), extra.get("correcting"))
    if latest is not None and is_overtaken(form, latest):
        context |= {"theirs": latest, "their_matrix": contracts.matrix(latest)}
    return render(request, "sla/contract_form.html", context)


def _trial(
    form: TermsForm,
    before: ContractVersion | None,
    correcting: ContractVersion | None,
) -> dict[str, Any]:
    """Dates by the old and the new terms, and how many running clocks would move."""
    now = clock.now()
    old = {}
    if before is not None:
        old = {(f.priority, f.kind): f for f in contracts.forecast(before, now)}
    new = contracts.forecast_of(form.cleaned_data["targets"], now)
    rows = [{"before": old.get((f.priority, f.kind)), "after": f} for f in new]
    shown: dict[str, Any] = {"trial": rows}
    if correcting is not None:
        shown["moving"] = live_clocks.of_contract_version(correcting.pk, now)
    return shown
