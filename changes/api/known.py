"""What every route of changes shares: whom it admits, the scopes that open it."""

from opsdesk.accounts.access import INTERNAL
from opsdesk.accounts.models import ApiToken
from opsdesk.core.api_rows import Rows
from opsdesk.core.policy import allow

STAFF = allow(*sorted(INTERNAL))


class Changes(Rows):
    """Read and written with a token for changes."""

    reads = (ApiToken.Scope.CHANGES_READ,)
    writes = (ApiToken.Scope.CHANGES_WRITE,)
