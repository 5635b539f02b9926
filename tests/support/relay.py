"""A TCP port that forwards to a server and can be closed, for tests of lost connections."""

import queue
import socket
import threading
import time
from urllib.parse import urlsplit

from tests.support.console_process import free_port


class Relay:
    """A port that forwards to a server and can be closed, like a server that goes down and up.

    `header` is added to the requests. Everything arrives `delay` seconds later, in each direction.
    """

    def __init__(self, url, header=b"", delay=0.0):
        self.target, self.header, self.delay = urlsplit(url), header, delay
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sockets = []
        self.flowing = threading.Event()
        self.listener = None

    def open(self):
        self.flowing.set()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def hold(self):
        """Forward nothing more on open connections, like a network that nobody knows is down."""
        self.flowing.clear()

    def cut(self):
        if self.listener is None:
            return  # already cut
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self.listener.close()
        self.listener = None
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already closed
        self.sockets.clear()
        self.flowing.set()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((self.target.hostname, self.target.port))
            self.sockets += [near, far]
            for one, other, header in ((near, far, self.header), (far, near, b"")):
                on_the_way = queue.SimpleQueue()
                for step, arguments in (
                    (self._receive, (one, header, on_the_way)),
                    (self._send, (on_the_way, other)),
                ):
                    threading.Thread(target=step, args=arguments, daemon=True).start()

    def _receive(self, one, header, on_the_way):
        data = b"-"
        while data:
            try:
                data = one.recv(65536)
            except OSError:
                data = b""
            changed = data.replace(b"\r\nHost:", header + b"\r\nHost:")
            on_the_way.put((time.monotonic() + self.delay, changed))

    def _send(self, on_the_way, other):
        try:
            while (item := on_the_way.get())[1]:
                time.sleep(max(0.0, item[0] - time.monotonic()))
                self.flowing.wait()
                other.sendall(item[1])
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return
