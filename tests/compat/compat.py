#!/usr/bin/env python3
"""The names of other images: our decisions against an independent statement of those images' rules."""
import collections
import itertools
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Proxy, ROOT, program  # noqa: E402
from suite import run, test  # noqa: E402

SECTIONS = ("AUTH BUILD COMMIT CONFIGS CONTAINERS DISTRIBUTION EVENTS EXEC GRPC IMAGES INFO NETWORKS NODES PING PLUGINS SECRETS SERVICES "
            "SESSION SWARM SYSTEM TASKS VERSION VOLUMES").split()
LIBPOD = "CONTAINERS EVENTS EXEC GENERATE IMAGES INFO MANIFESTS NETWORKS PING PLAY PODS SECRETS SYSTEM VERSION VOLUMES".split()
LIFECYCLE = {"START": ["start"], "STOP": ["stop"], "RESTARTS": ["stop", "restart", "kill"], "PAUSE": ["pause"], "UNPAUSE": ["unpause"]}
SEPARATE = ["archive", "changes", "export", "logs", "top"]
ON_BY_DEFAULT = ["EVENTS", "PING", "VERSION", "LIBPOD_PING", "LIBPOD_VERSION"]


def rows():
    """Method and path of every operation; nothing else of our table counts here."""
    table = program("permissions").stdout.splitlines()
    return sorted({tuple(line.split("\t")[1:3]) for line in table if not line.startswith("#")})


def on(env, name):
    return env.get(name, "1" if name in ON_BY_DEFAULT else "0") == "1"


def theirs(env, method, path, tecnativa):
    """What the image's rules open of the table's paths: sections by prefix, POST for every other method, the lifecycle names
    before that (LinuxServer, for containers and pods of both APIs) or behind it (Tecnativa, for containers)."""
    reads = method in ("GET", "HEAD")
    libpod = path.startswith("/libpod/")
    parts = (path[len("/libpod"):] if libpod else path).split("/")[1:]
    below = len(parts) > 2 and parts[0] in ("containers", "pods")
    section = {"_ping": "PING"}.get(parts[0], parts[0].upper())
    if tecnativa:
        if libpod or not reads and not on(env, "POST"):
            return False  # its releases know no libpod names
        if len(parts) == 3 and below and any(parts[2] in LIFECYCLE[name] and on(env, f"ALLOW_{name}") for name in ("START", "STOP", "RESTARTS")):
            return True
        return section in SECTIONS and on(env, section)
    if below and parts[2] in SEPARATE and not on(env, f"ALLOW_{parts[2].upper()}"):
        return False
    if len(parts) == 3 and below:
        kind = "POD_" if parts[0] == "pods" else ""
        for name, verbs in LIFECYCLE.items():
            if parts[2] in verbs and (on(env, f"ALLOW_{name}") or libpod and on(env, f"LIBPOD_ALLOW_{kind}{name}")):
                return True
    if not reads and not on(env, "POST"):
        return False
    return section in (LIBPOD if libpod else SECTIONS) and on(env, ("LIBPOD_" if libpod else "") + section)


# The differences, as the table of docs/migration.md has them. What `differential` meets has to be one of DERIVED.
SEPARATED = "Tecnativa: `CONTAINERS=1` opens archive, changes, export, logs and top of containers"
EXEC = "`CONTAINERS=1 POST=1` opens ContainerExec, also without `EXEC=1`, which running the command needs"
WEBSOCKET = "`CONTAINERS=1` alone opens `GET /containers/x/attach/ws`, which writes to stdin"
HEALTHCHECK = "Podman's `GET .../healthcheck`, which runs a command, under `LIBPOD_CONTAINERS`"
FALSE = "`ALLOW_START=0` beside `CONTAINERS=1 POST=1` starts containers all the same"
LIFECYCLE_ALONE = "Tecnativa: `ALLOW_START` and its like count with `POST=1` only"
SEPARATE_ALONE = "LinuxServer: `ALLOW_LOGS` and its like count with `CONTAINERS=1` only; Tecnativa knows neither them nor `ALLOW_PAUSE`"
LIFECYCLE_PODMAN = "LinuxServer: `ALLOW_START` and its like open Podman's own API as well (`/libpod/pods/x/start`)"
PODMAN = "Tecnativa: nothing of Podman's own API is open"
DERIVED = {SEPARATED, EXEC, WEBSOCKET, HEALTHCHECK, FALSE, LIFECYCLE_ALONE, LIFECYCLE_PODMAN, SEPARATE_ALONE, PODMAN}
# These are no matter of the table of operations; `other_differences` asks the running proxy.
PREFIX = "prefixes are not anchored (`/containersfoo`)"
METHOD = "any method on a lifecycle path (`DELETE /containers/x/start`)"
OLD = "API versions below 1.24"
UNKNOWN = "paths that no API description knows"
WORDS = "`CONTAINERS=true`, `POST=yes`, `EXEC=on`: only numbers count, so a word is closed"
ALLOW_WORDS = "`ALLOW_START=true`: likewise closed"


def narrowing(env, path, mode, tecnativa):
    """The documented reason why we may close what they open; None if there is none."""
    if path.endswith("/attach/ws") and not on(env, "POST"):
        return WEBSOCKET
    if path.endswith("/healthcheck") and not on(env, "POST"):
        return HEALTHCHECK
    if path.endswith("/exec") and mode is None and not on(env, "LIBPOD_EXEC" if path.startswith("/libpod/") else "EXEC"):
        return EXEC
    for group, verbs in LIFECYCLE.items():
        if not tecnativa and env.get(f"ALLOW_{group}") == "1" and path.startswith("/libpod/") and path.split("/")[-1] in verbs:
            return LIFECYCLE_PODMAN
        if env.get(f"ALLOW_{group}") == "0" and path.startswith("/containers/") and path.split("/")[-1] in verbs:
            return FALSE
    for verb in SEPARATE:
        if env.get(f"ALLOW_{verb.upper()}") == "0" and path.endswith("/" + verb):
            return FALSE
        if mode is None and tecnativa and path.startswith("/containers/") and path.endswith("/" + verb):
            return SEPARATED
    return None


def widening(env, path, mode, tecnativa):
    """The documented reason why we may open what they close: our own ALLOW_ names mean what they say."""
    if tecnativa and path.startswith("/libpod/"):
        return PODMAN
    if any(env.get(f"ALLOW_{verb.upper()}") == "1" and path.endswith("/" + verb) for verb in SEPARATE):
        return SEPARATE_ALONE
    if tecnativa and path.startswith("/containers/") and any(on(env, f"ALLOW_{verb.upper()}") and path.endswith("/" + verb) for verb in ("pause", "unpause")):
        return SEPARATE_ALONE
    lifecycle = any(env.get(f"ALLOW_{group}") == "1" and path.split("/")[-1] in verbs for group, verbs in LIFECYCLE.items())
    if mode is None and tecnativa and lifecycle and path.startswith("/containers/"):
        return LIFECYCLE_ALONE
    return None


def documented():
    """The left column of the table of differences in docs/migration.md."""
    with open(os.path.join(ROOT, "docs/migration.md"), encoding="utf-8") as file:
        table = file.read().split("<!-- differences")[1].split("<!-- /differences")[0]
    return [line[2:].split(" | ")[0] for line in table.splitlines() if line.startswith("| ")][1:]


def settings(random_):
    names = SECTIONS + ["POST"] + [f"LIBPOD_{s}" for s in LIBPOD]
    names += [f"ALLOW_{n}" for n in LIFECYCLE] + [f"ALLOW_{v.upper()}" for v in SEPARATE]
    names += [f"LIBPOD_ALLOW_{k}{n}" for k in ("", "POD_") for n in LIFECYCLE]
    yield {}
    for name in names:
        yield {name: "1"}
        yield {name: "1", "POST": "1"}
    yield {n: "1" for n in names}
    yield {n: "0" for n in names}
    yield {n: "1" for n in names if not n.startswith("ALLOW_") and n != "POST"}
    for pair in itertools.product(["CONTAINERS", "EXEC", "IMAGES"], [f"ALLOW_{v.upper()}" for v in SEPARATE]):
        yield {n: "1" for n in pair}
    for _ in range(150):
        density = random_.choice([0.05, 0.2, 0.5])
        yield {n: random_.choice("01") if density == 0.5 else "1" for n in names if random_.random() < density}


def ours(env):
    done = program("permissions", env=env)
    assert done.returncode == 0, done.stderr
    decided = {}
    for line in done.stdout.splitlines():
        if not line.startswith("#"):
            state, method, path = line.split("\t")[:3]
            decided[(method, path)] = state == "open"
    return decided


@test("hundreds of their settings, every operation: the differences are those of the README's table, and all of them")
def differential():
    """Each reading against the images' rules: what differs is a row of the documented table, and each row of it is met."""
    seed = int(os.environ.get("SEED", 20260101))
    table = rows()
    met = collections.Counter()
    count = 0
    for mode, images in ((None, (False, True)), ("tecnativa", (True,)), ("linuxserver", (False,))):
        for env in settings(random.Random(seed)):
            count += 1
            decided = ours(dict(env, COMPAT=mode) if mode else env)
            for (method, path), tecnativa in itertools.product(table, images):
                here = decided[(method, path)]
                there = theirs(env, method, path, tecnativa)
                if here == there:
                    continue
                where = f"{env} COMPAT={mode}, {'tecnativa' if tecnativa else 'linuxserver'}: {method} {path}"
                reason = widening(env, path, mode, tecnativa) if here else narrowing(env, path, mode, tecnativa)
                assert reason, f"opens {'more' if here else 'less'}: {where}"
                met[reason] += 1
    print(f"{count} settings x {len(table)} operations; different: {dict(met)}")
    assert set(met) == DERIVED, met  # each documented difference occurs, and no other
    assert sorted(documented()) == sorted(DERIVED | {PREFIX, METHOD, OLD, UNKNOWN, WORDS, ALLOW_WORDS}), "docs/migration.md"


@test("the differences in how requests and values are written")
def other_differences():
    """The other rows of the table: what a request's form and a value's form make of it."""
    with Proxy({"CONTAINERS": "1", "IMAGES": "1", "POST": "1", "ALLOW_START": "1", "COMPAT": "tecnativa"}) as proxy:
        assert proxy.ask("GET", "/containers/json")[0] == 200
        for _, method, target in ((PREFIX, "GET", "/containersfoo"), (PREFIX, "GET", "/imagesfoo/json"), (METHOD, "DELETE", "/containers/x/start"),
                                  (METHOD, "GET", "/containers/x/start"), (OLD, "GET", "/v1.23/containers/json"),
                                  (OLD, "POST", "/v1.18/containers/x/start"), (UNKNOWN, "GET", "/containers/x/nothing"),
                                  (UNKNOWN, "POST", "/images/x/nothing")):
            assert proxy.ask(method, target)[0] == 403, (method, target)
    for name, word in itertools.product(SECTIONS + ["POST", "LIBPOD_IMAGES"], ("true", "Yes", "on")):  # WORDS
        done = program("permissions", env={name: word})
        assert done.returncode == 2 and f"{name}={word}: " in done.stderr and f"{name}=1" in done.stderr, done
        assert (f"ALLOW_{name}=true" in done.stderr) == (name in SECTIONS), done
    for word in ("0", "false", "no", "Off"):
        assert not ours({"CONTAINERS": word})[("GET", "/containers/json")]
        assert not ours({"VERSION": word})[("GET", "/version")]
    assert ours({"ALLOW_START": "true"})[("POST", "/containers/{id}/start")]  # ALLOW_WORDS


@test("the start log says what one of the images opens and we do not")
def told_at_start():
    """Without COMPAT the start log lists what one of the images opens and we do not: what the two readings make of it."""
    for env in ({"CONTAINERS": "1"}, {"CONTAINERS": "1", "POST": "1"}, {"EXEC": "1", "POST": "1"}, {"CONTAINERS": "1", "ALLOW_LOGS": "1"}, {"IMAGES": "1"}, {}):
        with Proxy(env) as proxy:
            log = proxy.log()
        operations = {tuple(line.split("\t")[1:3]): line.split("\t")[3] for line in program("permissions").stdout.splitlines()[1:]}
        for image in ("tecnativa", "linuxserver"):
            wider = ours(dict(env, COMPAT=image))
            more = {operations[row] for row, is_open in ours(env).items() if wider[row] and not is_open}
            said = re.search(rf"the {image} image opens with these names also, and here they are closed: (.*); COMPAT={image} opens them", log)
            assert set(said[1].split() if said else []) == more, (env, image, log)
        if env == {"CONTAINERS": "1"}:
            assert "closed: ContainerTop ContainerLogs ContainerChanges ContainerExport ContainerArchiveInfo ContainerArchive; COMPAT=tecnativa" in log, log
    for image in ("tecnativa", "linuxserver"):
        with Proxy({"CONTAINERS": "1", "COMPAT": image}) as proxy:
            assert f"understood as in the {image} image" in proxy.log() and "here they are closed" not in proxy.log(), proxy.log()


@test("without COMPAT nothing is open that either image kept closed")
def never_more_by_default():
    """Without COMPAT, nothing is open that Tecnativa's image would have kept closed, save by an ALLOW_ name."""
    for env in settings(random.Random(7)):
        if any(n.startswith(("ALLOW_", "LIBPOD_")) for n in env):
            continue
        decided = ours(env)
        for method, path in rows():
            if decided[(method, path)] and not path.startswith("/libpod/"):
                assert theirs(env, method, path, True), f"{env}: {method} {path}"


@test("the running proxy decides the same")
def running():
    """The running proxy decides as `permissions` says."""
    for env in ({"CONTAINERS": "1"}, {"CONTAINERS": "1", "POST": "1"}, {"CONTAINERS": "1", "COMPAT": "tecnativa"}):
        decided = ours(env)
        with Proxy(env) as proxy:
            assert "understood as in the" in proxy.log()
            for (method, path), is_open in decided.items():
                if path in ("/events", "/containers/create") or path.startswith("/libpod/"):
                    continue
                status, _, _ = proxy.ask(method, re.sub(r"\{\w+\}", "x", path))
                assert (status != 403) == is_open, (env, method, path, status)


@test("the environments of their documentation work as they are")
def readmes():
    """The environments in the two images' own documentation start, and open what they say."""
    linuxserver = {n: "1" for n in ("EVENTS", "PING", "VERSION")}
    linuxserver.update({n: "0" for n in SECTIONS if n not in linuxserver})
    linuxserver.update(POST="0", ALLOW_START="0", ALLOW_STOP="0", ALLOW_RESTARTS="0", LOG_LEVEL="info", DISABLE_IPV6="0")
    with Proxy(linuxserver) as proxy:
        assert proxy.ask("GET", "/version")[0] == 200
        assert proxy.ask("GET", "/containers/json")[0] == 403
        assert proxy.ask("POST", "/containers/x/start")[0] == 403
    with Proxy(dict(linuxserver, CONTAINERS="1", ALLOW_START="1")) as proxy:
        assert proxy.ask("GET", "/v1.41/containers/json")[0] == 200
        assert proxy.ask("POST", "/containers/x/start")[0] == 200
        assert proxy.ask("POST", "/containers/x/stop")[0] == 403
    with Proxy({"CONTAINERS": "1", "SERVICES": "1", "TASKS": "1", "NETWORKS": "1", "LOG_LEVEL": "debug"}) as proxy:
        assert proxy.ask("GET", "/containers/json")[0] == 200
        assert proxy.ask("GET", "/services/x")[0] == 200
        assert proxy.ask("POST", "/containers/create")[0] == 403
    with Proxy({"CONTAINERS": "1", "POST": "1"}) as proxy:
        body = b'{"HostConfig":{"Privileged":true}}'
        assert proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)[0] == 200
        assert "can become root on this host" in proxy.log()
    with Proxy({"CONTAINERS": "1", "POST": "1", "ALLOW_PRIVILEGED": "0"}) as proxy:
        assert proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)[0] == 403


def migrated(env, text=None, reading=None):
    """The ALLOW_ names for a setting, in which the names are read as one image does. Checked: they decide exactly the same."""
    source = text or "".join(f"{k}={v}\n" for k, v in env.items())
    done = program("migrate", "-", stdin=source)
    assert done.returncode == 0, (env, done.stderr)
    found = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"\s*([A-Z_0-9]+)(?:=|: )\"?([^\"]*)\"?", line)
        if match:
            found[match[1]] = match[2]
    assert not any(n in SECTIONS or n == "POST" or n.startswith("LIBPOD_") for n in found), found
    assert ours(found) == ours(dict(env, COMPAT=reading) if reading else env), (env, found)
    return found, done.stdout


def compose_file(image, environment="CONTAINERS: 1", rest=""):
    return f"services:\n  proxy:\n    image: {image}\n    environment:\n      {environment}\n{rest}"


def migrate_readings():
    """The image: line says how the names are read, else COMPAT, else it is the stricter; which it was is told."""
    for image, extra, reading, said in (
        ("ghcr.io/tecnativa/docker-socket-proxy:v0.4.1", "", "tecnativa", "read as the tecnativa image does: CONTAINERS (image: ghcr.io/tecnativa/"),
        ("tecnativa/docker-socket-proxy", "\n      COMPAT: linuxserver", "tecnativa", "(image: tecnativa/docker-socket-proxy)"),
        ("lscr.io/linuxserver/socket-proxy:latest", "", "linuxserver", "read as the linuxserver image does: CONTAINERS (image: lscr.io/linuxserver/"),
        ("docker-socket-proxy", "\n      COMPAT: tecnativa", "tecnativa", "read as the tecnativa image does: CONTAINERS (COMPAT)"),
        ("docker-socket-proxy", "", None, "read in the stricter of the two images' meanings: CONTAINERS (COMPAT=tecnativa or"),
    ):
        found, text = migrated({"CONTAINERS": "1"}, compose_file(image, "CONTAINERS: 1" + extra), reading)
        assert said in text and ("ALLOW_LOGS" in found) == (reading == "tecnativa"), text
    assert "# read as the tecnativa image does: CONTAINERS (COMPAT)" in migrated({"CONTAINERS": "1", "COMPAT": "tecnativa"})[1]
    assert "# read" not in migrated({"ALLOW_CONTAINERS": "1"})[1]


def migrate_checks():
    """What becomes of a health check of the Compose file's own."""
    stays = "# healthcheck: in this image {} only does the image's own health check"
    fails = "# healthcheck: there is no {} in this image, so the check will fail"
    for check, said in (
        ("test: wget --spider http://localhost:2375/version || exit 1", stays.format("sh")),
        ("test: [CMD-SHELL, 'curl -f http://localhost:2375/_ping']", stays.format("sh")),
        ("test: [CMD, /usr/bin/wget, --spider, 'http://localhost:2375/version']", stays.format("wget")),
        ("test: [CMD, nc, -z, localhost, '2375']", fails.format("nc")),
        ("test: [CMD, /usr/local/bin/docker-socket-proxy, healthcheck]", None), ("test: [NONE]", None), ("test: []", None), ("test: [CMD]", None),
        ("disable: true", None), ("interval: 5s", None),
    ):
        _, text = migrated({"CONTAINERS": "1"}, compose_file("x/socket-proxy", rest=f"    healthcheck:\n      {check}\n"))
        assert (said in text) if said else "healthcheck" not in text, (check, text)


@test("migrate says the same in ALLOW_ names, exactly")
def migrate():
    for env in settings(random.Random(11)):
        migrated(env)
        migrated(dict(env, COMPAT="tecnativa"))
    found, text = migrated({"CONTAINERS": "1", "NETWORKS": "1", "INFO": "1", "SOCKET_PATH": "/x.sock", "BIND_CONFIG": "*:2375"})
    assert found == {"ALLOW_CHECKPOINTS": "true", "ALLOW_CONTAINER_LIST": "true", "ALLOW_CONTAINER_INSPECT": "true",
                     "ALLOW_CONTAINER_STATS": "true", "ALLOW_INFO": "true", "ALLOW_NETWORKS": "true", "SOCKET_PATH": "/x.sock",
                     "LISTEN": "tcp://:2375"}, found
    _, text = migrated({"CONTAINERS": "1", "POST": "1"})
    assert "# ContainerAttach (CONTAINERS and POST): may write to the stdin" in text and "today what clients create is not judged" in text
    compose = """
services:
  web: {image: nginx, environment: [POST=1]}
  proxy:
    image: tecnativa/docker-socket-proxy:latest
    environment:
      CONTAINERS: 1
      "INFO": "1"
      EVENTS: 0
"""
    found, text = migrated({"CONTAINERS": "1", "INFO": "1", "EVENTS": "0"}, compose, "tecnativa")
    assert found["ALLOW_LOGS"] == "true" and "      # read as the tecnativa image does: CONTAINERS INFO (image: tecnativa/docker-socket-proxy:latest)" in text, text
    assert '      ALLOW_INFO: "true"' in text.splitlines(), text
    assert program("migrate", "-", "web", stdin=compose).returncode == 0
    migrate_readings()
    migrate_checks()
    for wrong, said in (("services: {", "not valid YAML"), ("services: {}\n", "no such service")):
        done = program("migrate", "-", stdin=wrong)
        assert done.returncode == 2 and said in done.stderr, done
    done = program("migrate", "-", stdin="CONTAINERS=often\n")
    assert done.returncode == 2 and "CONTAINERS=often: not a boolean" in done.stderr, done
    assert program("migrate", "/nonexistent").returncode == 2
    assert "ALLOW_NETWORKS=true" in program("migrate", env={"NETWORKS": "1"}).stdout


if __name__ == "__main__":
    run()
