"""Packages: the list, the page of one, drafting and describing it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from changes import permissions
from changes.forms.packages import (
    DeclareForm,
    DraftForm,
    EditForm,
    PackagesFilter,
    UploadForm,
)
from changes.models import Package
from changes.package_wording import TONES
from changes.queries.packages import (
    comparison,
    components_for,
    installed_package,
    package_for,
    packages_for,
    page_of_package,
)
from changes.services import packages as services
from opsdesk.accounts.access import INTERNAL, Role, access_of
from opsdesk.core.errors import require
from opsdesk.core.forms import initial_of
from opsdesk.core.http import UserRequest, once, submit
from opsdesk.core.paging import page_of
from opsdesk.core.policy import policy

READERS = (*sorted(INTERNAL), Role.SUPPLIER)


@require_GET
@policy(*READERS)
def package_list(request: UserRequest) -> HttpResponse:
    form = PackagesFilter(request.GET)
    context = {
        "form": form,
        "page": page_of(
            packages_for(request.user, **form.asked()), request.GET.get("page")
        ),
        "tones": TONES,
        "may_make": permissions.can_make_packages(request.user),
    }
    return render(request, "changes/packages.html", context)


@require_GET
@policy(*READERS)
def package_detail(request: UserRequest, pk: int) -> HttpResponse:
    return show(request, found(request, pk))


@policy(*permissions.MAKERS)
@once
def package_new(request: UserRequest) -> HttpResponse:
    """A new draft; `?from=` starts from the package it is to supersede."""
    if not components_for(request.user).exists():
        return _first_a_component(request)
    older = _older(request)
    initial: dict[str, object] = {}
    if older is not None:
        names = ("package_class", "origin")
        initial |= {name: getattr(older, name) for name in names}
        initial |= {"component": older.component_id, "supersedes": older.pk}
    form = DraftForm(request.POST or None, user=request.user, initial=initial)
    made = submit(form, services.draft, actor=request.user)
    if made is None:
        title = f"Supersede {older}" if older else "New package"
        return _form(request, form, title)
    messages.success(request, f"{made} is drafted. Add its files.")
    return redirect(made)


@policy(*permissions.MAKERS)
@once
def package_edit(request: UserRequest, pk: int) -> HttpResponse:
    package = found(request, pk)
    require(permissions.can_edit_package(request.user, package))
    initial = initial_of(package, EditForm)
    initial["requires"] = list(package.requires.order_by("pk"))
    form = EditForm(request.POST or None, user=request.user, initial=initial)
    saved = submit(form, services.edit, package, actor=request.user)
    if saved is None:
        return _form(request, form, f"Edit {package}", package)
    messages.success(request, f"{saved} is saved.")
    return redirect(saved)


@require_GET
@policy(*READERS)
def package_diff(request: UserRequest, pk: int, other_pk: int) -> HttpResponse:
    """How the package differs from an older one."""
    package, other = found(request, pk), found(request, other_pk)
    context = {
        "package": package,
        "other": other,
        "found": comparison(other, package),
    }
    return render(request, "changes/package_diff.html", context)


@require_GET
@policy(*sorted(INTERNAL))
def package_compare(request: UserRequest, pk: int, environment_pk: int) -> HttpResponse:
    """How the package differs from what an environment runs."""
    package = found(request, pk)
    page = page_of_package(request.user, package)
    environment = next((e for e in page.environments if e.pk == environment_pk), None)
    if environment is None:
        raise Http404
    installation, other = installed_package(package, environment)
    context = {
        "package": package,
        "environment": environment,
        "installation": installation,
        "other": other,
        "found": comparison(other, package) if other else None,
    }
    return render(request, "changes/package_diff.html", context)


def found(request: UserRequest, pk: int) -> Package:
    """The package, or 404 where this person does not see it."""
    package = package_for(request.user, pk)
    if package is None:
        raise Http404
    return package


def show(
    request: UserRequest,
    package: Package,
    *,
    upload: UploadForm | None = None,
    declare: DeclareForm | None = None,
) -> HttpResponse:
    """The page of a package, with the forms that came back with errors."""
    sent = [form for form in (upload, declare) if form]
    context = {
        "page": page_of_package(request.user, package),
        "package": package,
        "tone": TONES[package.state],
        "upload": upload or UploadForm(),
        "declare": declare or DeclareForm(),
        "refused": [why for form in sent for why in form.non_field_errors()],
    }
    status = 422 if sent else 200
    return render(request, "changes/package.html", context, status=status)


def _first_a_component(request: UserRequest) -> HttpResponse:
    """A package is of something: led to where that is named, if they may go there."""
    messages.error(request, "First an administrator names a component of the ERP.")
    is_internal = access_of(request.user).is_internal
    return redirect("environments:list" if is_internal else "changes:packages")


def _older(request: UserRequest) -> Package | None:
    number = request.GET.get("from", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    return package_for(request.user, int(number))


def _form(
    request: UserRequest,
    form: DraftForm | EditForm,
    title: str,
    package: Package | None = None,
) -> HttpResponse:
    theirs = getattr(form, "theirs", None)
    beside = []
    if theirs is not None and isinstance(form, EditForm):
        beside = form.beside(theirs)
        form = form.against(theirs)
    context = {
        "form": form,
        "title": title,
        "package": package,
        "theirs": beside,
        "is_stale": theirs is not None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "changes/package_form.html", context, status=status)
