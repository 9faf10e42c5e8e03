"""python -m opsdesk.local.health PATH: whether this machine's web process is well."""

import http.client
import os
import sys


def answers_well(path: str) -> bool:
    """Ask as the proxy would, so that host check and HTTPS redirect let us in."""
    port = int(os.environ.get("OPSDESK_BIND", "127.0.0.1:8000").rpartition(":")[2])
    host = os.environ.get("OPSDESK_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    headers = {"Host": host.lstrip("."), "X-Forwarded-Proto": "https"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not answers_well(sys.argv[1] if len(sys.argv) > 1 else "/health/live"))
