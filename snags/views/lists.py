from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from environments.models import Landscape
from opsdesk.accounts.access import INTERNAL, Role, access_of
from opsdesk.core import clock
from opsdesk.core.errors import RuleError
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags.forms.lists import GoLiveForm, SnaglistForm
from snags.models import Snaglist
from snags.queries.lists import board_of, golives, progress_of, snaglist_for
from snags.queries.worklist import Asked
from snags.queries.worklist_rows import page_of
from snags.services import lists as services

STAFF = sorted(INTERNAL)
EDITORS = (Role.MANAGER, Role.ADMINISTRATOR)
NO_LANDSCAPE = "Register the landscape first: an administrator does, at Environments."


@require_GET
@policy(*STAFF)
def snaglists(request: UserRequest) -> HttpResponse:
    """One go-live's lists, the latest by default: counting all would cost too much."""
    every = list(golives())
    wanted = request.GET.get("golive", "")
    golive = next((row for row in every if str(row.pk) == wanted), None)
    golive = golive or next(iter(every), None)
    context = {
        "golives": every,
        "board": board_of(request.user, golive, clock.now()) if golive else None,
        "may_edit": access_of(request.user).has(*EDITORS),
    }
    return render(request, "snags/lists.html", context)


@require_GET
@policy(*STAFF)
def snaglist(request: UserRequest, pk: int) -> HttpResponse:
    """A list's progress and the first of its open snags; the worklist has the rest."""
    row, now = _list(pk), clock.now()
    asked = Asked(facets={"snaglist": (str(row.pk),)})
    context = {
        "snaglist": row,
        "progress": progress_of(request.user, row, now),
        "page": page_of(request.user, asked, now),
        "may_edit": access_of(request.user).has(*EDITORS),
    }
    return render(request, "snags/snaglist.html", context)


@policy(*EDITORS)
@once
def snaglist_new(request: UserRequest) -> HttpResponse:
    initial = {"golive": request.GET.get("golive", "")[:20]}
    data = request.POST if request.method == "POST" else None
    form = SnaglistForm(data, initial=initial)
    made = submit(form, _create_snaglist, request)
    return redirect(made) if made else _form(request, form, "New snaglist")


@policy(*EDITORS)
@once
def snaglist_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = _list(pk)
    form = SnaglistForm(request.POST or None, snaglist=row)
    saved = submit(form, services.edit_snaglist, row, actor=request.user)
    if saved is None:
        return _form(request, form, f"Edit {row.name}")
    messages.success(request, f"“{saved.name}” is saved.")
    return redirect(saved)


@require_POST
@policy(*EDITORS)
def snaglist_open(request: UserRequest, pk: int) -> HttpResponse:
    row = services.open_snaglist(_list(pk), actor=request.user)
    messages.success(request, f"“{row.name}” takes new snags again.")
    return redirect(row)


@require_POST
@policy(*EDITORS)
def snaglist_close(request: UserRequest, pk: int) -> HttpResponse:
    row = services.close_snaglist(_list(pk), actor=request.user)
    messages.success(request, f"“{row.name}” takes no new snags.")
    return redirect(row)


@policy(*EDITORS)
@once
def golive_new(request: UserRequest) -> HttpResponse:
    if not Landscape.objects.exists():
        raise RuleError(NO_LANDSCAPE)
    form = GoLiveForm(request.POST or None)
    golive = submit(form, services.create_golive, actor=request.user)
    if golive is None:
        return _form(request, form, "New go-live")
    messages.success(request, f"“{golive.name}” has its first list: General.")
    return redirect(f"{reverse('snags:lists')}?golive={golive.pk}")


@policy(*EDITORS)
@once
def golive_edit(request: UserRequest, pk: int) -> HttpResponse:
    golive = get_object_or_404(golives(), pk=pk)
    form = GoLiveForm(request.POST or None, golive=golive)
    saved = submit(form, services.edit_golive, golive, actor=request.user)
    if saved is None:
        return _form(request, form, f"Edit {golive.name}")
    messages.success(request, f"“{saved.name}” is saved.")
    return redirect(f"{reverse('snags:lists')}?golive={golive.pk}")


def _create_snaglist(request: UserRequest, **data: object) -> Snaglist:
    golive = data.pop("golive")
    return services.create_snaglist(golive, actor=request.user, **data)  # type: ignore[arg-type]


def _list(pk: int) -> Snaglist:
    row = snaglist_for(pk)
    if row is None:
        raise Http404
    return row


def _form(
    request: UserRequest, form: GoLiveForm | SnaglistForm, title: str
) -> HttpResponse:
    context = {"form": form, "title": title}
    status = 422 if form.is_bound else 200
    return render(request, "snags/lists_form.html", context, status=status)
