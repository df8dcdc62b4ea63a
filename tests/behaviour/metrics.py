#!/usr/bin/env python3
"""METRICS_LISTEN: what is counted, the page for Prometheus, the status pages, and what the port does not give."""
import contextlib
import html.parser
import os
import re
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import proxy as support  # noqa: E402
from proxy import Client, Proxy, free_port, on_each_haproxy, program  # noqa: E402
from suite import run, test, until  # noqa: E402

SERIES = re.compile(r'^docker_socket_proxy_(\w+)(?:\{(.*)\})? (\d+)$')


def get(port, target, method="GET"):
    """One request on a connection of its own. It is repeated while there are too many in a second."""
    while True:
        with contextlib.closing(Client(port)) as client:
            answer = client.ask(method, target)
        if answer[0] != 429:
            return answer
        time.sleep(0.1)


@contextlib.contextmanager
def measured(env, **how):
    """A proxy with metrics, which has no reload ahead."""
    port = free_port()
    with Proxy({"METRICS_LISTEN": f"tcp://:{port}", **env}, haproxy=support.HAPROXY, **how) as proxy:
        proxy.metrics = port
        yield proxy


def series(proxy):
    """{(name, ((label, value), ...)): count} of the page for Prometheus, which must have the text format."""
    status, headers, body = get(proxy.metrics, "/metrics")
    assert status == 200 and headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", (status, headers)
    assert body.endswith(b"\n")
    found = {}
    typed = set()
    for line in body.decode("ascii").splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        if not line or line.startswith("#"):
            continue
        match = SERIES.match(line)
        assert match and f"docker_socket_proxy_{match[1]}" in typed, line
        labels = tuple(sorted(re.findall(r'(\w+)="([^"\\]*)"', match[2] or "")))
        assert (match[1], labels) not in found, line
        found[match[1], labels] = int(match[3])
    return found


def value(found, name, **labels):
    """The count of the one series with these labels, and whatever others; None if there is none."""
    counts = [count for (other, pairs), count in found.items() if other == name and labels.items() <= dict(pairs).items()]
    assert len(counts) < 2, (name, labels)
    return counts[0] if counts else None


def table():
    """The operations: state, method, path, operation id, ..."""
    return [line.split("\t") for line in program("permissions").stdout.splitlines() if not line.startswith("#")]


CREATE = ("POST", "/containers/create", ["Content-Type: application/json"], b'{"HostConfig":{"Privileged":true}}')


@test("each decision is counted by operation, with the variable that would allow it")
@on_each_haproxy
def decisions():
    with measured({"ALLOW_CONTAINERS": "1", "ALLOW_CREATE": "1"}) as proxy:
        for _ in range(3):
            assert proxy.ask("GET", "/v1.41/containers/json")[0] == 200
        for _ in range(2):
            assert proxy.ask("POST", "/containers/x/restart")[0] == 403
        assert proxy.ask(*CREATE)[0] == 403
        assert proxy.ask("GET", "/a/b%0d%0ac\"}d")[0] == 403
        found = series(proxy)
        for operation, decision, count, variable in (
                ("ContainerList", "allowed", 3, None), ("ContainerRestart", "forbidden", 2, "ALLOW_CONTAINER_RESTART"),
                ("ContainerCreate", "guard", 1, None), ("ContainerCreate", "allowed", 0, None),
                ("-", "forbidden", 1, None), ("ImageList", "forbidden", 0, "ALLOW_IMAGE_LIST")):
            labels = {"operation": operation, "decision": decision, "profile": "-"}
            assert value(found, "requests_total", **labels) == count, (labels, found)
            if variable:
                assert value(found, "requests_total", variable=variable, **labels) == count, variable
        assert value(found, "requests_total", operation="ContainerList", decision="forbidden") is None
        assert {decision: value(found, "refusals_total", decision=decision)
                for decision in ("forbidden", "guard", "protected", "limited")} == {"forbidden": 3, "guard": 1, "protected": 0, "limited": 0}
        assert value(found, "audit", profile="-") == 0 and value(found, "build_info") == 1 and value(found, "last_reload_successful") == 1
        assert value(found, "engine_up", engine="engine1") == 1
        assert 0 <= time.time() - value(found, "last_reload_timestamp_seconds") < 60
        # The labels are those of the tables, whatever clients send
        assert {dict(labels)["operation"] for name, labels in found if name == "requests_total"} == {row[3] for row in table()} | {"-"}
        text = get(proxy.metrics, "/metrics/haproxy")[2].decode("latin1")
        assert 'haproxy_frontend_http_requests_total{proxy="clients"}' in text or "# TYPE haproxy_" in text


@test("the variables of refusals are true: with them, the operations are open")
def variables():
    with measured({}) as proxy:
        rows = [dict(labels) for name, labels in series(proxy) if name == "requests_total" and dict(labels).get("variable")]
    assert len(rows) > 200, len(rows)
    everything = " and ".join(row["variable"] for row in rows).split(" and ")
    shown = program("permissions", env={name: "true" for name in everything}).stdout
    opened = {line.split("\t")[3] for line in shown.splitlines() if line.startswith("open\t")}
    assert {row["operation"] for row in rows} <= opened, {row["operation"] for row in rows} - opened


@test("requests of many clients at once are all counted, streams while they are open")
def streams():
    with measured({"RATE_LIMIT": "1000"}) as proxy:
        clients = [proxy.connect() for _ in range(5)]
        for client in clients:
            assert client.ask("GET", "/events")[0] == 200
        found = series(proxy)
        assert value(found, "open_streams", profile="-") == 5 and value(found, "connections") == 5, found
        assert value(found, "requests_total", operation="SystemEvents", decision="allowed") == 5
        for client in clients:
            client.close()
        until(lambda: value(series(proxy), "open_streams", profile="-") == 0, "streams stay counted as open")
        assert value(series(proxy), "requests_total", operation="SystemEvents", decision="allowed") == 5


@test("requests over the rate limit are counted")
def limited():
    with measured({"RATE_LIMIT": "1"}) as proxy:
        statuses = [proxy.ask("GET", "/_ping")[0] for _ in range(20)]
        assert 429 in statuses
        found = series(proxy)
        assert value(found, "refusals_total", decision="limited") == statuses.count(429)
        assert value(found, "requests_total", operation="SystemPing", decision="allowed") == statuses.count(200)


@test("profiles are counted apart, and a refused operation has a line from then on")
@on_each_haproxy
def profiles():
    port = free_port()
    env = {"PROFILE_A_LISTEN": f"tcp://127.0.0.1:{port}", "PROFILE_A_ALLOW_INFO": "1", "ALLOW_CONTAINERS": "1"}
    with measured(env) as proxy:
        assert value(series(proxy), "requests_total", operation="ContainerList", profile="a") is None
        assert proxy.ask("GET", "/info")[0] == 403 and get(port, "/info")[0] == 200
        assert get(port, "/containers/json")[0] == 403 and get(port, "/no/such")[0] == 403
        found = series(proxy)
        assert value(found, "requests_total", operation="SystemInfo", profile="-", variable="ALLOW_INFO") == 1
        assert value(found, "requests_total", operation="SystemInfo", profile="a", decision="allowed") == 1
        assert value(found, "requests_total", operation="-", profile="a", decision="forbidden") == 1
        assert value(found, "requests_total", operation="ContainerList", profile="a", variable="PROFILE_A_ALLOW_CONTAINER_LIST") == 1
        assert value(found, "requests_total", operation="ContainerList", profile="-", decision="allowed") == 0
        assert value(found, "refusals_total", decision="forbidden", profile="a") == 2
        page = get(proxy.metrics, "/profile/a")[2].decode()
        assert "ALLOW_CONTAINER_LIST" in page and "<code>PROFILE_A_</code>" in page
        assert get(proxy.metrics, "/profile/b")[0] == 404


@test("what an audit forwards is counted as that, and both pages say that there is one")
def audit():
    with measured({"MODE": "audit", "ALLOW_CREATE": "1"}) as proxy:
        assert proxy.ask("GET", "/info")[0] == 200 and proxy.ask(*CREATE)[0] == 200 and proxy.ask("GET", "/no/such")[0] == 403
        found = series(proxy)
        assert value(found, "audit", profile="-") == 1
        assert value(found, "requests_total", operation="SystemInfo", decision="audited", variable="ALLOW_INFO") == 1
        assert value(found, "requests_total", operation="ContainerCreate", decision="audited") == 1
        assert value(found, "requests_total", operation="SystemInfo", decision="forbidden") is None
        assert value(found, "refusals_total", decision="audited") == 2 and value(found, "refusals_total", decision="forbidden") == 1
        page = get(proxy.metrics, "/")[2].decode()
        assert "MODE=audit" in page and "SystemInfo<td class=n>1<td><code>ALLOW_INFO</code>" in page


@test("a reload that failed is on both pages")
def failed_reload():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "env")
        with open(path, "w", encoding="ascii") as file:
            file.write("ALLOW_INFO=true\n")
        with measured({"ENV_FILE": path}) as proxy:
            assert 'class="hidden"><strong>The last reload failed' in get(proxy.metrics, "/")[2].decode()
            for content, successful in (("ALLOW_INFO=perhaps\n", 0), ("ALLOW_INFO=false\n", 1)):
                with open(path, "w", encoding="ascii") as file:
                    file.write(content)
                proxy.process.send_signal(signal.SIGHUP)
                until(lambda: value(series(proxy), "last_reload_successful") == successful, content)
                shown = 'class="warning"><strong>The last reload failed' in get(proxy.metrics, "/")[2].decode()
                assert shown == (not successful), content


@test("many profiles and every operation: no page exceeds its buffer, and nothing is lost")
def full():
    """More profiles than have counters of their own, with long names, and requests for all operations in three of them."""
    names = [f"P{i:02}{'_LONG_NAME' * 3}" for i in range(20)]
    env = {f"PROFILE_{name}_FROM": f"10.0.0.{i}" for i, name in enumerate(names)}
    env.update({f"PROFILE_{name}_ALLOW_CONTAINERS": "1" for name in names})
    ports = {name: free_port() for name in (names[0], names[-1])}
    env.update({f"PROFILE_{name}_LISTEN": f"tcp://127.0.0.1:{port}" for name, port in ports.items()})
    requests = [(row[1], re.sub(r"\{\w+\}", "x", row[2])) for row in table() if row[1] != "HEAD" and row[0] == "closed"]
    with measured(env) as proxy:
        for port in (proxy.port, *ports.values()):
            with contextlib.closing(Client(port)) as client:
                for method, target in [("GET", "/version"), ("GET", "/_ping"), *requests]:
                    assert client.ask(method, target)[0] in (200, 403), (method, target)
        found = series(proxy)
        for profile, closed in (("-", 0), (names[0].lower(), 4), ("other-profiles", 4)):
            counts = {decision: sum(count for (name, labels), count in found.items() if name == "requests_total" and
                                    {("profile", profile), ("decision", decision)} <= set(labels)) for decision in ("allowed", "forbidden")}
            assert counts == {"forbidden": len(requests) - closed, "allowed": 2 + closed}, (profile, counts)
            assert value(found, "refusals_total", profile=profile, decision="forbidden") == counts["forbidden"]
            assert value(found, "requests_total", profile=profile, operation="other", decision="forbidden") > 0
        for target in ("/", f"/profile/{names[0].lower()}"):
            body = get(proxy.metrics, target)[2]
            assert body.endswith(b"</html>\n") and body.count(b"<tr class=") > len(requests), (target, len(body))
            assert len(body) < 64 * 1024, (target, len(body))  # the buffer has 8 KiB more, for counts with more digits


class Page(html.parser.HTMLParser):
    """What a page refers to, and what it would run."""

    def __init__(self, text):
        super().__init__()
        self.targets = []
        self.tags = []
        self.attributes = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, content in attrs:
            self.attributes.append(name)
            if name in ("href", "src", "action"):
                self.targets.append(content)


@test("the status page is whole, runs nothing, and refers to this listener only")
def page():
    with measured({"ALLOW_LOGS": "1"}) as proxy:
        assert proxy.ask("GET", "/info")[0] == 403
        status, headers, body = get(proxy.metrics, "/")
        text = body.decode()
        assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
        policy = headers["content-security-policy"].split("; ")
        assert policy[0] == "default-src 'none'" and "style-src 'self'" in policy and "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
        found = Page(text)
        assert "script" not in found.tags and "style" not in found.tags and "style" not in found.attributes
        assert not [name for name in found.attributes if name.startswith("on")]
        assert {"main", "h1", "nav", "header", "footer", "fieldset", "legend"} <= set(found.tags)
        for target in set(found.targets) - {"", "#operations"}:
            assert target.startswith("/") and get(proxy.metrics, target)[0] == 200, target
        assert get(proxy.metrics, "/style.css")[1]["content-type"] == "text/css; charset=utf-8"
        assert "{{" not in text and "%[" not in text and "SystemInfo<td class=n>1<td><code>ALLOW_INFO</code>" in text
        assert re.search(r"ContainerLogs<td>GET /containers/\{id\}/logs<td><i>open</i><td class=n>0<td>ALLOW_LOGS\n", text)


@test("the port of the metrics serves a few paths to read, and no other port serves them")
def port():
    with measured({"ALLOW_CONTAINERS": "1"}) as proxy:
        for target in ("/containers/json", "/v1.41/containers/json", "/_ping", "/metrics/", "/haproxyx", "//metrics", "/profile/", "/Metrics",
                       "/style.css/", "/metrics%2Fhaproxy"):
            assert get(proxy.metrics, target)[0] == 404, target
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
            for target in ("/metrics", "/haproxy", "/"):
                status, headers, _ = get(proxy.metrics, target, method)
                assert status == 405 and headers["allow"] == "GET, HEAD", (method, target, status)
        for target in ("/", "/metrics", "/metrics/haproxy", "/haproxy", "/style.css"):
            status, headers, body = get(proxy.metrics, target, "HEAD")
            assert status == 200 and body == b"", target
            assert proxy.ask("GET", target)[0] == 403, target
        answer = get(proxy.metrics, "/haproxy;csv")[2].decode("latin1") + get(proxy.metrics, "/haproxy")[2].decode("latin1")
        assert "docker.sock" not in answer and "action_" not in answer
        assert not [request for request in proxy.engine.requests if request[0] not in (b"GET", "GET")]
        assert "/haproxy;csv" not in proxy.log() and "BREW" not in proxy.log()


@test("clients of the metrics take no connection from those of the Engine, and are limited")
def connections():
    with measured({"MAX_CONNECTIONS": "8", "MAX_CONNECTIONS_PER_CLIENT": "8"}) as proxy:
        held = [Client(proxy.metrics) for _ in range(24)]
        clients = [proxy.connect() for _ in range(8)]
        for client in clients:
            assert client.ask("GET", "/_ping")[0] == 200
        for client in held + clients:
            client.close()
        until(lambda: value(series(proxy), "connections") == 0, "connections stay counted")
        with contextlib.closing(Client(proxy.metrics)) as client:
            statuses = [client.ask("GET", "/style.css")[0] for _ in range(60)]
        assert 429 in statuses and set(statuses) <= {200, 429}, statuses
        assert get(proxy.metrics, "/style.css")[0] == 200


@test("metrics listen where it is said, on 127.0.0.1 if no address is, and share no port")
def listeners():
    def told(**env):
        return program("check", env={**env, "SOCKET_PATH": "/nonexistent"}).stderr

    config = program("render", env={"METRICS_LISTEN": "tcp://:9404,tcp://*:9405,tcp://[::1]:9406,unix:///run/m.sock"}).stdout
    assert "    bind 127.0.0.1:9404 name metrics\n" in config and "    bind 0.0.0.0:9405 name metrics\n" in config
    assert "    bind [::1]:9406 name metrics\n" in config and "    bind unix@/run/m.sock mode 0660 name metrics\n" in config
    assert "[::]:9404" not in config
    for env in ({"METRICS_LISTEN": "tcp://:2375"}, {"METRICS_LISTEN": "tcp://*:2375"}, {"METRICS_LISTEN": "tcp://10.0.0.1:2375"},
                {"METRICS_LISTEN": "tcp://*:1", "LISTEN": "tcp://127.0.0.1:1"},
                {"METRICS_LISTEN": "unix:///var/run/a.sock", "LISTEN": "unix:///run/a.sock"}):
        assert "LISTEN and METRICS_LISTEN have the same address" in told(**env), (env, told(**env))
    assert "METRICS_LISTEN and METRICS_LISTEN have the same address" in told(METRICS_LISTEN="tcp://:1,tcp://*:1")
    assert "METRICS_LISTEN=tcp://:0: " in told(METRICS_LISTEN="tcp://:0")
    assert "METRICS_LISTEN=unix:///nonexistent is the Engine's own socket" in told(METRICS_LISTEN="unix:///nonexistent")
    assert "tls:// needs TLS_CERT_PATH" in told(METRICS_LISTEN="tls://:9404")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        number = taken.getsockname()[1]
        done = program("run", env={"METRICS_LISTEN": f"tcp://:{number}", "LISTEN": f"tcp://127.0.0.1:{free_port()}"})
        assert done.returncode == 2 and f"METRICS_LISTEN: 127.0.0.1 port {number} is in use" in done.stderr, done.stderr


@test("the page says when the Engine is down, and a reload begins to count again")
def engine():
    with measured({}) as proxy:
        assert proxy.ask("GET", "/info")[0] == 403
        assert value(series(proxy), "requests_total", operation="SystemInfo") == 1
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        until(lambda: value(series(proxy), "requests_total", operation="SystemInfo") == 0, "the counters go on")
        proxy.engine.close()
        proxy.engine = None
        until(lambda: value(series(proxy), "engine_up") == 0, "the Engine is down, and counts as up")
        assert ">down</dd>" in get(proxy.metrics, "/")[2].decode()
        assert program("healthcheck", env={"LISTEN": f"tcp://127.0.0.1:{proxy.port}", "METRICS_LISTEN": f"tcp://:{proxy.metrics}"}).returncode == 1


if __name__ == "__main__":
    run()
