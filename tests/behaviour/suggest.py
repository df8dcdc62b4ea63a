#!/usr/bin/env python3
"""`suggest`: what it reads, and that its answer is enough and no more."""
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import PROGRAM, Client, Proxy, environment, program  # noqa: E402
from suite import run, test  # noqa: E402

MIXED = """\
docker-socket-proxy: warning: MODE=audit: all operations are forwarded
2026-11-29T06:44:06.123456789Z Would forbid: /v1.41/containers/json GET 172.20.0.5:4 ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true) would allow it 200 2ms
proxy-1  | Forbidden: /containers/create POST 172.20.0.5:4 HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it 403 0ms
\x1b[36mproxy-1  |\x1b[0m 2026-11-29T06:44:06Z Allowed: /v1.41/networks GET 172.20.0.5:4 NetworkList 200 1ms
Nov 29 06:44:06 host docker[1]: Forbidden: /containers/create POST 172.20.0.5:4 HostConfig.CapAdd "NET_ADMIN"; ALLOW_CAP_ADD with that capability would allow it 403 0ms
proxy-1  | {"time": "2026-11-29T01:20:42+0000", "verdict": "Forbidden", "client": "172.20.0.5", "profile": "-", "method": "GET", "detail": "ALLOW_INFO=true would allow it", "path": "/info"}
Unreachable: /v1.41/volumes GET 172.20.0.5:4 VolumeList: the Engine cannot be reached 503 0ms
Forbidden: //info GET 172.20.0.5:4 the path has an empty segment 403 0ms
Refused: - - 172.20.0.5:4 no request: its head is larger than 64 KiB, or did not come whole and in time 400
a line of another program: Allowed
"""


def suggest(log, *options, env=None):
    """The assignments that it prints, and all of its output."""
    done = subprocess.run([PROGRAM, "suggest", *options, "-"], input=log.encode("latin1"), capture_output=True, env=environment(env or {}), timeout=60)
    assert done.returncode in (0, 1) and not done.stderr, done
    text = done.stdout.decode()
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")), text


@test("suggest reads text and JSON, mixed, with what docker and Compose put before it")
def mixed():
    found, text = suggest(MIXED)
    assert found == {"ALLOW_INFO": "true", "ALLOW_CONTAINER_LIST": "true", "ALLOW_CONTAINER_CREATE": "true", "ALLOW_NETWORK_LIST": "true",
                     "ALLOW_VOLUME_LIST": "true", "ALLOW_PRIVILEGED": "true", "ALLOW_CAP_ADD": "NET_ADMIN"}, text
    assert "# ContainerCreate, 2 times: POST /containers/create\n" in text and "# HostConfig.Privileged, 1 time: POST /containers/create\n" in text, text
    assert "# stays refused, 1 time: GET //info: the path has an empty segment\n" in text, text
    narrow, _ = suggest(MIXED, "--narrow")
    assert narrow == {"ALLOW_SYSTEM_INFO": found.pop("ALLOW_INFO"), **found}, narrow
    snippet = program("suggest", "--compose", stdin=MIXED).stdout
    assert snippet.startswith('services:\n  socket-proxy:\n    environment:\n      ALLOW_INFO: "true"\n'), snippet
    assert "".join(f"# {line}\n" for line in snippet.splitlines()) in text, text
    for wrong, code in (("", 2), ("nothing\n", 2)):
        assert program("suggest", stdin=wrong).returncode == code
    assert program("suggest", "/nonexistent").returncode == 2


@test("suggest tells clients apart by profile and by address, and has one set for all on demand")
def clients():
    line = "Forbidden: {} GET {}:1 {}{}ALLOW_X=true would allow it 403 0ms\n"
    two = line.format("/info", "172.20.0.5", "", "") + line.format("/tasks", "fd00::7", "", "")
    found, text = suggest(two)
    assert found == {"PROFILE_172_20_0_5_FROM": "172.20.0.5", "PROFILE_172_20_0_5_ALLOW_INFO": "true", "PROFILE_FD00__7_FROM": "fd00::7",
                     "PROFILE_FD00__7_ALLOW_TASK_LIST": "true"}, text
    assert program("check", env=found).returncode == 0, program("check", env=found).stderr
    assert suggest(two, "--merge")[0] == {"ALLOW_INFO": "true", "ALLOW_TASK_LIST": "true"}
    profiles = line.format("/info", "172.20.0.5", "profile=web ", "PROFILE_WEB_") + line.format("/tasks", "172.20.0.6", "profile=web ", "PROFILE_WEB_")
    assert suggest(profiles)[0] == {"PROFILE_WEB_ALLOW_INFO": "true", "PROFILE_WEB_ALLOW_TASK_LIST": "true"}
    guarded = ('Would forbid: /containers/create POST 172.20.0.5:1 profile=web PROFILE_WEB_ALLOW_CONTAINER_CREATE=true (or PROFILE_WEB_ALLOW_CREATE=true) '
               'would allow it, if the create guard passes it; HostConfig.Binds "/srv/a:/a"; PROFILE_WEB_ALLOW_BIND_MOUNTS with that path would allow it 201 3ms\n')
    assert suggest(guarded)[0] == {"PROFILE_WEB_ALLOW_CONTAINER_CREATE": "true", "PROFILE_WEB_ALLOW_BIND_MOUNTS": "/srv/a"}


@test("groups where they open nothing unused, a PRESET where it is exact")
def groups():
    def lines(*requests):
        return "".join(f"Would forbid: {path} {method} 10.0.0.1:1 x 200 0ms\n" for method, path in requests)
    stops = [("POST", "/containers/x/" + word) for word in ("stop", "restart", "kill")]
    assert suggest(lines(*stops))[0] == {"ALLOW_RESTARTS": "true"}
    assert suggest(lines(stops[0]))[0] == {"ALLOW_STOP": "true"}
    assert suggest(lines(stops[1]))[0] == {"ALLOW_CONTAINER_RESTART": "true"}
    assert suggest(lines(("GET", "/version"), ("GET", "/_ping"), ("GET", "/events")))[0] == {}
    networks = [row for row in json.loads(program("permissions", "--json").stdout) if row["section"] == "Networks"]
    found, _ = suggest(lines(*((row["method"], row["path"].replace("{id}", "x")) for row in networks)))
    assert found["ALLOW_NETWORKS"] == "true" and "ALLOW_CREATE" not in found, found  # it would open ContainerCreate too
    dozzle = [("GET", "/info"), ("GET", "/events"), ("GET", "/containers/json"), ("GET", "/containers/x/json"), ("GET", "/containers/x/logs")]
    assert suggest(lines(*dozzle))[0] == {"PRESET": "dozzle"}
    assert suggest(lines(*dozzle, ("GET", "/containers/x/stats")))[0] == {"PRESET": "dozzle+stats"}
    assert "PRESET" not in suggest(lines(*dozzle), "--narrow")[0] and "PRESET" not in suggest(lines(*dozzle, ("GET", "/containers/x/top")))[0]


@test("a client cannot make suggest suggest more than it was refused")
def poisoned():
    def guard(reason, env=None):
        return suggest(f"Forbidden: /containers/create POST 10.0.0.1:1 {reason} 403 0ms\n", env=env)[0]
    closed = {"ALLOW_CONTAINER_CREATE": "true"}
    assert guard('Image "*"; ALLOW_IMAGE_REFERENCES does not list it') == closed
    assert guard('Image "a/b:1"; ALLOW_IMAGE_REFERENCES does not list it') == {**closed, "ALLOW_IMAGE_REFERENCES": "a/b:1"}
    assert guard('Image "a/b:1"; ALLOW_IMAGE_REFERENCES does not list it', {"ALLOW_IMAGE_REFERENCES": "c/*"}) == {**closed, "ALLOW_IMAGE_REFERENCES": "c/*,a/b:1"}
    assert guard('HostConfig.SecurityOpt "label=a,apparmor=unconfined"; ALLOW_SECURITY_OPT with that option would allow it') == closed
    assert guard('HostConfig.CapAdd "ALLOW_PRIVILEGED=true"; no setting allows it') == closed
    assert guard("ALLOW_DEVICES is a member that this version does not know; ALLOW_PRIVILEGED=true would allow it") == closed
    for word in ("on", "true", "1", "Yes", "off", "a-b"):
        assert guard(f'HostConfig.CapAdd "{word}"; ALLOW_CAP_ADD with that capability would allow it') == closed, word
        assert guard(f'HostConfig.CapAdd "{word}"; ALLOW_CAP_ADD=true would allow it') == closed, word
    assert guard("HostConfig.SecurityOpt \"'a=b'\"; ALLOW_SECURITY_OPT with that option would allow it") == closed
    assert guard('HostConfig.DeviceCgroupRules "c 189:* rwm"; ALLOW_DEVICES=true (or that rule, such as c:189:*) would allow it') == closed
    assert guard('x is a member that this version does not know; ALLOW_PRIVILEGED=true would allow it') == closed
    assert guard('HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it') == {**closed, "ALLOW_PRIVILEGED": "true"}
    assert guard('HostConfig.Binds "/a/../etc:/x"; ALLOW_BIND_MOUNTS with that path would allow it') == closed
    assert suggest("Forbidden: /images/x/get GET 10.0.0.1:1 ALLOW_IMAGE_GET=true and REDACT without environment would allow it 403 0ms\n")[0] == {}
    text = suggest("Allowed: /containers/x\x1b[31m\xff/json GET 10.0.0.1:1 ContainerInspect 200 0ms\n")[1]
    assert text.isascii() and "\x1b" not in text, text
    _, text = suggest('{"verdict": "Forbidden", "method": "GET", "client": "1.1.1.1\\nALLOW_PRIVILEGED=true", "detail": "a\\nALLOW_EXEC=true", "path": "/x\\nB=1"}\n')
    assert not [line for line in text.splitlines() if line and not line.startswith("#")], text


@test("what a client sends cannot make the proxy's own log suggest more, and unknown members are left to the reader")
def poisoned_by_bodies():
    bodies = [{"HostConfig": {"CapAdd": [word]}} for word in ("on", "yes", "true", "1", "OFF", "a-b")]
    bodies += [{"x": 1}, {"HostConfig": {"x": 1}}, {"HostConfig": {"DeviceCgroupRules": ["c 189:* rwm"]}}]
    with Proxy({"ALLOW_CONTAINER_CREATE": "true"}) as proxy:
        assert len(send(proxy, [("POST", "/containers/create", json.dumps(body).encode()) for body in bodies])) == len(bodies)
        proxy.ask("GET", "/version")
        proxy.wait_for_log("SystemVersion")
        log = proxy.log()
    assert '"on"; ALLOW_CAP_ADD with' not in log, log
    found, text = suggest(log)
    assert found == {"ALLOW_CONTAINER_CREATE": "true"} and text.count("# not covered, the log does not have the value") == len(bodies), text


@test("suggest says what a dangerous value gives, in the snippet as well")
def dangers():
    reasons = ['HostConfig.Binds "/:/host"; ALLOW_BIND_MOUNTS with that path', "HostConfig.Privileged; ALLOW_PRIVILEGED=true",
               'HostConfig.SecurityOpt "seccomp=unconfined"; ALLOW_SECURITY_OPT with that option', 'HostConfig.PidMode "host"; ALLOW_HOST_NAMESPACES=pid:host',
               'HostConfig.CapAdd "NET_ADMIN"; ALLOW_CAP_ADD with that capability']
    line = "Forbidden: /containers/create POST 172.20.0.{}:1 {} would allow it 403 0ms\n"
    told = {"ALLOW_BIND_MOUNTS=/", "ALLOW_PRIVILEGED=true", "ALLOW_SECURITY_OPT=seccomp=unconfined", "ALLOW_HOST_NAMESPACES=pid:host"}
    for last, prefix in ((lambda number: 1, ""), (lambda number: number, "PROFILE_172_20_0_{}_")):
        log = "".join(line.format(last(number), reason) for number, reason in enumerate(reasons))
        wanted = {prefix.format(next(i for i, r in enumerate(reasons) if name.split("=")[0] in r)) + name for name in told}
        for text in (suggest(log)[1].split("# The same")[0], program("suggest", "--compose", stdin=log).stdout):
            assert set(re.findall(r"^ *# ((?:PROFILE\w+_)?ALLOW_[A-Z_]+=\S+): ", text, re.M)) == wanted, text
    snippet = program("suggest", "--compose", stdin=line.format(1, reasons[0])).stdout
    assert "explain --body FILE METHOD PATH` lists all" in program("suggest", stdin=line.format(1, reasons[0])).stdout
    assert '\n      # ALLOW_BIND_MOUNTS=/: a container that mounts it can take over this host\n      ALLOW_BIND_MOUNTS: "/"\n' in snippet, snippet


@test("suggest says so if a log has too many clients")
def many_clients():
    log = "".join(f"Forbidden: /info GET 10.0.{i // 250}.{i % 250}:1 ALLOW_INFO=true would allow it 403 0ms\n" for i in range(203))
    done = program("suggest", stdin=log)
    assert done.returncode == 1 and "suggest: 3 requests of other clients than the first 200 are left out" in done.stderr, done.stderr
    assert done.stdout.count("requests in the log") + done.stdout.count("request in the log") == 200
    merged = program("suggest", "--merge", stdin=log)
    assert merged.returncode == 0 and not merged.stderr and merged.stdout.startswith("# all clients: 203 requests"), merged


# ---- the property ----

BODIES = [{"HostConfig": {"Privileged": True}}, {"HostConfig": {"Binds": ["/srv/data:/data"]}}, {"HostConfig": {"Binds": ["/srv:/srv:ro"]}},
          {"HostConfig": {"CapAdd": ["NET_ADMIN"]}}, {"HostConfig": {"CapAdd": ["SYS_TIME"]}}, {"HostConfig": {"Sysctls": {"net.ipv4.ip_forward": "1"}}},
          {"HostConfig": {"SecurityOpt": ["apparmor=unconfined"]}}, {"HostConfig": {"Runtime": "nvidia"}}, {"HostConfig": {"NetworkMode": "host"}},
          {"HostConfig": {"Devices": [{"PathOnHost": "/dev/snd", "PathInContainer": "/dev/snd", "CgroupPermissions": "rwm"}]}},
          {"HostConfig": {"LogConfig": {"Type": "syslog"}}}, {"HostConfig": {"VolumesFrom": ["web"]}}, {"Image": "alpine"}]


def request(row):
    return row["method"], re.sub(r"\{.*?\}", "x", row["path"])


def send(proxy, requests, source="127.0.0.1"):
    """Sends all; returns the requests that were refused."""
    refused = []
    for one in requests:
        method, target, body = one
        with contextlib.closing(Client(proxy.port, source)) as client:
            if client.ask(method, "/v1.41" + target if not target.startswith(("/libpod", "/_ping")) else target, [], body)[0] in (403, 413):
                refused.append(one)
    return refused


def lines(requests):
    """As `explain -` reads them."""
    return "".join(f"{method} {path}\n" for method, path, _ in requests)


def without_each(found):
    """The sets that are smaller by one variable, or by one item of a list."""
    for name, value in found.items():
        items = value.split(",")
        for item in items:
            rest = ",".join(x for x in items if x != item)
            yield {**found, name: rest} if rest else {k: v for k, v in found.items() if k != name}


@test("with what suggest prints no request of the log is refused, and with less one is")
def enough():
    chosen = random.Random(int(os.environ.get("SEED", "15")))
    table = json.loads(program("permissions", "--json").stdout)
    opened = {row["variable"]: "true" for row in table}
    plain = [row for row in json.loads(program("permissions", "--json", env=opened).stdout)
             if not row["guarded"] and not row["path"].endswith("/events") and row["operation"] not in ("Session", "Grpc")]
    defaults = {row["operation"] for row in table if row["open"]}
    for trial in range(int(os.environ.get("TRIES", "1"))):
        requests = [(*request(row), b"") for row in chosen.sample(plain, chosen.randrange(3, 25))]
        bodies = [("POST", "/containers/create", json.dumps(body).encode()) for body in chosen.sample(BODIES, chosen.randrange(0, 6))]
        everything = requests + bodies
        env = {"MODE": "audit", "LOG_FORMAT": ("text", "json")[trial % 2]}
        with Proxy(env) as proxy:
            assert not send(proxy, everything), "an audit refuses"
            proxy.ask("GET", "/version")
            proxy.wait_for_log("SystemVersion")
            deadline = time.monotonic() + 30
            while sum(proxy.log().count(x) for x in ("Would forbid", "Allowed")) <= len(everything):
                assert time.monotonic() < deadline, proxy.log()
                time.sleep(0.02)
            log = proxy.log()
        for options in ((), ("--narrow",)):
            found, text = suggest(log, *options)
            assert "stays refused" not in text and "not covered" not in text, text
            with Proxy(found) as proxy:
                assert not send(proxy, everything), (found, text)
            opened = {row["operation"] for row in json.loads(program("permissions", "--json", "--open", env=found).stdout)}
            said = program("explain", "-", env=found, stdin=lines(everything)).stdout.splitlines()
            used = {line.removeprefix("allowed ") for line in said}
            assert opened == used | defaults, (opened ^ (used | defaults), found)
        with tempfile.TemporaryDirectory() as directory:
            for smaller in without_each(found):
                said = program("explain", "-", env=smaller, stdin=lines(everything)).stdout
                denied = "denied" in said
                for number, (method, path, body) in enumerate(bodies):
                    file = os.path.join(directory, str(number))
                    with open(file, "wb") as out:
                        out.write(body)
                    denied = denied or program("explain", "--body", file, method, path, env=smaller).returncode == 3
                assert denied, f"{smaller} is enough, and {found} was suggested"


if __name__ == "__main__":
    run()
