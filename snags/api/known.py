"""What every route of snags shares: the scopes that open it."""

from opsdesk.accounts.models import ApiToken
from opsdesk.core.api_rows import Known


class Snags(Known):
    """Read and written with a token for snags."""

    reads = (ApiToken.Scope.SNAGS_READ,)
    writes = (ApiToken.Scope.SNAGS_WRITE,)
