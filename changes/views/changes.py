"""Changes: the list, the page of one, writing it down, what its revisions said."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from changes import permissions
from changes.forms.change_verbs import CommentForm
from changes.forms.changes import ChangeForm, ChangesFilter, start_of
from changes.models import ChangeRequest
from changes.queries import revisions as revisions_read
from changes.queries.changes import VIEWS, change_for, changes_for, slot_of
from changes.queries.leading import lead_of
from changes.queries.page import page_of
from changes.queries.templates import template_in_force
from changes.queries.verbs import may_edit
from changes.services import drafting, revising, talk
from changes.wording import KIND_TONES, RISK_TONES, TONES
from environments.models import Landscape
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core import clock, paging
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags.queries.page import snag_for

MAKERS = (Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)
LOOKS = {"tones": TONES, "risk_tones": RISK_TONES, "kind_tones": KIND_TONES}


@require_GET
@policy(*sorted(INTERNAL))
def change_list(request: UserRequest) -> HttpResponse:
    form = ChangesFilter(request.GET)
    asked = form.asked()
    page = paging.page_of(changes_for(request.user, **asked), request.GET.get("page"))
    context = {
        "form": form,
        "views": VIEWS,
        "view": asked["view"],
        "page": page,
        "rows": [(change, slot_of(change)) for change in page],
        "may_make": permissions.can_prepare(request.user),
        **LOOKS,
    }
    return render(request, "changes/list.html", context)


@require_GET
@policy()
def change_detail(request: UserRequest, pk: int) -> HttpResponse:
    return show(request, found(request, pk))


@policy(*MAKERS)
@once
def change_new(request: UserRequest) -> HttpResponse:
    """A new draft; `?snag=` starts from a snag, `?template=` from what is agreed to."""
    if not Landscape.objects.exists():
        messages.error(request, "First name the ERP that is changed.")
        return redirect("environments:list")
    landscape, start, extra = _beginning(request)
    form = ChangeForm(
        request.POST or None, user=request.user, landscape=landscape, initial=start
    )
    change = submit(
        form,
        lambda **_: drafting.draft(
            actor=request.user, landscape=landscape, content=form.content(), **extra
        ),
    )
    if change is None:
        return _form(request, form, "New change")
    messages.success(request, f"{change.ref} is drafted.")
    return redirect(change)


@policy(*MAKERS)
@once
def change_edit(request: UserRequest, pk: int) -> HttpResponse:
    change = found(request, pk)
    if request.method != "POST" and not may_edit(request.user, change):
        messages.error(request, f"{change.ref} is not edited any more.")
        return redirect(change)
    form = _edit_form(request, change)
    saved = submit(form, lambda **_: _save(request, form, change))
    if saved is None:
        return _form(request, form, f"Edit {change.ref}", change)
    messages.success(request, _what_came_of_it(change, saved))
    return redirect(saved)


@policy()
@once
def change_comment(request: UserRequest, pk: int) -> HttpResponse:
    change = found(request, pk)
    form = CommentForm(request.POST, change=change)
    if submit(form, talk.comment, change, actor=request.user) is None:
        return show(request, change, form)
    return redirect(f"{change.get_absolute_url()}#timeline")


@require_GET
@policy()
def change_revisions(request: UserRequest, pk: int) -> HttpResponse:
    change = found(request, pk)
    context = {"change": change, "revisions": revisions_read.revisions_of(change)}
    return render(request, "changes/revisions.html", context)


@require_GET
@policy()
def change_revision(request: UserRequest, pk: int, number: int) -> HttpResponse:
    change = found(request, pk)
    revision = get_object_or_404(change.revisions.select_related("by"), number=number)
    lines = revisions_read.told(revision)
    context = {"change": change, "revision": revision, "lines": lines}
    return render(request, "changes/revision.html", context)


@require_GET
@policy()
def change_diff(request: UserRequest, pk: int) -> HttpResponse:
    """`?from=1&to=2`; the latest and the one before it when nothing is asked."""
    change = found(request, pk)
    known = {row.number: row for row in revisions_read.revisions_of(change)}
    now = known.get(_number(request, "to"), known.get(change.revision))
    before = max((n for n in known if now and n < now.number), default=0)
    was = known.get(_number(request, "from"), known.get(before))
    if now is None or was is None:
        raise Http404
    lines = revisions_read.differences(was, now)
    context = {"change": change, "was": was, "later": now, "lines": lines}
    return render(request, "changes/diff.html", context)


def found(request: UserRequest, pk: int) -> ChangeRequest:
    change = change_for(request.user, pk)
    if change is None:
        raise Http404
    return change


def show(
    request: UserRequest, change: ChangeRequest, composer: CommentForm | None = None
) -> HttpResponse:
    """The page of a change; with what was typed when that was refused."""
    at = clock.now()
    page = page_of(request.user, change, at)
    context = {
        "change": change,
        "page": page,
        "lead": lead_of(request.user, page, at),
        "composer": composer or CommentForm(change=change),
        "may_comment": talk.can_comment(request.user),
        **LOOKS,
    }
    return render(
        request, "changes/detail.html", context, status=422 if composer else 200
    )


def _beginning(
    request: UserRequest,
) -> tuple[Landscape, dict[str, Any], dict[str, Any]]:
    """Whose landscape, what the form starts with, what the draft is made from."""
    if number := _number(request, "snag"):
        snag = snag_for(request.user, number)
        if snag is None:
            raise Http404
        start = drafting.content_of_snag(snag)
        return snag.environment.landscape, start, {"requester": snag.reported_by}
    if number := _number(request, "template"):
        template = template_in_force(number)
        if template is None:
            raise Http404
        return (
            template.landscape,
            drafting.content_of_template(template),
            {"template": template},
        )
    landscapes = Landscape.objects.order_by("pk")
    wanted = landscapes.filter(pk=_number(request, "landscape")).first()
    landscape = wanted or landscapes.first()
    if landscape is None:
        raise Http404
    return landscape, {}, {}


def _edit_form(request: UserRequest, change: ChangeRequest) -> ChangeForm:
    data = request.POST if request.method == "POST" else None
    return ChangeForm(
        data,
        user=request.user,
        landscape=change.landscape,
        change=change,
        initial=start_of(change),
    )


def _save(
    request: UserRequest, form: ChangeForm, change: ChangeRequest
) -> ChangeRequest:
    return revising.edit(
        change,
        actor=request.user,
        content=form.content(),
        version=form.cleaned_data["version"],
    )


def _what_came_of_it(before: ChangeRequest, saved: ChangeRequest) -> str:
    if before.kind != saved.kind:
        return f"{saved.ref} departs from its template: it is a normal change now."
    if before.state != saved.state:
        return f"{saved.ref} is revision {saved.revision} now, to be assessed anew."
    return f"{saved.ref} is saved."


def _form(
    request: UserRequest,
    form: ChangeForm,
    title: str,
    change: ChangeRequest | None = None,
) -> HttpResponse:
    theirs = getattr(form, "theirs", None)
    beside = form.beside(theirs) if theirs is not None else []
    context = {
        "form": form.against(theirs) if theirs is not None else form,
        "title": title,
        "change": change,
        "theirs": beside,
        "is_stale": theirs is not None,
        "landscapes": Landscape.objects.order_by("pk") if change is None else (),
    }
    return render(
        request, "changes/form.html", context, status=422 if form.is_bound else 200
    )


def _number(request: UserRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
