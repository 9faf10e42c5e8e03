"""What every route of changes shares: the scopes that open it."""

from opsdesk.accounts.models import ApiToken
from opsdesk.core.api_rows import Rows


class Changes(Rows):
    """Read and written with a token for changes."""

    reads = (ApiToken.Scope.CHANGES_READ,)
    writes = (ApiToken.Scope.CHANGES_WRITE,)
