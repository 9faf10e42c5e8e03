"""Where a copy of opsdesk keeps its data, logs, locks and sockets."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

BASE_DIR = Path(__file__).resolve().parents[2]
# The kernel takes 107 bytes of socket path on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Places:
    """Every path of one copy; two copies with different `var` never meet."""

    var: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Places":
        """The places OPSDESK_VAR asks for; `var/` of the checkout by default."""
        return cls(Path(environ.get("OPSDESK_VAR") or BASE_DIR / "var").resolve())

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.var / "log"

    @property
    def run(self) -> Path:
        """Locks and records of what runs."""
        return self.var / "run"

    @property
    def cluster(self) -> Path:
        """The database cluster and what is known about it; gone together."""
        return self.var / "postgres"

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.cluster / "data"

    @property
    def valkey(self) -> Path:
        """Valkey's working directory."""
        return self.var / "valkey"

    @property
    def sockets(self) -> Path:
        """A private folder for both sockets, short enough for the kernel."""
        inside = self.run / "sockets"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return inside
        key = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:16]
        # Always /tmp: a TMPDIR that differs between two shells must not part them.
        return Path("/tmp") / f"opsdesk-{os.geteuid()}-{key}"  # noqa: S108

    @property
    def valkey_socket(self) -> Path:
        """Where Valkey listens."""
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        """How the application reaches the embedded PostgreSQL."""
        return f"postgresql://opsdesk@/{quote(str(self.sockets))}/opsdesk"

    @property
    def redis_url(self) -> str:
        """How the application reaches the embedded Valkey."""
        return f"unix://{quote(str(self.valkey_socket))}?db=0"
