from django.http import HttpResponse
from django.shortcuts import redirect

from opsdesk.core.http import UserRequest
from snags.models import Snag

# Pages with buttons of their own, by the name their forms give in `next`.
PAGES = {"mine": "snags:mine", "handed": "snags:handed"}


def land(request: UserRequest, snag: Snag, fragment: str = "") -> HttpResponse:
    """After a verb: the page of ours it was done on, else the snag's."""
    page = PAGES.get(request.POST.get("next", ""))
    return redirect(page or f"{snag.get_absolute_url()}{fragment}")
