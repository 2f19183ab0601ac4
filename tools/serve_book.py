"""Show the built book on this machine."""

from __future__ import annotations

import functools
import http.server
import os
import sys
from pathlib import Path

from flightline.processes import HOST
from tools.ports import PortError, choose_port

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a log line for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> int:
    """Serve the book until Ctrl-C."""
    if not (HTML / "index.html").is_file():
        print("There is no book in _build/html yet; `make book` builds it.", file=sys.stderr)
        return 1
    try:
        port = choose_port(os.environ.get("PORT"), default=8000)
    except PortError as error:
        print(error, file=sys.stderr)
        return 1
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer((HOST, port), handler) as server:
        print(f"The book is at\n\n  http://{HOST}:{port}/\n\nCtrl-C stops it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
