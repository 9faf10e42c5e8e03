from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404

from opsdesk.core.http import UserRequest
from opsdesk.core.policy import policy
from snags.models import Snag
from snags.queries.feed import files_for

NO_SCRIPT = "default-src 'none'; sandbox"


@policy()
def attachment(request: UserRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file, only through the snag it hangs on, and never shown in the browser."""
    snag = get_object_or_404(Snag.objects.visible_to(request.user), pk=pk)
    row = get_object_or_404(files_for(request.user, snag), pk=file_pk)
    try:
        handle = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        handle,
        as_attachment=True,
        filename=row.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = NO_SCRIPT
    response["Cache-Control"] = "private, no-store"
    return response
