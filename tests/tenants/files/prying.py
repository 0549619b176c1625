"""A child that tries what it must not, and says what became of it; run as a module by its test."""

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenants.files.child import serve


def pry(request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """Does what ``request`` names; ``content`` is nothing."""
    try:
        if request["act"] == "network":
            socket.socket().connect(("127.0.0.1", 1))
        elif request["act"] == "file":
            Path("/tmp/yui-prying").write_text("x")  # noqa: S108  (it must not come to be)
        elif request["act"] == "process":
            subprocess.run(["/bin/true"], check=False)
        else:
            return {"said": str([name for name in os.environ if name.startswith("YUI_")])}, b""
    except OSError as error:
        return {"said": "refused" if isinstance(error, PermissionError) else str(error)}, b""
    return {"said": "done"}, b""


if __name__ == "__main__":
    serve(pry)
