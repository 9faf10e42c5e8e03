"""How every form of the inventory is asked, answered and brought back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url

from environments.forms.facts import FactsForm
from opsdesk.core.http import UserRequest, status_of


def ask(
    request: UserRequest,
    form: forms.Form,
    title: str,
    back: Model | str,
    **context: Any,
) -> HttpResponse:
    """The form; to the second editor theirs beside what was typed, nothing lost."""
    status, beside = status_of(form), None
    theirs = getattr(form, "theirs", None)
    if theirs is not None and isinstance(form, FactsForm):
        beside, form = form.beside(theirs), form.against(theirs)
    context |= {"form": form, "title": title, "theirs": beside}
    context["back"] = resolve_url(back)
    return render(request, "environments/form.html", context, status=status)


def done(request: UserRequest, sentence: str, to: Model | str) -> HttpResponse:
    """Back to where it shows, with a word that it is done."""
    messages.success(request, sentence)
    return redirect(resolve_url(to))
