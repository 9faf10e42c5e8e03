from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from snags.models import Snag


@policy()
def snag_detail(request: UserRequest, pk: int) -> HttpResponse:
    snag = get_object_or_404(Snag.objects.visible_to(request.user), pk=pk)
    return render(request, "snags/detail.html", {"snag": snag})
