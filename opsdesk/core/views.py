"""The inbox, duties and the outbox: what the product has to tell and what is owed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from opsdesk.accounts.access import Role, access_of
from opsdesk.core import clock, queries
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.models import Message, Notification
from opsdesk.core.owing import DutyForm
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy
from opsdesk.core.services import duties, inbox, outbox

GIVE_DUTIES = (Role.SUPPORT, Role.MANAGER, Role.ADMINISTRATOR)


@require_GET
@policy()
def inbox_page(request: UserRequest) -> HttpResponse:
    user, asked = request.user, request.GET
    context = {
        "page": page_of(queries.notifications_of(user), asked.get("page")),
        "owed": page_of(queries.duties_of(user), asked.get("owed")),
        "climbed": page_of(queries.duties_climbed_to(user), asked.get("late")),
        "at": clock.now(),
        "can_owe": access_of(request.user).has(*GIVE_DUTIES),
    }
    return render(request, "core/inbox.html", context)


@require_POST
@policy()
def read_note(request: UserRequest, pk: int) -> HttpResponse:
    note = get_object_or_404(Notification, pk=pk, recipient=request.user)
    inbox.mark_read(note, actor=request.user)
    return redirect(note.url or "core:inbox")


@require_POST
@policy()
def read_all(request: UserRequest) -> HttpResponse:
    count = inbox.mark_all_read(actor=request.user)
    messages.success(request, f"{count} read." if count else "Nothing was unread.")
    return redirect("core:inbox")


@policy(*GIVE_DUTIES)
@once
def duty_new(request: UserRequest) -> HttpResponse:
    form = DutyForm(request.POST or None, initial={"owner": request.user})
    if duty := submit(form, duties.owe, kind="task"):
        messages.success(request, f"{duty.owner} now owes “{duty.title}”.")
        return redirect("core:inbox")
    status = 422 if form.is_bound else 200
    return render(request, "core/duty.html", {"form": form}, status=status)


@require_POST
@policy()
@once
def duty_done(request: UserRequest, pk: int) -> HttpResponse:
    duty = get_object_or_404(queries.duties_to_settle(request.user), pk=pk)
    duties.settle(duty, actor=request.user, note=request.POST.get("note", "")[:2000])
    messages.success(request, f"Done: {duty.title}.")
    return redirect("core:inbox")


@require_GET
@policy(*outbox.MENDERS, Role.AUDITOR)
def outbox_page(request: UserRequest) -> HttpResponse:
    context = {
        "dead": page_of(queries.dead_letters(), request.GET.get("dead")),
        "page": page_of(queries.messages(), request.GET.get("page")),
        "can_retry": access_of(request.user).has(*outbox.MENDERS),
    }
    return render(request, "core/outbox.html", context)


@require_POST
@policy(*outbox.MENDERS)
@once
def message_retry(request: UserRequest, pk: int) -> HttpResponse:
    message = outbox.retry(get_object_or_404(Message, pk=pk), actor=request.user)
    messages.success(request, f"“{message.subject}” will be tried again.")
    return redirect("core:outbox")
