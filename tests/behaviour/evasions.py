#!/usr/bin/env python3
"""Requests that the proxy and the Engine might read in different ways. The tests look at what reaches the Engine."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Proxy, on_each_haproxy  # noqa: E402
from suite import run, test  # noqa: E402

READER = {"ALLOW_CONTAINERS": "1", "ALLOW_START": "1", "ALLOW_IMAGES": "1"}


def refused(proxy, method, target, headers=(), body=b""):
    """The request is answered by the proxy itself and does not reach the Engine."""
    before = len(proxy.engine.requests)
    status, _, answer = proxy.ask(method, target, headers, body)
    assert status in (400, 403), f"{method} {target}: {status}"
    if method == "HEAD" or status == 400:
        message = "docker-socket-proxy:"  # what is no HTTP at all, HAProxy answers before its configuration counts
    else:
        message = json.loads(answer)["message"]
    assert message.startswith("docker-socket-proxy:"), message
    assert len(proxy.engine.requests) == before, f"{method} {target} reached the Engine: {proxy.engine.requests[-1]}"
    return message


def allowed(proxy, method, target, headers=(), body=b""):
    """The request reaches the Engine as it was sent."""
    status, _, _ = proxy.ask(method, target, headers, body)
    assert status == 200, f"{method} {target}: {status}"
    assert proxy.engine.requests[-1][:2] == (method, target), proxy.engine.requests[-1]


@test("paths that could be read in two ways are refused, plain ones pass")
@on_each_haproxy
def paths():
    with Proxy(READER) as proxy:
        for target in (
            # encoded separators, once and twice
            "/containers%2Fx%2Flogs", "/containers/x%2Flogs", "/containers%2fx/attach/ws", "/containers/x%252Flogs",
            "/containers/x%252fjson", "/containers/a%2Fb/json", "/containers%252Fjson", "/%63ontainers/x/%6cogs",
            "/containers/x%2561/json", "/containers/a/b/json",
            # dot segments, plain and encoded
            "/containers/../images/get", "/containers/x/../../exec/1/json", "/containers/./json", "/v1.41/../containers/json",
            "/containers/%2e%2e/info", "/containers/x/%2E%2E/json", "/containers/.%2e/json", "/../containers/json",
            "/containers/..", "/containers/../x/json", "/containers/%2e/json", "/..%2fcontainers/json",
            # empty segments
            "//containers/json", "/containers//json", "/containers/json/", "/containers/x/json/", "/containers/", "//", "/",
            "/containers/%2Fjson", "/%2Fcontainers/json", "/images//json", "/images/a//b/json", "/images/a/json/",
            # control characters, backslashes, what is not percent-encoding
            "/containers/x%00/json", "/containers/x%0a/json", "/containers/json%0a", "/containers/json%0d%0aX:%20y",
            "/containers/x%7f/json", "/containers\\json", "/containers/x%5cy/json", "/containers/%zz/json", "/containers/%/json",
            "/containers/x%2/json", "/containers/json%", "/containers/json%00",
            # versions
            "/v1.22/containers/json", "/v1.23/containers/json", "/v1.0/containers/json", "/v1/containers/json",
            "/v1.41./containers/json", "/v1..41/containers/json", "/v1.024/containers/json", "/v1.41.0/containers/json",
            "/v2.0/containers/json", "/v01.41/containers/json", "/V1.41/containers/json", "/v1.41/v1.41/containers/json",
            "/v1.99999/containers/json", "/v1.184467440737095516160/containers/json", "/v1.-41/containers/json", "/v/containers/json",
            "/v1.41%2Fcontainers/json/x", "/v1.4 1/containers/json".replace(" ", "%20"), "/v1,41/containers/json", "/v1x41/containers/json",
            # letters, prefixes, suffixes
            "/Containers/json", "/containers/JSON", "/containersfoo/json", "/containersfoo", "/containers", "/containers/json/x",
            "/xcontainers/json", "/x/containers/json", "/containers/jsonx", "/containers/x/jsonx", "/containers/x/xjson",
            "/containers/x/json/y", "/containers/x/json;y", "/containers/json%3Fall=1", "/containers/json%23", "/containers/json&x",
            "/containers/x/stats/y", "/_pingx", "/_ping/x", "/versionx", "/eventsx", "/events/x", "/version/..%2finfo",
            # names that are keywords
            "/containers/json/logs", "/containers/json/export", "/containers/create/attach/ws", "/images/json/get", "/images/get",
            "/images/search/get", "/images/x/json/get", "/images/get/get", "/images/x/get",
            # libpod, when nothing opens it
            "/libpod/containers/json", "/v4.3.1/libpod/containers/json", "/v1.41/libpod/containers/json", "/%6Cibpod/containers/json",
            "/v4.3.1/%6cibpod/containers/json", "/v4.3.1/containers/json", "/v4.3.1%2flibpod/containers/json",
            "/containers/" + "x" * 5000 + "/json",
        ):
            refused(proxy, "GET", target)
        for target in ("/containers/json", "/v1.24/containers/json", "/v1.41/containers/json?all=1&path=/../x//", "/v1.9999/containers/json",
                       "/containers%2Fjson", "/containers/js%6Fn", "/containers/x%20y/json", "/containers/json/json",
                       "/containers/create/stats", "/images/json/json", "/images/get/json", "/images/push/history",
                       "/images/registry:5000/team/app:1/json", "/images/registry%3A5000%2Fteam%2Fapp:1/json", "/images/sha256:ab/json",
                       "/images/team/get/history", "/images/json", "/images/x@sha256:ab/history", "/containers/.../json", "/containers/..x/json",
                       "/v1%2E41/containers/json", "/containers/json?x=%2e%2e%2f%00#".replace("#", "")):
            allowed(proxy, "GET", target)


@test("ContainerStart with a HostConfig below API 1.24 is refused, however the version is written")
@on_each_haproxy
def start_with_a_host_config():
    """Below 1.24 ContainerStart takes a HostConfig: the version is refused however it is written."""
    body = json.dumps({"Privileged": True, "Binds": ["/:/host"]}).encode()
    headers = ["Content-Type: application/json"]
    with Proxy(dict(READER, ALLOW_PRIVILEGED="true")) as proxy:
        for version in ("v1.22", "v1.12", "v1.0", "v1.9", "v1.23", "v1.022", "v1%2E22", "v1.22.", "%761.22"):
            refused(proxy, "POST", f"/{version}/containers/x/start", headers, body)
        message = refused(proxy, "POST", "/v1.22/containers/x/start", headers, body)
        assert "API versions below 1.24 are refused" in message, message
        allowed(proxy, "POST", "/v1.24/containers/x/start")
    with Proxy(dict(READER, MIN_API_VERSION="1.40")) as proxy:
        refused(proxy, "GET", "/v1.39/containers/json")
        allowed(proxy, "GET", "/v1.40/containers/json")
    with Proxy(dict(READER, MIN_API_VERSION="1.12")) as proxy:
        allowed(proxy, "GET", "/v1.12/containers/json")


@test("a target that is not an absolute path is refused")
@on_each_haproxy
def targets():
    """Only an absolute path is a target."""
    with Proxy(READER) as proxy:
        for target in ("http://docker/containers/json", "http://docker", "https://x/containers/json", "http:/containers/json",
                       "containers/json", "*", "docker:2375", "unix:/containers/json", "?x", "/containers/json#x", "/#/containers/json",
                       # decoded it is one; a key of operations.map, also before a NUL
                       "%2Fcontainers/json", "%2Fcontainers%2Fjson", "GET/containers/json:", "GET/containers/json:%00", "GET/_ping:%00", ":%00"):
            refused(proxy, "GET", target)
        refused(proxy, "OPTIONS", "*")
        refused(proxy, "CONNECT", "docker:2375")
        refused(proxy, "OPTIONS", "/containers/json")


@test("every other method is refused, HEAD counts as GET, override headers count for nothing")
@on_each_haproxy
def methods():
    with Proxy(READER) as proxy:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "LINK", "PROPFIND", "get", "Get", "GETX", "XGET", "QUERY"):
            refused(proxy, method, "/containers/json")
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "post"):
            refused(proxy, method, "/containers/x/start")
        for header in ("X-HTTP-Method-Override: DELETE", "X-Method-Override: POST", "X-HTTP-Method: PUT"):
            allowed(proxy, "GET", "/containers/json", [header])  # the Engine knows no such header
        refused(proxy, "POST", "/containers/json", ["X-HTTP-Method-Override: GET"])
        refused(proxy, "DELETE", "/containers/x", ["X-HTTP-Method-Override: GET"])
        allowed(proxy, "HEAD", "/containers/json")
        refused(proxy, "HEAD", "/containers/x/archive")
        refused(proxy, "HEAD", "/containers/x/logs")


@test("a second request on the connection is judged, wherever it hides")
@on_each_haproxy
def second_requests():
    """A second request on the same connection is judged like the first, wherever it hides."""
    second = b"POST /containers/x/kill HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n"
    get = b"GET /containers/json HTTP/1.1\r\nHost: docker\r\n"
    with Proxy(READER) as proxy:
        for first in (
            get + b"\r\n",
            get + b"Content-Length: 4\r\n\r\nabcd",
            b"POST /containers/x/wait HTTP/1.1\r\nHost: docker\r\nContent-Length: 5\r\n\r\nabcde",
            b"POST /containers/x/wait HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"POST /containers/x/wait HTTP/1.1\r\nHost: docker\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
        ):
            client = proxy.connect()
            client.send(first + second)
            assert client.answer()[0] in (100, 200), first
            status = client.answer()[0]
            while status in (100, 200):
                status = client.answer()[0]
            assert status in (0, 400, 403), (first, status)
            client.close()
        # framings that could be read in two ways
        for head in (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n",
                     b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                     b"Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"Content-Length: 0x10\r\n\r\n",
                     b"Content-Length: -1\r\n\r\n", b"Content-Length: 1,0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0x\r\n\r\n",
                     b"X: y\r\n Content-Length: 60\r\n\r\n", b"X: y\nContent-Length: 60\n\n", b"X:\x00y\r\n\r\n", b"Connection: close, Content-Length\r\n\r\n"):
            client = proxy.connect()
            client.send(get + head + second)
            client.socket.settimeout(2)
            try:
                while client.answer()[0]:
                    pass
            except TimeoutError:
                pass
            client.close()
        time.sleep(0.2)
        reached = {request[:2] for request in proxy.engine.requests}
        assert reached <= {("GET", "/containers/json"), ("POST", "/containers/x/wait")}, reached


@test("an operation that does not upgrade gets no upgrade and no tunnel")
@on_each_haproxy
def upgrades():
    """What does not upgrade is not asked to, and an Engine that does it all the same gets no tunnel."""
    headers = ["Connection: Upgrade", "Upgrade: tcp"]
    with Proxy(dict(READER, ALLOW_ATTACH="1")) as proxy:
        for upgrade in ("tcp", "h2c", "websocket"):
            status, _, _ = proxy.ask("GET", "/containers/json", [
                "Connection: Upgrade", f"Upgrade: {upgrade}", "HTTP2-Settings: AAMAAABkAAQAAP__",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"])
            assert status in (200, 400, 502), (upgrade, status)
            assert all("upgrade" not in r[2] for r in proxy.engine.requests), proxy.engine.requests
        allowed(proxy, "GET", "/containers/json", headers)
        client = proxy.connect()
        assert client.ask("POST", "/containers/x/attach", headers)[0] == 101
        client.close()
    with Proxy(READER, engine="tunnel") as proxy:
        for method, target in (("GET", "/containers/json"), ("POST", "/containers/x/start"), ("GET", "/version")):
            client = proxy.connect()
            status, _, _ = client.ask(method, target, headers)
            assert status in (0, 502), (target, status)
            try:
                client.send(b"POST /containers/x/kill HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n")
                client.answer()
            except OSError:
                pass
            client.close()
        assert all("kill" not in r[1] for r in proxy.engine.requests), proxy.engine.requests
    with Proxy(READER) as proxy:  # closed operations stay closed
        refused(proxy, "POST", "/containers/x/attach", headers)
        refused(proxy, "POST", "/session", ["Connection: Upgrade", "Upgrade: h2c"])
        refused(proxy, "POST", "/grpc", ["Connection: Upgrade", "Upgrade: h2c"])


@test("other protocols reach nothing")
@on_each_haproxy
def other_protocols():
    """HTTP/2, the PROXY protocol and TLS are not spoken; nothing of them reaches the Engine."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with Proxy(READER) as proxy:
        for start in (preface, b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + b"\x01" * 12,
                      b"\x16\x03\x01\x00\x05hello", b"GET /containers/json\r\n\r\n", b"\x00\x00\r\n"):
            client = proxy.connect()
            client.send(start + b"GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n")
            status, _, _ = client.answer()
            assert status in (0, 400), (start, status)
            client.close()
        assert not proxy.engine.requests, proxy.engine.requests


@test("neither answer nor log can be written into")
@on_each_haproxy
def injection():
    """Neither the answer nor the log can be written into by a path or a method."""
    with Proxy(READER) as proxy:
        for target in ('/a"b', "/a\\b", '/a","x":"y', "/a%0aForbidden:%20/b", "/a%22%0d%0a", "/{}[]<>|^`", "/%s%n%[path]", "/a'b", "/%E2%80%A8", "/a\\u0022"):
            message = refused(proxy, "GET", target)
            assert f"GET {target} is forbidden" in message, message
        refused(proxy, "A!#$%&'*+-.^_`|~B", "/x")
        proxy.wait_for_log("Forbidden: /", 11)
        lines = [line for line in proxy.log().splitlines() if "Forbidden" in line]
        assert len(lines) == 11, lines
        assert all(line.startswith("Forbidden: /") for line in lines), lines


if __name__ == "__main__":
    run()
