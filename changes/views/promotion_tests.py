"""User tests: who is asked to try what, and what they say."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from changes.forms.testing import AssignForm, RevokeForm, SignOffForm
from changes.models import TestSignOff
from changes.queries.testing import given_by, sign_offs_for, tests_for, tests_seen_by
from changes.services import testing
from changes.views.changes import MAKERS
from changes.views.changes import found as found_change
from opsdesk.accounts.access import Role
from opsdesk.core.http import UserRequest, forced_download, once, status_of, submit
from opsdesk.core.policy import policy


@require_GET
@policy()
def my_tests(request: UserRequest) -> HttpResponse:
    """What I am asked to try, ready ones first, and what I have said."""
    context = {
        "tests": tests_for(request.user),
        "given": given_by(request.user),
    }
    return render(request, "changes/promotion_tests.html", context)


@require_GET
@policy()
def test(request: UserRequest, pk: int) -> HttpResponse:
    """Whoever is asked is led to their tests, everybody else to the change."""
    asked = get_object_or_404(tests_seen_by(request.user), pk=pk)
    is_mine = asked.assigned_to_id == request.user.pk and asked.is_open
    page = reverse("changes:my_tests") if is_mine else asked.change.get_absolute_url()
    return redirect(f"{page}#test-{asked.pk}")


@policy(*MAKERS)
@once
def test_assign(request: UserRequest, pk: int) -> HttpResponse:
    change = found_change(request, pk)
    form = AssignForm(request.POST or None, change=change)
    if made := submit(form, testing.assign_test, change, actor=request.user):
        messages.success(request, f"{made.assigned_to} is asked to test {made.area}.")
        return redirect(change)
    context = {
        "change": change,
        "form": form,
        "title": "Ask for a test",
        "lead": "Somebody of the business tries it where it runs, before production.",
    }
    return render(
        request, "changes/promotion_form.html", context, status=status_of(form)
    )


@policy()
@once
def sign_off(request: UserRequest, pk: int) -> HttpResponse:
    """Say whether it works; `?area=` and `?environment=` come from what was asked."""
    change = found_change(request, pk)
    start = {
        name: request.GET[name]
        for name in ("area", "environment")
        if name in request.GET
    }
    form = SignOffForm(
        request.POST or None, request.FILES or None, change=change, initial=start
    )
    if said := submit(form, testing.sign_off, change, actor=request.user):
        messages.success(request, f"{said}. Thank you.")
        return redirect("changes:my_tests")
    context = {
        "change": change,
        "form": form,
        "title": "Say whether it works",
        "lead": f"You tried {change.package} where it runs. Your verdict is for exactly"
        " these files.",
        "is_multipart": True,
    }
    return render(
        request, "changes/promotion_form.html", context, status=status_of(form)
    )


@require_GET
@policy()
def sign_off_evidence(request: UserRequest, pk: int) -> FileResponse:
    """What was attached to a verdict, for whoever sees the verdict."""
    said = _found(request, pk)
    if not said.evidence:
        raise Http404
    return forced_download(said.evidence, said.evidence_name)


@require_POST
@policy(Role.MANAGER)
@once
def sign_off_accept(request: UserRequest, pk: int) -> HttpResponse:
    said = _found(request, pk)
    testing.accept_conditions(said, actor=request.user)
    messages.success(request, f"The conditions of {said.area} are accepted.")
    return redirect(said.change)


@policy()
@once
def sign_off_revoke(request: UserRequest, pk: int) -> HttpResponse:
    said = _found(request, pk)
    form = RevokeForm(request.POST or None)
    if submit(form, testing.revoke, said, actor=request.user):
        messages.success(request, f"The verdict on {said.area} is taken back.")
        return redirect("changes:my_tests")
    context = {
        "change": said.change,
        "form": form,
        "title": "Take the verdict back",
        "lead": f"{said} in {said.environment}, by {said.tester}.",
    }
    return render(
        request, "changes/promotion_form.html", context, status=status_of(form)
    )


def _found(request: UserRequest, pk: int) -> TestSignOff:
    return get_object_or_404(sign_offs_for(request.user), pk=pk)
