from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from opsdesk.accounts.access import Role
from opsdesk.core import clock
from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from snags.queries.handed import handed_to


@require_GET
@policy(Role.SUPPLIER)
def handed(request: UserRequest) -> HttpResponse:
    context = {"handed": handed_to(request.user, clock.now())}
    return render(request, "snags/handed.html", context)
