"""Approvals: what waits for me, the page to vote on, whose agreement is needed."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from changes.forms.approvals import PolicyForm, RevokeForm, VoteForm
from changes.queries.approvals import inbox, request_for
from changes.queries.ballot import ballot
from changes.queries.policies import history_of, line_of, policies
from changes.services import voting
from changes.wording import RISK_TONES
from opsdesk.accounts.access import INTERNAL, access_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.models import ApprovalPolicy, ApprovalRequest
from opsdesk.core.policy import policy
from opsdesk.core.services.policies import KEEPERS, keep_policy

STAFF = sorted(INTERNAL)
WITHDRAW_ID = "id_withdraw_%s"  # beside the form that takes a vote back
SHOWN = {"waiting": "Waiting for me", "requested": "Requested by me", "done": "Done"}


@require_GET
@policy(*STAFF)
def approval_list(request: UserRequest) -> HttpResponse:
    found = inbox(request.user)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "waiting"
    tabs = [(key, label, len(getattr(found, key))) for key, label in SHOWN.items()]
    context = {
        "tabs": tabs,
        "show": show,
        "lines": getattr(found, show),
        "risk_tones": RISK_TONES,
    }
    return render(request, "changes/approvals.html", context)


@require_GET
@policy(*STAFF)
def approval_detail(request: UserRequest, pk: int) -> HttpResponse:
    return _show(request, _found(request, pk))


@require_POST
@policy(*STAFF)
@once
def approval_vote(request: UserRequest, pk: int) -> HttpResponse:
    row, form = _found(request, pk), VoteForm(request.POST)
    if not form.is_valid():
        return _show(request, row, vote=form, status=422)
    voted = submit(form, voting.vote, row, actor=request.user)
    if voted is None:
        return _show(request, row, vote=form, status=409)
    messages.success(request, f"{row.title}: {voted.get_state_display().lower()}.")
    return redirect("changes:approvals")


@require_POST
@policy(*STAFF)
@once
def approval_revoke(request: UserRequest, pk: int) -> HttpResponse:
    row, form = _found(request, pk), RevokeForm(request.POST)
    if not form.is_valid():
        return _show(request, row, revoke=form, status=422)
    if submit(form, voting.revoke, row, actor=request.user) is None:
        return _show(request, row, revoke=form, status=409)
    messages.success(request, f"{row.title}: your vote is taken back.")
    return redirect("changes:approval", row.pk)


@require_POST
@policy(*STAFF)
@once
def approval_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    row = _found(request, pk)
    form = RevokeForm(request.POST, auto_id=WITHDRAW_ID)
    if not form.is_valid():
        return _show(request, row, withdraw=form, status=422)
    if submit(form, voting.withdraw, row, actor=request.user) is None:
        return _show(request, row, withdraw=form, status=409)
    messages.success(request, f"{row.title}: nobody is asked any more.")
    return redirect("changes:approval", row.pk)


@require_GET
@policy(*STAFF)
def policy_list(request: UserRequest) -> HttpResponse:
    may_edit = access_of(request.user).has(*KEEPERS)
    context = {"kinds": policies(), "may_edit": may_edit}
    return render(request, "changes/policies.html", context)


@policy(*KEEPERS)
@once
def policy_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ApprovalPolicy, pk=pk)
    form = PolicyForm(request.POST or None, policy=row)
    if submit(form, keep_policy, row, actor=request.user):
        messages.success(request, "From now on this many people are asked.")
        return redirect("changes:policies")
    context = {"form": form, "line": line_of(row), "history": history_of(row)}
    status = 422 if form.is_bound else 200
    return render(request, "changes/policy_form.html", context, status=status)


def _found(request: UserRequest, pk: int) -> ApprovalRequest:
    row = request_for(request.user, pk)
    if row is None:
        raise Http404
    return row


def _show(
    request: UserRequest,
    row: ApprovalRequest,
    *,
    vote: VoteForm | None = None,
    revoke: RevokeForm | None = None,
    withdraw: RevokeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = {"revision": row.revision, "sha256": row.sha256}
    context = {
        "ballot": ballot(request.user, row),
        "vote": vote or VoteForm(initial=shown),
        "revoke": revoke or RevokeForm(),
        "withdraw": withdraw or RevokeForm(auto_id=WITHDRAW_ID),
        "risk_tones": RISK_TONES,
    }
    return render(request, "changes/approval.html", context, status=status)
