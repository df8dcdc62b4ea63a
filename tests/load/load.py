#!/usr/bin/env python3
"""What holds under load, and what is said where it cannot: the short versions. `make soak` runs the long ones."""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, HAPROXIES, PROGRAM, environment, free_port  # noqa: E402
from suite import run, test, until  # noqa: E402


class Piped:
    """The proxy without an Engine, with its output in a pipe that is read from read_on() to the end."""

    def __init__(self, haproxy):
        self.directory = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.pipe, theirs = os.pipe()
        self.output = b""
        env = {"LISTEN": f"tcp://127.0.0.1:{self.port}", "SOCKET_PATH": os.path.join(self.directory.name, "none"), "HAPROXY": haproxy}
        self.process = subprocess.Popen([PROGRAM, "run"], env=environment(env), stdout=theirs, stderr=theirs)
        os.close(theirs)
        until(self.reachable, "no start")

    def reachable(self):
        with contextlib.suppress(OSError):
            Client(self.port).close()
            return True
        return False

    def refused(self, requests, path):
        """Sends requests that are refused, on one connection."""
        with contextlib.closing(Client(self.port)) as client:
            for _ in range(requests):
                assert client.ask("GET", path)[0] == 403

    def read_on(self):
        def read():
            while data := os.read(self.pipe, 1 << 16):
                self.output += data
        self.reader = threading.Thread(target=read)
        self.reader.start()

    def end(self):
        """Stops it; returns the lines of its output."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.reader.join(20)
        os.close(self.pipe)
        self.directory.cleanup()
        return self.output.decode().splitlines()


@test("a reader of the log that pauses loses no line, on each HAProxy")
def paused_reader():
    """2,000 lines wait for it; a pipe as Linux makes it holds some 600."""
    for haproxy in HAPROXIES:
        proxy = Piped(haproxy)
        proxy.refused(2000, "/containers/json")
        proxy.read_on()
        lines = proxy.end()
        assert sum("Forbidden: /containers/json" in line for line in lines) == 2000, lines[-5:]
        assert not any("lost" in line for line in lines), lines[-5:]


@test("lines of the log that are lost are counted and said, on each HAProxy")
def lost_lines():
    for haproxy in HAPROXIES:
        proxy = Piped(haproxy)
        proxy.refused(600, "/" + "x" * 4000)
        proxy.read_on()
        until(lambda: b"x GET" in proxy.output, "the log cannot be read")  # pylint: disable=cell-var-from-loop
        lines = proxy.end()
        kept = sum("Forbidden: /xxx" in line for line in lines)
        assert 0 < kept < 600, kept
        assert any(f"warning: {600 - kept} lines of the log are lost: its reader was too slow" in line for line in lines), lines[-3:]


if __name__ == "__main__":
    run()
