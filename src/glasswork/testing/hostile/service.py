"""The one service of a decoy that some programs may reach: an HTTP server that can be pleasant, endless or mute."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    """Does what the path says."""

    forbidden: int

    def do_GET(self) -> None:
        """Answer ``/`` with a word, ``/away`` with a redirection, ``/endless`` without end; ``/mute`` not at all."""
        if self.path == "/mute":
            self.rfile.read()
            return
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", f"http://127.0.0.1:{self.forbidden}/")
        self.end_headers()
        self.wfile.write(b"allowed")
        while self.path == "/endless":
            self.wfile.write(bytes(65536))

    def do_POST(self) -> None:
        """Answer with the length of what was sent."""
        length = int(self.headers["Content-Length"])
        size = len(self.rfile.read(length))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%d" % size)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Programs break off; that is their business."""


@contextlib.contextmanager
def serving(forbidden: int) -> Iterator[int]:
    """Serve on loopback, with redirections to another, forbidden port; yields the port."""
    handler = type("Handler", (_Handler,), {"forbidden": forbidden})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="glasswork decoy", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
