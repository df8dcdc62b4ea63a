"""What the benchmarks compare, and the requests that they send: tables for bench-load.py and bench-instructions.py.

The file BENCH_PEERS adds other proxies, a line NAME=COMMAND for each. In the command, @HOST@ and @PORT@ are where it has
to listen, and @ENGINE@ is the path of the Engine's socket. A line NAME=FILE.cfg is a configuration of HAProxy, as those
beside this file."""
import functools
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "scripts/bench")
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
PROGRAM = os.path.join(BUILD, "docker-socket-proxy")
ENGINE = os.path.join(BUILD, "load/engine")
CLIENT = "10.77.0.1"  # the clients' address, and that of the proxies; 127.0.0.1 is the health check's

# One GET for each section of the API
SECTIONS = {
    "system": "/v1.41/info",
    "containers": "/v1.41/containers/%d/json",
    "exec": "/v1.41/exec/%d/json",
    "images": "/v1.41/images/registry:5000/team/app:%d/json",
    "distribution": "/v1.41/distribution/team/app:%d/json",
    "networks": "/v1.41/networks/%d",
    "volumes": "/v1.41/volumes/data-%d",
    "plugins": "/v1.41/plugins/team/plugin:%d/json",
    "swarm": "/v1.41/swarm",
    "nodes": "/v1.41/nodes/%d",
    "services": "/v1.41/services/%d",
    "tasks": "/v1.41/tasks/%d",
    "secrets": "/v1.41/secrets/%d",
    "configs": "/v1.41/configs/%d",
}
COMPOSE = os.path.join(ROOT, "tests/guard/corpus/ContainerCreate/compose-2.40-13.json")  # 3.1 KB

# Name -> method, target and the file of the body. %d is another number in each request.
REQUESTS = {
    "one path": ("GET", "/v1.41/containers/json", None),
    **{section: ("GET", target, None) for section, target in SECTIONS.items()},
    "encoded": ("GET", "/v1.41/containers/web%%20%d/json", None),
    "start": ("POST", "/v1.41/containers/%d/start", None),
    "create": ("POST", "/v1.41/containers/create?name=web-%d", COMPOSE),
    "refused": ("POST", "/v1.41/containers/%d/kill", None),
    "unknown": ("GET", "/v1.41/nothing/%d", None),
    "image": ("GET", "/v1.41/images/get?names=app:%d", None),
}


def body(request):
    """What a request sends."""
    if REQUESTS[request][2] is None:
        return b""
    with open(REQUESTS[request][2], "rb") as file:
        return file.read().strip()


BARE = """global
    maxconn 2400
    nbthread 1
    log stdout len 65535 format raw daemon info
defaults
    mode http
    log global
    timeout http-request 30s
    timeout http-keep-alive 10m
    timeout client 10m
    timeout connect 5s
    timeout server 1h
frontend clients
    bind @LISTEN@
    log-format "Allowed: %HPO %HM %ci:%cp ContainerList %ST %[txn.timer.user]ms"
    default_backend engine
backend engine
    server engine unix@@ENGINE@
"""


@functools.cache
def haproxy():
    """The HAProxy of all contenders."""
    get = [os.path.join(ROOT, "scripts/get-haproxy.sh")]
    return os.environ.get("HAPROXY") or subprocess.run(get, check=True, capture_output=True, text=True).stdout.strip()


def operations():
    """The own variables of all operations that no other image's variable concerns, as an environment."""
    table = subprocess.run([PROGRAM, "permissions"], env={"DATA_DIR": ROOT, "PATH": os.environ["PATH"]}, check=True, capture_output=True, text=True)
    return {line.split("\t")[4]: "true" for line in table.stdout.splitlines() if not line.startswith("#")}


def profiles(count, variables, claims="10.77.{0}.1,10.78.{0}.0/24", last=CLIENT):
    """So many profiles, of which the last is the clients'."""
    env = {}
    for number in range(1, count + 1):
        name = f"PROFILE_P{number:02}"
        env[f"{name}_FROM"] = claims.format(number) if number < count else last
        env.update({f"{name}_{variable}": value for variable, value in variables.items()})
    return env


READER = {"ALLOW_CONTAINERS": "true", "ALLOW_VOLUMES": "true", "ALLOW_IMAGES": "true"}
ALL_OPEN = {"ALLOW_PRIVILEGED": "true", "ALLOW_HOST_NAMESPACES": "true", "ALLOW_BIND_MOUNTS": "true"}  # for the guard

# Environments of the program. @DIRECTORY@ is one of its own.
OURS = {
    "one permission": lambda: {"ALLOW_CONTAINERS": "true"},
    "read only": lambda: READER,
    "all": lambda: dict(operations(), **ALL_OPEN),
    "guard": lambda: dict(READER, ALLOW_START="true", ALLOW_CREATE="true"),
    "without guard": lambda: {"CONTAINERS": "1", "POST": "1"},  # other images' names
    "redaction": lambda: dict(READER, REDACT="environment"),
    "metrics": lambda: dict(READER, METRICS_LISTEN="unix://@DIRECTORY@/metrics.sock"),
    "LOG_LEVEL=notice": lambda: dict(READER, LOG_LEVEL="notice"),
    "1 profile": lambda: dict(READER, **profiles(1, READER)),
    "50 profiles": lambda: dict(READER, **profiles(50, READER)),
    "1 name": lambda: profiles(1, READER, last="dns:client"),
    "50 names": lambda: profiles(50, READER, "dns:name{}", "dns:client"),
    "21 guarded profiles": lambda: profiles(21, {"ALLOW_CREATE": "true", "ALLOW_CONTAINERS": "true"}),
}

# Configurations of HAProxy in the style of the usual images
CONFIGURED = {name[:-4]: os.path.join(HERE, name) for name in sorted(os.listdir(HERE)) if name.endswith(".cfg")}


def peers():
    """Name -> command or file, of BENCH_PEERS."""
    if not os.environ.get("BENCH_PEERS"):
        return {}
    with open(os.environ["BENCH_PEERS"], encoding="utf-8") as file:
        lines = (line.strip().partition("=") for line in file if "=" in line and not line.startswith("#"))
        return {name: value for name, _, value in lines}


def environment(variables, engine, listen, directory):
    """An environment for the program, in which the client may have all connections."""
    env = {name: value.replace("@DIRECTORY@", directory) for name, value in variables.items()}
    return dict(env, PATH=os.environ["PATH"], HAPROXY=haproxy(), DATA_DIR=ROOT, SOCKET_PATH=engine, LISTEN=listen,
                MAX_CONNECTIONS="2400", MAX_CONNECTIONS_PER_CLIENT="2400")


def configuration(contender, engine, listen, directory):
    """haproxy.cfg of a contender: an environment, the name of a file, or None for bare. A listener without ":" is a path."""
    if isinstance(contender, dict):
        env = environment(contender, engine, listen if ":" in listen else f"unix://{listen}", directory)
        rendered = subprocess.run([PROGRAM, "render"], env=env, capture_output=True, text=True)
        if rendered.returncode != 0:
            sys.exit(rendered.stderr)
        # It may keep the user that started it, and counts of a process with one thread can be compared.
        return re.sub(r"(?m)^    [ug]id .*\n", "", re.sub(r"nbthread \d+", "nbthread 1", rendered.stdout))
    text = BARE
    if contender:
        with open(contender, encoding="utf-8") as file:
            text = file.read()
    return text.replace("@LISTEN@", listen if ":" in listen else f"unix@{listen} mode 0666").replace("@ENGINE@", engine)


def chosen(known, wanted):
    """The contenders that were asked for, or all; bare comes first."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"no such contender: {', '.join(unknown)}; there are {', '.join(known)}")
    return ["bare"] + [name for name in wanted or known if name != "bare"]
