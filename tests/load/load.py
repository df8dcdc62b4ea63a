#!/usr/bin/env python3
"""What holds under load, and what is said where it cannot. `make soak` runs the same tests with more of everything, for
minutes (SOAK=1)."""
import collections
import concurrent.futures
import contextlib
import ctypes
import itertools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, HAPROXIES, PROGRAM, Proxy, ROOT, environment, free_port, program  # noqa: E402
from suite import Skip, run, test, until  # noqa: E402


SOAK = bool(os.environ.get("SOAK"))
SHORT_CONNECTIONS = 10000 if SOAK else 1500
STREAMS = 1000 if SOAK else 150
STREAM_SECONDS = 600 if SOAK else 1
FOLLOWERS = 200 if SOAK else 40
SLOW = 250 if SOAK else 60
LIMITS = {"MAX_CONNECTIONS": "4096", "MAX_CONNECTIONS_PER_CLIENT": "4000"}  # all clients of these tests have one address


def haproxy_of(proxy):
    with open(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def anonymous(pid):
    """Kilobytes of memory that no file backs."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))


def report(text):
    """A figure for the documents. (The output of a test is shown only if it fails.)"""
    print(text, flush=True)
    if SOAK:
        with open(os.path.join(ROOT, "build/soak.txt"), "a", encoding="ascii") as file:
            file.write(text + "\n")


def served(proxy):
    """Whether a client with a new connection is served."""
    return proxy.ask("GET", "/version")[0] == 200


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
        with contextlib.suppress(FileNotFoundError):
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
    client.send(f"GET {target} HTTP/1.1\r\nHost: docker\r\n\r\n".encode())
    assert b" 200 " in client.stream.readline()
    assert next_line(client) == 1
    return client


def next_line(client):
    """The number of the next line of a stream; HAProxy may put several into one chunk."""
    while text := client.stream.readline():
        if text.startswith(b'{"line":'):
            return json.loads(text)["line"]
    return None


@test("a line of a stream does not wait for the next one, on each HAProxy")
def no_delay():
    """A line every ten milliseconds: each would arrive together with those of the next 200."""
    for haproxy in HAPROXIES:
        with Proxy(engine=lambda path: CheapEngine(path, 10), haproxy=haproxy) as proxy, contextlib.closing(stream(proxy)) as client:
            got = [client.socket.recv(1 << 16).count(b"line") for _ in range(40)]
            assert 1 in got, f"{haproxy}: lines that arrived together: {got}"


@test("a burst of short connections is served whole, and leaves no descriptor and no memory behind")
def burst():
    with Proxy(LIMITS, engine=CheapEngine) as proxy:
        haproxy = haproxy_of(proxy)
        until(lambda: served(proxy), "no start")
        rest = anonymous(haproxy)
        sizes = []
        for _ in range(2):
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                statuses = collections.Counter(pool.map(lambda _: proxy.ask("GET", "/version")[0], range(SHORT_CONNECTIONS)))
            assert statuses == {200: SHORT_CONNECTIONS}, statuses
            # HAProxy keeps connections to the Engine, as many as were needed at a time, for some 30 seconds.
            until(lambda: descriptors(haproxy) < (20 if SOAK else 80), lambda: f"{descriptors(haproxy)} descriptors are open")
            sizes.append(anonymous(haproxy))
        report(f"2 x {SHORT_CONNECTIONS} short connections: {rest} KB at rest, {sizes[0]} KB and {sizes[1]} KB afterwards")
        assert sizes[1] < sizes[0] + 2048, f"memory grows with each burst: {sizes} KB"


class Listeners:
    """Streams that are read all the time, by one thread. A line that is missing ends it."""

    def __init__(self, proxy, count):
        self.clients = [stream(proxy) for _ in range(count)]
        self.lines = {client: 1 for client in self.clients}
        self.rest = {client: b"" for client in self.clients}
        self.wrong = []
        self.selector = selectors.DefaultSelector()
        for client in self.clients:
            client.socket.setblocking(False)
            self.take(client, client.stream.peek())  # what has come with the first line
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.ending = False
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def take(self, client, data):
        *lines, self.rest[client] = (self.rest[client] + data).split(b"\n")
        for line in lines:
            if line.startswith(b'{"line":'):
                self.lines[client] += 1
                if int(line[8:-1]) != self.lines[client]:
                    self.wrong.append(f"{line} instead of line {self.lines[client]}")

    def listen(self):
        while not self.ending and not self.wrong:
            for key, _ in self.selector.select(0.2):
                data = key.fileobj.recv(1 << 16)
                self.take(key.data, data)
                if not data:
                    self.wrong.append(f"a stream ended after {self.lines[key.data]} lines")

    def close(self):
        self.ending = True
        self.thread.join()
        for client in self.clients:
            client.close()


@test("many event streams are served to the end, and others beside them; memory and descriptors stay, and come back")
def many_streams():
    with Proxy(LIMITS, engine=lambda path: CheapEngine(path, 500)) as proxy:
        haproxy = haproxy_of(proxy)
        until(lambda: served(proxy), "no start")
        rest = anonymous(haproxy)
        sizes = []
        for seconds in (1, STREAM_SECONDS):
            listeners = Listeners(proxy, STREAMS)
            each = (anonymous(haproxy) - rest) / STREAMS
            deadline = time.monotonic() + seconds
            begun = None
            while time.monotonic() < deadline or min(listeners.lines.values()) < 4:
                assert served(proxy) and not listeners.wrong, listeners.wrong
                begun = begun or (descriptors(haproxy), anonymous(haproxy))
                time.sleep(0.2)
            late = (descriptors(haproxy), anonymous(haproxy))
            assert abs(late[0] - begun[0]) < 20 and late[1] < begun[1] + 4096 + 8 * STREAMS, f"descriptors, KB: {begun}, after {seconds} s {late}"
            listeners.close()
            assert not listeners.wrong, listeners.wrong
            until(lambda: descriptors(haproxy) < 20, lambda: f"{descriptors(haproxy)} descriptors are open")
            sizes.append(anonymous(haproxy))
            report(f"{STREAMS} event streams for {seconds} s: {sum(listeners.lines.values())} lines; {each:.1f} KB each; "
                   f"{begun[0]} descriptors and {begun[1]} KB at the beginning, {late[0]} and {late[1]} KB at the end; "
                   f"{rest} KB at rest, {sizes[-1]} KB afterwards")
        assert each < 40, f"{each:.1f} KB for each stream"
        assert sizes[1] < sizes[0] + 2048, f"memory grows with each wave: {sizes} KB"


@test("followers of logs miss no line, beside some that never read")
def followers():
    with Proxy(dict(LIMITS, ALLOW_CONTAINER_LOGS="1"), engine=lambda path: CheapEngine(path, 20)) as proxy:
        target = "/v1.41/containers/x/logs?follow=1&stdout=1"
        deaf = [stream(proxy, target) for _ in range(FOLLOWERS // 4)]
        clients = [stream(proxy, target) for _ in range(FOLLOWERS)]
        for client in clients:
            for number in range(2, 3000 if SOAK else 60):
                assert next_line(client) == number
        assert served(proxy)
        for client in deaf + clients:
            client.close()


@test("slow heads and slow bodies keep nobody else waiting, and end with 408; their buffers are given back; on each HAProxy")
def slow():
    """HAProxy goes on reading such a body after the 408, but keeps no more than the connection for it."""
    for version in HAPROXIES:
        slow_on(version)


def slow_on(version):
    with Proxy(dict(LIMITS, ALLOW_CREATE="1"), engine=CheapEngine, haproxy=version) as proxy:
        haproxy = haproxy_of(proxy)
        bodies = []
        sizes = []
        for _ in range(3 if SOAK else 1):
            heads = [proxy.connect() for _ in range(SLOW)]
            new = [proxy.connect() for _ in range(SLOW)]
            for client in new:
                client.send(b"POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 65000\r\n\r\n" + b" " * 60000)
            bodies += new
            deadline = time.monotonic() + (25 if SOAK else 1)
            while time.monotonic() < deadline:
                for client in heads:
                    client.send(b"G")
                for client in bodies:
                    client.send(b" ")
                assert served(proxy)
                time.sleep(0.5)
            if SOAK:
                for client in heads:
                    assert client.answer()[0] == 408  # HAProxy's own page: it has no request that a rule could answer
                for client in new:
                    status, headers, body = client.answer()
                    assert status == 408 and headers["content-type"] == "application/json", (status, headers, body)
                    assert json.loads(body)["message"], body
                for _ in range(2000):
                    assert served(proxy)  # HAProxy frees memory while it works
                sizes.append(anonymous(haproxy))
            for client in heads:
                client.close()
        for client in bodies:
            client.close()
        if SOAK:
            report(f"{version.split('/')[-2]}: 3 x {SLOW} slow heads and {SLOW} slow bodies of 60 KB, which go on: {sizes} KB after each 408")
            assert sizes[2] < sizes[0] + 24576, f"memory grows with bodies that have had their 408: {sizes} KB"


@test("pipelined requests are all answered, on each HAProxy")
def pipelined():
    """More than the buffers of HAProxy and the kernel hold at a time"""
    for haproxy in HAPROXIES:
        with Proxy(engine=CheapEngine, haproxy=haproxy) as proxy, contextlib.closing(proxy.connect()) as client:
            request = b"GET /version HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 450 + b"\r\n\r\n"
            writer = threading.Thread(target=client.send, args=(request * 10000,))
            writer.start()
            statuses = collections.Counter(client.answer()[0] for _ in range(10000))
            writer.join()
            assert statuses == {200: 10000}, (haproxy, statuses)


def bodies_at_once(port, process, count=64, size=200000):
    """Sends so many bodies at a time, to an Engine that is not there. Returns how much memory the process has meanwhile."""
    head = f"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    body = b'{"Image": "x"' + b" " * (size - 14) + b"}"
    clients = [Client(port) for _ in range(count)]
    for client in clients:
        client.send(head.encode() + body[:-1])
    until(lambda: anonymous(process) > count * size // 1024, lambda: f"only {anonymous(process)} KB for {count} bodies")
    most = anonymous(process)
    for client in clients:
        client.send(body[-1:])
    for client in clients:
        assert client.answer()[0] == 503
        client.close()
    return most


@test("memory that large bodies needed goes back to the system, on each HAProxy")
def memory_back():
    """The program gives the command each minute. Here it is given to HAProxy in the same way, but at once."""
    env = dict(LIMITS, ALLOW_CREATE="1", MAX_CREATE_BODY="262144", SOCKET_PATH="/nonexistent/docker.sock", LOG_LEVEL="emerg")
    for haproxy in HAPROXIES:
        port = free_port()
        ours, theirs = socket.socketpair()
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file, ours, theirs:
            file.write(program("render", env=dict(env, LISTEN=f"tcp://127.0.0.1:{port}")).stdout)
            file.flush()
            process = subprocess.Popen([haproxy, "-db", "-f", file.name], pass_fds=[theirs.fileno()],
                                       env=environment({"HANDOVER_FD": str(theirs.fileno())}))
            try:
                until(lambda: answers(port), "no start")  # pylint: disable=cell-var-from-loop
                rest = anonymous(process.pid)
                most = bodies_at_once(port, process.pid)
                said = runtime(ours, "clear map nothing\n")
                left = anonymous(process.pid)
                print(f"# {rest} KB at rest, {most} KB with the bodies, {left} KB afterwards")
                assert not said.strip() and left - rest < (most - rest) / 3, (haproxy, said, rest, most, left)
            finally:
                process.kill()
                process.wait()
    if SOAK:
        with Proxy(env, engine=None) as proxy:
            haproxy = haproxy_of(proxy)
            rest = anonymous(haproxy)
            most = bodies_at_once(proxy.port, haproxy)
            time.sleep(61)
            assert anonymous(haproxy) - rest < (most - rest) / 3, (rest, most, anonymous(haproxy))


def answers(port):
    with contextlib.suppress(OSError), contextlib.closing(Client(port)) as client:
        return client.ask("GET", "/_ping")[0] == 503
    return False


def runtime(offers, command):
    """What HAProxy answers to a command, on a connection that it is handed as process/runtime.c does."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(offers, [b"\0\0"], [theirs.fileno()])
        ours.sendall(command.encode())
        ours.shutdown(socket.SHUT_WR)
        return ours.makefile().read()


@test("a client that never reads a large answer keeps nobody else waiting, and gets all of it when it reads")
def deaf_client():
    with Proxy({"ALLOW_IMAGE_GET": "1"}, engine=CheapEngine) as proxy:
        haproxy = haproxy_of(proxy)
        clients = [proxy.connect() for _ in range(20)]
        for client in clients:
            client.send(b"GET /v1.41/images/x/get HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(50):
            assert served(proxy)
        assert anonymous(haproxy) < 20480, f"{anonymous(haproxy)} KB for answers that nobody reads"
        status, _, _ = clients[0].answer("HEAD")
        left = 1 << 30
        while status == 200 and (size := int(clients[0].stream.readline(), 16)):
            left -= len(clients[0].stream.read(size))
            clients[0].stream.readline()
        assert (status, left) == (200, 0), (status, left)
        for client in clients:
            client.close()


@test("an Engine that stalls, dies and comes back: nothing is lost but what it had, errors are JSON")
def engine_faults():
    with Proxy(LIMITS, engine=CheapEngine) as proxy:
        until(lambda: served(proxy), "no start")
        streams = [stream(proxy) for _ in range(20)]
        proxy.engine.signal(signal.SIGSTOP)
        waiting = [proxy.connect() for _ in range(50)]
        for client in waiting:
            client.send(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(5 if SOAK else 0.5)
        proxy.engine.signal(signal.SIGCONT)
        assert all(client.answer()[0] == 200 for client in waiting)
        for client in waiting:
            client.close()
        proxy.engine.signal(signal.SIGSTOP)
        # New connections: on one that has had an answer, HAProxy closes instead, and the client sends the request again.
        waiting = [proxy.connect() for _ in range(50)]
        for client in waiting:
            client.send(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)  # they are with the Engine
        proxy.engine.close()
        for client in waiting:
            status, headers, body = client.answer()
            assert status in (502, 503) and headers["content-type"] == "application/json", (status, headers, body)
            assert "Docker Engine" in json.loads(body)["message"], body
        for client in streams:
            assert next_line(client) is None, "a stream of an Engine that died goes on"
        status, headers, body = proxy.ask("GET", "/version")
        assert status == 503 and "cannot be reached" in json.loads(body)["message"], (status, body)
        assert program("healthcheck", env=proxy.env).returncode == 1
        proxy.engine = CheapEngine(proxy.socket_path)
        until(lambda: served(proxy), "the Engine that came back is not found")
        assert program("healthcheck", env=proxy.env).returncode == 0
        for client in waiting + streams:
            client.close()


class Memory:
    """A cgroup with a limit of memory, as a container has it; within is the command that runs a program in it."""

    def __init__(self, size):
        one = "/sys/fs/cgroup/memory"
        limit, self.peak = (("memory.limit_in_bytes", "memory.max_usage_in_bytes") if os.path.isdir(one) else
                            ("memory.max", "memory.peak"))
        self.directory = f"{one if os.path.isdir(one) else '/sys/fs/cgroup'}/docker-socket-proxy-test-{os.getpid()}"
        try:
            os.mkdir(self.directory)
            with open(os.path.join(self.directory, limit), "w", encoding="ascii") as file:
                file.write(str(size))
        except OSError as error:
            raise Skip(f"no cgroup with a limit of memory can be made: {error}") from error
        self.within = ["sh", "-c", f'echo $$ >{self.directory}/cgroup.procs && exec "$@"', "sh"]

    def most(self):
        """The most bytes that were in use since the last call, where the kernel says so"""
        try:
            with open(os.path.join(self.directory, self.peak), "r+", encoding="ascii") as file:
                most = int(file.read())
                file.seek(0)
                file.write("0")
            return most
        except OSError:
            return 0

    def close(self):
        until(lambda: not self.pids(), "processes are left in the cgroup")
        os.rmdir(self.directory)

    def pids(self):
        with open(os.path.join(self.directory, "cgroup.procs"), encoding="ascii") as file:
            return file.read().split()


def push(clients, data):
    """Sends data on each connection, until none has taken any for a while."""
    left = {}
    for client in clients:
        client.socket.setblocking(False)
        left[client] = memoryview(data)
    quiet = time.monotonic() + 0.3
    while time.monotonic() < quiet:
        for client in clients:
            with contextlib.suppress(OSError):
                if sent := client.socket.send(left[client][:1 << 16]) if left[client] else 0:
                    left[client] = left[client][sent:]
                    quiet = time.monotonic() + 0.3
        time.sleep(0.01)


@test("the memory limit of the documents holds all connections at their worst, on each HAProxy")
def memory_limit():
    """docs/settings.md#memory. What takes most: an answer that is not read, and more requests behind it."""
    create = b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{}" + b" " * 199998
    for haproxy, bodies in itertools.product(HAPROXIES, (0, 262144) if SOAK else (262144,)):
        count = 1000 if SOAK else 64
        limit = 32 * 1024 * 1024 + (count + 5) * 3 * (72 * 1024 + bodies)
        env = {"MAX_CONNECTIONS": str(count + 5), "MAX_CONNECTIONS_PER_CLIENT": str(count + 5), "ALLOW_IMAGE_GET": "1"}
        if bodies:
            env.update(ALLOW_CREATE="1", MAX_CREATE_BODY=str(bodies))
        with contextlib.closing(Memory(limit)) as memory, Proxy(env, CheapEngine, haproxy, within=memory.within) as proxy:
            until(lambda: served(proxy), "no start")  # pylint: disable=cell-var-from-loop
            for what, first, more in (("event streams", "/events", b""),
                                      ("answers that are not read", "/images/x/get", b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n" * 20000),
                                      ("bodies of 200 KB", "", create * 3)):
                clients = [proxy.connect() for _ in range(count)]
                head = f"GET {first} HTTP/1.1\r\nHost: x\r\n\r\n".encode() if first else b""
                push(clients, head + more)
                assert proxy.process.poll() is None, f"{haproxy}: {count} {what}: the proxy ended: {proxy.log()[-300:]}"
                most = memory.most()
                report(f"{haproxy.split('/')[-2]}, {'bodies of 256 KB are judged' if bodies else 'no guard'}, limit "
                       f"{limit / 1e6:.0f} MB: {count} {what}: {most / 1e6:.0f} MB at most")
                for client in clients:
                    client.close()
                until(lambda: served(proxy), f"{haproxy}: no service after {count} {what}")  # pylint: disable=cell-var-from-loop


class Cable:
    """A network namespace of this process, and another one at the other end of a cable. Needs root."""

    def __init__(self):
        if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
            raise Skip("no network namespace can be made")
        self.far = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        until(lambda: os.readlink(f"/proc/{self.far.pid}/ns/net") != os.readlink("/proc/self/ns/net"), "no other network namespace")
        for command in ("ip link set lo up", "ip link add near type veth peer name far", f"ip link set far netns {self.far.pid}",
                        "ip addr add 10.99.0.1/24 dev near", "ip link set near up"):
            subprocess.run(command.split(), check=True)
        for command in ("ip addr add 10.99.0.2/24 dev far", "ip link set far up"):
            subprocess.run([*self.there(), *command.split()], check=True)

    def there(self):
        return ["nsenter", "--net", f"--target={self.far.pid}"]

    def cut(self):
        """What comes from there, and what goes there, is lost."""
        for chain in ("INPUT", "OUTPUT"):
            subprocess.run([*self.there(), "iptables", "-A", chain, "-j", "DROP"], check=True)


def vanished():
    """docs/settings.md#shares-of-connections. Streams with something to say, and silent ones"""
    cable = Cable()
    with open("/proc/sys/net/ipv4/tcp_retries2", "w", encoding="ascii") as file:
        file.write("8")
    for haproxy in HAPROXIES:
        subprocess.run([*cable.there(), "iptables", "-F"], check=True)
        env = {"ALLOW_CONTAINER_LOGS": "1"}
        ports = (free_port(), free_port())
        with Proxy(env, lambda path: CheapEngine(path, 500), haproxy, listen=f",tcp://10.99.0.1:{ports[0]}") as proxy, \
                Proxy(env, lambda path: CheapEngine(path, 0), haproxy, listen=f",tcp://10.99.0.1:{ports[1]}") as silent:
            script = f"""
import socket, time
streams = [socket.create_connection(("10.99.0.1", {ports}[n % 2])) for n in range(40)]
for stream in streams:
    stream.sendall(b"GET /containers/x/logs?follow=1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    stream.recv(100)
print("up", flush=True)
time.sleep(1000)
"""
            client = subprocess.Popen([*cable.there(), sys.executable, "-c", script], stdout=subprocess.PIPE)
            assert client.stdout.readline() == b"up\n"
            processes = [haproxy_of(proxy), haproxy_of(silent)]
            assert all(descriptors(process) > 40 for process in processes)
            cable.cut()
            begun = time.monotonic()
            gone = [0, 0]
            while not all(gone):
                assert time.monotonic() < begun + 200, f"{haproxy}: {[descriptors(process) for process in processes]} descriptors"
                for n, process in enumerate(processes):
                    if not gone[n] and descriptors(process) < 30:
                        gone[n] = round(time.monotonic() - begun)
                time.sleep(0.2)
            report(f"{haproxy.split('/')[-2]}: clients that vanished were noticed after {gone[0]} s with data (tcp_retries2 8), {gone[1]} s without")
            client.kill()
            client.wait()


if SOAK:  # two minutes with each HAProxy
    test("a client that vanishes gives its connections back")(vanished)


@test("with few file descriptors there is a share for some, an answer for others, and nothing is left behind")
def few_descriptors():
    with Proxy(engine=CheapEngine, within=["prlimit", "--nofile=200:200"]) as proxy:
        haproxy = haproxy_of(proxy)
        for _ in range(3):
            clients = held(proxy, "127.0.1.1", 60) + held(proxy, "127.0.1.2", 60)
            with contextlib.closing(Client(proxy.port, "127.0.2.1")) as client:
                status, headers, body = client.ask("GET", "/version")
                assert status in (200, 503) and headers["content-type"] == "application/json", (status, headers, body)
                assert status == 200 or json.loads(body)["message"].startswith("docker-socket-proxy: MAX_CONNECTIONS="), body
            assert program("healthcheck", env=proxy.env).returncode == 0
            for client in clients:
                client.close()
            until(lambda: served(proxy), "the connections are not given back")
        until(lambda: descriptors(haproxy) < 20, lambda: f"{descriptors(haproxy)} descriptors are open")


if __name__ == "__main__":
    run()
