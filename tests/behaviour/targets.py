#!/usr/bin/env python3
"""Targets: ALLOW_CONTAINER_NAMES and ALLOW_CONTAINER_LABELS limit what a client reaches to some containers.

HAProxy runs without the supervisor here, with the haproxy.cfg of the program, and the tests fill its maps.
"""
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import proxy  # noqa: E402
from engine import Engine  # noqa: E402
from proxy import Client, check_everywhere, environment, free_port, on_each_haproxy, program  # noqa: E402
from suite import run, test, until  # noqa: E402

WEB = "ab" * 32
DB = "abab" + "cd" * 30
LABELS = {"ALLOW_CONTAINER_LABELS": "traefik.enable=true"}
NAMES = {"ALLOW_CONTAINER_NAMES": "web*"}
OPEN = {"ALLOW_CONTAINERS": "1", "ALLOW_RESTARTS": "1", "ALLOW_EXEC": "1", "ALLOW_LOGS": "1"}


class Limited(contextlib.AbstractContextManager):
    """HAProxy in front of a stand-in Engine, with WEB as the only target."""

    def __init__(self, env, known=True, targets=(("web", WEB),), suffix=""):
        self.directory = tempfile.mkdtemp()
        os.chmod(self.directory, 0o777)
        self.engine = Engine(os.path.join(self.directory, "docker.sock"))
        self.port = free_port()
        self.runtime = os.path.join(self.directory, "runtime.sock")
        env = {"SOCKET_PATH": self.engine.path, "LISTEN": f"tcp://127.0.0.1:{self.port}", "HAPROXY": proxy.HAPROXY, **env}
        rendered = program("render", env=env)
        assert rendered.returncode == 0, rendered.stderr
        config = rendered.stdout.replace("\nglobal\n", f"\nglobal\n    stats socket {self.runtime} mode 666 level admin\n", 1)
        path = os.path.join(self.directory, "haproxy.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.log_path = os.path.join(self.directory, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([proxy.HAPROXY, "-dW", "-f", path], env=environment(env), stdout=log,
                                            stderr=subprocess.STDOUT)
        until(lambda: self.process.poll() is not None or os.path.exists(self.runtime), "no start")
        assert self.process.poll() is None, self.log()
        until(lambda: self.ask("GET", "/_ping")[0] == 200, self.log)
        self.engine.requests.clear()
        for name, container in targets:
            self.add(suffix, name, container)
        if known:
            self.know()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.engine.close()

    def log(self):
        with open(self.log_path, encoding="latin1") as file:
            return file.read()

    def tell(self, command):
        """A command of HAProxy's Runtime API."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.connect(self.runtime)
            connection.sendall(f"experimental-mode on; {command}\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        return answer

    def know(self, yes=True):
        self.tell(f"set var proc.inventory int({int(yes)})")

    def add(self, suffix, name, container):
        """What the follower does for a target."""
        assert not self.tell(f"add map virtual/target_names{suffix} {name} {container}").strip()
        for n in range(1, 13):
            assert not self.tell(f"add map virtual/targets{suffix} {container[:n]} {container}").strip()

    def ask(self, method, target, headers=(), body=b""):
        with contextlib.closing(Client(self.port)) as client:
            status, _, answer = client.ask(method, target, headers, body)
        return status, answer

    def reaches(self, method, target, headers=(), body=b""):
        """What the Engine gets for a request that has to be allowed."""
        self.engine.requests.clear()
        status, answer = self.ask(method, target, headers, body)
        assert status < 300, (target, status, answer)
        return self.engine.requests[0][1]

    def refusal(self, method, target, headers=(), body=b"", status=403):
        """The message of a request that has to be refused."""
        self.engine.requests.clear()
        got, answer = self.ask(method, target, headers, body)
        assert got == status, (target, got, answer)
        assert not self.engine.requests, self.engine.requests
        return json.loads(answer)["message"]


@test("the configuration is valid for each HAProxy")
def valid():
    for limits in (LABELS, NAMES, {**LABELS, **NAMES}):
        for more in ({}, {"REDACT": "labels,environment"}, {"ALLOW_CREATE": "1", "ALLOW_CONTAINER_CREATE": "1"},
                     {"LOG_FORMAT": "json", "METRICS_LISTEN": "tcp://:9404"}, {"MODE": "audit"},
                     {"PROFILE_X_FROM": "10.0.0.1", "PROFILE_X_ALLOW_EXEC": "1", "PROFILE_X_ALLOW_CONTAINER_NAMES": "u?",
                      "PROFILE_X_ALLOW_LIBPOD_CONTAINER_DELETE": "1", "PROFILE_X_ALLOW_LIBPOD_EXEC_START": "1"}):
            check_everywhere({**OPEN, **limits, **more, "ALLOW_CONTAINER_PRUNE": "1"})


@test("a container is reached by name, id and prefix if it is a target, with its full id in the Engine's request")
@on_each_haproxy
def by_reference():
    with Limited({**OPEN, **LABELS}) as limited:
        for reference in ("web", WEB, WEB[:1], WEB[:11], WEB[:12], WEB[:13], WEB[:40], WEB[:63], "we%62", "%77eb"):
            assert limited.reaches("GET", f"/containers/{reference}/json?size=1") == f"/containers/{WEB}/json?size=1"
        assert limited.reaches("GET", "/v1.41/containers/web/logs?stdout=1&tail=a%2Fb") \
            == f"/v1.41/containers/{WEB}/logs?stdout=1&tail=a%2Fb"
        assert limited.reaches("GET", "/containers%2Fweb/json") == f"/containers/{WEB}/json"
        assert limited.reaches("POST", "/containers/web/restart") == f"/containers/{WEB}/restart"
        assert limited.reaches("HEAD", "/containers/web/json") == f"/containers/{WEB}/json"
        for reference in ("db", DB, DB[:12], DB[:5], WEB + "0", WEB[:12] + "0" * 52, WEB[:20] + "0", WEB.upper(), "webb",
                          "WEB", "web.", "targets", "json"):
            message = limited.refusal("GET", f"/containers/{reference}/json")
            assert message == (f"docker-socket-proxy: GET /containers/{reference}/json is forbidden: {reference} is not one of "
                               "the containers that ALLOW_CONTAINER_LABELS select"), message
        for reference in ("%2Bweb", "web%20", "w%C3%A9b", "-web", "web%7C", "web%25", "*"):
            assert "neither a name nor an id" in limited.refusal("GET", f"/containers/{reference}/json")
        assert "Forbidden: /containers/db/json GET" in limited.log()
        assert "Allowed: /containers/web/json GET" in limited.log()
        assert "\nAllowed: /containers%2Fweb/json GET" in limited.log()


@test("a reference is what the map says, also if containers swap names or one is gone")
def swapped():
    with Limited({**OPEN, **LABELS}, targets=(("web", WEB), ("two", DB))) as limited:
        assert limited.reaches("GET", "/containers/two/json") == f"/containers/{DB}/json"
        limited.tell(f"set map virtual/target_names two {WEB}")
        limited.tell(f"set map virtual/target_names web {DB}")
        assert limited.reaches("GET", "/containers/two/json") == f"/containers/{WEB}/json"
        assert limited.reaches("GET", "/containers/web/json") == f"/containers/{DB}/json"
        limited.tell("del map virtual/target_names web")
        limited.refusal("GET", "/containers/web/json")


@test("a name that looks like digits of an id is a name")
def names_first():
    with Limited({**OPEN, **LABELS}) as limited:
        limited.add("", "abad", DB)
        limited.tell("add map virtual/target_names aba -")
        long = "abababababababababab"
        limited.tell(f"add map virtual/target_names {long} {DB}")
        assert limited.reaches("GET", "/containers/abad/json") == f"/containers/{DB}/json"
        assert limited.reaches("GET", f"/containers/{long}/json") == f"/containers/{DB}/json"
        assert limited.reaches("GET", "/containers/ababababab/json") == f"/containers/{WEB}/json"
        limited.refusal("GET", "/containers/aba/json")


@test("nothing that depends on containers is allowed until the Engine's are known")
def unknown():
    with Limited({**OPEN, **LABELS}, known=False) as limited:
        for target in ("/containers/web/json", "/containers/db/json", "/exec/" + "1" * 64 + "/json"):
            assert "has not said yet which containers ALLOW_CONTAINER_LABELS select" \
                in limited.refusal("GET", target, status=503)
        assert limited.reaches("GET", "/version") == "/version"
        limited.reaches("GET", "/containers/json")
        limited.know()
        limited.reaches("GET", "/containers/web/json")
        limited.know(False)
        limited.refusal("GET", "/containers/web/json", status=503)


@test("exec instances belong to their container")
@on_each_haproxy
def execs():
    mine, other = "1" * 64, "2" * 64
    with Limited({**OPEN, **LABELS}) as limited:
        limited.engine.answers[f"/containers/{WEB}/exec"] = (201, b'{"Id":"%s"}\n' % mine.encode())
        limited.engine.answers[f"/v1.41/containers/{WEB}/exec"] = (201, b'{"Id":"short"}\n')
        limited.refusal("POST", f"/exec/{mine}/start")
        limited.refusal("POST", "/containers/db/exec")
        status, answer = limited.ask("POST", "/containers/web/exec", body=b'{"Cmd":["id"]}')
        assert status == 201 and mine in answer.decode()
        assert limited.reaches("POST", f"/exec/{mine}/resize?h=1&w=1") == f"/exec/{mine}/resize?h=1&w=1"
        limited.reaches("GET", f"/v1.41/exec/{mine}/json")
        message = limited.refusal("GET", f"/exec/{other}/json")
        assert "this exec instance is not of one of the containers that ALLOW_CONTAINER_LABELS select" in message, message
        assert limited.ask("POST", "/v1.41/containers/web/exec")[0] == 201
        limited.refusal("GET", "/exec/short/json")
        for body, reason in ((b'{"Nonsense":1}', "Nonsense"), (b'{"Privileged":true}', "ALLOW_PRIVILEGED=true would allow it")):
            assert reason in limited.refusal("POST", "/containers/web/exec", body=body)
        assert "short" not in limited.tell("show map virtual/execs")


def filters(target):
    """The parameters and the filters of a request, as Go's net/url and encoding/json read them."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query, keep_blank_values=True)
    found = json.loads(query.pop("filters")[0])
    return query, {key: sorted(value) for key, value in found.items()}


def encoded(value):
    return urllib.parse.quote_plus(value if isinstance(value, str) else json.dumps(value))


@test("lists get the filter of the targets, beside the client's")
@on_each_haproxy
def lists():
    mine = "traefik.enable=true"
    with Limited({**OPEN, **LABELS, "ALLOW_CONTAINER_PRUNE": "1"}) as limited:
        assert filters(limited.reaches("GET", "/containers/json")) == ({}, {"label": [mine]})
        assert filters(limited.reaches("GET", "/v1.41/containers/json?all=1&limit=-1&size=0&trunc_cmd=0")) \
            == ({"all": ["1"], "limit": ["-1"], "size": ["0"], "trunc_cmd": ["0"]}, {"label": [mine]})
        for given in ({}, {"label": []}, {"label": ["a=b", "c"]}, {"status": ["running"]}, {"name": ["^/web$"], "label": []},
                      {"status": ["running"], "label": ["x\\\"]}"]}, {"id": ['"label":[', "\u00e9 "]}):
            for value in (given, {key: dict.fromkeys(values, True) for key, values in given.items()}):
                for text in (json.dumps(value), json.dumps(value, separators=(",", ":")), json.dumps(value, ensure_ascii=False)):
                    for query in (f"filters={encoded(text)}", f"all=1&filters={encoded(text)}&size=1"):
                        parameters, found = filters(limited.reaches("GET", f"/containers/json?{query}"))
                        expected = {key: sorted(values) for key, values in given.items()}
                        expected["label"] = sorted([*expected.get("label", []), mine])
                        assert found == expected, (query, found)
                        assert parameters == ({"all": ["1"], "size": ["1"]} if "all=1" in query else {})
        assert filters(limited.reaches("GET", "/containers/json?filters=&all=1")) == ({"all": ["1"]}, {"label": [mine]})
        assert filters(limited.reaches("POST", "/containers/prune")) == ({}, {"label": [mine]})
        assert filters(limited.reaches("POST", "/containers/prune?filters=" + encoded({"until": ["1h"], "label!": ["x"]}))) \
            == ({}, {"label": [mine], "until": ["1h"], "label!": ["x"]})
        for given in ({}, {"type": ["container"]}, {"event": ["die", "start"], "type": ["container"]}, {"label": ["a"]}):
            target = limited.reaches("GET", "/events?since=1&filters=" + encoded(given)) if given else limited.reaches("GET", "/events")
            assert filters(target)[1] == {**given, "type": ["container"], "label": sorted([*given.get("label", []), mine])}


@test("queries that the Engine may read in another way, or that could widen a list, are refused")
@on_each_haproxy
def odd_queries():
    some = encoded({"label": ["a"]})
    with Limited({**OPEN, **LABELS, "ALLOW_CONTAINER_PRUNE": "1"}) as limited:
        for query in (f"filters={some}&filters={some}", f"filters={some}&filters=", f"Filters={some}", f"filter%73={some}",
                      f"all=1;filters={some}", "filters=%7B%7D;all=1", "before=db", "since=db", "namespace=1", "a", "all=%00",
                      "filters=%00", "filters=%7B%7D%00", "filters=%7B%7D%0A", "filters=%", "filters=%7", "all=1&filters",
                      "filters=null", "filters=[]", "filters={", "filters=%7B%7D%7B%7D", "filters=" + "x" * 9000,
                      "limit=" + "1" * 9000):
            message = limited.refusal("GET", f"/containers/json?{query}")
            assert "may show only the containers that ALLOW_CONTAINER_LABELS select" in message, message
        for value in ('{"label":["a"],"label":["b"]}', '{"label":null}', '{"label":"a"}', '{"label":["a"],"x":["b"]}',
                      '{"Label":["a"]}', '{"LABEL":{"a":true}}', '{"\\u006cabel":["a"]}', '{"label":{"a":1}}', '{"label":{"a":null}}',
                      '{"label":{"traefik.enable=true":false}}', '{"label":{"traefik.enable\\u003dtrue":false}}', '{"label":{"a":true,"b": false }}',
                      '{"id":{"a":false}}',
                      '{"label":["a",1]}', '{"label":["a"}', '{"label":["a"]]}', '{"label":["\\x"]}', '{"before":["db"]}',
                      '{"since":["db"]}', '{"label":["a"],"status":{"running":true}}', '{"id":["a"],"status":["x"],"id":["b"]}',
                      '{"label":["a"]}x', ' ["label"]', '{"label" ["a"]}', '{"label":["a"],}', '{,"label":["a"]}',
                      '{"label":["a\tb"]}', '{"label":{"a":true},"label":{"b":true}}', '{"id":[],"label" :[], "label":[]}',
                      '{"ı":["a"]}', '{"\u017ftatus":["a"]}', '{"label":[["a"]]}', '{"":["a"]}'):
            message = limited.refusal("GET", f"/containers/json?filters={encoded(value)}")
            assert "its " in message and ("filters may have only" in message or "query may have only" in message), message
        for value in ({"type": ["network"]}, {"type": ["container", "image"]}, {"type": []}, {"type": {}},
                      {"type": {"container": False}}, {"type": {"container": True, "image": True}}, {"name": ["x"]}):
            limited.refusal("GET", f"/events?filters={encoded(value)}")
        limited.refusal("POST", "/containers/prune?filters=" + encoded({"name": ["x"]}))
        for target in ("/events", "/containers/prune"):  # Podman ignores what is false: this would take the targets' label out again
            limited.refusal("POST" if "prune" in target else "GET", f"{target}?filters=" + encoded({"label": {"traefik.enable=true": False}}))
        limited.refusal("POST", "/containers/prune", ["Content-Type: application/x-www-form-urlencoded"], b"filters=%7B%7D")


@test("names are a filter of the list that the client cannot add to")
@on_each_haproxy
def names():
    with Limited({**OPEN, **NAMES, **LABELS}) as limited:
        name = "^(?:web[A-Za-z0-9_.-]*)$"
        assert filters(limited.reaches("GET", "/containers/json"))[1] == {"label": ["traefik.enable=true"], "name": [name]}
        assert filters(limited.reaches("GET", "/containers/json?filters=" + encoded({"id": {"a": True}})))[1] \
            == {"label": ["traefik.enable=true"], "name": [name], "id": ["a"]}
        for value in ({"name": ["x"]}, {"name": []}, {"name": {"x": True}}, {"name": {}}):
            assert "filters may have only" in limited.refusal("GET", "/containers/json?filters=" + encoded(value))
        assert "ALLOW_SYSTEM_EVENTS=true would allow it, for all containers" in limited.refusal("GET", "/events")
    with Limited({**OPEN, **NAMES}) as limited:
        assert filters(limited.reaches("GET", "/containers/json"))[1] == {"name": [name]}
        assert filters(limited.reaches("GET", "/containers/json?filters=" + encoded({"label": ["a"]})))[1] \
            == {"name": [name], "label": ["a"]}


@test("what cannot be limited is refused unless its own variable opens it")
def unlimited():
    with Limited({**OPEN, **LABELS, "ALLOW_SYSTEM": "1", "ALLOW_NETWORKS": "1", "ALLOW_IMAGES": "1", "ALLOW_CREATE": "1",
                  "ALLOW_COMMIT": "1", "ALLOW_TASK_LIST": "1"}) as limited:
        for method, target, variable in (("GET", "/system/df", "SYSTEM_DATA_USAGE"), ("GET", "/networks", "NETWORK_LIST"),
                                         ("GET", "/images/json", "IMAGE_LIST"), ("POST", "/containers/create", "CONTAINER_CREATE"),
                                         ("POST", "/networks/x/connect", "NETWORK_CONNECT"), ("POST", "/commit", "IMAGE_COMMIT")):
            message = limited.refusal(method, target)
            assert f"; ALLOW_{variable}=true would allow it" in message, message
        assert limited.reaches("GET", "/tasks") == "/tasks"
        assert limited.reaches("GET", "/images/x/history") == "/images/x/history"
        assert limited.reaches("POST", "/containers/web/rename?name=x") == f"/containers/{WEB}/rename?name=x"
    with Limited({**OPEN, **NAMES, "ALLOW_CREATE": "1"}) as limited:
        assert "ALLOW_CONTAINER_RENAME=true would allow it" in limited.refusal("POST", "/containers/web/rename?name=x")
    with Limited({**OPEN, **NAMES, "ALLOW_CONTAINER_RENAME": "1", "ALLOW_SYSTEM_EVENTS": "1"}) as limited:
        assert limited.reaches("POST", "/containers/web/rename?name=x") == f"/containers/{WEB}/rename?name=x"
        assert "not one of" in limited.refusal("POST", "/containers/db/rename?name=x")
        assert limited.reaches("GET", "/events?since=1") == "/events?since=1"


@test("each profile has its own targets, and its maps")
def profiles():
    env = {**OPEN, "PROFILE_A_B_FROM": "127.0.0.0/8", "PROFILE_A_B_ALLOW_CONTAINER_NAMES": "web",
           "PROFILE_A_B_ALLOW_CONTAINERS": "1"}
    with Limited(env, suffix="_a_b") as limited:
        assert limited.reaches("GET", "/containers/web/json") == f"/containers/{WEB}/json"
        assert "db is not one of the containers that PROFILE_A_B_ALLOW_CONTAINER_NAMES select" \
            in limited.refusal("GET", "/containers/db/json")


@test("libpod: the path gets the id too, and dependents are not deleted")
def libpod():
    with Limited({**LABELS, "ALLOW_LIBPOD_CONTAINER_DELETE": "1", "ALLOW_LIBPOD_CONTAINER_INSPECT": "1"}) as limited:
        assert limited.reaches("GET", "/v4.0.0/libpod/containers/web/json") == f"/v4.0.0/libpod/containers/{WEB}/json"
        assert limited.reaches("DELETE", "/libpod/containers/web?force=true") == f"/libpod/containers/{WEB}?force=true"
        limited.refusal("GET", "/v4.0.0/libpod/containers/db/json")
        for query in ("depend=true", "force=1&DEPEND=1", "d%65pend=1"):
            assert "depend: this parameter reaches others" in limited.refusal("DELETE", f"/libpod/containers/web?{query}")


@test("all, which Podman also takes for one container, is refused")
def all_of_podman():
    with Limited({**OPEN, **LABELS}) as limited:
        assert limited.reaches("POST", "/containers/web/restart?t=0") == f"/containers/{WEB}/restart?t=0"
        limited.reaches("POST", "/containers/web/kill?signal=SIGALRM")
        for query in ("all=true", "t=1&All=1", "%61ll=1"):
            assert "all: this parameter reaches others" in limited.refusal("POST", f"/containers/web/restart?{query}")


@test("a query that cannot be searched for parameters, but that Go reads, is refused")
@on_each_haproxy
def encoded_parameters():
    env = {**OPEN, **LABELS, "ALLOW_TOP": "1", "ALLOW_LIBPOD_CONTAINER_DELETE": "1"}
    with Limited(env) as limited:
        for method, path, query in (("POST", "/containers/web/restart", "x=%zz&all=1"), ("POST", "/containers/web/kill", "all=1&%"),
                                    ("DELETE", "/libpod/containers/web", "x=%4&depend=1"), ("POST", "/containers/web/stop", "t=%8&all=1"),
                                    ("GET", "/containers/web/top", "p%C5%BF_args=-ef"), ("GET", "/containers/web/top", "x=%%&ps_args=-ef")):
            message = limited.refusal(method, f"{path}?{query}")
            assert "its query has an escape that is not one of ASCII" in message, message
            explained = program("explain", method, f"{path}?{query}", env=env).stdout
            assert explained.startswith("denied: ") and "not one of ASCII" in explained, explained
        limited.reaches("POST", "/containers/web/restart?t=%31&signal=SIGTERM%20")


@test("ps runs on the host, so its arguments are refused")
def top():
    env = {**LABELS, "ALLOW_TOP": "1"}
    with Limited(env) as limited:
        assert limited.reaches("GET", "/containers/web/top") == f"/containers/{WEB}/top"
        for query in ("ps_args=-ef", "x=1&ps%5Fargs=aux"):
            assert "ps_args: this parameter reaches others" in limited.refusal("GET", f"/containers/web/top?{query}")
            explained = program("explain", "GET", f"/containers/web/top?{query}", env=env).stdout
            assert explained.startswith("denied: ") and "ps_args: this parameter reaches others" in explained, explained


@test("an audit forwards and reports what the targets would refuse")
def audit():
    with Limited({**OPEN, **LABELS, "MODE": "audit"}) as limited:
        assert limited.reaches("GET", "/containers/db/json") == "/containers/db/json"
        assert limited.reaches("GET", "/containers/web/json") == f"/containers/{WEB}/json"
        assert limited.reaches("GET", "/containers/json?all=1") == "/containers/json?all=1"
        limited.reaches("POST", "/containers/db/exec", body=b'{"Cmd":["id"]}')
        limited.reaches("GET", "/system/df")
        until(lambda: limited.log().count("Would forbid") == 3, limited.log)
        assert re.search("Would forbid: /containers/db/json GET .* db is not one of the containers that ALLOW_CONTAINER_LABELS", limited.log())


if __name__ == "__main__":
    run()
