"""The names of other images: our decisions against an independent statement of what those images document."""
import collections
import itertools
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Proxy, main, program  # noqa: E402

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
    """What the image opens, by its documentation: sections by prefix, POST for every other method, the lifecycle names."""
    reads = method in ("GET", "HEAD")
    libpod = path.startswith("/libpod/")
    parts = (path[len("/libpod"):] if libpod else path).split("/")[1:]
    prefix = "LIBPOD_" if libpod else ""
    if tecnativa and libpod:
        return False  # knows no libpod names
    if tecnativa and not reads and not on(env, "POST"):
        return False
    if len(parts) == 3 and parts[0] in ("containers", "pods") and method == "POST":
        kind = "POD_" if parts[0] == "pods" else ""
        for name, verbs in LIFECYCLE.items():
            if parts[2] in verbs and on(env, f"{prefix}ALLOW_{kind}{name}"):
                return True
    if not reads and not on(env, "POST"):
        return False
    section = {"_ping": "PING"}.get(parts[0], parts[0].upper())
    if section not in (LIBPOD if libpod else SECTIONS):
        return False
    if not tecnativa:
        if parts[0] == "containers" and len(parts) > 2 and parts[2] in SEPARATE and not on(env, f"ALLOW_{parts[2].upper()}"):
            return False
        if parts[0] == "containers" and parts[-1] == "exec":
            return on(env, prefix + "EXEC")
    return on(env, prefix + section)


def narrowing(env, method, path, compat_tecnativa):
    """The documented reason why we may close what they open; None if there is none."""
    if path.endswith("/attach/ws") and not on(env, "POST"):
        return "the websocket that writes to stdin needs POST"
    if path.endswith("/healthcheck") and not on(env, "POST"):
        return "a health check that runs a command needs POST"
    if path.endswith("/exec") and not compat_tecnativa:
        return "ContainerExec needs what both images want"
    for group, verbs in LIFECYCLE.items():
        if env.get(f"ALLOW_{group}") == "0" and path.startswith("/containers/") and path.split("/")[-1] in verbs:
            return "an ALLOW_ name that is set to false closes"
    for verb in SEPARATE:
        if env.get(f"ALLOW_{verb.upper()}") == "0" and path.endswith("/" + verb):
            return "an ALLOW_ name that is set to false closes"
    return None


def widening(env, path):
    """Our own ALLOW_ names mean what they say, also without the section."""
    return any(env.get(f"ALLOW_{verb.upper()}") == "1" and path.endswith("/" + verb) for verb in SEPARATE)


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


def differential():
    """Never more than either image; less only for a documented reason."""
    seed = int(os.environ.get("SEED", 20260101))
    table = rows()
    narrowed = collections.Counter()
    count = 0
    for tecnativa in (False, True):
        for env in settings(random.Random(seed)):
            count += 1
            decided = ours(dict(env, COMPAT="tecnativa") if tecnativa else env)
            for method, path in table:
                here = decided[(method, path)]
                there = theirs(env, method, path, tecnativa)
                where = f"{env} {'tecnativa' if tecnativa else 'linuxserver'}: {method} {path}"
                if here and not there:
                    assert widening(env, path) or path.startswith("/libpod/") and tecnativa, f"opens more: {where}"
                if there and not here:
                    reason = narrowing(env, method, path, tecnativa)
                    assert reason, f"opens less: {where}"
                    narrowed[reason] += 1
    print(f"{count} settings x {len(table)} operations; narrower: {dict(narrowed)}")
    assert len(narrowed) == 4, narrowed  # each documented difference occurs, and no other


def never_more_by_default():
    """Without COMPAT, nothing is open that Tecnativa's image would have kept closed, save by an ALLOW_ name."""
    for env in settings(random.Random(7)):
        if any(n.startswith(("ALLOW_", "LIBPOD_")) for n in env):
            continue
        decided = ours(env)
        for method, path in rows():
            if decided[(method, path)] and not path.startswith("/libpod/"):
                assert theirs(env, method, path, True), f"{env}: {method} {path}"


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
        assert "can be root on this host" in proxy.log()
    with Proxy({"CONTAINERS": "1", "POST": "1", "ALLOW_PRIVILEGED": "0"}) as proxy:
        assert proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)[0] == 403


def migrated(env, text=None):
    """The ALLOW_ names for a setting. Checked: they decide exactly the same."""
    source = text or "".join(f"{k}={v}\n" for k, v in env.items())
    done = program("migrate", "-", stdin=source)
    assert done.returncode == 0, (env, done.stderr)
    found = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"\s*([A-Z_0-9]+)(?:=|: )\"?([^\"]*)\"?", line)
        if match:
            found[match[1]] = match[2]
    assert not any(n in SECTIONS or n == "POST" or n.startswith("LIBPOD_") for n in found), found
    assert ours(found) == ours(env), (env, found)
    return found, done.stdout


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
    found, text = migrated({"CONTAINERS": "1", "INFO": "1", "EVENTS": "0"}, compose)
    assert '      ALLOW_INFO: "true"' in text.splitlines(), text
    assert program("migrate", "-", "web", stdin=compose).returncode == 0
    for wrong, said in (("services: {", "not valid YAML"), ("services: {}\n", "no such service")):
        done = program("migrate", "-", stdin=wrong)
        assert done.returncode == 2 and said in done.stderr, done
    done = program("migrate", "-", stdin="CONTAINERS=often\n")
    assert done.returncode == 2 and "CONTAINERS=often: not a boolean" in done.stderr, done
    assert program("migrate", "/nonexistent").returncode == 2
    assert "ALLOW_NETWORKS=true" in program("migrate", env={"NETWORKS": "1"}).stdout


main(globals())
