#!/usr/bin/env python3
"""The running proxy as users see it: streams, answers, log, start, stop, and wrong input."""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, Engine, HAPROXIES, PROGRAM, Proxy, ROOT, environment, free_port, program  # noqa: E402
from suite import run, test, until  # noqa: E402


@test("an idle event stream stays, and ends on both sides")
def event_stream():
    """An idle stream stays; when the client leaves, the Engine's side ends, and the other way round."""
    with Proxy() as proxy:
        client = proxy.connect()
        assert client.ask("GET", "/events")[0] == 200
        time.sleep(1)
        assert not proxy.engine.ended
        client.close()
        until(lambda: proxy.engine.ended == ["client left"], "the Engine's side of the stream goes on without a client")
        client = proxy.connect()
        assert client.ask("GET", "/v1.41/events")[0] == 200
        proxy.engine.stop_streams.set()
        assert client.stream.readline() == b"0\r\n"
        client.close()


@test("attach and exec echo both ways, and one half may end first")
def attach():
    """An upgraded connection echoes both ways, and one half may end before the other."""
    with Proxy({"ALLOW_ATTACH": "1", "ALLOW_EXEC": "1"}) as proxy:
        for target in ("/v1.41/containers/x/attach?stream=1", "/exec/1/start"):
            client = proxy.connect()
            status, headers, _ = client.ask("POST", target, ["Connection: Upgrade", "Upgrade: tcp"])
            assert status == 101 and headers["upgrade"] == "tcp", (status, headers)
            client.send(b"GET /containers/json HTTP/1.1\r\n\r\n")  # no longer HTTP
            assert client.stream.read(33) == b"GET /containers/json HTTP/1.1\r\n\r\n"
            client.socket.shutdown(socket.SHUT_WR)
            assert client.stream.read() == b"bye"
            client.close()
        assert len(proxy.engine.requests) == 2


@test("streams have the longest timeout, everything else a finite one")
def timeouts():
    """Streams get the longest timeout there is; everything else a finite one."""
    config = program("render", env={"ALLOW_LOGS": "1"}).stdout
    with open(os.path.join(ROOT, "haproxy/kinds.map"), encoding="ascii") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    kinds = dict(rows)
    with open(os.path.join(ROOT, "haproxy/plain.lst"), encoding="ascii") as file:
        plain = {line.strip() for line in file if not line.startswith("#")}
    assert len(kinds) == len(rows) and not plain & set(kinds)  # the frontend sets no timeout for plain operations
    for operation in ("SystemEvents", "ContainerLogs", "ContainerStats", "ContainerWait", "ImageCreate", "ImageBuild"):
        assert kinds[operation] == "stream", operation
    for operation in ("ContainerAttach", "ContainerAttachWebsocket", "ExecStart"):
        assert kinds[operation] == "upgrade", operation
    for operation in ("Session", "Grpc"):
        assert kinds[operation] == "h2c", operation
    assert "ContainerList" not in kinds and "ContainerStop" not in kinds
    assert "http-request set-timeout server 24d if { var(txn.kind) -m found }" in config, config
    assert "http-request set-timeout client 24d if { var(txn.kind) -m found }" in config, config
    for line in ("timeout server 1h", "timeout client 10m", "timeout http-request 30s"):
        assert line in config, line


def message(answer):
    status, headers, body = answer
    assert headers["content-type"] == "application/json", headers
    return status, json.loads(body)["message"]


@test("a denied request is told which variable would open it")
def denied_answers():
    """403 in the Engine's shape, with the narrowest variable that would open the operation."""
    with Proxy({"ALLOW_NETWORKS": "1", "ALLOW_CONTAINER_LIST": "0", "ALLOW_CONTAINERS": "1"}) as proxy:
        for method, target, text in (
            ("POST", "/containers/test/attach", "POST /containers/test/attach is forbidden; ALLOW_CONTAINER_ATTACH=true (or ALLOW_ATTACH=true) would allow it"),
            ("POST", "/v1.41/containers/x/stop?t=1", "POST /v1.41/containers/x/stop is forbidden; ALLOW_STOP=true would allow it"),
            ("POST", "/networks/create", "POST /networks/create is forbidden; ALLOW_NETWORK_CREATE=true (or ALLOW_CREATE=true) would allow it, if the create guard passes it"),
            ("DELETE", "/volumes/x", "DELETE /volumes/x is forbidden; ALLOW_VOLUME_DELETE=true (or ALLOW_DELETE=true and ALLOW_VOLUMES=true) would allow it"),
            ("POST", "/images/x/push", "POST /images/x/push is forbidden; ALLOW_IMAGE_PUSH=true would allow it, if the create guard passes it"),
            ("GET", "/containers/json", "GET /containers/json is forbidden; ALLOW_CONTAINER_LIST=true would allow it"),
            ("PUT", "/containers/x/archive", "PUT /containers/x/archive is forbidden; ALLOW_PUT_CONTAINER_ARCHIVE=true would allow it"),
            ("POST", "/nothing", "POST /nothing is forbidden; no permission covers it"),
            ("GET", "//containers/json", "GET //containers/json is forbidden; the path has an empty segment"),
            ("GET", "/containers/json/", "GET /containers/json/ is forbidden; the path has an empty segment"),
            ("GET", "/v1.41/../containers/json", "GET /v1.41/../containers/json is forbidden; the path has a . or .. segment"),
            ("GET", "/containers/%2e/json", "GET /containers/%2e/json is forbidden; the path has a . or .. segment"),
            ("GET", "/containers/a%2Fb/json", "GET /containers/a%2Fb/json is forbidden; the path has an encoded separator"),
            ("GET", "/containers/x%252Fjson", "GET /containers/x%252Fjson is forbidden; the path has an encoded separator"),
            ("GET", "/containers/x%2561/json", "GET /containers/x%2561/json is forbidden; the path is encoded twice"),
            ("GET", "/containers/x%0a/json", "GET /containers/x%0a/json is forbidden; the path has a control character"),
            ("GET", "/containers/x%00/json", "GET /containers/x%00/json is forbidden; the path has a control character"),
            ("GET", "/containers/x%5cy/json", "GET /containers/x%5cy/json is forbidden; the path has a backslash"),
            ("GET", "/containers/%zz/json", "GET /containers/%zz/json is forbidden; the path has a % without two hexadecimal digits"),
            ("GET", "/libpod//json", "GET /libpod//json is forbidden; the path has an empty segment"),
            ("GET", "/v4.0.0/libpod/containers/../json", "GET /v4.0.0/libpod/containers/../json is forbidden; the path has a . or .. segment"),
        ):
            assert message(proxy.ask(method, target, body=b"" if method == "GET" else b"x" * 70000)) == (403, "docker-socket-proxy: " + text)
            said = program("explain", method, target, env={"ALLOW_NETWORKS": "1", "ALLOW_CONTAINER_LIST": "0", "ALLOW_CONTAINERS": "1"}).stdout
            assert text.split("; ")[-1] in said, (text, said)
            proxy.wait_for_log(text.split("; ")[-1] + " 403 ")
        proxy.wait_for_log("Forbidden: /containers/test/attach POST 127.0.0.1:")
        line = next(line for line in proxy.log().splitlines() if "/test/attach" in line)
        assert re.fullmatch(r"Forbidden: /containers/test/attach POST 127\.0\.0\.1:\d+ ALLOW_CONTAINER_ATTACH=true \(or ALLOW_ATTACH=true\) would allow it 403 \d+ms", line), line


@test("HAProxy's own errors have the Engine's shape")
def error_answers():
    """HAProxy's own errors have the Engine's shape."""
    with Proxy({"ALLOW_CONTAINERS": "1"}, engine="close") as proxy:
        assert message(proxy.ask("GET", "/containers/json"))[0] == 502
    config = program("render").stdout
    for status in (400, 408, 413, 500, 502, 503, 504):
        assert f"http-error status {status} content-type application/json" in config, status
    said = re.findall("^    http-error status [0-9]+ content-type application/json string '(.*)'$", config, re.M)
    for path in re.findall("^    http-error status [0-9]+ content-type application/json file (.*)$", config, re.M):
        with open(os.path.join(ROOT, path), encoding="ascii") as file:
            said.append(file.read())
    assert len(said) == 7 and all(json.loads(text)["message"].startswith("docker-socket-proxy: ") for text in said), said
    with Proxy() as proxy:
        client = proxy.connect()
        client.send(b"GET /version HTTP/1.1\r\nHost: docker\r\nX: " + b"y" * 300000 + b"\r\n\r\n")
        assert client.answer()[0] == 400
        client.close()


@test("a missing socket is told, answered with 503, and found once it is there")
def missing_socket():
    """The proxy starts without a socket, says so, answers 503, is unhealthy, and works once the Engine is there."""
    with Proxy(engine=None) as proxy:
        status, text = message(proxy.ask("GET", "/version"))
        assert status == 503 and proxy.socket_path in text and "not mounted" in text, text
        assert f"{proxy.socket_path}: No such file or directory; requests get 503" in proxy.log()
        check = program("healthcheck", env=proxy.env)
        assert check.returncode == 1 and "it cannot reach the Docker Engine" in check.stderr, check
        proxy.engine = Engine(proxy.socket_path)
        assert proxy.ask("GET", "/version")[0] == 200
        assert program("healthcheck", env=proxy.env).returncode == 0


@test("healthcheck tells healthy from unhealthy and keeps out of the log")
def healthcheck():
    with Proxy() as proxy:
        assert program("healthcheck", env=proxy.env).returncode == 0
        assert proxy.engine.requests[-1][:2] == ("GET", "/_ping")
        time.sleep(0.2)
        assert "_ping" not in proxy.log(), "the health check fills the log"
    with Proxy({"ALLOW_PING": "no"}) as proxy:
        assert program("healthcheck", env=proxy.env).returncode == 0, "a proxy that closes PING is healthy all the same"
    dead = program("healthcheck", env={"LISTEN": f"tcp://127.0.0.1:{free_port()}"})
    assert dead.returncode == 1 and "does not answer" in dead.stderr, dead


@test("as sh, wget and curl the program does the health check and nothing else")
def other_names():
    """As sh, wget and curl the program does the health check, and says so to whoever meant something else."""
    with tempfile.TemporaryDirectory() as directory, Proxy() as proxy:
        for name in ("sh", "wget", "curl"):
            os.symlink(PROGRAM, os.path.join(directory, name))
        checks = (["sh", "-c", "wget --spider http://localhost:2375/version || exit 1"], ["sh", "-c", "curl -f http://127.0.0.1:2375/_ping"],
                  ["sh", "-c", "wget -qO- http://[::1]:2375/_ping | grep -q OK || exit 1"], ["wget", "--spider", "-q", "http://localhost:2375/version"],
                  ["wget", "-q", "--spider", "localhost:2375/_ping"], ["curl", "-f", "http://0.0.0.0:2375/info"])
        others = (["sh"], ["sh", "-c", "rm -rf /"], ["sh", "-c", "wget http://example.org/x"], ["wget", "http://example.org/x"], ["curl"], ["curl", "--version"])

        def called(words, env):
            return subprocess.run([os.path.join(directory, words[0]), *words[1:]], env=environment(env), capture_output=True, text=True, timeout=30)
        for words in checks:
            done = called(words, proxy.env)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (words, done)
        for words in others:
            done = called(words, proxy.env)
            assert done.returncode == 0 and done.stdout == "", (words, done)
            assert done.stderr == (f"docker-socket-proxy: there is no {words[0]} in this image: under this name the program only does its health check, "
                                   "exit status 0 or 1\n"), (words, done)
        assert {request[:2] for request in proxy.engine.requests} == {("GET", "/_ping")}, proxy.engine.requests
        ours, theirs = pty.openpty()  # to whoever sits at a terminal it is said always
        assert subprocess.run([os.path.join(directory, "sh"), *checks[0][1:]], env=environment(proxy.env), stderr=theirs, timeout=30).returncode == 0
        assert b"there is no sh in this image" in os.read(ours, 1000)
        os.close(ours)
        os.close(theirs)
        for env in ({"LISTEN": f"tcp://127.0.0.1:{free_port()}"}, dict(proxy.env, ALLOW_INFO="perhaps")):
            for words in checks + others:
                assert called(words, env).returncode == 1, (words, env)


@test("LOG_FORMAT=json gives one object a line, LOG_LEVEL filters")
def logs():
    with Proxy({"LOG_FORMAT": "json", "ALLOW_INFO": "1"}) as proxy:
        proxy.ask("GET", "/info")
        proxy.ask("POST", '/a"b\\c/attach')
        lines = sorted(map(json.loads, log_lines(proxy, 2)), key=lambda x: x["verdict"])  # (lines of different connections in any order)
        assert [(x["verdict"], x["method"], x["path"], x["detail"], x["status"], x["client"]) for x in lines] == [
            ("Allowed", "GET", "/info", "SystemInfo", 200, "127.0.0.1"),
            ("Forbidden", "POST", '/a"b\\c/attach', "the path has a backslash", 403, "127.0.0.1")], lines
    with Proxy({"LOG_LEVEL": "warning", "ALLOW_INFO": "1"}) as proxy:
        proxy.ask("GET", "/info")
        proxy.ask("GET", "/tasks")
        proxy.wait_for_log("Forbidden: /tasks")
        assert "Allowed" not in proxy.log()
    with Proxy({"LOG_LEVEL": "err"}) as proxy:
        proxy.ask("GET", "/tasks")
        proxy.ask("GET", "/version")
        time.sleep(0.3)
        assert "Forbidden" not in proxy.log() and "Allowed" not in proxy.log()


def log_lines(proxy, count):
    """The log's lines for requests, once there are so many."""
    def lines():
        return [line for line in proxy.log().splitlines() if line.startswith(("{", "Allowed: ", "Forbidden: ", "Refused: "))]
    until(lambda: len(lines()) >= count and proxy.log().endswith("\n"), "the log is incomplete")
    return lines()


@test("a line of the log is whole, however long the path")
def long_lines():
    """Nothing is cut off the log's line, whatever the length of the path; one that is refused for its length is shown as far as it may go."""
    beginning = "/containers/"
    for filler in ("a", '"', "%61"):
        shortest, longest, over = (beginning + filler * ((n - 20) // len(filler)) for n in (1100, 4096, 60000))
        for haproxy in HAPROXIES:
            with Proxy(haproxy=haproxy) as proxy:
                for target in (shortest + "/attach", longest + "/attach", over + "/attach"):
                    assert proxy.ask("POST", target)[0] == 403
                lines = sorted(log_lines(proxy, 3), key=lambda x: len(x.split()[1]))  # (those of different connections may come in another order)
                for line, where, end in zip(lines, (shortest + "/attach", longest + "/attach", over[:4097]),
                                            ("would allow it", "would allow it", "the path is too long")):
                    assert re.fullmatch(rf"Forbidden: {re.escape(where)} POST 127\.0\.0\.1:\d+ .*{end} 403 \d+ms", line), line[-300:]
            with Proxy({"LOG_FORMAT": "json"}, haproxy=haproxy) as proxy:
                for target in (shortest + "/attach", longest + "/attach", over + "/attach"):
                    assert proxy.ask("POST", target)[0] == 403
                lines = sorted(map(json.loads, log_lines(proxy, 3)), key=lambda x: len(x["path"]))
                assert [x["path"] for x in lines] == [shortest + "/attach", longest + "/attach", over[:4097]], [len(x["path"]) for x in lines]
                assert {(x["verdict"], x["method"], x["client"], x["status"]) for x in lines} == {("Forbidden", "POST", "127.0.0.1", 403)}, lines


@test("unknown methods and targets that are no paths are shown as they were sent")
def odd_requests():
    """A method that nobody knows, and a target that is no path, are shown as they were sent."""
    for haproxy in HAPROXIES:
        with Proxy(haproxy=haproxy) as proxy, Proxy({"LOG_FORMAT": "json"}, haproxy=haproxy) as other:
            for method, target, shown, why in (
                ("BREW", "/containers/pot/json", "/containers/pot/json", "no permission covers it"),
                ("BR%25'E~", "/x?secret=1", "/x", "no permission covers it"),
                ("CONNECT", "pot.example:2375", "pot.example:2375", "no permission covers it"),
                ("OPTIONS", "*", "*", "the target is not an absolute path"),
                ("GET", "http://docker/containers/json?secret=1", "http://docker/containers/json", "the target is not an absolute path"),
                ("GET", 'http://docker/a"b\\c<', 'http://docker/a"b\\c<', "the target is not an absolute path"),
            ):
                text = f"docker-socket-proxy: {method} {shown} is forbidden; {why}"
                for one in (proxy, other):
                    client = one.connect()  # (HAProxy wants the same host in both places)
                    client.send(f"{method} {target} HTTP/1.1\r\nHost: {target if method == 'CONNECT' else 'docker'}\r\n\r\n".encode())
                    assert message(client.answer()) == (403, text), (haproxy, text)
                    client.close()
                proxy.wait_for_log(f"Forbidden: {shown} {method} 127.0.0.1:")
                until(lambda: json.loads(log_lines(other, 1)[-1])["path"] == shown, "not in the log: " + shown)
                line = json.loads(log_lines(other, 1)[-1])
                assert (line["method"], line["path"], line["detail"], line["status"]) == (method, shown, why, 403), line
                assert why in program("explain", method, target).stdout, (method, target)
            assert "secret" not in proxy.log() + other.log()


@test("what is no request, or too large a one, has a line in the log that says so")
def unreadable():
    """What HAProxy refuses before any rule has a line in the log that says why."""
    why = ("no request: its head is larger than 64 KiB, is not valid HTTP/1.1 (such as TLS on a tcp:// listener), "
           "or did not come whole and in time")
    for haproxy in HAPROXIES:
        statuses = []
        with Proxy(haproxy=haproxy) as proxy, Proxy({"LOG_FORMAT": "json"}, haproxy=haproxy) as other:
            for raw in (b"GET /version HTTP/1.1\r\nHost: docker\r\nX: " + b"y" * 200000 + b"\r\n\r\n", b"\x16\x03\x01 no HTTP at all\r\n\r\n",
                        b"GET /\xff HTTP/1.1\r\nHost: docker\r\n\r\n", b"GET / HTTP/1.1\r\nHost: docker\r\nA B: c\r\n\r\n"):
                for one in (proxy, other):
                    client = one.connect()
                    client.send(raw)
                    statuses.append(client.answer()[0])
                    client.close()
            assert set(statuses) <= {400, 431}, statuses
            for line, status in zip(log_lines(proxy, 4), statuses[::2]):
                assert re.fullmatch(rf"Refused: - - 127\.0\.0\.1:\d+ {re.escape(why)} {status}", line), line
            for line, status in zip(map(json.loads, log_lines(other, 4)), statuses[1::2]):
                assert (line["verdict"], line["client"], line["detail"], line["tls"], line["status"]) == ("Refused", "127.0.0.1", why, "", status), line
            assert "Success" not in proxy.log() + other.log()


@test("SIGTERM and SIGINT stop gracefully with 0, open streams included")
def stop():
    """SIGTERM and SIGINT end it with 0, though a stream is open; what is under way ends first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with Proxy() as proxy:
            client = proxy.connect()
            assert client.ask("GET", "/events")[0] == 200
            assert proxy.stop(number) == 0
            client.close()
    with Proxy(engine="mute") as proxy:  # a request that is being answered gets its time
        client = proxy.connect()
        client.send(b"GET /version HTTP/1.1\r\nHost: docker\r\n\r\n")
        until(lambda: proxy.engine.requests, "no request")
        proxy.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert proxy.process.poll() is None
        assert proxy.process.wait(15) == 0
        client.close()
    with Proxy() as proxy:  # HAProxy's own end is told
        child = subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()
        os.kill(int(child[0]), signal.SIGKILL)
        assert proxy.process.wait(10) == 128 + signal.SIGKILL


@test("all mistakes in the environment are told at once, with exit 2")
def bad_input():
    """Every mistake is told at once, one line each; exit 2; HAProxy is not started."""
    mistakes = {
        "ALLOW_START": ("maybe", "ALLOW_START=maybe: not a boolean; use 1 true yes on or 0 false no off"),
        "ALLOW_CONTAINER": ("1", "ALLOW_CONTAINER: unknown variable; did you mean ALLOW_CONTAINERS"),
        "ALLOW_WHATEVER_THIS_IS": ("1", "ALLOW_WHATEVER_THIS_IS: no such permission"),
        "LISTEN": ("tcp://:99999", "LISTEN=tcp://:99999: a port from 1 to 65535 is missing"),
        "SOCKET_PATH": ("relative.sock", "SOCKET_PATH=relative.sock: the path is not absolute"),
        "LOG_LEVEL": ("loud", "LOG_LEVEL=loud: not one of info emerg"),
        "LOG_FORMAT": ("xml", "LOG_FORMAT=xml: not one of text json"),
        "MIN_API_VERSION": ("1.x", "MIN_API_VERSION=1.x: not an API version"),
        "MAX_CONNECTIONS": ("-1", "MAX_CONNECTIONS=-1: not a whole number"),
        "DISABLE_IPV6": ("2", "DISABLE_IPV6=2: not a boolean"),
        "COMPAT": ("other", "COMPAT=other: not one of linuxserver tecnativa"),
    }
    for command in ("run", "render", "check", "permissions", "explain"):
        done = program(command, *(["GET", "/"] if command == "explain" else []), env={k: v for k, (v, _) in mistakes.items()})
        assert done.returncode == 2, (command, done)
        lines = done.stderr.splitlines()
        assert len(lines) == len(mistakes), (command, lines)
        for _, text in mistakes.values():
            assert any(line.startswith("docker-socket-proxy: " + text) for line in lines), (text, lines)
        assert not done.stdout
    # words are no value of the other images' names, and a note is no part of a value
    for name, value, text in (("CONTAINERS", "true", "CONTAINERS=1 or ALLOW_CONTAINERS=true"), ("ALLOW_INFO", "1 # note", "ALLOW_INFO=1 # note: not a boolean"),
                              ("MAX_CONNECTIONS", "100 # note", "MAX_CONNECTIONS=100 # note: not a whole number"),
                              ("SOCKET_PATH", "/x.sock # note", "SOCKET_PATH=/x.sock # note: ")):
        done = program("run", env={name: value})
        assert done.returncode == 2 and text in done.stderr, done
    # quotes and blanks are taken off, wherever a value is read
    quoted = {"ALLOW_INFO": ' "1"', "ALLOW_BIND_MOUNTS": "'/srv'", "ALLOW_CREATE": "'yes' ", "REQUIRE_LABEL": '"a=b"', "SOCKET_PATH": '"/x.sock"',
              "LISTEN": "'tcp://127.0.0.1:2375' ", "RATE_LIMIT": '"5"', "LOG_LEVEL": "'debug'", "PROFILE_A_FROM": '"10.0.0.0/8"'}
    plain = {name: value.strip(" \"'") for name, value in quoted.items()}
    assert program("render", env=quoted).stdout == program("render", env=plain).stdout != ""
    # empty means unset
    assert program("explain", "POST", "/containers/x/start", env={"ALLOW_START": ""}).returncode == 3


@test("unreadable template, full or read-only directory, wrong HAProxy: one clear line, exit 2")
def bad_files():
    with tempfile.TemporaryDirectory() as directory:
        done = program("run", env={"DATA_DIR": directory})
        assert done.returncode == 2 and f"{directory}/templates/" in done.stderr and "No such file" in done.stderr, done
        assert len(done.stderr.splitlines()) <= 3, done.stderr
        missing = os.path.join(directory, "none")
        done = program("run", env={"RUNTIME_DIRECTORY": missing})
        assert done.returncode == 2 and "RUNTIME_DIRECTORY must be a writable directory" in done.stderr, done
        done = program("run", env={"RUNTIME_DIRECTORY": "/dev/full"})
        assert done.returncode == 2, done
        if os.geteuid() == 0:
            mount = subprocess.run(["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o size=4k none {directory} && exec {PROGRAM} run"],
                                   env=environment({"RUNTIME_DIRECTORY": directory}), capture_output=True, text=True, timeout=30)
            assert mount.returncode == 2 and "No space left on device" in mount.stderr, mount
            mount = subprocess.run(["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o ro none {directory} && exec {PROGRAM} run"],
                                   env=environment({"RUNTIME_DIRECTORY": directory}), capture_output=True, text=True, timeout=30)
            assert mount.returncode == 2 and "Read-only file system" in mount.stderr, mount
    done = program("run", env={"HAPROXY": "/nonexistent/haproxy"})
    assert done.returncode == 2 and "/nonexistent/haproxy" in done.stderr, done
    done = program("run", env={"HAPROXY": "/bin/true"})
    assert done.returncode == 2 and "does not print a version of HAProxy" in done.stderr, done
    with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as file:
        file.write("#!/bin/sh\necho 'HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/'\n")
    os.chmod(file.name, 0o755)
    done = program("run", env={"HAPROXY": file.name})
    os.unlink(file.name)
    assert done.returncode == 2 and "is HAProxy 2.6.12: 3.0 or newer is needed" in done.stderr, done


@test("RUNTIME_DIRECTORY gets the configuration that render prints")
def runtime_directory():
    with tempfile.TemporaryDirectory() as directory:
        with Proxy({"RUNTIME_DIRECTORY": directory}) as proxy:
            assert proxy.ask("GET", "/version")[0] == 200
            with open(os.path.join(directory, "haproxy.cfg"), encoding="utf-8") as file:
                assert file.read() == program("render", env=proxy.env).stdout


@test("a Unix listener has the mode it was given and the same rules")
def unix_listener():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "filtered.sock")
        with Proxy(listen=f",unix://{path}?mode=0640") as proxy:
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"GET /tasks HTTP/1.1\r\nHost: docker\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 403"
            proxy.wait_for_log("Forbidden: /tasks")


def stand_in(directory, script, real=None):
    """A program in HAProxy's place; the script finds the real one in $REAL."""
    path = os.path.join(directory, "haproxy")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\nREAL='{real or HAPROXIES[0]}'\n{script}\nexec \"$REAL\" \"$@\"\n")
    os.chmod(path, 0o755)
    os.chmod(directory, 0o755)
    return path


@test("a reload takes place once the new HAProxy listens, however long that takes")
def reload_waits():
    """A new HAProxy that takes long to start takes over only then."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "filtered.sock")
        with Proxy({}, haproxy=stand_in(directory, 'case "$*" in *-sf*) sleep 3 ;; esac'), listen=f",unix://{path}") as proxy:
            proxy.process.send_signal(signal.SIGHUP)
            begin = time.monotonic()
            while "reloaded" not in proxy.log():
                assert proxy.ask("GET", "/version")[0] == 200
                client = Client(path)
                assert client.ask("GET", "/version")[0] == 200
                client.close()
                time.sleep(0.02)
                assert time.monotonic() - begin < 30, proxy.log()
            assert proxy.ask("GET", "/version")[0] == 200


@test("a reload whose HAProxy does not start changes nothing")
def reload_fails():
    """A new HAProxy that does not start changes nothing, and one that does is still possible."""
    with tempfile.TemporaryDirectory() as directory:
        haproxy = stand_in(directory, f'case "$*" in *-sf*) [ -e {directory}/well ] || exit 1 ;; esac')
        with Proxy({}, haproxy=haproxy) as proxy:
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_log("a new HAProxy did not start; the running one goes on")
            assert proxy.ask("GET", "/version")[0] == 200
            with open(os.path.join(directory, "well"), "w", encoding="ascii"):
                pass
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_reload()
            assert proxy.ask("GET", "/version")[0] == 200


@test("held streams do not keep reloads from taking place")
def reload_many():
    """Streams outlive reloads, but do not prevent them: those of the oldest end."""
    with Proxy({}) as proxy:
        streams = []
        for n in range(10):
            stream = proxy.connect()
            stream.send(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
            assert b"200" in stream.stream.readline()
            streams.append(stream)
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_reload(n + 1)
        assert proxy.log().count("the oldest is ended") == 2, proxy.log()
        for n, stream in enumerate(streams):
            if n < 2:
                while stream.stream.readline():  # ends
                    pass
            else:
                stream.socket.settimeout(0.1)
                try:
                    while stream.socket.recv(1000):
                        pass
                    raise AssertionError(f"stream {n} has ended")
                except TimeoutError:
                    pass
            stream.close()
        assert proxy.ask("GET", "/version")[0] == 200


def reload(proxy, times=1):
    """Sends SIGHUP so many times, at once, and waits until the proxy has reloaded."""
    before = proxy.log().count("reloaded:")
    for _ in range(times):
        proxy.process.send_signal(signal.SIGHUP)
    until(lambda: proxy.log().count("reloaded:") > before, "no reload: " + proxy.log())


class Crowd:
    """Clients that make one new connection after another, each for one request; failures says what went wrong for them."""

    def __init__(self, connects):
        self.failures = []
        self.done = False
        self.answered = dict.fromkeys(connects, 0)
        self.threads = [threading.Thread(target=self.ask, args=(name, connect, wait)) for name, connect in connects.items() for wait in (0, 0, 0.02)]
        for thread in self.threads:
            thread.start()

    def ask(self, name, connect, wait):
        while not self.done:
            try:
                with contextlib.closing(connect()) as client:
                    time.sleep(wait)  # may be accepted by a HAProxy that stops before the request comes
                    assert client.ask("GET", "/tasks")[0] == 403, "no answer"
                self.answered[name] += 1
            except (OSError, AssertionError) as error:
                self.failures.append(f"{name}: {error!r}")

    def end(self):
        self.done = True
        for thread in self.threads:
            thread.join(30)
        assert not self.failures, (len(self.failures), self.answered, self.failures[:20])
        assert min(self.answered.values()) > 50, self.answered


def over_tls(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = Client(port)
    client.stream.close()
    client.socket = context.wrap_socket(client.socket)
    client.stream = client.socket.makefile("rb")
    return client


def children(proxy):
    return subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()


def open_files(process):
    return sorted(os.readlink(f"/proc/{process}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{process}/fd"))


@test("a reload refuses and loses no connection, on no kind of listener")
def reload_refuses_nothing():
    """Reloads, and such as fail, lose no connection on any kind of listener, and leave no descriptor and no other file behind."""
    for haproxy in HAPROXIES:
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=proxy"]
            subprocess.run([*openssl, "-keyout", "key.pem", "-out", "cert.pem"], cwd=directory, check=True, capture_output=True)
            shared, own = (os.path.join(directory, name) for name in ("shared.sock", "own.sock"))
            port = free_port()
            env = {"TLS_CERT_PATH": directory, "PROFILE_A_LISTEN": f"unix://{own}"}
            stand = stand_in(directory, f'[ "$1" = -db ] && [ -e {directory}/broken ] && exit 1', haproxy)
            more = "".join(f",unix://{directory}/{n}.sock" for n in range(12))  # binding takes its time
            with Proxy(env, haproxy=stand, listen=f",tls://127.0.0.1:{port},unix://{shared}?mode=0640" + more) as proxy:
                reload(proxy)
                before, files = open_files(proxy.process.pid), sorted(os.listdir(directory))
                crowd = Crowd({"tcp": proxy.connect, "tls": lambda: over_tls(port), "unix": lambda: Client(shared), "own": lambda: Client(own)})
                for n in range(10):
                    reload(proxy, 1 + n % 2)
                    if n == 4:
                        with open(os.path.join(directory, "broken"), "w", encoding="ascii"):
                            pass
                        proxy.process.send_signal(signal.SIGHUP)
                        proxy.wait_for_log("a new HAProxy did not start; the running one goes on")
                        os.unlink(os.path.join(directory, "broken"))
                crowd.end()
                until(lambda: len(children(proxy)) == 1 and open_files(proxy.process.pid) == before, "descriptors or children are left")
                assert sorted(os.listdir(directory)) == files
                assert stat.S_IMODE(os.stat(shared).st_mode) == 0o640
                # one socket pair's end for itself, and one for taking over; nothing else of ours
                assert len([x for x in open_files(children(proxy)[0]) if x.startswith("/memfd")]) <= 2, open_files(children(proxy)[0])
                os.unlink(shared)  # cannot be reached any more: a reload binds it anew
                reload(proxy)
                client = Client(shared)
                assert client.ask("GET", "/version")[0] == 200
                client.close()


@test("a HAProxy that does not hand over its listening sockets is replaced all the same")
def reload_without_handover():
    """Where the running HAProxy does not hand over its listening sockets, the new one binds them anew."""
    for haproxy in HAPROXIES:
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "filtered.sock")
            with Proxy({}, haproxy=stand_in(directory, "", haproxy), listen=f",unix://{path}") as proxy:
                old = children(proxy)[0]
                os.kill(int(old), signal.SIGSTOP)
                reload(proxy)
                os.kill(int(old), signal.SIGCONT)
                until(lambda: old not in children(proxy), "the old one goes on")  # which may still be given TCP connections
                for client in (proxy.connect(), Client(path)):
                    assert client.ask("GET", "/version")[0] == 200
                    client.close()


@test("signals are not lost on PID 1, and why HAProxy has ended is said")
def signals():
    """No signal is lost on PID 1, however early; what PID 1 would ignore stops it; why HAProxy has ended is said."""
    for number in (signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        with Proxy() as proxy:
            assert proxy.stop(number) == 0, number
    with Proxy() as proxy:
        os.kill(int(children(proxy)[0]), signal.SIGKILL)
        assert proxy.process.wait(10) == 128 + signal.SIGKILL
        proxy.wait_for_log("HAProxy was ended by signal 9 (Killed)")
    with tempfile.TemporaryDirectory() as directory:
        with Proxy(haproxy=stand_in(directory, f'[ "$1" = -db ] && {{ "$REAL" "$@" & sleep 1; kill $!; exit 3; }}')) as proxy:
            assert proxy.process.wait(10) == 3
            proxy.wait_for_log("HAProxy ended with exit code 3")
        if os.geteuid() != 0:
            return
        begun = os.path.join(directory, "begun")
        process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", PROGRAM, "run"],
                                   env=environment({"HAPROXY": stand_in(directory, f'[ "$1" = -v ] && touch {begun} && sleep 1'),
                                                    "LISTEN": f"tcp://127.0.0.1:{free_port()}", "SOCKET_PATH": os.path.join(directory, "none")}))
        until(lambda: os.path.exists(begun), "no start")
        os.kill(int(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()[0]), signal.SIGTERM)
        try:
            assert process.wait(10) == 0
        finally:
            process.kill()


@test("a reader of the log that goes or stops reading stops nothing")
def log_readers():
    """A reader of the log that goes, or stops reading, ends nothing and stops nothing."""
    for reads in (False, True):
        ours, theirs = os.pipe()
        with tempfile.TemporaryDirectory() as directory:
            port = free_port()
            env = environment({"LISTEN": f"tcp://127.0.0.1:{port}", "SOCKET_PATH": os.path.join(directory, "docker.sock")})
            process = subprocess.Popen([PROGRAM, "run"], env=env, stdout=theirs, stderr=theirs)
            os.set_blocking(theirs, False)
            while b"requests get 503" not in os.read(ours, 65536):
                pass

            def reachable():
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    return True
                except OSError:
                    return False
            until(reachable, "no start")
            if reads:
                os.close(ours)
            else:
                os.set_blocking(ours, False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        os.write(theirs, b"x" * 4096)
                    # full now
                os.set_blocking(theirs, True)
            old = set(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split())
            process.send_signal(signal.SIGHUP)

            # (A HAProxy that was replaced reports that it stops, and itself waits for the reader.)
            until(lambda: set(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()) - old, "no reload")
            time.sleep(0.5)
            assert process.poll() is None and reachable()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            os.close(theirs)
            if not reads:
                os.close(ours)


@test("stdin, stdout and stderr may be closed")
def closed_descriptors():
    """Without stdin, stdout and stderr it serves all the same, and writes into nothing of its own."""
    with tempfile.TemporaryDirectory() as directory, contextlib.closing(Engine(os.path.join(directory, "docker.sock"))) as engine:
        port = free_port()
        process = subprocess.Popen(["sh", "-c", f"exec {PROGRAM} run <&- >&- 2>&-"],
                                   env=environment({"LISTEN": f"tcp://127.0.0.1:{port}", "SOCKET_PATH": engine.path}))
        deadline = time.monotonic() + 10
        while True:
            try:
                client = Client(port)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "no start"
                time.sleep(0.02)
        assert client.ask("GET", "/version")[0] == 200
        client.close()
        for one in (process.pid, subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()[0]):
            assert [os.readlink(f"/proc/{one}/fd/{fd}") for fd in range(3)] == ["/dev/null"] * 3
        process.terminate()
        assert process.wait(10) == 0


@test("nothing goes on serving when HAProxy ends")
def children_end():
    """If HAProxy ends by itself, nothing of it goes on serving, even where it has changed its user."""
    with Proxy({}) as proxy:
        stream = proxy.connect()
        stream.send(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
        assert b"200" in stream.stream.readline()
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        children = subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()
        assert len(children) == 2, children
        os.kill(int(max(children, key=int)), signal.SIGKILL)
        assert proxy.process.wait(20) == 128 + signal.SIGKILL
        while stream.stream.readline():
            pass
        stream.close()


def can_connect(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@test("nothing goes on serving when the program is killed")
def killed():
    """HAProxy ends with the program, also where it has changed its user."""
    with Proxy({}) as proxy:
        haproxy = subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()[0]
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        proxy.process.kill()
        proxy.process.wait(20)
        until(lambda: not os.path.exists(f"/proc/{haproxy}") and not can_connect(proxy.port), "HAProxy goes on")


@test("what somebody listens on already is not shared, what is there not replaced")
def taken():
    """Nobody else's address or path is shared or replaced."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "filtered.sock")
        file = os.path.join(directory, "file")
        with open(file, "w", encoding="ascii") as out:
            out.write("precious")
        with Proxy(listen=f",unix://{path}") as proxy:
            port = proxy.port
            for listen, text in ((f"tcp://127.0.0.1:{port}", f"LISTEN: 127.0.0.1 port {port} is in use"),
                                 (f"tcp://:{port}", f"LISTEN: * port {port} is in use"),
                                 (f"unix://{path}", f"LISTEN: {path} is in use"), (f"unix://{file}", f"LISTEN: {file} is in use, or not a socket"),
                                 (f"unix://{proxy.socket_path}", f"LISTEN: {proxy.socket_path} is in use")):
                done = program("run", env={"LISTEN": listen, "SOCKET_PATH": "/nonexistent.sock"})
                assert done.returncode == 2 and text in done.stderr, (listen, done)
            done = program("run", env={"LISTEN": "tcp://127.0.0.1:1", "PROFILE_A_LISTEN": f"unix://{path}"})
            assert done.returncode == 2 and f"PROFILE_A_LISTEN: {path} is in use" in done.stderr, done
            assert program("check", env=proxy.env).returncode == 0  # does not listen
            assert proxy.ask("GET", "/version")[0] == 200
        with open(file, encoding="ascii") as left:
            assert left.read() == "precious"
        assert os.path.exists(path)  # a socket that was left is no obstacle
        with Proxy(listen=f",unix://{path}"):
            client = Client(path)
            assert client.ask("GET", "/version")[0] == 200
            client.close()


@test("claims that clients could forge are warned of")
def claims():
    """The log warns where clients could give themselves a name, an address or a network that opens more."""
    givers = ("ALLOW_CONTAINER_CREATE", "ALLOW_CONTAINER_RENAME", "ALLOW_NETWORK_CONNECT", "ALLOW_SERVICE_CREATE", "ALLOW_SERVICE_UPDATE",
              "ALLOW_IMAGE_BUILD", "ALLOW_LIBPOD_CONTAINER_CREATE", "ALLOW_LIBPOD_CONTAINER_RENAME", "ALLOW_LIBPOD_NETWORK_CONNECT",
              "ALLOW_LIBPOD_POD_CREATE", "ALLOW_LIBPOD_PLAY_KUBE", "ALLOW_LIBPOD_KUBE_APPLY", "ALLOW_LIBPOD_IMAGE_BUILD",
              "ALLOW_LIBPOD_LOCAL_BUILD", "ALLOW_LIBPOD_CONTAINER_RESTORE")
    for name in givers:
        with Proxy({name: "1", "PROFILE_A_FROM": "10.0.0.7", "PROFILE_A_ALLOW_EXEC": "1"}) as proxy:
            assert "clients of no profile may give containers any name and address, and so take profile A" in proxy.log(), (name, proxy.log())
    with Proxy({"ALLOW_CONTAINERS": "1", "PROFILE_A_FROM": "10.0.0.7", "PROFILE_A_ALLOW_EXEC": "1"}) as proxy:
        assert "may give containers" not in proxy.log(), proxy.log()
    labels = {"PROFILES_FROM_LABELS": "1", "PROFILE_A_ALLOW_EXEC": "1"}
    for name, unguarded in (("ALLOW_CREATE", False), ("POST", True)):
        said = program("check", "--strict", env={**labels, "CONTAINERS": "1", name: "1"}).stderr
        assert ("may give containers any label, and so any profile" in said) == unguarded, said


@test("what may not do what was meant is said at the start")
def told_at_start():
    """What may not do what was meant is said at the start, once."""
    with Proxy({"ALLOW_CREATE": "1", "ALLOW_START": "1", "IAMGES": "1", "SP_ALLOWFROM": "10.0.0.0/8", "DELETE": "1", "PORT": "8080"}) as proxy:
        log = proxy.log()
        assert log.count("`docker run` and `docker compose up` need ALLOW_ATTACH=true, or -d") == 1, log
        assert "set to nothing" not in log, log
        for text in ("IAMGES has no effect: did you mean IMAGES", "SP_ALLOWFROM has no effect", "DELETE has no effect"):
            assert log.count("warning: " + text) == 1, (text, log)
        assert "PORT" not in log, log
    limits = ("ALLOW_EXEC_COMMANDS", "ALLOW_IMAGE_REFERENCES", "ALLOW_VOLUME_NAMES", "REQUIRE_LABEL", "RATE_LIMIT", "REDACT")
    empty = {"PROFILE_A_FROM": "10.0.0.7", "ALLOW_EXEC": "1", **{name: "" for name in limits}, "PROFILE_A_REQUIRE_LABEL": '" "', "ALLOW_CAP_ADD": ""}
    with Proxy(empty) as proxy:
        for name in (*limits, "PROFILE_A_REQUIRE_LABEL"):
            assert proxy.log().count(f"warning: {name}= has no effect: it is set to nothing, which is no limit") == 1, (name, proxy.log())
        assert "ALLOW_CAP_ADD" not in proxy.log(), proxy.log()
    words = {"ACKNOWLEDGE": "exec no-effect", "PROFILE_A_ACKNOWLEDGE": "no-effect"}
    assert program("check", "--strict", env=empty).returncode == 1
    assert "dangerous" not in program("check", "--strict", env={**empty, **words}).stderr
    with Proxy({"PROFILE_A_FROM": "10.0.0.7", "PROFILE_A_ALLOW_CREATE": "1", "PROFILE_A_ALLOW_START": "1"}) as proxy:
        assert "A: ContainerCreate and ContainerStart are open" in proxy.log() and "PROFILE_A_ALLOW_ATTACH=true" in proxy.log(), proxy.log()
    for env in ({"ALLOW_CREATE": "1", "ALLOW_START": "1", "ALLOW_ATTACH": "1"}, {"ALLOW_CREATE": "1"}, {"ALLOW_START": "1"}):
        with Proxy(env) as proxy:
            assert "docker run" not in proxy.log(), proxy.log()


@test("a preset that another variable or the create guard stops is said at the start; a hint beside a preset is true")
def presets_at_start():
    """What keeps a preset from working is said at the start, once; refusals beside a preset name what would open them."""
    env = {"PRESET": "dozzle+shell,act", "ALLOW_EXEC": "false", "PRESETS": "traefik", "PROFILE_A_FROM": "10.0.0.7",
           "PROFILE_A_PRESET": "watchtower+update"}
    with Proxy(env) as proxy:
        log = proxy.log()
        for text in ("PRESET=dozzle+shell needs these operations, which ALLOW_* variables close: ContainerExec ExecStart ExecResize",
                     "PRESET=act: the create guard refuses what it needs unless ALLOW_HOST_NAMESPACES=network:host", "PRESETS has no effect: use PRESET"):
            assert log.count("warning: " + text) == 1, (text, log)
        # Watchtower is known not to attach to what it starts
        assert "docker run" not in log and "PROFILE_A_PRESET" not in log, log
        body = b'{"Image":"x","HostConfig":{"Binds":["/etc:/x"]}}'
        for method, target, status, text in (
            ("GET", "/containers/x/logs", 200, ""),
            ("POST", "/containers/x/exec", 403, "ALLOW_CONTAINER_EXEC=true (or ALLOW_EXEC=true) would allow it"),
            ("POST", "/containers/x/kill", 403, "ALLOW_CONTAINER_KILL=true (or ALLOW_RESTARTS=true) would allow it"),
            ("POST", "/containers/create", 403, 'HostConfig.Binds "/etc:/x"; ALLOW_BIND_MOUNTS with that path would allow it'),
        ):
            answer = proxy.ask(method, target, ["Content-Type: application/json"], body if method == "POST" else b"")
            assert answer[0] == status and (not text or text in message(answer)[1]), (target, answer)
            said = program("explain", method, target, env=dict(env, SOCKET_PATH=proxy.socket_path))
            assert said.returncode == (3 if status == 403 and not target.endswith("create") else 0), said.stdout
    said = program("check", env=env).stderr
    assert "PRESET=act: the create guard refuses what it needs" in said and "PRESET=dozzle+shell needs these operations" in said, said
    said = program("explain", "POST", "/containers/create", "--profile", "A", env=env).stdout
    assert "opened by PROFILE_A_PRESET=watchtower+update, for profile A, if the create guard finds its body harmless" in said, said
    rows = json.loads(program("permissions", "--json", "--open", env={"PRESET": "traefik"}).stdout)
    assert {row["operation"]: row["opened_by"] for row in rows}["ContainerList"] == "PRESET=traefik", rows
    with Proxy({"PRESET": "buildx", "ALLOW_HOST_NAMESPACES": "true"}) as proxy:
        assert "POST /grpc is open, and what clients send to BuildKit there is not judged" in proxy.log(), proxy.log()
        assert "unless ALLOW_HOST_NAMESPACES" not in proxy.log(), proxy.log()


@test("presets prints an env file that opens the same")
def presets_printed():
    """`presets NAME` prints what PRESET=NAME opens, and the variables are the same permissions; an unknown name is an error."""
    for name in ("traefik", "watchtower+update+cleanup", "buildx,dozzle+shell", "portainer+manage,homer"):
        done = program("presets", name)
        assert done.returncode == 0 and not done.stderr, done
        env = dict(line.split("=", 1) for line in done.stdout.splitlines() if not line.startswith("#"))
        opened = [{row["operation"] for row in json.loads(program("permissions", "--json", "--open", env=one).stdout)} for one in (env, {"PRESET": name})]
        assert opened[0] == opened[1], (name, opened)
    done = program("presets", "traefik,dozle")
    assert done.returncode == 2 and "presets dozle: no such preset; did you mean dozzle" in done.stderr, done
    rows = program("presets").stdout.splitlines()
    assert len(rows) > 100 and all(row.count("\t") == 5 for row in rows), rows
    assert [row["preset"] for row in json.loads(program("presets", "--json").stdout)] == [row.split("\t")[0] for row in rows[1:]]


@test("HAProxy runs as the least that may open the socket")
def least_privilege():
    """HAProxy runs as the least that may open the socket, the directories above it included."""
    if os.geteuid() != 0:
        return  # what any other user starts stays that user
    for socket_mode, directory_mode, owner, group, expected in (
        (0o666, 0o755, 0, 0, "somebody"), (0o660, 0o755, 0, 4321, "somebody of 4321"), (0o600, 0o755, 1234, 4321, "1234 of 4321"),
        (0o660, 0o750, 0, 4321, "somebody of 4321"), (0o666, 0o700, 1234, 4321, "1234 of 4321"), (0o600, 0o755, 0, 0, "root"),
        (0o666, 0o700, 0, 0, "root")):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "docker.sock")
            engine = Engine(path)
            os.chmod(path, socket_mode)
            os.chown(path, owner, group)
            os.chmod(directory, directory_mode)
            os.chown(directory, owner, group)
            with Proxy({"SOCKET_PATH": path}, engine=None) as proxy:
                assert proxy.ask("GET", "/version")[0] == 200, (socket_mode, directory_mode, owner, group)
                child = subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()[0]
                with open(f"/proc/{child}/status", encoding="ascii") as file:
                    ids = {line.split()[0]: line.split()[1] for line in file if line.startswith(("Uid:", "Gid:"))}
                user = {"0": "root", "1234": "1234"}.get(ids["Uid:"], "somebody")
                assert (user if ids["Gid:"] != "4321" else user + " of 4321") == expected, (ids, expected)
                assert ("HAProxy runs as root" in proxy.log()) == (expected == "root"), proxy.log()
            engine.close()


@test("few or many file descriptors")
def descriptors():
    """Starts with few and with very many file descriptors, and asks for no more than there are."""
    for limit in (256, 1024):
        done = subprocess.run(["sh", "-c", f"ulimit -n {limit} && exec {PROGRAM} check"], env=environment({}), capture_output=True,
                              text=True, timeout=30)
        assert done.returncode == 0, (limit, done.stderr)
    done = subprocess.run(["sh", "-c", f"ulimit -n 1024 && exec {PROGRAM} run"], env=environment({"MAX_CONNECTIONS": "5000"}),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "the limit of open files allows 448" in done.stderr, done


def on_terminal(*arguments, env=None):
    """What a subcommand prints to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], env=environment(dict({"TERM": "xterm"}, **(env or {}))), stdout=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not more:
            break
        text += more
    os.close(ours)
    return process.wait(20), text.decode().replace("\r\n", "\n")


@test("permissions and explain for people")
def for_people():
    """permissions and explain on a terminal: columns, and colours where they are wanted."""
    code, text = on_terminal("permissions", env={"ALLOW_CONTAINERS": "1", "NO_COLOR": "1"})
    assert code == 0 and "\033" not in text and "\t" not in text, text
    lines = text.splitlines()
    first = lines.index("Containers") + 1
    rows = lines[first:lines.index("", first)]
    assert re.fullmatch(r"  open    GET    /containers/json +ContainerList +by ALLOW_CONTAINERS", rows[0]), rows[0]
    for name in ("ContainerList", "ContainerCreate", "ContainerDelete"):  # one below the other
        assert len({row.index(f"  {name} ") for row in rows if f"  {name} " in row} | {rows[0].index("  ContainerList ")}) == 1, rows
    _, coloured = on_terminal("permissions", env={"ALLOW_CONTAINERS": "1"})
    assert "\033[32mopen" in coloured and re.sub(r"\033\[\d+m", "", coloured) == text, coloured
    assert "\033" not in on_terminal("permissions", env={"TERM": "dumb"})[1]
    _, only_open = on_terminal("permissions", "--open", env={"NO_COLOR": "1"})
    assert only_open.split() and "closed" not in only_open and "SystemVersion" in only_open, only_open
    profile = {"PROFILE_A_FROM": "10.0.0.7", "PROFILE_A_ALLOW_CREATE": "1", "NO_COLOR": "1"}
    code, text = on_terminal("explain", "--profile", "A", "POST", "/containers/create", env=profile)
    assert code == 0 and text.splitlines() == [
        "allowed", "  request    POST /containers/create", "  operation  ContainerCreate", "  opened by  PROFILE_A_ALLOW_CREATE",
        "  profile    A", "  guard      judges its body, if the permissions allow the operation; --body FILE tests a body"], text
    code, text = on_terminal("explain", "GET", "//x", env=profile)
    assert code == 3 and text.splitlines() == [
        "denied", "  request    GET //x", "  operation  none", "  because    the path has an empty segment",
        "  profile    none, the unprefixed variables", "  guard      does not judge this request"], text


@test("permissions and explain for programs")
def for_programs():
    """The same as JSON, and where stdout is no terminal."""
    env = {"ALLOW_CONTAINERS": "1", "ALLOW_CREATE": "1"}
    lines = [line.split("\t") for line in program("permissions", env=env).stdout.splitlines()[1:]]
    objects = json.loads(program("permissions", "--json", env=env).stdout)
    assert [("open" if o["open"] else "closed", o["method"], o["path"], o["operation"], o["variable"], o["groups"] or "own variable only",
             "on" if o["default"] else "off", o["opened_by" if o["open"] else "needs"]) for o in objects] == [tuple(line) for line in lines]
    assert [o["operation"] for o in objects if o["guarded"]] == ["ContainerCreate", "ContainerUpdate"], objects
    assert json.loads(program("permissions", "--json", "--open", env=env).stdout) == [o for o in objects if o["open"]]
    assert [line.split("\t") for line in program("permissions", "--open", env=env).stdout.splitlines()[1:]] == [x for x in lines if x[0] == "open"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write('{"HostConfig":{"Privileged":true}}')
        body.flush()
        said = program("explain", "--json", "POST", "/containers/create", "--body", body.name, env=env)
        assert said.returncode == 3 and json.loads(said.stdout) == {
            "allowed": False, "method": "POST", "path": "/containers/create", "operation": "ContainerCreate", "opened_by": "ALLOW_CREATE", "profile": "",
            "guard": "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it"}, said
    # what is refused whatever the body needs none
    reason = "BuildKit's protocol cannot be judged; ALLOW_HOST_NAMESPACES=true would allow it"
    for options, stdin in ((), None), (("--body", "-"), "{}"):
        said = program("explain", *options, "POST", "/grpc", env={"PRESET": "buildx"}, stdin=stdin)
        assert said.returncode == 3 and said.stdout == f"denied: docker-socket-proxy: this connection is forbidden: {reason}\n", said
    assert program("explain", "-", env={"PRESET": "buildx"}, stdin="POST /grpc\nGET /_ping\n").stdout == f"denied Grpc {reason}\nallowed SystemPing\n"
    for more in ({"ALLOW_HOST_NAMESPACES": "true"}, {"MODE": "audit"}):
        assert program("explain", "POST", "/grpc", env={"PRESET": "buildx", **more}).returncode == 0
        assert program("explain", "-", env={"PRESET": "buildx", **more}, stdin="POST /grpc\n").stdout == "allowed Grpc\n"
    said = program("explain", "--json", "GET", '/a"b\\\x01\u00e9', env=env)
    assert said.returncode == 3 and json.loads(said.stdout)["path"] == '/a"b\\\x01\u00e9', said


@test("a wrong word is named")
def wrong_words():
    """Each subcommand says which of its words is wrong."""
    for words, text in (
        (["map", "foo"], "map: foo: no such map; there are operations libpod plain kinds variables answers faults members hints redactions settings targets"),
        (["map"], "map: NAME is missing; usage: docker-socket-proxy map NAME"),
        (["map", "kinds", "x"], "map: x: one word too many"),
        (["explain"], "explain: METHOD is missing"),
        (["explain", "GET"], "explain: PATH is missing; usage: docker-socket-proxy explain [--profile NAME] [--from CONTAINER] [--body FILE] [--response FILE] [--json] METHOD PATH"),
        (["explain", "GET", "/", "x"], "explain: x: one word too many"),
        (["explain", "GET", "/", "--body"], "explain: --body: its value is missing"),
        (["explain", "--open", "GET", "/"], "explain: --open: no such option"),
        (["explain", "--json", "-"], "explain: - cannot be combined with --json or --body"),
        (["explain", "--profile", "A", "GET", "/"], "--profile A: no PROFILE_A_* variable is set"),
        (["permissions", "x"], "permissions: x: one word too many"),
        (["permissions", "--profile"], "permissions: --profile: its value is missing"),
        (["permissions", "--jason"], "permissions: --jason: no such option"),
        (["run", "x"], "run: x: one word too many"),
        (["render", "x"], "render: x: one word too many"),
        (["check", "--json"], "check: --json: no such option"),
        (["healthcheck", "x"], "healthcheck: x: one word too many"),
        (["migrate", "a", "b", "c"], "migrate: c: one word too many"),
        (["nonsense"], "nonsense: no such command; `docker-socket-proxy --help` lists them"),
        (["permision"], "permision: no such command; did you mean permissions?"),
    ):
        done = program(*words)
        assert done.returncode == 2 and not done.stdout and len(done.stderr.splitlines()) == 1, (words, done)
        assert done.stderr.startswith("docker-socket-proxy: " + text), (words, done)


@test("the program in build/ finds its templates, if they are its owner's")
def checkout():
    """The program that make built finds its templates beside build/, if they are its owner's; an installed one does not look there."""
    with tempfile.TemporaryDirectory() as directory:
        bare = {"PATH": os.environ["PATH"]}
        for name in ("build", "bin"):
            os.mkdir(os.path.join(directory, name))
            shutil.copy(PROGRAM, os.path.join(directory, name, "docker-socket-proxy"))
        for name in ("templates", "haproxy"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(directory, name))

        def rendered(name="build", user=None):
            os.chmod(directory, 0o755)
            done = subprocess.run([os.path.join(directory, name, "docker-socket-proxy"), "render"], env=bare, capture_output=True, text=True, user=user,
                                  timeout=60)
            return done.returncode == 0 and f"    default-path origin {directory}\n" in done.stdout
        assert rendered()
        assert not rendered("bin")
        templates = os.path.join(directory, "templates")
        os.chmod(templates, 0o777)
        assert not rendered(), "what anybody can write to was taken"
        os.chmod(templates, 0o755)
        if os.geteuid() == 0:
            assert not rendered(user=65534), "what belongs to another was taken"
            os.chown(templates, 65534, 65534)
            assert not rendered(), "what belongs to another was taken"
            os.chown(templates, 0, 0)
        os.rename(templates, templates + ".real")
        os.symlink(templates + ".real", templates)
        assert not rendered(), "what a link leads to was taken"


@test("the subcommands")
def commands():
    assert program("--version").stdout.startswith("docker-socket-proxy ")
    for word in ("run", "render", "check", "explain", "permissions", "healthcheck", "migrate", "map"):
        assert re.search(rf"^  {word}\b", program("--help").stdout, re.M), word
    assert program("nonsense").returncode == 2
    table = program("permissions", env={"ALLOW_CONTAINERS": "1"}).stdout.splitlines()
    assert "open\tGET\t/containers/json\tContainerList\tALLOW_CONTAINER_LIST\tCONTAINERS\toff\tALLOW_CONTAINERS" in table
    assert "closed\tPOST\t/containers/{id}/start\tContainerStart\tALLOW_CONTAINER_START\tSTART\toff\tALLOW_START=true" in table
    allowed = program("explain", "GET", "/v1.41/containers/x/json", env={"ALLOW_CONTAINERS": "1"})
    assert allowed.returncode == 0 and "ContainerInspect, opened by ALLOW_CONTAINERS" in allowed.stdout, allowed
    denied = program("explain", "POST", "/containers/x/exec")
    assert denied.returncode == 3 and "ALLOW_CONTAINER_EXEC=true (or ALLOW_EXEC=true) would allow it" in denied.stdout, denied


@test("check --strict names devices and runtimes but the usual ones, and commands of which clients choose whole words")
def strict_lists():
    def named(variable, *items):
        said = program("check", "--strict", env={"ALLOW_CREATE": "1", "ALLOW_EXEC": "1", variable: ",".join(items)}).stderr
        return "".join(re.findall(rf"dangerous: {variable}=(.*?): [acw]", said)).split(",")

    strong = ("/dev/sda /dev/sg0 /dev/bsg /dev/rbd0 /dev/zd0 /dev/bcache0 /dev/pmem0 /dev/vfio /dev/cpu /dev/uinput /dev/input /dev/kvm /dev/mem"
              " /dev/videox /dev/nvidia-caps c:10:* c:189:* c:1:1 b:8:0").split()
    usual = "gpu /dev/dri /dev/dri/card0 /dev/nvidia0 /dev/net/tun /dev/snd /dev/ttyUSB0 /dev/serial/by-id/x c:226:* c:188:0".split()
    assert named("ALLOW_DEVICES", *usual, *strong) == strong
    assert named("ALLOW_DEVICES", *usual) == [""]
    assert named("ALLOW_RUNTIME", "crun", "runsc", "nvidia", "io.containerd.kata.v2", "io.containerd.x.v2") == ["nvidia", "io.containerd.x.v2"]
    assert named("ALLOW_RUNTIME", "crun", "kata-runtime") == [""]
    assert "dangerous" not in program("check", "--strict", env={"ALLOW_CREATE": "1", "ALLOW_RUNTIME": "nvidia", "ACKNOWLEDGE": "runtime"}).stderr
    free = ["gawk **", "tar c *", "vi * x", "/lib/ld-linux-x86-64.so.2 **", "sh /jobs/*", "python3.11 ?.py", "pg_dump -U * **"]
    bound = ["cat /backup/*.sql", "nginx -s reload", "ls ?", "sh /job.sh"]
    assert named("ALLOW_EXEC_COMMANDS", *bound, *free) == free
    assert named("ALLOW_EXEC_COMMANDS", *bound) == [""]


if __name__ == "__main__":
    run()
