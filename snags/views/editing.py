from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from opsdesk.core.errors import require
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.policy import policy
from snags import permissions
from snags.forms.edit import TextForm
from snags.models import Snag
from snags.queries.page import snag_for
from snags.services.editing import edit_text


@policy()
@once
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Reword the snag; whoever comes second sees both texts and decides."""
    snag = snag_for(request.user, pk)
    if snag is None:
        raise Http404
    require(permissions.can_edit_text(request.user, snag))
    form = TextForm(request.POST or None, user=request.user, snag=snag)
    if submit(form, edit_text, snag, actor=request.user):
        messages.success(request, f"{snag.ref} is reworded.")
        return redirect(snag)
    if theirs := getattr(form, "theirs", None):
        return _conflict(request, form, theirs)
    status = 422 if form.is_bound else 200
    context = {"snag": snag, "form": form}
    return render(request, "snags/edit.html", context, status=status)


def _conflict(request: UserRequest, form: TextForm, theirs: Snag) -> HttpResponse:
    """Both texts side by side; nothing typed is lost, saving again is possible."""
    context = {
        "snag": theirs,
        "form": form.against(theirs),
        "theirs": form.beside(theirs),
    }
    return render(request, "snags/conflict.html", context, status=409)
