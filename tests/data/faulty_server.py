"""A server on loopback that hands out one file well, or in one of the ways servers fail."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<html><body>Please log in</body></html>"


class Handler(BaseHTTPRequestHandler):
    """The last part of the path says how to behave."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """Print nothing."""

    def do_GET(self):
        """Answer as the path says; whoever is gone is gone."""
        self.close_connection = True
        behaviour = self.path.rsplit("/", 1)[-1]
        self.server.asked.append((behaviour, self.headers.get("Range")))
        try:
            getattr(self, behaviour.replace("-", "_"))(self.server.content)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def begin(self, status=200, length=None, **headers):
        """Send the head of an answer."""
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()

    def good(self, content, start=None):
        """As it should be: whole, or from where it was asked for."""
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start:
            where = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.begin(206, len(content) - start, Content_Range=where)
        else:
            self.begin(200, len(content))
        self.wfile.write(content[start:])

    def unhurried(self, content):
        """Good, in pieces with pauses: time enough to kill a client."""
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        where = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.begin(206 if start else 200, len(content) - start, Content_Range=where)
        for i in range(start, len(content), 20_000):
            self.wfile.write(content[i : i + 20_000])
            time.sleep(0.05)

    def without_ranges(self, content):
        """Whole, whatever was asked for."""
        self.begin(200, len(content))
        self.wfile.write(content)

    def without_length(self, content):
        self.begin(200)
        self.wfile.write(content)

    def truncated(self, content):
        """Promise everything, send half."""
        self.begin(200, len(content))
        self.wfile.write(content[: len(content) // 2])

    def cut_off(self, content):
        """Promise nothing, send half."""
        self.begin(200)
        self.wfile.write(content[: len(content) // 2])

    def reset(self, content):
        """Send a third, then reset the connection."""
        self.begin(200, len(content))
        self.wfile.write(content[: len(content) // 3])
        self.wfile.flush()
        time.sleep(0.1)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def corrupt(self, content):
        """The right length, one bit wrong."""
        self.begin(200, len(content))
        self.wfile.write(content[:-1] + bytes([content[-1] ^ 1]))

    def longer(self, content):
        """Another, longer file, of untold length."""
        self.begin(200)
        self.wfile.write(content + b"and more")

    def endless(self, content):
        """No end in sight."""
        self.begin(200)
        while True:
            self.wfile.write(content * 20)

    def shorter(self, content):
        """Another, shorter file."""
        self.begin(200, 10)
        self.wfile.write(content[:10])

    def empty(self, content):
        self.begin(200, 0)

    def html(self, content):
        """Answer a page, as captive portals do."""
        self.begin(200, len(PAGE), Content_Type="text/html; charset=utf-8")
        self.wfile.write(PAGE)

    def circle(self, content):
        """Send on to itself."""
        self.begin(302, 0, Location=self.path)

    def missing(self, content):
        self.begin(404, 0)

    def broken(self, content):
        self.begin(503, 0)

    def elsewhere(self, content):
        """Send the first bytes again, and say so, when asked to go on."""
        if self.headers.get("Range") is None:
            return self.truncated(content)
        where = f"bytes 0-{len(content) - 1}/{len(content)}"
        self.begin(206, len(content), Content_Range=where)
        self.wfile.write(content)

    def refuses_ranges(self, content):
        """Refuse to go on, even from where it could."""
        if self.headers.get("Range") is None:
            return self.truncated(content)
        self.begin(416, 0, Content_Range=f"bytes */{len(content)}")

    def silent(self, content):
        """Accept, and say nothing."""
        self.server.enough.wait(20)

    def stalls(self, content):
        """Send a little, then nothing."""
        self.begin(200, len(content))
        self.wfile.write(content[:100])
        self.wfile.flush()
        self.server.enough.wait(20)

    def drips(self, content):
        """Send a byte now and then, so that no time-out strikes."""
        self.begin(200, len(content))
        for i in range(len(content)):
            self.wfile.write(content[i : i + 1])
            self.wfile.flush()
            if self.server.enough.wait(0.05):
                return

    def gibberish(self, content):
        """No HTTP at all."""
        self.wfile.write(b"\x00\xff" * 200)


FAULTS = [
    name.replace("_", "-")
    for name, member in vars(Handler).items()
    if callable(member)
    and name not in ("log_message", "do_GET", "begin")
    and name not in ("good", "unhurried", "without_ranges", "without_length")
]


@contextmanager
def serving(content: bytes):
    """Serve `content`; yields the server, with its `address` and what it was `asked`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.request_queue_size = True, 32
    server.content, server.asked, server.enough = content, [], threading.Event()
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.enough.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
