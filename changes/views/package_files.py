"""The files of a package: added, taken out, handed out with their manifest."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from changes.forms.packages import DeclareForm, UploadForm
from changes.permissions import MAKERS
from changes.queries.packages import manifest_of
from changes.services import files as services
from changes.views.packages import READERS, found, show
from opsdesk.core.http import UserRequest, forced_download, once, submit
from opsdesk.core.policy import policy
from opsdesk.core.wording import several

PLAIN = "text/plain; charset=utf-8"


@require_POST
@policy(*MAKERS)
@once
def package_upload(request: UserRequest, pk: int) -> HttpResponse:
    package = found(request, pk)
    form = UploadForm(request.POST, request.FILES)
    rows = submit(form, services.upload, package, actor=request.user)
    if rows is None:
        return show(request, package, upload=form)
    messages.success(request, f"{several(len(rows), 'file')} added.")
    return redirect(package)


@require_POST
@policy(*MAKERS)
@once
def package_declare(request: UserRequest, pk: int) -> HttpResponse:
    package = found(request, pk)
    form = DeclareForm(request.POST)
    rows = submit(form, services.declare, package, actor=request.user)
    if rows is None:
        return show(request, package, declare=form)
    messages.success(request, f"{several(len(rows), 'file')} declared.")
    return redirect(package)


@require_POST
@policy(*MAKERS)
def package_remove(request: UserRequest, pk: int, file_pk: int) -> HttpResponse:
    package = found(request, pk)
    row = get_object_or_404(package.files, pk=file_pk)
    services.remove(package, row, actor=request.user)
    messages.success(request, f"{row.path} is taken out.")
    return redirect(package)


@require_GET
@policy(*READERS)
def package_file(request: UserRequest, pk: int, file_pk: int) -> FileResponse:
    """The stored copy of a file; one that is only declared has none."""
    row = get_object_or_404(found(request, pk).files, pk=file_pk)
    if not row.file:
        raise Http404
    return forced_download(row.file, row.path.rpartition("/")[2])


@require_GET
@policy(*READERS)
def package_manifest(request: UserRequest, pk: int) -> HttpResponse:
    """The manifest byte for byte: its SHA-256 is the digest of the package."""
    return HttpResponse(manifest_of(found(request, pk)), content_type=PLAIN)


@require_GET
@policy(*READERS)
def package_script(request: UserRequest) -> HttpResponse:
    """A shell script that prints the manifest of a folder on any host."""
    answer = render(request, "changes/manifest.sh", content_type=PLAIN)
    answer["Content-Disposition"] = 'attachment; filename="manifest.sh"'
    return answer
