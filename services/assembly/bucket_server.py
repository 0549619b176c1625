"""The S3 endpoint of the one-machine default: localbucket on loopback, closed without the access key.

localbucket itself checks no credentials and answers every web origin, so any page open in a browser of the
same machine could read the towns' files. Here a request must be signed under the generated access key, which
is as long as a password and never leaves this machine, and no cross-origin request is answered. The signature
itself is not recomputed: on loopback nobody stands between client and server.
"""

import hmac
import re
import sys
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localbucket import S3Error, S3Handler

_HEADER_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_QUERY_CREDENTIAL = re.compile(r"[?&]X-Amz-Credential=([^%/&]+)(?:%2F|/)")


class GuardedHandler(S3Handler):  # type: ignore[misc]  # localbucket carries no types
    """S3 requests of the one holder of the access key."""

    access_key = ""

    def do_OPTIONS(self) -> None:  # noqa: N802  (the name http.server calls)
        """This will refuse every browser preflight."""
        self._refuse()

    def _dispatch(self, action: Any) -> None:
        if "Origin" in self.headers or not self._is_known():
            self._refuse()
        else:
            super()._dispatch(action)

    def _refuse(self) -> None:
        del self.headers["Origin"]  # the answer would otherwise invite that origin to read it
        self._send_error(S3Error(HTTPStatus.FORBIDDEN, "AccessDenied", "Access Denied"))

    def _is_known(self) -> bool:
        found = _HEADER_CREDENTIAL.search(self.headers.get("Authorization", "")) or _QUERY_CREDENTIAL.search(self.path)
        given = found.group(1) if found else ""
        return hmac.compare_digest(given.encode(), self.access_key.encode())


def main(arguments: list[str]) -> None:
    """This will serve FOLDER on 127.0.0.1:PORT until it is ended; KEY_FILE holds the access key."""
    folder, port, key_file = Path(arguments[0]).resolve(), int(arguments[1]), Path(arguments[2])
    GuardedHandler.data_root = folder
    GuardedHandler.access_key = key_file.read_text(encoding="ascii").strip()
    if not GuardedHandler.access_key:
        raise SystemExit(f"{key_file} holds no access key.")
    with ThreadingHTTPServer(("127.0.0.1", port), GuardedHandler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
