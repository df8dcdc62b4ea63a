"""The clients' main jobs, and the rows that say what each may do. tests/clients/clients.py explains the rows."""
import contextlib
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import (CLIENTS, HERE, LIMIT, PLACE, REGISTRY, ROOT, Refused, engine, image, inspect, program, registry,
                     serve, wait)
from proxy import free_port


def fetch(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return answer.read().decode()


# ---- replays ----

def replay(name):
    """Sends the requests in replay/NAME, as a client does that cannot be had here. A line is
        METHOD /path [> NAME] [< BODY]
    METHOD! reads only the beginning of the answer, which is a stream. $NAME.member.0 in the path or the body is from the
    JSON of an earlier answer; BODY is one or more objects of JSON, joined by " + ". "expect TEXT" looks at the last
    answer. Any status from 400 on ends it."""
    def act(run):
        saved, text = {}, ""
        for line in lines_of(f"{HERE}/replay/{name}"):
            if line.startswith("expect "):
                assert_in(text, line[7:])
                continue
            request, _, body = line.partition(" < ")
            request, _, keep = request.partition(" > ")
            method, path = request.split(" ", 1)
            data = None
            if body:
                data = {}
                for part in body.split(" + "):
                    data.update(json.loads(re.sub(r"\$[A-Za-z0-9_.]+", lambda m: json.dumps(member(saved, m[0])), part)))
            path = re.sub(r"\$[A-Za-z0-9_.]+", lambda m: str(member(saved, m[0])), path)
            text = send(run.url + path, method, data)
            if keep:
                saved[keep.strip()] = json.loads(text)
    return act


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]


def member(saved, name):
    """$NAME.member.0 of the saved answers"""
    first, *rest = name[1:].split(".")
    value = saved[first]
    for key in rest:
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (IndexError, KeyError):
            raise Refused(f"no {name} in the answer") from None
    return value


def send(url, method, data=None):
    """One request. Returns the answer's body; for METHOD! only the beginning of it."""
    body = json.dumps(data).encode() if data is not None else b"" if method == "POST" else None
    request = urllib.request.Request(urllib.parse.quote(url, safe="/?&=%:,"), body, method=method.rstrip("!"),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return (answer.read1(65536) if method.endswith("!") else answer.read()).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {url}: {error.code} {error.read().decode()}") from None


# ---- the docker command, Compose and libraries ----

def docker_reads(name):
    """Everything that only looks."""
    def job(run):
        def docker(*arguments):
            return run.command(program(name), *arguments)
        serve("web", "-v", "data:/data")
        assert_in(docker("ps"), "web")
        assert_in(docker("container", "inspect", "web"), "web")
        docker("logs", "web")
        docker("top", "web")
        assert_in(docker("stats", "--no-stream", "web"), "web")
        docker("port", "web")
        assert_in(docker("images"), "box")
        docker("image", "inspect", "box")
        docker("history", "box")
        assert_in(docker("network", "ls"), "bridge")
        docker("network", "inspect", "bridge")
        assert_in(docker("volume", "ls"), "data")
        docker("volume", "inspect", "data")
        docker("info")
        docker("version")
        docker("system", "df")
        docker("events", "--since", "10s", "--until", "0s")
    return job


def assert_in(text, word):
    if word not in text:
        raise Refused(f"{word!r} is not in {text!r}")


def docker_runs(name):
    """A container in the foreground, as a CI job without privileges has it."""
    def job(run):
        engine("rm", "-f", "job", check=False)
        assert_in(run.command(program(name), "run", "--rm", "--name", "job", "box", "echo", "done here"), "done here")
    return job


COMPOSE = """
services:
  web:
    image: box
    init: true
    stop_grace_period: 1s
    volumes: [data:/data]
    networks: [front]
  other:
    image: box
    init: true
    stop_grace_period: 1s
    networks: [front]
volumes:
  data:
networks:
  front:
"""


def compose_file(version, change=""):
    text = COMPOSE.replace("init: true", "init: true" + change)
    if version == 1:
        text = "version: '3.7'\n" + re.sub(" *volumes:.*\n|  data:\n", "", text)
    return text


def compose(name, version):
    """up, ps, a change with its recreation, down with volumes."""
    def job(run):
        for kind, listing in (("container", ("ps", "-aq", "--filter", "name=shop")), ("network", ("network", "ls", "-q", "--filter", "name=shop")),
                              ("volume", ("volume", "ls", "-q", "--filter", "name=shop"))):
            old = engine(*listing).split()
            if old:
                engine(*(("rm", "-f", "-v") if kind == "container" else (kind, "rm")), *old)

        def call(*arguments):
            return run.command(program(name), "-p", "shop", "-f", file, *arguments)
        file = run.file("compose.yaml", compose_file(version))
        call("up", "-d")
        assert_in(call("ps"), "web")
        if not engine("ps", "-q", "--filter", "name=shop"):
            raise Refused("nothing runs")
        run.file("compose.yaml", compose_file(version, "\n    labels: [changed=1]"))
        call("up", "-d")
        if "changed" not in engine("inspect", *engine("ps", "-q", "--filter", "name=shop").split()):
            raise Refused("not recreated")
        call("down", "-v", "-t", "0")
        if engine("ps", "-aq", "--filter", "name=shop"):
            raise Refused("still there")
    return job


def python(script):
    def job(run):
        engine("rm", "-f", "web", "made", check=False)
        serve("web")
        assert_in(run.command(program("docker-py"), f"{HERE}/{script}"), "done")
    return job


def node(client, script):
    def job(run):
        program(client)
        engine("rm", "-f", "web", "made", check=False)
        serve("web", "--label", "homepage.name=Web")
        assert_in(run.command("node", f"{HERE}/{script}", NODE_PATH=f"{CLIENTS}/npm/node_modules"), "done")
    return job


# ---- clients that stay ----

def page(port, host, text):
    return lambda: text in fetch(f"http://127.0.0.1:{port}/", Host=host)


def traefik(run):
    """Routes to a labelled container, and to one that comes later."""
    def routed(name):
        serve(name, "--label", "traefik.enable=true", "--label", f"traefik.http.routers.{name}.rule=Host(`{name}.test`)",
              "--label", f"traefik.http.services.{name}.loadbalancer.server.port=80")
    engine("rm", "-f", "later", check=False)
    routed("first")
    port = free_port()
    run.start(program("traefik"), "--log.level=DEBUG", f"--entrypoints.web.address=127.0.0.1:{port}",
              "--providers.docker=true", f"--providers.docker.endpoint={run.host}", "--providers.docker.exposedbydefault=false",
              "--global.checknewversion=false", "--global.sendanonymoususage=false")
    run.until(page(port, "first.test", "one"), "a route to the container")
    routed("later")
    run.until(page(port, "later.test", "one"), "a route to the container that came later")


def prometheus(run):
    """Discovers a container and one that comes later."""
    engine("rm", "-f", "later", check=False)
    serve("first", "-p", "80")
    port = free_port()
    config = run.file("prometheus.yml", f"""
scrape_configs:
  - job_name: docker
    docker_sd_configs: [{{host: "{run.host}", refresh_interval: 1s}}]
    relabel_configs: [{{source_labels: [__meta_docker_container_name], target_label: container}}]
""")
    run.start(program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={run.directory}/tsdb",
              f"--web.listen-address=127.0.0.1:{port}")
    run.until(lambda: "/first" in fetch(f"http://127.0.0.1:{port}/api/v1/targets"), "the container as a target")
    serve("later", "-p", "80")
    run.until(lambda: "/later" in fetch(f"http://127.0.0.1:{port}/api/v1/targets"), "the later container as a target")


def telegraf(run):
    """Measures a container."""
    serve("web")
    config = run.file("telegraf.conf", f"""
[agent]
  interval = "1s"
  flush_interval = "1s"
  omit_hostname = true
[[inputs.docker]]
  endpoint = "{run.host}"
[[outputs.file]]
  files = ["{run.directory}/metrics"]
""")
    run.start(program("telegraf"), "--config", config)
    run.until(lambda: all(word in run.read("metrics") for word in ("docker_container_mem", "container_name=web", "docker,")),
              "metrics of the container")


def glances(run):
    """Lists the containers with image, state and figures."""
    serve("web")
    run.start(program("glances"), "--stdout", "containers", "--time", "1", PYTHONUNBUFFERED="1")
    run.until(lambda: all(word in run.client_log() for word in ("'name': 'web'", "box", "'memory_usage': ")) and
              "'memory_usage': None" not in run.client_log().splitlines()[-1], "the container with its memory")


def docker_gen(run):
    """Writes a file of the containers, and again when one comes."""
    engine("rm", "-f", "later", check=False)
    serve("first")
    template = run.file("template", "{{range $c := .}}name={{$c.Name}} {{range $c.Networks}}on={{.Name}}{{end}}\n{{end}}")
    run.start(program("docker-gen"), "-endpoint", run.host, "-watch", template, f"{run.directory}/made")
    run.until(lambda: "name=first on=bridge" in run.read("made"), "the container in the file")
    serve("later")
    run.until(lambda: "name=later" in run.read("made"), "the later container in the file")


def autoheal(act):
    """Restarts an unhealthy container."""
    def job(run):
        heal_me()
        act(run)
        run.until(restarted, "the container was restarted")
    return job


def autoheal_starts(run):
    run.start("bash", program("autoheal"), "autoheal", DOCKER_SOCK=run.socket, AUTOHEAL_INTERVAL="1",
              AUTOHEAL_DEFAULT_STOP_TIMEOUT="1")


def heal_me():
    serve("sick", "--label", "autoheal=true", "--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    wait(lambda: inspect("sick")["State"]["Health"]["Status"] == "unhealthy", "the container is unhealthy")
    heal_me.began = inspect("sick")["State"]["StartedAt"]


def restarted():
    return inspect("sick")["State"]["StartedAt"] != heal_me.began


def dozzle(run):
    """Streams the log of a container."""
    serve("talker", command=("sh", "-c", "while :; do echo a line of the log; sleep 1; done"))
    port = free_port()
    dozzle.base = f"http://127.0.0.1:{port}"
    run.start(program("dozzle"), DOZZLE_ADDR=f"127.0.0.1:{port}", DOZZLE_NO_ANALYTICS="true", DOZZLE_ENABLE_ACTIONS="true",
              DOZZLE_ENABLE_SHELL="true")
    def listed():
        text = stream(f"{dozzle.base}/api/events/stream", "containers-changed")
        for line in text.splitlines():
            if line.startswith("data:") and "talker" in line:
                return next(c for c in json.loads(line[5:]) if c["name"] == "talker")
        return None
    found = run.until(listed, "the container in the list")
    dozzle.api = f"{dozzle.base}/api/hosts/{found['host']}/containers/{found['id']}"
    run.until(lambda: "a line of the log" in stream(f"{dozzle.api}/logs/stream?stdout=1&stderr=1&everything=1&levels=unknown&levels=info",
                                                    "a line of the log"), "its log")
    run.until(lambda: dozzle_follows(f"{dozzle.base}/api/events/stream"), "a container that came later on the same page")


def dozzle_follows(url):
    """Whether an open page learns of a new container."""
    name, got = f"later{time.monotonic_ns()}", ""
    with contextlib.suppress(TimeoutError), urllib.request.urlopen(url, timeout=5) as answer:
        while name not in got:
            if "containers-changed" in got and not inspect(name):
                serve(name)
            got += answer.read1(65536).decode("utf-8", "replace")
    return name in got


def dozzle_stats(run):
    dozzle(run)
    run.until(lambda: stream(f"{dozzle.base}/api/events/stream", "container-stat"), "its figures")


def dozzle_actions(run):
    dozzle_stats(run)
    for action, state in (("stop", False), ("start", True), ("restart", True)):
        send(f"{dozzle.api}/actions/{action}", "POST")
        if inspect("talker")["State"]["Running"] != state:
            raise Refused(action)


def stream(url, text, limit=200000):
    """What a stream sends until text comes."""
    got = ""
    with urllib.request.urlopen(url, timeout=5) as answer:
        while text not in got and len(got) < limit:
            piece = answer.read1(65536)
            if not piece:
                break
            got += piece.decode("utf-8", "replace")
        with contextlib.suppress(Exception):
            got += answer.read1(65536).decode("utf-8", "replace")
    return got if text in got else ""


def looks(name):
    """The replay of a client that works on a container which writes to its log."""
    def job(run):
        serve("talker", command=("sh", "-c", "while :; do echo a line of the log; sleep 1; done"))
        replay(name)(run)
    return job


# ---- updaters ----

def outdated(*arguments):
    """A container of an image of which the registry has a newer one. Returns the newer one's id."""
    registry()
    name = f"{REGISTRY}/app:latest"
    image("old", "old")
    image("new", "new")
    if not outdated.pushed:
        for which in ("old", "new"):
            engine("tag", which, name)
            engine("push", name)
        outdated.pushed = True
    engine("tag", "old", name)
    serve("app", *arguments, of=name)
    return engine("image", "inspect", "-f", "{{.Id}}", "new")


outdated.pushed = False


def app():
    """A container with volumes, a bind mount and two networks, and what has to stay of it."""
    for network in ("front", "back"):
        engine("network", "create", network, check=False)
    os.makedirs(f"{PLACE}/bound", exist_ok=True)
    newer = outdated("--network", "front", "-v", "named:/named", "-v", f"{PLACE}/bound:/bound:ro", 
                     "--restart", "unless-stopped", "--label", "kept=yes")
    engine("network", "connect", "--alias", "second", "back", "app")
    return newer, kept()


def kept():
    """What of the container an update must not change."""
    found = inspect("app")
    if not found:
        return None
    return {"mounts": sorted((m["Type"], m.get("Name") or m["Source"], m["Destination"]) for m in found["Mounts"]),
            "networks": sorted(found["NetworkSettings"]["Networks"]), "running": found["State"]["Running"],
            "restart": found["HostConfig"]["RestartPolicy"]["Name"], "label": found["Config"]["Labels"].get("kept")}


def engine_cgroup_v1():
    """Whether the Engine gives containers the host's cgroup namespace."""
    return not os.environ.get('ENGINE') == 'sid' and not os.path.exists('/sys/fs/cgroup/cgroup.controllers')


def updated(newer, before):
    found = inspect("app")
    if not found:
        raise Refused("the container is gone")
    if found["Image"] != newer:
        raise Refused("the container still has the old image")
    if kept() != before:
        raise Refused(f"not as before: {kept()} instead of {before}")


def watchtower(name, *flags):
    """Runs Watchtower once; what it has to do is in the functions below."""
    def act(run):
        run.command(program(name), "--run-once", *flags, "app", WATCHTOWER_NO_STARTUP_MESSAGE="true")
    return act


def updates(act):
    def job(run):
        newer, before = app()
        act(run)
        updated(newer, before)
    return job


def monitors(act):
    def job(run):
        outdated()
        act(run)
    return job


def finds(name):
    """Watchtower that only reports newer images"""
    def act(run):
        watchtower(name, "--monitor-only")(run)
        assert_in(run.client_log(), "ound new")
    return act


def cleans(act):
    def job(run):
        engine("rm", "-f", "app", check=False)
        newer, before = app()
        old = engine("image", "inspect", "-f", "{{.Id}}", "old")
        engine("rmi", "old")
        act(run)
        updated(newer, before)
        if old in engine("image", "ls", "-q", "--no-trunc"):
            raise Refused("the old image is still there")
    return job


def diun(run):
    """Finds the image of a container, and asks the registry about it."""
    outdated()
    config = run.file("diun.yml", f"""
db: {{path: {run.directory}/diun.db}}
watch: {{schedule: "* * * * *", runOnStartup: true, firstCheckNotif: true, healthchecks: null}}
regopts: [{{name: "{REGISTRY}/app", selector: image, insecureTLS: true}}]
providers: {{docker: {{endpoint: "{run.host}", watchByDefault: true}}}}
""")
    run.start(program("diun"), "serve", "--config", config, "--log-level", "debug",
              GRPC_AUTHORITY=f"127.0.0.1:{free_port()}")
    run.until(lambda: "New image found" in run.client_log() or "Image update found" in run.client_log(), "the image in the registry")


def wud(**settings):
    """Starts What's up Docker, which looks at all containers once, and then follows events."""
    def act(run):
        host, port = run.host.removeprefix("tcp://").split(":")
        run.start(program("wud"), WUD_SERVER_ENABLED="false", WUD_STORE_PATH=run.directory, WUD_WATCHER_LOCAL_HOST=host,
                  WUD_WATCHER_LOCAL_PORT=port, WUD_WATCHER_LOCAL_JITTER="0", WUD_REGISTRY_CUSTOM_PRIVATE_URL=f"http://{REGISTRY}",
                  **settings)
    return act


def wud_reports(run):
    """Finds the newer image, and notices that the container has stopped."""
    outdated()
    wud()(run)
    run.until(lambda: "1 available updates" in run.client_log(), "the newer image")
    engine("stop", "-t", "0", "app")
    run.until(lambda: "Status changed from running to exited" in run.client_log(), "the container's state")


def wud_renews(run, newer, before, **settings):
    wud(WUD_TRIGGER_DOCKER_LOCAL_AUTO="true", **settings)(run)
    run.until(lambda: (inspect("app") or {}).get("Image") == newer and kept() == before, "the new container, as the old one was")


def wud_updates(run):
    wud_renews(run, *app())


def wud_prunes(run):
    """The same, and deletes the image that it had."""
    engine("rm", "-f", "app", check=False)
    newer, before = app()
    old = engine("image", "inspect", "-f", "{{.Id}}", "old")
    engine("rmi", "old")
    wud_renews(run, newer, before, WUD_TRIGGER_DOCKER_LOCAL_PRUNE="true")
    run.until(lambda: old not in engine("image", "ls", "-q", "--no-trunc"), "the old image is gone")


# ---- the rows ----

# Where the answer to a ping is missing, most clients send their own newest version of the API
PING = {"SystemPingHead": "works if the Engine has the client's newest version of the API"}
BEFORE_25 = "(19|2[0-4])"  # regexes of the Engine's version
FROM_25 = "(2[5-9]|[3-9])"


def cases(case):
    """All rows; case makes one."""
    bind = {"ALLOW_BIND_MOUNTS": f"{PLACE}/bound"}
    if engine_cgroup_v1():  # an inspected container has the host's cgroup namespace there
        bind["ALLOW_HOST_NAMESPACES"] = "true"
    return [
        case("docker-20", "look only", docker_reads("docker-20"), "docker-cli", survives=PING),
        case("docker-28", "look only", docker_reads("docker-28"), "docker-cli", survives=PING, quick=True),
        case("docker-20", "run", docker_runs("docker-20"), "docker-run", survives=PING),
        case("docker-28", "run", docker_runs("docker-28"), "docker-run", survives=PING),
        case("compose-1", "up, ps, down", compose("compose-1", 1), "compose-v1", engine=BEFORE_25),
        case("compose-2", "up, ps, down", compose("compose-2", 2), "compose+volumes", survives=PING, quick=True),
        case("docker-py", "run, exec", python("library.py"),
             ["ContainerCreate", "ContainerStart", "ContainerInspect", "ContainerList", "ContainerExec", "ExecStart",
              "ExecInspect", "ContainerDelete", "SystemVersion"], quick=True),
        case("dockerode", "run, exec, logs", node("dockerode", "library.js"),
             ["ContainerCreate", "ContainerStart", "ContainerAttach", "ContainerWait", "ContainerDelete", "ContainerList",
              "ContainerLogs", "ContainerExec", "ExecStart"], quick=True),
        case("dockerode", "Homepage's calls", node("dockerode", "homepage.js"), "homepage"),
        case("axios", "Uptime Kuma's calls", node("axios", "uptime-kuma.js"), "uptime-kuma+test"),
        case("traefik", "docker provider", traefik, "traefik",
             survives={**PING, "SystemEvents": "it asks again every few seconds"}),
        case("prometheus", "docker_sd_configs", prometheus, "prometheus", survives=PING),
        case("telegraf", "inputs.docker", telegraf, "telegraf", survives=PING),
        case("glances", "containers plugin", glances, "glances"),
        case("docker-gen", "-watch", docker_gen, "docker-gen", noise=["GET /info:", "GET /version:"],
             survives={"SystemEvents": "it asks again every few seconds"}, replay=looks("docker-gen")),
        case("autoheal", "restart", autoheal(autoheal_starts), "autoheal", replay=autoheal(replay("autoheal"))),
        case("dozzle", "read", dozzle, "dozzle", noise=["GET /containers/[0-9a-f]+/stats:", "GET /version:"],
             replay=looks("dozzle")),
        case("dozzle", "read, figures", dozzle_stats, "dozzle+stats", base="dozzle", noise=["GET /version:"],
             replay=looks("dozzle-stats")),
        case("dozzle", "actions", dozzle_actions, "dozzle+stats+actions", base="dozzle+stats", noise=["GET /version:"],
             replay=looks("dozzle-actions")),
        case("diun", "docker provider", diun, "diun", replay=looks("diun")),
        case("watchtower-containrrr", "monitor", monitors(finds("watchtower-containrrr")), "watchtower",
             replay=monitors(replay("watchtower-monitor"))),
        case("watchtower-containrrr", "update, two networks", updates(watchtower("watchtower-containrrr")),
             "watchtower+update", base="watchtower", variables=bind, replay=updates(replay("watchtower-update"))),
        case("watchtower-containrrr", "update, clean-up", cleans(watchtower("watchtower-containrrr", "--cleanup")),
             "watchtower+update+cleanup", base="watchtower+update", variables=bind,
             replay=cleans(replay("watchtower-cleanup"))),
        case("watchtower", "monitor", monitors(finds("watchtower")), "watchtower-nicholas-fedor", survives=PING,
             noise=["GET /info:"],
             replay=monitors(replay("watchtower-nicholas-fedor-monitor"))),
        case("watchtower", "update, two networks", updates(watchtower("watchtower")), "watchtower-nicholas-fedor+update",
             base="watchtower-nicholas-fedor", variables=bind, noise=["GET /info:"], engine=FROM_25,
             replay=updates(replay("watchtower-nicholas-fedor-update"))),
        case("watchtower", "update, two networks, Engine before 25", updates(watchtower("watchtower")),
             "watchtower-nicholas-fedor+update+networks", base="watchtower-nicholas-fedor", variables=bind,
             noise=["GET /info:"], engine=BEFORE_25, replay=updates(replay("watchtower-nicholas-fedor-networks"))),
        case("watchtower", "update, clean-up", cleans(watchtower("watchtower", "--cleanup")),
             "watchtower-nicholas-fedor+update+cleanup", base="watchtower-nicholas-fedor+update", variables=bind,
             noise=["GET /info:"], engine=FROM_25, replay=cleans(replay("watchtower-nicholas-fedor-cleanup"))),
        case("wud", "reports", wud_reports, "wud"),
        case("wud", "update, two networks", wud_updates, "wud+update", base="wud", variables=bind, engine=FROM_25),
        case("wud", "update, two networks, Engine before 25", wud_updates, "wud+update+networks", base="wud", variables=bind,
             engine=BEFORE_25),
        case("wud", "update, clean-up", wud_prunes, "wud+update+prune", base="wud+update", variables=bind, engine=FROM_25),
    ]
