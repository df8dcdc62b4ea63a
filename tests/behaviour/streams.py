#!/usr/bin/env python3
"""Streams are complete: every byte that goes in at one end comes out at the other. `make test-streams-long` runs the
same tests with more runs and larger transfers.

STREAM_RUNS  the number of execs in exec_input; STREAM_MEGABYTES  the size of uploads and downloads
"""
import contextlib
import fcntl
import hashlib
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Engine, HAPROXIES, Proxy, children  # noqa: E402
from suite import run, test, until  # noqa: E402

RUNS = int(os.environ.get("STREAM_RUNS") or 40)
MEGABYTES = int(os.environ.get("STREAM_MEGABYTES") or 64)
BLOCK = random.Random(1).randbytes(1 << 20)
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
EXEC = ("POST", "/v1.41/exec/1/start", ["Connection: Upgrade", "Upgrade: tcp"])


class Slow(Engine):
    """An Engine whose exec is a program with a will of its own: it takes WARM bytes, prints PRINTED ones, and reads the
    rest only when it is let go."""

    WARM = PRINTED = 16 << 20

    def __init__(self, path):
        self.warm = threading.Event()
        self.go = threading.Event()
        self.taken = None
        super().__init__(path)

    def echo(self, connection):
        left = self.WARM
        while left:
            left -= len(connection.recv(min(left, 1 << 20)))
        self.warm.set()
        printer = threading.Thread(target=send_all, args=(connection, self.PRINTED))
        printer.start()
        self.go.wait(60)
        taken = 0
        with contextlib.suppress(OSError):
            while data := connection.recv(1 << 20):
                taken += len(data)
        printer.join()
        self.taken = taken


def send_all(connection, size):
    with contextlib.suppress(OSError):
        connection.sendall(bytes(size))


def unacknowledged(connection):
    """How much of what was sent, its end included, has not arrived in the other side's kernel."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0]


def half_close_once(proxy):
    """The client's last bytes and its end reach HAProxy in one event, are more than what HAProxy can pass on at once, and
    the next event is that the client reads again. Returns what is wrong."""
    engine = proxy.engine
    engine.warm.clear()
    engine.go.clear()
    engine.taken = None
    client = proxy.connect()
    client.socket.settimeout(60)
    assert client.ask(*EXEC)[0] == 101
    client.send(bytes(Slow.WARM))
    assert engine.warm.wait(60)
    time.sleep(0.3)  # what the Engine prints fills all buffers up to the client, which does not read
    stopped = children(proxy.process.pid)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    sent = 0
    try:
        client.socket.setblocking(False)
        # What HAProxy's kernel takes at once, but all of it, so that the end arrives as well
        with contextlib.suppress(BlockingIOError):
            while sent < 650000:
                sent += client.socket.send(bytes(50000))
        client.socket.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 1
        while unacknowledged(client.socket) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    time.sleep(0.3)
    client.socket.settimeout(60)
    back = 0
    wrong = ""
    try:
        while data := client.socket.recv(1 << 16):
            back += len(data)
            if back > Slow.PRINTED // 2:
                engine.go.set()
    except OSError as error:
        wrong = str(error)
    engine.go.set()
    until(lambda: engine.taken is not None, "the Engine does not see the end")
    client.close()
    if wrong or engine.taken != sent or back != Slow.PRINTED:
        return f"{engine.taken} of {sent} bytes up, {back} of {Slow.PRINTED} down {wrong}"
    return ""


@test("the end of a client's input does not overtake the input, with a slow client, on each HAProxy")
def half_close():
    """What a client sent before it ended its half reaches the Engine, though the Engine and the client are slow."""
    for haproxy in HAPROXIES:
        with Proxy({"ALLOW_EXEC": "1"}, engine=Slow, haproxy=haproxy) as proxy:
            for _ in range(5):
                wrong = half_close_once(proxy)
                assert not wrong, f"{haproxy}: {wrong}"


@test("large input to exec comes back whole, many at once")
def exec_input():
    """5 MB to exec and back, like `docker exec -i x cat`, six at once on a busy machine."""
    wrong = []
    left = iter(range(RUNS))
    lock = threading.Lock()

    def client(proxy):
        while True:
            with lock:
                if next(left, None) is None:
                    return
            problem = exec_once(proxy)
            if problem:
                wrong.append(problem)

    with Proxy({"ALLOW_EXEC": "1"}) as proxy:
        load = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            clients = [threading.Thread(target=client, args=(proxy,)) for _ in range(6)]
            for thread in clients:
                thread.start()
            for thread in clients:
                thread.join()
        finally:
            load.kill()
            load.wait()
    print(f"{RUNS} runs, {len(wrong)} cut")
    assert not wrong, wrong[:5]


def exec_once(proxy):
    size = 5 << 20
    with contextlib.closing(proxy.connect()) as client:
        client.socket.settimeout(120)
        assert client.ask(*EXEC)[0] == 101

        def send():
            with contextlib.suppress(OSError):
                for _ in range(size >> 20):
                    client.socket.sendall(BLOCK)
                client.socket.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(random.random() * 0.03)
        back = bytearray()
        problem = ""
        try:
            while data := client.socket.recv(32768):
                back += data
        except OSError as error:
            problem = str(error)
        sender.join()
    whole = back == BLOCK * (size >> 20) + b"bye"
    return "" if whole and not problem else f"{len(back)} of {size + 3} bytes {problem}"


class Bodies(Engine):
    """An Engine that digests what comes up, and sends MEGABYTES of BLOCK down for GET."""

    def one(self, connection, stream):
        line = stream.readline().decode("latin1").split()
        if len(line) != 3:
            return False
        headers = {}
        while header := stream.readline().decode("latin1").rstrip("\r\n"):
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        if headers.get("user-agent", "").startswith("docker-socket-proxy/"):
            return self.tell(stream, line[1].split("?")[0], True)
        if line[0] == "GET":
            stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(MEGABYTES):
                stream.write(b"%x\r\n" % len(BLOCK) + BLOCK + b"\r\n")
            stream.write(b"0\r\n\r\n")
            stream.flush()
            return True
        if headers.get("expect", "").lower() == "100-continue":
            stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            stream.flush()
        digest = hashlib.sha256()
        if "chunked" in headers.get("transfer-encoding", ""):
            while size := int(stream.readline().split(b";")[0], 16):
                digest.update(stream.read(size))
                stream.readline()
            stream.readline()
        else:
            left = int(headers.get("content-length", 0))
            while left:
                data = stream.read(min(left, 1 << 20))
                if not data:
                    return False
                left -= len(data)
                digest.update(data)
        body = digest.hexdigest().encode()
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()
        return True


@test("a large body goes up whole, with a length or in chunks, and with Expect: 100-continue")
def upload():
    """docker cp into a container and docker load: the digest of what arrived is that of what was sent."""
    digest = hashlib.sha256()
    for _ in range(MEGABYTES):
        digest.update(BLOCK)
    with Proxy({"ALLOW_CONTAINER_ARCHIVE": "1", "ALLOW_PUT_CONTAINER_ARCHIVE": "1", "ALLOW_IMAGE_LOAD": "1"}, engine=Bodies) as proxy:
        for target in ("PUT /containers/x/archive?path=/", "POST /images/load"):
            for framing in ("Content-Length: %d" % (MEGABYTES << 20), "Transfer-Encoding: chunked"):
                for expect in ("", "Expect: 100-continue\r\n"):
                    with contextlib.closing(proxy.connect()) as client:
                        client.socket.settimeout(120)
                        client.send(f"{target} HTTP/1.1\r\nHost: docker\r\n{expect}{framing}\r\n\r\n".encode())
                        if expect:
                            status, _, _ = client.answer("HEAD")
                            assert status == 100, (target, framing, status)
                        chunked = "chunked" in framing
                        for _ in range(MEGABYTES):
                            client.send(b"%x\r\n" % len(BLOCK) + BLOCK + b"\r\n" if chunked else BLOCK)
                        if chunked:
                            client.send(b"0\r\n\r\n")
                        status, _, body = client.answer()
                        assert (status, body) == (200, digest.hexdigest().encode()), (target, framing, expect, status)


@test("a large answer comes down whole")
def download():
    """docker export, save and cp out of a container: every byte, and the end."""
    with Proxy({"ALLOW_EXPORT": "1", "ALLOW_IMAGE_GET": "1", "ALLOW_ARCHIVE": "1"}, engine=Bodies) as proxy:
        for target in ("/containers/x/export", "/images/x/get", "/containers/x/archive?path=/"):
            with contextlib.closing(proxy.connect()) as client:
                client.socket.settimeout(120)
                client.send(f"GET {target} HTTP/1.1\r\nHost: docker\r\n\r\n".encode())
                status, _, chunk = client.answer("HEAD")
                assert status == 200, (target, status)
                got = bytearray()
                blocks = 0
                while size := int(client.stream.readline(), 16):
                    got += client.stream.read(size)
                    client.stream.readline()
                    while len(got) >= len(BLOCK):
                        assert got[:len(BLOCK)] == BLOCK, (target, blocks)
                        del got[:len(BLOCK)]
                        blocks += 1
                assert (blocks, len(got)) == (MEGABYTES, 0), (target, blocks, len(got))


@test("an Engine whose client left is freed: before the answer, within it, in a tunnel")
def hang_up():
    """A client that leaves frees the Engine, before the answer, within it, and in a tunnel."""
    for haproxy in HAPROXIES:
        with Proxy({"ALLOW_EXEC": "1", "ALLOW_CONTAINER_WAIT": "1", "ALLOW_EVENTS": "1"}, haproxy=haproxy) as proxy:
            engine = proxy.engine
            until(lambda: any(request[2]["user-agent"] == "docker-socket-proxy/watch" for request in engine.asked), "the program does not watch")
            idle = len(engine.connections)
            engine.mode = "mute"
            client = proxy.connect()
            client.send(b"POST /v1.41/containers/x/wait HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n")
            until(lambda: any("/wait" in request[1] for request in engine.requests), "the request does not arrive")
            client.close()
            until(lambda: len(engine.connections) <= idle, f"{haproxy}: the Engine goes on waiting for a client that left")
            engine.mode = "normal"
            for request in (EXEC, ("GET", "/events", [])):
                ended = len(engine.ended)
                client = proxy.connect()
                assert client.ask(*request)[0] in (101, 200)
                client.close()
                until(lambda: len(engine.ended) > ended, f"{haproxy}: {request[1]} goes on without its client")


if __name__ == "__main__":
    run()
