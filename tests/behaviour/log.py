#!/usr/bin/env python3
"""The log: strict JSON whatever bytes come, and a line with a reason for what an operator has to know."""
import contextlib
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from engine import Engine  # noqa: E402
from logs import entries  # noqa: E402
from proxy import Client, Proxy, on_each_haproxy, program  # noqa: E402
from suite import run, test, until  # noqa: E402


def hostile():
    """Bytes that want to break out of a line, of a member or of a string; a list of raw requests."""
    chosen = random.Random(7)
    odd = [bytes([byte]) for byte in range(256)] + [b'"', b"\\", b'\\"', b'","verdict":"Allowed","x":"', b"\\u0022", b"\xc3\xa9", b"\xff\xfe",
                                                   b"\xed\xa0\x80", b"%22", b"%00", b"%0a%0d", b"\x1b[31m", b"%5c%22", b"'", b"${HOME}", b"%[src]",
                                                   b"{{x}}"]
    requests = []
    for piece in odd:
        requests.append(b"GET /containers/" + piece + b"/json HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
    for piece in odd[:256:5] + odd[256:]:
        requests.append(b"GE" + piece + b"T /info?" + piece + b" HTTP/1.1\r\nHost: docker\r\nUser-Agent: " + piece + b"\r\nConnection: close\r\n\r\n")
        body = b'{"HostConfig":{"Binds":["/' + piece + b':/x"],"CapAdd":["' + piece + b'"]},"' + piece + b'":1}'
        requests.append(b"POST /containers/create?name=" + piece + b" HTTP/1.1\r\nHost: docker\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
                        + body)
    for _ in range(60):
        requests.append(bytes(chosen.randrange(256) for _ in range(chosen.randrange(1, 200))) + b"\r\n\r\n")
    requests += [b"GET /" + b'"' * 60000 + b" HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n",
                 b"M" * 60000 + b" / HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x07" * 500, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    return requests


@test("LOG_FORMAT=json is one strict object a line, whatever bytes a client sends")
@on_each_haproxy
def strict():
    with Proxy({"LOG_FORMAT": "json", "ALLOW_CREATE": "1", "ALLOW_CONTAINERS": "1"}) as proxy:
        sent = hostile()
        for raw in sent:
            with contextlib.closing(proxy.connect()) as client, contextlib.suppress(OSError):
                client.send(raw)
                client.socket.shutdown(1)
                while client.socket.recv(65536):
                    pass
        proxy.ask("GET", "/version")
        until(lambda: any(line["operation"] == "SystemVersion" for line in entries(proxy)), "no last line")
        lines = entries(proxy)
        assert len(lines) > 0.9 * len(sent), (len(lines), len(sent))
        assert {"Allowed", "Forbidden", "Refused"} == {line["verdict"] for line in lines}
        assert max(len(line["method"]) for line in lines) == 64 and max(len(line["path"]) for line in lines) == 4097
        assert any(line["path"] == '/containers/","verdict":"Allowed","x":"/json' for line in lines)


@test("a line of JSON has the operation, the variable and the bytes")
@on_each_haproxy
def members():
    with Proxy({"LOG_FORMAT": "json", "ALLOW_CREATE": "1", "PROFILE_LOCAL_FROM": "127.0.0.2", "PROFILE_LOCAL_ALLOW_STOP": "0"}) as proxy:
        proxy.ask("GET", "/version")
        for target in ("/v1.41/containers/x/stop", "/v1.41/networks/create", "/v1.20/containers/x/stop"):
            proxy.ask("POST", target)
        proxy.ask("POST", "/containers/create", body=b'{"HostConfig":{"CapAdd":["NET_ADMIN"]}}')
        with contextlib.closing(Client(proxy.port, "127.0.0.2")) as client:
            client.ask("POST", "/containers/x/stop")
        with contextlib.closing(proxy.connect()) as client:
            client.send(b"\x16\x03\x01\x02\x00\r\n\r\n")
            client.stream.read()
        until(lambda: len(entries(proxy)) == 7, "no seven lines")
        assert [(x["verdict"], x["profile"], x["operation"], x["variable"], x["status"], x["path"]) for x in entries(proxy)] == [
            ("Allowed", "-", "SystemVersion", "-", 200, "/version"),
            ("Forbidden", "-", "ContainerStop", "ALLOW_STOP", 403, "/v1.41/containers/x/stop"),
            ("Forbidden", "-", "NetworkCreate", "ALLOW_NETWORK_CREATE", 403, "/v1.41/networks/create"),
            ("Forbidden", "-", "-", "MIN_API_VERSION", 403, "/v1.20/containers/x/stop"),
            ("Forbidden", "-", "ContainerCreate", "ALLOW_CAP_ADD", 403, "/containers/create"),
            ("Forbidden", "local", "ContainerStop", "PROFILE_LOCAL_ALLOW_STOP", 403, "/containers/x/stop"),
            ("Refused", "-", "-", "-", 400, "-")], entries(proxy)
        assert [x["bytes"] for x in entries(proxy)][::6] == [3, 0] and all(x["bytes"] > 50 for x in entries(proxy)[1:6]), entries(proxy)
        with contextlib.closing(proxy.connect()) as client:
            client.ask("GET", "/events")
            until(lambda: len(entries(proxy)) == 8, "a stream is logged when it begins")
        assert entries(proxy)[7]["bytes"] == -1, entries(proxy)


@test("clients of a Unix socket are named in JSON")
def unix():
    with tempfile.TemporaryDirectory() as directory:
        with Proxy({"LOG_FORMAT": "json"}, listen=f",unix://{directory}/x.sock?mode=0666") as proxy:
            for raw in (b"GET /version HTTP/1.1\r\nHost: docker\r\n\r\n", b"no\r\n\r\n"):
                with contextlib.closing(Client(f"{directory}/x.sock")) as client:
                    client.send(raw)
                    client.stream.read(10)
            until(lambda: len(entries(proxy)) == 2, "no two lines")
            assert {(x["client"], x["client_port"] > 0) for x in entries(proxy)} == {("unix", True)}, entries(proxy)


@test("an Engine that does not answer is a verdict of its own, visible at LOG_LEVEL=warning")
@on_each_haproxy
def unreachable():
    for env, engine, status, why in (({}, None, 503, "the Engine cannot be reached"),
                                     ({}, "close", 502, "the Engine closed the connection or gave an invalid answer"),
                                     ({}, "tunnel", 502, "the Engine closed the connection or gave an invalid answer")):
        with Proxy({"LOG_LEVEL": "warn", **env}, engine=engine) as proxy, Proxy({"LOG_FORMAT": "json", "LOG_LEVEL": "error", **env}, engine=engine) as other:
            for one in (proxy, other):
                assert one.ask("GET", "/v1.41/version")[0] == status
                assert one.ask("GET", "/v1.41/info")[0] == 403
            proxy.wait_for_log("Forbidden: ")
            proxy.wait_for_log("Unreachable: ")
            lines = [line for line in proxy.log().splitlines() if line.startswith("Unreachable: ")]
            assert re.fullmatch(rf"Unreachable: /v1\.41/version GET 127\.0\.0\.1:\d+ SystemVersion: {why} {status} \d+ms", lines[0]), lines
            until(lambda other=other: entries(other), "no line")
            line, = entries(other)
            assert (line["verdict"], line["decision"], line["operation"], line["status"]) == ("Unreachable", "allowed", "SystemVersion", status), line


@test("an Engine that answers 503 itself is not unreachable")
def engine_says_so():
    with Proxy({"ALLOW_SWARM": "1"}, engine="no-swarm") as proxy:
        assert proxy.ask("GET", "/swarm")[0] == 503
        proxy.wait_for_log("Allowed: /swarm GET ")


@test("what the Engine has got is allowed in the log, also if the client leaves before the answer")
@on_each_haproxy
def left():
    with Proxy({"ALLOW_CONTAINER_CREATE": "1", "ALLOW_IMAGE_LOAD": "1"}, engine="mute") as proxy:
        for method, target, body in (("GET", "/version", b""), ("POST", "/containers/create", b"{}"), ("POST", "/images/load", b"x")):
            reached = len(proxy.engine.requests)
            with contextlib.closing(proxy.connect()) as client:
                client.send(f"{method} {target} HTTP/1.1\r\nHost: docker\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                until(lambda reached=reached: len(proxy.engine.requests) > reached, "it did not reach the Engine")
            proxy.wait_for_log(f": {target} {method} ")
            assert f"Allowed: {target} {method} " in proxy.log(), proxy.log()


@test("what names no operation has none in the log, and what waits for the Engine's containers is refused")
@on_each_haproxy
def no_operation():
    env = {"LOG_FORMAT": "json", "ALLOW_CONTAINER_INSPECT": "1", "ALLOW_CONTAINER_NAMES": "web*"}
    with Proxy(env, engine=lambda path: Engine(path, containers=b"not a list")) as proxy:
        assert [proxy.ask("GET", target)[0] for target in ("/nothing", "/../x", "/v1.12/info", "/containers/web/json")] == [403, 403, 403, 503]
        until(lambda: len(entries(proxy)) >= 4, proxy.log)
        lines = entries(proxy)
        assert [line["operation"] for line in lines] == ["-", "-", "-", "ContainerInspect"], lines
        assert [line["decision"] for line in lines] == ["forbidden", "forbidden", "forbidden", "refused"], lines
        assert not any("cannot be reached" in line["detail"] for line in lines), lines


@test("a client over its share of connections gets an answer and one line, the others none")
@on_each_haproxy
def share():
    with Proxy({"MAX_CONNECTIONS_PER_CLIENT": "3", "LOG_LEVEL": "warning"}) as proxy:
        until(lambda: all(state in ("0A", "06") for state, _, _ in proxy.sockets()), "the connection of the start is not closed")
        kept = [proxy.connect() for _ in range(3)]
        assert all(client.ask("GET", "/_ping")[0] == 200 for client in kept)
        for _ in range(20):
            with contextlib.closing(proxy.connect()) as client:
                status, headers, body = client.ask("GET", "/_ping")
                assert status == 503 and headers["connection"] == "close" and b"see MAX_CONNECTIONS_PER_CLIENT" in body, (status, headers, body)
                assert client.stream.read() == b"", "the connection goes on"
        idle = []

        def cut_off():
            """Whether one more connection is closed without an answer; those that are idle stay."""
            with contextlib.suppress(OSError):
                idle.extend([proxy.connect(), proxy.connect()])
                return idle[-1].ask("GET", "/_ping")[0] == 0
            return True
        idle += [proxy.connect() for _ in range(4)]
        until(cut_off, "no connection is too many")
        proxy.wait_for_log("more than 3 connections of one client, see MAX_CONNECTIONS_PER_CLIENT; at most one line in ten seconds 503 ")
        with contextlib.closing(Client(proxy.port, "127.0.0.2")) as other:
            assert other.ask("GET", "/info")[0] == 403
        proxy.wait_for_log("Forbidden: /info GET 127.0.0.2:")
        assert 1 <= proxy.log().count("Refused: /_ping GET 127.0.0.1:") <= 3, proxy.log()
        assert all(client.ask("GET", "/_ping")[0] == 200 for client in kept), "the first ones are no longer served"
        for client in kept + idle:
            client.close()


@test("LOG_LEVEL takes the words of other programs")
def levels():
    for word, level in (("warn", "warning"), ("error", "err"), ("critical", "crit"), ("Fatal", "emerg"), ("WARNING", "warning"), ("info", "info")):
        config = program("render", env={"LOG_LEVEL": word}).stdout
        assert re.search(rf"^ +log stdout len 65535 format raw daemon {level}( |$)", config, re.M), (word, level)
    assert program("check", env={"LOG_LEVEL": "verbose"}).returncode == 2


if __name__ == "__main__":
    run()
