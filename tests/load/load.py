#!/usr/bin/env python3
"""What holds under load, and what is said where it cannot: the short versions. `make soak` runs the long ones."""
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, HAPROXIES, PROGRAM, Proxy, ROOT, environment, free_port, program  # noqa: E402
from suite import run, test, until  # noqa: E402


class CheapEngine:
    """build/load/engine, which serves thousands of connections; milliseconds are the pause between the lines of streams."""

    def __init__(self, path, milliseconds=0):
        self.path = path
        self.process = subprocess.Popen([os.path.join(ROOT, "build/load/engine"), path, "1500", str(milliseconds)])
        until(lambda: os.path.exists(path), "no stand-in Engine")

    def signal(self, number):
        self.process.send_signal(number)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.unlink(self.path)


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
        until(lambda: self.process.poll() is not None or self.reachable(), "no start")
        assert self.process.poll() is None, "no start"

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


def held(proxy, source, count):
    """Opens connections from an address that say nothing; returns those that are open once HAProxy has judged all."""
    clients = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            clients.append(Client(proxy.port, source))
    with contextlib.suppress(OSError), contextlib.closing(Client(proxy.port, source)) as last:  # HAProxy accepts in order
        last.ask("GET", "/_ping")
    kept = []
    for client in clients:
        client.socket.setblocking(False)
        try:
            ended = client.socket.recv(1) == b""
        except BlockingIOError:
            ended = False
        except OSError:
            ended = True
        client.socket.setblocking(True)
        client.socket.settimeout(20)
        if ended:
            client.close()
        else:
            kept.append(client)
    return kept


@test("no handful of clients can take all connections, and the health check has its own, on each HAProxy")
def shares():
    """A dozen greedy addresses open more than their share of a quarter, one after another, as many as they get; then one
    that holds nothing is served."""
    for haproxy in HAPROXIES:
        with Proxy({"MAX_CONNECTIONS": "400"}, haproxy=haproxy) as proxy:
            first = held(proxy, "127.0.1.1", 150)
            assert 100 <= len(first) <= 112, len(first)  # its share, and an eighth that would get an answer
            greedy = [held(proxy, f"127.0.1.{n}", 150) for n in range(2, 13)]
            counts = [len(first), *map(len, greedy)]
            print(haproxy, counts, sum(counts))
            assert sum(counts) < 400, counts
            with contextlib.closing(Client(proxy.port, "127.0.2.1")) as modest:
                assert modest.ask("GET", "/version")[0] == 200
            assert program("healthcheck", env=proxy.env).returncode == 0
            # The next one of a greedy client is told why: at least the connections up to four over its share get an answer.
            late = next(clients for clients in reversed(greedy) if clients)
            status, headers, body = late[-1].ask("GET", "/version")
            assert (status, headers["connection"]) == (503, "close"), (status, headers, body)
            assert json.loads(body)["message"].startswith("docker-socket-proxy: MAX_CONNECTIONS=400: so many are open that one"), body
            proxy.wait_for_log("see MAX_CONNECTIONS_PER_CLIENT; at most one line in ten seconds 503")
            for client in itertools.chain(first, *greedy):
                client.close()
            until(lambda: proxy.ask("GET", "/version")[0] == 200, "the connections are not given back")  # pylint: disable=cell-var-from-loop


@test("if all connections are taken, further clients get an answer that says so, and the health check is served")
def all_taken():
    """A share of more than half of all is the operator's wish that one client may take them all."""
    with Proxy({"MAX_CONNECTIONS": "20", "MAX_CONNECTIONS_PER_CLIENT": "20"}) as proxy:
        holders = held(proxy, "127.0.1.1", 19) + held(proxy, "127.0.1.2", 1)
        assert len(holders) == 20, len(holders)
        with contextlib.closing(Client(proxy.port, "127.0.2.1")) as client:
            status, _, body = client.ask("GET", "/version")
            assert status == 503 and b"MAX_CONNECTIONS=20: so many are open" in body, (status, body)
        assert program("healthcheck", env=proxy.env).returncode == 0
        for client in holders:
            client.close()
        until(lambda: proxy.ask("GET", "/version")[0] == 200, "the connections are not given back")


@test("the socket of the health check serves nothing but that, and outlives reloads")
def health_socket():
    with Proxy({"ALLOW_INFO": "1"}) as proxy:
        def ask(target, method="GET"):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(20)
            client.connect(f"\0dsp:127.0.0.1:{proxy.port}")
            with client:
                client.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
                return int(client.makefile("rb").readline().split()[1])
        for n in range(3):
            assert (ask("/_ping"), ask("/info"), ask("/v1.41/_ping"), ask("/_ping?x"), ask("/_ping", "POST")) == (200, 403, 403, 403, 403)
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_reload(n + 1)
        assert [request[1] for request in proxy.engine.requests] == ["/_ping"] * 3, proxy.engine.requests
        proxy.engine.close()
        proxy.engine = None
        dead = program("healthcheck", env=proxy.env)
        assert dead.returncode == 1 and "it cannot reach the Docker Engine" in dead.stderr, dead


def stream(proxy, target="/events"):
    """A client that has read the head and the first line of a stream."""
    client = Client(proxy.port)
    status, _, line = client.ask("GET", target)
    assert (status, line) == (200, b'{"line":1}\n'), (status, line)
    return client


@test("a line of a stream does not wait for the next one, on each HAProxy")
def no_delay():
    """A line every ten milliseconds: each would arrive together with those of the next 200."""
    for haproxy in HAPROXIES:
        with Proxy(engine=lambda path: CheapEngine(path, 10), haproxy=haproxy) as proxy, contextlib.closing(stream(proxy)) as client:
            got = [client.socket.recv(1 << 16).count(b"line") for _ in range(40)]
            assert 1 in got, f"{haproxy}: lines that arrived together: {got}"


if __name__ == "__main__":
    run()
