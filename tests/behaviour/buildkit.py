#!/usr/bin/env python3
"""BuildKit's upgrades to h2c: what reaches the Engine, byte by byte, and what never does."""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Engine, HAPROXIES, Proxy, program  # noqa: E402
from suite import run, test  # noqa: E402

# HAProxy that removes all of the request for h2c cannot forward it; then nothing but ordinary requests may reach the Engine.
FORWARDS = {}
OPEN = {"ALLOW_SESSION": "1", "ALLOW_GRPC": "1", "ALLOW_HOST_NAMESPACES": "1"}
ASKS = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
SMUGGLED = b"POST /v1.41/containers/create HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\n{}"
LAST = b"GET /nothing HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"  # so that the connection ends


class Raw(Engine):
    """An Engine that gives each request head the same answer, and keeps all bytes it gets: a list for each connection. After a 101
    it sends back what comes. Requests that the proxy's program makes by itself are answered with 404 and not kept."""

    def __init__(self, path, answer):
        self.answer = answer
        self.got = []
        super().__init__(path)

    def serve(self, connection):
        kept = None
        pending = b""
        tunnel = False
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    if tunnel:
                        connection.sendall(b"bye")
                    return
                if kept is None and b"docker-socket-proxy/" not in data:
                    kept = []
                    self.got.append(kept)
                if kept is not None:
                    kept.append(data)
                if tunnel:
                    connection.sendall(data)
                    continue
                pending += data
                while b"\r\n\r\n" in pending and not tunnel:
                    _, pending = pending.split(b"\r\n\r\n", 1)
                    connection.sendall(self.answer if kept is not None else b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    tunnel = kept is not None and self.answer.startswith(b"HTTP/1.1 101")
                    if tunnel and pending:
                        connection.sendall(pending)
        except OSError:
            pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def all(self):
        return b"".join(b"".join(connection) for connection in self.got)


def proxies(answer, env=None):
    """A proxy with each HAProxy at hand, and whether that one forwards upgrades to h2c."""
    for haproxy in HAPROXIES:
        if haproxy not in FORWARDS:
            said = program("check", env={"ALLOW_SESSION": "1", "HAPROXY": haproxy})
            assert said.returncode == 0, said
            FORWARDS[haproxy] = "does not forward Upgrade: h2c" not in said.stderr
        with Proxy(OPEN if env is None else env, engine=lambda path: Raw(path, answer), haproxy=haproxy) as proxy:
            yield proxy, FORWARDS[haproxy]


def exchange(proxy, raw, until=None, seconds=3):
    """Sends the bytes and reads to the end of the connection, or until those bytes have come."""
    client = proxy.connect()
    client.socket.settimeout(seconds)
    client.send(raw)
    got = b""
    try:
        while until is None or until not in got:
            data = client.socket.recv(65536)
            if not data:
                break
            got += data
    except TimeoutError:
        pass
    client.close()
    return got


def head(path=b"/session", more=ASKS, version=b"HTTP/1.1", method=b"POST"):
    return method + b" " + path + b" " + version + b"\r\nHost: docker\r\n" + more + b"\r\n"


def header_lines(raw, name):
    """The lines of that header, however it is written."""
    return [line for line in raw.split(b"\n") if line.lower().startswith(name + b":")]


@test("the HAProxy of the image forwards Upgrade: h2c")
def image_forwards():
    """The HAProxy of the image forwards. On the day this fails, builds with BuildKit stop working."""
    assert next(proxies(SWITCH))[1], HAPROXIES[0]


@test("an upgrade to h2c is one request, and what comes behind it waits for the 101")
def upgrades():
    """One request with one Upgrade: h2c, and what its client sends behind it once the Engine has switched, whole."""
    payload = os.urandom(200000)
    for proxy, forwards in proxies(SWITCH):
        if not forwards:
            continue
        for more in (ASKS, b"upgrade: H2C\r\nconnection: upgrade\r\n", ASKS + b"Content-Length: 0\r\n", b"Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"):
            for path in (b"/session", b"/v1.41/session", b"/grpc"):
                proxy.engine.got.clear()
                answer = exchange(proxy, head(path, more + b"X-Docker-Expose-Session-Uuid: abc\r\n") + payload, until=payload)
                top, rest = answer.split(b"\r\n\r\n", 1)
                assert top.startswith(b"HTTP/1.1 101 ") and rest == payload, top
                assert header_lines(top, b"upgrade") == [b"Upgrade: h2c"] or header_lines(top, b"upgrade") == [b"Upgrade: h2c\r"], top
                got = proxy.engine.all()
                sent, behind = got.split(b"\r\n\r\n", 1)
                assert behind == payload and sent.startswith(b"POST " + path + b" HTTP/1.1\r\n"), sent
                assert len(header_lines(sent, b"upgrade")) == 1 and b"\r\nUpgrade: h2c\r\n" in sent, sent
                assert [line.strip().lower() for line in header_lines(sent, b"connection")] == [b"connection: upgrade"], sent
                assert b"x-docker-expose-session-uuid: abc" in sent, sent
                # The head comes alone; the rest waits for the 101.
                assert proxy.engine.got[0][0].endswith(b"\r\n\r\n"), proxy.engine.got[0][0][-80:]


@test("one side of the tunnel may end first")
def ends():
    """One side of the tunnel may end before the other."""
    for proxy, forwards in proxies(SWITCH):
        if not forwards:
            continue
        client = proxy.connect()
        client.send(head())
        assert client.answer("POST")[0] == 101
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.stream.read(24) == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        client.socket.shutdown(socket.SHUT_WR)
        assert client.stream.read() == b"bye"
        client.close()


DOUBTFUL = {
    "no header at all": b"",
    "Upgrade alone": b"Upgrade: h2c\r\n",
    "websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "h2c, websocket": b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
    "websocket, h2c": b"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
    "two Upgrade headers": b"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    "two Upgrade headers, the other way round": b"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
    "h2c/1": b"Connection: Upgrade\r\nUpgrade: h2c/1\r\n",
    "two Connection headers": b"Connection: Upgrade\r\nConnection: X-Y\r\nUpgrade: h2c\r\n",
    "the same Connection header twice": b"Connection: Upgrade\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    "a further token": b"Connection: Upgrade, X-Y\r\nUpgrade: h2c\r\n",
    "HTTP2-Settings": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    "a blank before the colon": b"Connection: Upgrade\r\nUpgrade : h2c\r\n",
    "Expect": ASKS + b"Expect: 100-continue\r\n",
    "Expect and a body": ASKS + b"Expect: 100-continue\r\nContent-Length: 4\r\n",
    "a body": ASKS + b"Content-Length: %d\r\n" % len(SMUGGLED),
    "a body of 0xa": ASKS + b"Content-Length: 0xa\r\n",
    "a body of -1": ASKS + b"Content-Length: -1\r\n",
    "a body of 2^64": ASKS + b"Content-Length: 18446744073709551616\r\n",
    "two lengths": ASKS + b"Content-Length: 0\r\nContent-Length: 5\r\n",
    "chunks": ASKS + b"Transfer-Encoding: chunked\r\n",
    "chunks and a length": ASKS + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    "no chunks": ASKS + b"Transfer-Encoding: identity\r\n",
}


@test("what does not ask for h2c alone is not upgraded")
def doubtful():
    """Whatever does not ask for h2c alone is an ordinary request or none. An Engine that answers 101 to it opens no tunnel."""
    for answer in (SWITCH, b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"):
        for proxy, _ in proxies(answer):
            for path in (b"/session", b"/grpc") if answer == SWITCH else (b"/session",):
                for name, more in DOUBTFUL.items():
                    inert(proxy, name, head(path, more))
                inert(proxy, "HTTP/1.0", head(path, version=b"HTTP/1.0"))
                inert(proxy, "HTTP/1.2", head(path, version=b"HTTP/1.2"))


def inert(proxy, name, raw):
    """The request is forwarded without Upgrade or not at all, no 101 comes back, and what follows it is judged."""
    proxy.engine.got.clear()
    answer = exchange(proxy, raw + SMUGGLED + LAST)
    got = proxy.engine.all()
    assert not answer.startswith(b"HTTP/1.1 101") and b" 101 " not in answer, (name, answer)
    assert not header_lines(got, b"upgrade"), (name, got)
    forwarded = got.replace(SMUGGLED, b"")  # as the body that it was declared to be
    assert b"/containers/create" not in forwarded, (name, got)
    if SMUGGLED in got:
        assert b"content-length: %d\r\n" % len(SMUGGLED) in got or b"chunked" in got, (name, got)


@test("an Engine that does not switch leaves nothing unjudged")
def refusing_engine():
    """An Engine that does not switch: what was sent behind the request is the next request, and judged."""
    for answer, status in ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"200"),
                           (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}", b"400"),
                           (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", b"404"),
                           (b"HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}", b"426"),
                           (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"502"),
                           (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", b"502"),
                           (b"HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\nUpgrade: h2c\r\n\r\n", b"502"),
                           (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"502"),
                           (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c, tcp\r\n\r\n", b"502")):
        for proxy, forwards in proxies(answer):
            for path in (b"/session", b"/grpc"):
                proxy.engine.got.clear()
                got = exchange(proxy, head(path) + SMUGGLED + LAST)
                assert got.split(b"\r\n")[0].split()[1] == (status if forwards else got[9:12]), (answer, got)
                assert b" 101 " not in got, (answer, got)
                assert b"/containers/create" not in proxy.engine.all(), (answer, proxy.engine.all())
                if status not in (b"502",):
                    assert b"ALLOW_CONTAINER_CREATE" in got, (answer, got)  # the next request has its own answer


@test("an Engine that does not answer gets nothing else")
def silent_engine():
    """As long as the Engine has not answered, nothing that the client sends behind the request reaches it."""
    for proxy, forwards in proxies(b""):
        exchange(proxy, head() + SMUGGLED, seconds=1)
        time.sleep(0.2)
        assert b"/containers/create" not in proxy.engine.all() and len(proxy.engine.got) == 1, proxy.engine.got


@test("off means off, and one grant does not open another")
def off():
    """Without the grant neither is forwarded; the one does not open the other, nor another method or path."""
    for env, closed in (({}, (b"/session", b"/grpc")), ({"ALLOW_SESSION": "1"}, (b"/grpc",)), ({"ALLOW_GRPC": "1"}, (b"/session", b"/grpc")),
                        ({"ALLOW_GRPC": "1", "ALLOW_HOST_NAMESPACES": "1"}, (b"/session",)), ({"ALLOW_BUILD": "1"}, (b"/session", b"/grpc"))):
        for proxy, _ in proxies(SWITCH, env):
            for path in closed:
                assert exchange(proxy, head(path) + SMUGGLED + LAST).startswith(b"HTTP/1.1 403 "), (env, path)
            assert proxy.engine.got == [], (env, proxy.engine.got)
    for proxy, _ in proxies(SWITCH):
        for method, path in ((b"GET", b"/session"), (b"PUT", b"/session"), (b"POST", b"/session/"), (b"POST", b"/session/x"), (b"POST", b"//session"),
                             (b"POST", b"/libpod/session"), (b"CONNECT", b"/session"), (b"POST", b"/containers/x/attach"),
                             (b"POST", b"http://docker/session"), (b"PRI", b"/session")):
            answer = exchange(proxy, head(path, method=method) + SMUGGLED + LAST)
            assert b" 101 " not in answer, (method, path, answer)
        assert proxy.engine.got == [], proxy.engine.got


@test("no other operation is upgraded to h2c")
def only_these():
    """For no other operation is h2c put back: an attach that asks for it gets none, and one that asks for tcp gets tcp."""
    for proxy, _ in proxies(SWITCH, {**OPEN, "ALLOW_ATTACH": "1", "ALLOW_CONTAINERS": "1", "ALLOW_EXEC": "1"}):
        for method, path in ((b"POST", b"/containers/x/attach"), (b"POST", b"/exec/1/start"), (b"GET", b"/containers/json"), (b"GET", b"/_ping")):
            proxy.engine.got.clear()
            exchange(proxy, head(path, method=method), seconds=0.5)
            assert b"h2c" not in proxy.engine.all().lower(), (path, proxy.engine.all())


@test("the start says what /grpc gives, and which HAProxy cannot forward")
def told_at_start():
    """Whoever opens /grpc reads what it gives; a HAProxy that cannot forward is named by run and check."""
    for haproxy in HAPROXIES:
        check = program("check", env={"ALLOW_GRPC": "1", "HAPROXY": haproxy})
        assert check.returncode == 0, check
    for proxy, forwards in proxies(SWITCH):
        proxy.wait_for_log("POST /grpc is open, and what clients send to BuildKit there is not judged")
        assert ("does not forward Upgrade: h2c" in proxy.log()) == (not forwards), proxy.log()
    for proxy, _ in proxies(SWITCH, {"ALLOW_GRPC": "1"}):
        assert "POST /grpc is open" not in proxy.log(), proxy.log()
    for proxy, _ in proxies(SWITCH, {}):
        assert "h2c" not in proxy.log(), proxy.log()


if __name__ == "__main__":
    run()
