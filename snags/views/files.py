from django.http import FileResponse
from django.shortcuts import get_object_or_404

from opsdesk.core.http import UserRequest, forced_download
from opsdesk.core.policy import policy
from snags.models import Snag
from snags.queries.feed import files_for


@policy()
def attachment(request: UserRequest, pk: int, file_pk: int) -> FileResponse:
    """A file, only through the snag it hangs on."""
    snag = get_object_or_404(Snag.objects.visible_to(request.user), pk=pk)
    row = get_object_or_404(files_for(request.user, snag), pk=file_pk)
    return forced_download(row.file, row.name)
