#!/usr/bin/env python3
"""MODE=audit: what it forwards and logs, and what it refuses all the same."""
import contextlib
import json
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from logs import entries  # noqa: E402
from proxy import Client, Proxy, free_port, on_each_haproxy, program  # noqa: E402
from suite import run, test  # noqa: E402


def until_lines(proxy, count):
    deadline = time.monotonic() + 30
    while len(entries(proxy)) < count:
        assert time.monotonic() < deadline, proxy.log()
        time.sleep(0.02)
    return entries(proxy)


@test("an audit forwards every operation of the table, and logs what would be refused")
@on_each_haproxy
def every_operation():
    listed = [row for row in json.loads(program("permissions", "--json").stdout) if not row["path"].endswith("/events")]
    with Proxy({"MODE": "audit", "LOG_FORMAT": "json", "ALLOW_CONTAINERS": "1"}) as proxy:
        opened = {row["operation"] for row in json.loads(program("permissions", "--json", "--open", env={"ALLOW_CONTAINERS": "1"}).stdout)}
        with contextlib.closing(proxy.connect()) as client:
            for row in listed:
                path = re.sub(r"\{.*?\}", "x", row["path"])
                status, _, _ = client.ask(row["method"], path)
                assert status == 200, (row, status)
        assert len(proxy.engine.requests) == len(listed)
        for row, line in zip(listed, until_lines(proxy, len(listed))):
            assert line["operation"] == row["operation"], (row, line)
            assert (line["verdict"] == "Allowed") == (row["operation"] in opened), (row, line)
            assert line["verdict"] in ("Allowed", "Would forbid") and (line["variable"] == "-") == (line["verdict"] == "Allowed"), line
        assert not any(name.lower() == "fault" for request in proxy.engine.requests for name in request[2])


@test("an audit forwards what the guard would refuse, unless no setting would allow it")
@on_each_haproxy
def guarded():
    cases = (
        (b'{"HostConfig":{"Privileged":true}}', [], "Would forbid", "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it"),
        (b'{"HostConfig":{"Binds":["/srv/a:/a"]}}', [], "Would forbid",
         'HostConfig.Binds "/srv/a:/a"; ALLOW_BIND_MOUNTS with that path would allow it'),
        (b'{"Image":"x","Env":["A=' + b"y" * 70000 + b'"]}', [], "Would forbid", "a body of more than 65536 bytes; MAX_CREATE_BODY sets the limit"),
        (b'{"HostConfig":{"Privileged":true},"Env":["A=' + b"y" * 20000 + b'"]}', [], "Would forbid", "its body of more than 16 KiB is not searched"),
        (b'{"Image":"x"}', [], "Allowed", "ContainerCreate"),
        (b'{"HostConfig":{"Privileged":true', [], "Forbidden", "its body cannot be judged with certainty"),
        (b'{"HostConfig":{"NetworkMode":"ho\\u0073t"}}', [], None, None),
        (b'{"Image":"x"}', ["Content-Encoding: gzip"], "Forbidden", "a compressed body"),
        (b"name=x", ["Content-Type: application/x-www-form-urlencoded"], "Forbidden", "its body cannot be judged"),
        (b'{"Image":"x\x00"}', [], "Forbidden", "its body cannot be judged with certainty"),
    )
    for env, before in (({"ALLOW_CREATE": "1"}, ""), ({}, "ALLOW_CONTAINER_CREATE=true (or ALLOW_CREATE=true) would allow it, if the create guard passes it; ")):
        with Proxy({"MODE": "audit", "LOG_FORMAT": "json", **env}) as proxy:
            for body, headers, verdict, why in cases:
                count = len(entries(proxy))
                reached = len(proxy.engine.requests)
                status = proxy.ask("POST", "/v1.41/containers/create", headers, body)[0]
                line = until_lines(proxy, count + 1)[-1]
                if verdict is None:
                    continue
                if verdict == "Allowed" and before:
                    verdict, why = "Would forbid", ""
                shown = before + why if verdict == "Would forbid" else why
                assert line["verdict"] == verdict and line["detail"].startswith(shown.removesuffix("; ")), (body[:60], line)
                assert (status == 200) == (verdict != "Forbidden") == (len(proxy.engine.requests) > reached), (body[:60], status)
                if verdict != "Forbidden":
                    assert proxy.engine.requests[-1][3] == body and "fault" not in proxy.engine.requests[-1][2], "the body has changed"


@test("an audit refuses what protects the parse, and what no permission could open")
@on_each_haproxy
def still_refused():
    with Proxy({"MODE": "audit", "LOG_FORMAT": "json", "RATE_LIMIT": "1000"}) as proxy:
        for method, target, why in (
            ("GET", "//info", "the path has an empty segment"), ("GET", "/v1.41/../info", "segment"), ("GET", "/containers%2fx%252fjson", "encod"),
            ("GET", "/v1.20/info", "API versions below 1.24"), ("POST", "/v1.23/containers/x/start", "API versions below 1.24"),
            ("GET", "/nothing", "no permission covers it"), ("BREW", "/containers/x/json", "no permission covers it"),
            ("CONNECT", "docker:2375", "no permission covers it"), ("GET", "http://docker/info", "the target is not an absolute path"),
            ("GET", "/containers/x\\y/json", "backslash"), ("POST", "/containers/x/unknown", "no permission covers it"),
        ):
            with contextlib.closing(proxy.connect()) as client:
                client.send(f"{method} {target} HTTP/1.1\r\nHost: {target if method == 'CONNECT' else 'docker'}\r\n\r\n".encode())
                assert client.answer()[0] == 403, target
            assert why in program("explain", method, target, env={"MODE": "audit"}).stdout, (method, target)
        for raw in (b"POST /info HTTP/1.1\r\nHost: docker\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                    b"POST /info HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            with contextlib.closing(proxy.connect()) as client:
                client.send(raw)
                assert client.answer()[0] != 200, raw
        with contextlib.closing(proxy.connect()) as client:  # h2c for an operation that has no upgrade: an ordinary request
            assert client.ask("GET", "/info", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"])[0] == 200
        assert [request[:2] for request in proxy.engine.requests] == [("GET", "/info")]
        assert "upgrade" not in proxy.engine.requests[0][2]
        assert {line["verdict"] for line in entries(proxy)} <= {"Forbidden", "Refused", "Would forbid"}
    with Proxy({"MODE": "audit"}, engine="tunnel") as proxy:  # an Engine that switches protocols unasked
        assert proxy.ask("GET", "/info")[0] == 502


@test("an audit is of one profile, and the others are enforced")
@on_each_haproxy
def one_profile():
    with Proxy({"LOG_FORMAT": "json", "PROFILE_NEW_FROM": "127.0.0.2", "PROFILE_NEW_MODE": "Audit", "PROFILE_OLD_FROM": "127.0.0.3",
                "PROFILE_OLD_ALLOW_INFO": "1"}) as proxy:
        statuses = []
        for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            for target in ("/info", "/images/json"):
                with contextlib.closing(Client(proxy.port, source)) as client:
                    statuses.append(client.ask("GET", target)[0])
        assert statuses == [403, 403, 200, 200, 200, 403], statuses
        lines = {(x["profile"], x["path"]): (x["verdict"], x["decision"], x["variable"]) for x in until_lines(proxy, 6)}
        assert lines["new", "/info"] == ("Would forbid", "would_forbid", "PROFILE_NEW_ALLOW_INFO"), lines
        assert proxy.log().count("warning: PROFILE_NEW_MODE=audit: all operations are forwarded") == 1, proxy.log()


@test("in an audit REDACT holds, and the metrics say that there is one")
@on_each_haproxy
def redacted():
    port = free_port()
    env = {"MODE": "audit", "REDACT": "environment", "METRICS_LISTEN": f"tcp://127.0.0.1:{port}"}
    with Proxy(env) as proxy:
        for target, status in (("/images/x/get", 403), ("/images/json", 200), ("/info", 200)):
            assert proxy.ask("GET", target)[0] == status, target
            assert program("explain", "GET", target, env=proxy.env).returncode == (3 if status == 403 else 0), target
        assert re.search(r"set-var\(txn\.redact\) .* ContainerInspect ", program("render", env=proxy.env).stdout)
        with contextlib.closing(Client(port)) as client:
            assert b'docker_socket_proxy_audit{profile="-"} 1\n' in client.ask("GET", "/metrics")[2]
    with Proxy({"METRICS_LISTEN": f"tcp://127.0.0.1:{port}"}) as proxy, contextlib.closing(Client(port)) as client:
        assert b'docker_socket_proxy_audit{profile="-"} 0\n' in client.ask("GET", "/metrics")[2]


@test("everything says that there is an audit, and a misspelled mode stops the start")
def said():
    audit = {"MODE": "audit"}
    assert "warning: MODE=audit: all operations are forwarded" in program("check", env={**audit, "LISTEN": "tcp://127.0.0.1:2375"}).stderr
    done = program("explain", "GET", "/info", env=audit)
    assert (done.returncode, done.stdout) == (0, "allowed: MODE=audit forwards it; enforced, GET /info would be forbidden; "
                                                "ALLOW_INFO=true would allow it\n"), done
    assert json.loads(program("explain", "GET", "/info", "--json", env=audit).stdout)["audit"] is True
    assert "audit" not in program("explain", "GET", "/version", "--json", env=audit).stdout
    done = program("permissions", env=audit)
    assert "warning: MODE=audit" in done.stderr and "audit\tGET\t/info\t" in done.stdout and "open\tGET\t/version\t" in done.stdout
    with tempfile.NamedTemporaryFile() as body:
        for content, code, said in ((b'{"HostConfig":{"Privileged":true}}', 0, "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it"),
                                    (b'{"HostConfig":{"Privileged":', 3, "its body cannot be judged")):
            body.seek(0)
            body.truncate()
            body.write(content)
            body.flush()
            done = program("explain", "POST", "/containers/create", "--body", body.name, env=audit)
            assert done.returncode == code and said in done.stdout, done
    for mode in ("audt", "1", "true", "learning"):
        done = program("check", env={"MODE": mode})
        assert done.returncode == 2 and f"MODE={mode}: not one of enforce audit" in done.stderr, done
    with Proxy(audit) as proxy:
        done = program("healthcheck", env=proxy.env)
        assert (done.returncode, done.stdout) == (0, "warning: MODE=audit forwards everything\n"), done
        assert "set-var proc.audit int(1)" in program("render", env=proxy.env).stdout
    assert "proc.audit" not in program("render").stdout


if __name__ == "__main__":
    run()
