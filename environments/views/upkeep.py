from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from environments import permissions
from environments.forms.upkeep import (
    CertificateForm,
    DowntimeForm,
    LicenceForm,
    TaskForm,
)
from environments.models import Landscape
from environments.queries import inventory as queries
from environments.queries import rows
from environments.queries.upkeep import downtime_costs
from environments.services import maintenance, renewals
from environments.services.downtime import save_downtime_cost
from environments.views.pages import ask, done
from opsdesk.accounts.access import INTERNAL, Role
from opsdesk.core.http import UserRequest, once, status_of, submit
from opsdesk.core.policy import policy


@policy(Role.ADMINISTRATOR)
@once
def licence_new(request: UserRequest, pk: int) -> HttpResponse:
    landscape = get_object_or_404(Landscape, pk=pk)
    form = LicenceForm(request.POST or None)
    if made := submit(form, renewals.add_licence, landscape, actor=request.user):
        return done(request, f"“{made}” is noted.", landscape)
    return ask(request, form, f"New licence of {landscape}", landscape)


@policy(Role.ADMINISTRATOR)
@once
def licence_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.licences(), pk=pk)
    form = LicenceForm(request.POST or None, row=row)
    if submit(form, renewals.edit_licence, row, actor=request.user):
        return done(request, f"“{row}” is changed.", row.landscape)
    return ask(request, form, f"Edit the licence “{row}”", row.landscape)


@policy(Role.ADMINISTRATOR)
@once
def certificate_new(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = CertificateForm(request.POST or None)
    service = renewals.add_certificate
    if made := submit(form, service, environment, actor=request.user):
        return done(request, f"The certificate of {made} is noted.", environment)
    return ask(request, form, f"New certificate of {environment}", environment)


@policy(Role.ADMINISTRATOR)
@once
def certificate_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.certificates(request.user), pk=pk)
    form = CertificateForm(request.POST or None, row=row)
    if submit(form, renewals.edit_certificate, row, actor=request.user):
        return done(request, f"The certificate of {row} is changed.", row.environment)
    return ask(request, form, f"Edit the certificate of {row}", row.environment)


@policy(Role.ADMINISTRATOR)
@once
def task_new(request: UserRequest, pk: int) -> HttpResponse:
    environment = get_object_or_404(queries.environments(request.user), pk=pk)
    form = TaskForm(request.POST or None, initial={"owner": request.user})
    if made := submit(form, maintenance.plan_task, environment, actor=request.user):
        return done(request, f"“{made}” is planned.", environment)
    return ask(request, form, f"New maintenance of {environment}", environment)


@policy(Role.ADMINISTRATOR)
@once
def task_edit(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.tasks(request.user), pk=pk)
    owed = maintenance.open_duty(row) or row.duty
    initial = {"owner": owed.owner_id, "due_at": owed.due_at}
    form = TaskForm(request.POST or None, row=row, initial=initial)
    if submit(form, maintenance.replan_task, row, actor=request.user):
        return done(request, f"“{row}” is planned anew.", row.environment)
    return ask(request, form, f"Edit “{row}”", row.environment)


@require_POST
@policy(*sorted(INTERNAL))
@once
def task_done(request: UserRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(rows.tasks(request.user), pk=pk)
    maintenance.do_task(row, actor=request.user)
    return done(request, f"“{row}” is done.", row.environment)


@policy(*sorted(INTERNAL))
@once
def downtime(request: UserRequest) -> HttpResponse:
    """What a failover would save; what was judged before stays below."""
    form = DowntimeForm(request.POST or None)
    if made := submit(form, save_downtime_cost, actor=request.user):
        return done(request, f"“{made}” is kept.", "environments:downtime")
    context = {
        "form": form,
        "lines": downtime_costs(),
        "may_judge": permissions.can_judge_cost(request.user),
    }
    return render(
        request, "environments/downtime.html", context, status=status_of(form)
    )
