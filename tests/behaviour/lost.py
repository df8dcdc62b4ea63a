#!/usr/bin/env python3
"""Never half an update: containers that could not be created again are not taken apart. And containers that get the
Engine's socket while the proxy runs are protected from then on."""
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from containers import IMAGE  # noqa: E402
from contained import OTHER, agree, contained, container, containers  # noqa: E402
from proxy import Engine, Proxy, check_everywhere, on_each_haproxy  # noqa: E402
from suite import run, test, until as until_what  # noqa: E402

WIDE = {"ALLOW_CREATE": "1", "ALLOW_DELETE": "1", "ALLOW_CONTAINERS": "1", "ALLOW_STOP": "1", "ALLOW_RESTARTS": "1"}
WEB, TUN, BOTH, DB = (f"{i:02x}" * 32 for i in (0x11, 0xdb, 0x33, 0x44))
UNKNOWN = "the Engine has not said yet which containers could be created again; try again in a moment"
TUN_REASON = 'HostConfig.Devices "/dev/net/tun"; ALLOW_DEVICES=/dev/net/tun would allow it'


def until(condition):
    until_what(condition, "it did not come about")


def inspected(labels=None, **host):
    return {"Config": {"Image": "box", "Labels": labels or {}}, "HostConfig": {"NetworkMode": "bridge", **host}}


def inspectable(path, **how):
    """A stand-in Engine with the usual containers, each of which can be inspected."""
    return Engine(path, containers=containers(path), more={f"/containers/{x['Id']}/json": inspected() for x in containers(path)}, **how)


def daemon(listed, inspections):
    """An Engine with these containers, [id, name], and the bodies of their inspections."""
    return lambda path: Engine(path, containers=[container(i, name) for i, name in listed],
                               more={f"/containers/{i}/json": body for i, body in inspections.items()})


def usual():
    return daemon([(WEB, "web"), (TUN, "gluetun"), (BOTH, "both"), (DB, "db")],
                  {WEB: inspected(Binds=["data:/data"]), TUN: inspected(Devices=[{"PathOnHost": "/dev/net/tun"}]),
                   BOTH: inspected(Privileged=True, CapAdd=["NET_ADMIN"], Binds=["/srv:/srv"]), DB: inspected()})


def ask(proxy, method, target):
    """The status and the message of what is refused; 200 and None for what reaches the Engine."""
    reached = len(proxy.engine.requests)
    status, _, body = proxy.ask(method, target)
    if status == 200:
        return status, None
    assert len(proxy.engine.requests) == reached, "a refused request reached the Engine"
    return status, json.loads(body)["message"].removeprefix("docker-socket-proxy: ")


def create(proxy, **host):
    """Why a container is not created; None for what reaches the Engine."""
    status, _, text = proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], json.dumps({"HostConfig": host}).encode())
    return None if status == 200 else json.loads(text)["message"].partition("forbidden: ")[2]


def settled(proxy):
    """Waits until HAProxy knows the containers."""
    until(lambda: ask(proxy, "POST", "/containers/nobody/stop")[0] == 200)


@test("a container that could not be created again is not deleted, killed, stopped, renamed or pruned, by any reference")
@on_each_haproxy
def refused():
    with Proxy(WIDE, engine=usual()) as proxy:
        settled(proxy)
        why = f"is forbidden: it could not be created again: {TUN_REASON}"
        for reference in ("gluetun", TUN, TUN[:12], TUN[:13], TUN[:20], TUN[:3], "%67luetun"):
            assert ask(proxy, "DELETE", f"/v1.41/containers/{reference}?force=1") == (403, f"deleting gluetun {why}"), reference
        assert ask(proxy, "POST", "/containers/gluetun/kill?signal=SIGTERM") == (403, f"killing gluetun {why}")
        assert ask(proxy, "POST", "/containers/gluetun/stop") == (403, f"stopping gluetun {why}")
        assert ask(proxy, "POST", "/containers/gluetun/rename?name=x") == (403, f"renaming gluetun {why}")
        assert ask(proxy, "DELETE", "/containers/both") == (
            403, "deleting both is forbidden: it could not be created again: HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it; "
            "2 more reasons, see docker-socket-proxy suggest --recreate")
        # what does not take it apart, and others; a name is one before it is the beginning of an id
        for method, target in (("POST", "/containers/gluetun/restart"), ("GET", "/containers/gluetun/json"), ("DELETE", "/containers/web"),
                               ("POST", "/containers/db/stop"), ("DELETE", f"/containers/{WEB}"), ("DELETE", f"/containers/{TUN[:12]}0"),
                               ("POST", "/containers/prune")):
            assert ask(proxy, method, target)[0] == 200 or target.endswith("0"), target
        assert ask(proxy, "POST", f"/containers/{TUN[:2]}db/stop")[0] == 403
        refused = agree(proxy, (), [(method, f"/containers/{x}{end}") for x in ("gluetun", TUN, TUN[:5], "web", "db", WEB[:9], "nobody", "a%62c", "both")
                                    for method, end in (("DELETE", ""), ("POST", "/stop"), ("POST", "/kill"), ("POST", "/rename"), ("POST", "/restart"))]
                        + [("POST", "/containers/prune")])
        assert len(refused) == 16, refused
        proxy.wait_for_log(f"Forbidden: /containers/gluetun/stop POST 127.0.0.1:")
        assert f"gluetun could not be created again: {TUN_REASON}" in proxy.log()
        proxy.wait_for_log("warning: gluetun could not be created again through this proxy: HostConfig.Devices")
    check_everywhere(dict(WIDE, ALLOW_LIBPOD_CONTAINER_STOP="1", METRICS_LISTEN="tcp://:9404", LOG_FORMAT="json"))


@test("what is set decides: the reason, ALLOW_UNRECREATABLE, a label, another profile, an audit")
def settings():
    with Proxy(dict(WIDE, ALLOW_DEVICES="/dev/net/tun"), engine=usual()) as proxy:
        settled(proxy)
        assert ask(proxy, "DELETE", "/containers/gluetun")[0] == 200
        assert ask(proxy, "DELETE", "/containers/both")[0] == 403
    for less in ({"ALLOW_UNRECREATABLE": "1"}, {"ALLOW_CREATE": ""}, {"MODE": "audit"}):
        with Proxy(dict(WIDE, **less), engine=usual()) as proxy:
            if "MODE" in less:
                until(lambda: ask(proxy, "DELETE", "/containers/gluetun")[0] == 200 and "Would forbid: /containers/gluetun DELETE" in proxy.log())
                assert f"gluetun could not be created again: {TUN_REASON}" in proxy.log()
            assert ask(proxy, "DELETE", "/containers/gluetun")[0] == 200, less
    labels = daemon([(WEB, "ours"), (TUN, "watchtowers")], {WEB: inspected({"docker-socket-proxy.recreate": "false"}, Privileged=True),
                                                             TUN: inspected({"com.centurylinklabs.watchtower.enable": "false"}, Privileged=True)})
    with Proxy(WIDE, engine=labels) as proxy:
        settled(proxy)
        assert ask(proxy, "DELETE", "/containers/ours")[0] == 200
        assert ask(proxy, "DELETE", "/containers/watchtowers")[0] == 403 and "warning: watchtowers" not in proxy.log()
    narrow = {"PROFILE_A_FROM": "127.0.0.1", **{f"PROFILE_A_{name}": value for name, value in WIDE.items()}}
    with Proxy(narrow, engine=usual()) as proxy:
        settled(proxy)
        assert "PROFILE_A_ALLOW_DEVICES=/dev/net/tun" in ask(proxy, "DELETE", "/containers/gluetun")[1]


@test("as long as the Engine has not said what its containers are, nothing of it is taken apart")
def unknown():
    with Proxy(WIDE, engine=usual()) as proxy:
        settled(proxy)
        proxy.engine.close()
        until(lambda: ask(proxy, "DELETE", "/containers/web") == (503, UNKNOWN))
        assert ask(proxy, "POST", "/containers/gluetun/stop") == (503, UNKNOWN)
        proxy.engine = usual()(proxy.socket_path)
        settled(proxy)
        assert ask(proxy, "DELETE", "/containers/gluetun")[0] == 403


@test("what is made, renamed, stopped and removed while the proxy runs is known at once")
def live():
    with Proxy(WIDE, engine=usual()) as proxy:
        settled(proxy)
        engine = proxy.engine
        new = "55" * 32
        engine.containers.append(container(new, "later"))
        engine.more[f"/containers/{new}/json"] = inspected(PidMode="host")
        engine.emit("container", "create", new)
        until(lambda: ask(proxy, "DELETE", "/containers/later")[0] == 403)
        engine.containers[-1] = container(new, "other")
        engine.emit("container", "rename", new)
        until(lambda: ask(proxy, "DELETE", "/containers/other")[0] == 403)
        assert ask(proxy, "DELETE", "/containers/later")[0] == 200
        engine.containers[-1] = container(new, "other", State="exited")
        engine.emit("container", "die", new)
        until(lambda: ask(proxy, "POST", "/containers/prune")[0] == 403)
        assert ask(proxy, "POST", "/containers/prune")[1].startswith("pruning the stopped other is forbidden: it could not be created again: HostConfig.PidMode")
        engine.containers.pop()
        engine.emit("container", "destroy", new)
        until(lambda: ask(proxy, "DELETE", "/containers/other")[0] == 200 and ask(proxy, "POST", "/containers/prune")[0] == 200)
        # a new container that is not inspected yet may be renamed: Watchtower creates it under another name
        engine.containers.append(container(new, "unnamed"))
        engine.more[f"/containers/{new}/json"] = 500
        engine.emit("container", "create", new)
        until(lambda: any(target.endswith(f"{new}/json") for _, target, _, _ in engine.asked[-4:]))
        assert ask(proxy, "POST", "/containers/unnamed/rename?name=app")[0] == 200
        # a reload forgets nothing, and warns of nothing a second time
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        settled(proxy)
        assert ask(proxy, "DELETE", "/containers/gluetun")[0] == 403
        assert proxy.log().count("warning: gluetun could not") == 1


@test("a container with a zero in its labels, its environment or its command is known as any other")
def zeros():
    ours, others = "1" * 64, "2" * 64
    odd = {**inspected({"a\0b": "\0"}), "ExecIDs": [ours]}
    odd["Config"].update(Env=["A=\0"], Cmd=["printf", "\0"])
    listed = daemon([(WEB, "web"), (DB, "db")], {WEB: odd, DB: {**inspected(), "ExecIDs": [others]}})
    with Proxy(dict(WIDE, ALLOW_EXEC="1", ALLOW_CONTAINER_CREATE="1", ALLOW_CONTAINER_NAMES="web"), engine=listed) as proxy:
        until(lambda: ask(proxy, "POST", "/containers/web/restart")[0] == 200)
        assert ask(proxy, "DELETE", "/containers/web") == (200, None)
        assert ask(proxy, "GET", f"/exec/{ours}/json")[0] == 200 and ask(proxy, "GET", f"/exec/{others}/json")[0] == 403


@test("the proxy itself is not stopped by a client that creates containers; nothing can create it again")
def own():
    with contained() as within, Proxy(WIDE, engine=inspectable, within=within) as proxy:
        settled(proxy)
        assert ask(proxy, "POST", "/containers/socket-proxy/kill") == (
            403, "killing socket-proxy is forbidden: it could not be created again: this proxy runs in it; "
            "ALLOW_UNRECREATABLE=true would allow this all the same")
        assert ask(proxy, "POST", "/containers/web/kill")[0] == 200
        assert "warning: socket-proxy could not" not in proxy.log()


@test("a container that gets the Engine's socket while the proxy runs is protected as soon as the Engine has said so")
@on_each_haproxy
def holder():
    env = {"ALLOW_EXEC": "1", "ALLOW_ATTACH": "1", "ALLOW_CONTAINERS": "1"}

    with contained() as within, Proxy(env, engine=inspectable, within=within) as proxy:
        until(lambda: ask(proxy, "POST", "/containers/nobody/exec")[0] == 200)
        new, sharer = "77" * 32, "88" * 32
        for identity, name, host, mounts in ((new, "dashboard", {}, [("/run", "/host")]), (sharer, "peer", {"PidMode": f"container:{new}"}, ())):
            assert ask(proxy, "POST", f"/containers/{name}/exec")[0] == 200
            proxy.engine.containers.append(container(identity, name, mounts=mounts))
            proxy.engine.more[f"/containers/{identity}/json"] = inspected(**host)
            proxy.engine.emit("container", "create", identity)
            until(lambda: ask(proxy, "POST", f"/containers/{name}/exec")[0] == 403)
            until(lambda: ask(proxy, "POST", f"/containers/{identity[:20]}/exec")[1].endswith(
                f"{identity[:20]} holds the socket of the Engine, itself or by a shared namespace, and a command in it could bypass the proxy; "
                "no permission opens this"))
            agree(proxy, within, [("POST", f"/containers/{name}/attach"), ("POST", "/containers/web/exec"), ("GET", f"/containers/{name}/json")])
        # one that is gone is not a reason to refuse those that shared with it no longer exist
        for identity, name in ((sharer, "peer"), (new, "dashboard")):
            proxy.engine.containers.pop()
            proxy.engine.emit("container", "destroy", identity)
            until(lambda: ask(proxy, "POST", f"/containers/{name}/exec")[0] == 200)
        # nothing is certain while events are missed
        proxy.engine.close()
        until(lambda: "which containers hold its socket" in (ask(proxy, "POST", "/containers/web/exec")[1] or ""))
        proxy.engine = inspectable(proxy.socket_path)
        until(lambda: ask(proxy, "POST", "/containers/web/exec")[0] == 200)


@test("wildcards that Podman takes in ids do not reach a new holder of the socket before the configuration knows it")
@on_each_haproxy
def holder_by_wildcard():
    env = {"ALLOW_EXEC": "1", "ALLOW_CONTAINERS": "1", "ALLOW_LIBPOD_CONTAINER_EXEC": "1"}
    with contained() as within, Proxy(env, engine=lambda path: inspectable(path, kind="podman"), within=within) as proxy:
        until(lambda: ask(proxy, "POST", "/containers/a_b/exec")[0] == 200)
        new = "7b" * 32
        proxy.engine.containers.append(container(new, "dashboard", mounts=[("/run", "/host")]))
        proxy.engine.more[f"/containers/{new}/json"] = inspected()
        proxy.engine.emit("container", "create", new)
        until(lambda: ask(proxy, "POST", "/containers/dashboard/exec")[0] == 403)
        for reference in ("7_7", "7B7B", "7_" * 20, "dashboard", "7b7"):
            for root in ("", "/v5.0.0/libpod"):
                assert ask(proxy, "POST", f"{root}/containers/{reference}/exec")[0] == 403, reference
        assert ask(proxy, "POST", "/containers/web_1/exec")[0] == 200
        # the configuration that knows it has a regex of its id
        proxy.wait_for_reload()
        until(lambda: ask(proxy, "POST", "/containers/a_b/exec")[0] == 200)
        assert ask(proxy, "POST", "/containers/7_7/exec")[0] == ask(proxy, "POST", "/containers/7B7B/exec")[0] == 403


@test("a container with very many labels, which are in its events, does not close what depends on the containers")
def large_events():
    with contained() as within, Proxy({"ALLOW_EXEC": "1"}, engine=inspectable, within=within) as proxy:
        until(lambda: ask(proxy, "POST", "/containers/nobody/exec")[0] == 200)
        for size in (300_000, 3_000_000):
            proxy.engine.emit("container", "start", OTHER, name="web", label="x" * size)
            for _ in range(10):
                assert ask(proxy, "POST", "/containers/web/exec")[0] == 200
                time.sleep(0.02)


@test("a container that is not inspected yet is treated as one that may have joined a namespace")
def uninspected():
    with contained() as within, Proxy({"ALLOW_EXEC": "1"}, engine=inspectable, within=within) as proxy:
        until(lambda: ask(proxy, "POST", "/containers/nobody/exec")[0] == 200)
        new = "99" * 32
        proxy.engine.containers.append(container(new, "newborn"))
        proxy.engine.more[f"/containers/{new}/json"] = 500
        proxy.engine.emit("container", "create", new)
        until(lambda: (ask(proxy, "POST", "/containers/newborn/exec")[1] or "").endswith("newborn has not been inspected yet, and a command in it could bypass the proxy; try again in a moment"))
        proxy.engine.more[f"/containers/{new}/json"] = inspected()
        proxy.engine.emit("container", "update", new)
        until(lambda: ask(proxy, "POST", "/containers/newborn/exec")[0] == 200)


class Late(Engine):
    """Has a new holder of the socket once it is followed, and takes its time to say which labels an image has."""

    def tell(self, stream, target, keep):
        if target.startswith("/events?") and len(self.containers) == 4:
            self.containers.append(container("77" * 32, "dashboard", mounts=[("/run", "/host")]))
        if target.startswith("/images/"):
            time.sleep(0.3)
        return super().tell(stream, target, keep)


@test("a new holder of the socket that is found before all is known at the start is not forgotten")
def news_before_ready():
    env = {"ALLOW_CREATE": "1", "ALLOW_VOLUMES_FROM": "1", "PROFILES_FROM_LABELS": "1", "PROFILE_A_ALLOW_INFO": "1"}
    labelled = container("55" * 32, "labelled", Labels={"docker-socket-proxy.profile": "a"}, ImageID=IMAGE)
    image = {f"/images/{IMAGE}/json?manifests=1": {"Id": IMAGE, "Config": {"Labels": {}}, "GraphDriver": {"Name": "overlay2", "Data": {"LowerDir": "/x"}}}}
    with contained() as within, Proxy(env, engine=lambda path: Late(path, containers=[*containers(path), labelled], more=image), within=within) as proxy:
        proxy.wait_for_log("reload: the rules depend on containers that have changed")
        until(lambda: create(proxy, VolumesFrom=["web"]) is None)
        assert "VolumesFrom" in create(proxy, VolumesFrom=["dashboard"])


@test("what the guard passes of other containers is closed until it knows a new holder of the socket, and knows new ids of listed ones")
def bodies():
    env = {"ALLOW_CREATE": "1", "ALLOW_VOLUMES_FROM": "1", "ALLOW_HOST_NAMESPACES": "network:container:*,network:container:web,pid:container:tool"}

    with contained() as within, Proxy(env, engine=lambda path: Engine(path, containers=containers(path)), within=within) as proxy:
        settled_at = proxy.process.pid
        assert settled_at and create(proxy, VolumesFrom=["dashboard"]) is None
        new = "77" * 32
        proxy.engine.containers.append(container(new, "dashboard", mounts=[("/run", "/host")]))
        proxy.engine.emit("container", "create", new)
        until(lambda: create(proxy, VolumesFrom=["dashboard:ro"]) is not None)
        first = create(proxy, VolumesFrom=["dashboard"])
        assert "has just got the socket" in first or "VolumesFrom" in first, first
        proxy.wait_for_log("reload: the rules depend on containers that have changed")
        proxy.wait_for_reload()
        until(lambda: "VolumesFrom" in (create(proxy, VolumesFrom=["dashboard"]) or ""))
        until(lambda: create(proxy, NetworkMode=f"container:{OTHER}") is None and create(proxy, VolumesFrom=["web"]) is None)
        assert "dashboard" in create(proxy, NetworkMode="container:dashboard")
        # nor does anything join another one while events are missed: one could get the socket meanwhile
        proxy.engine.close()
        until(lambda: "which containers hold its socket" in (create(proxy, VolumesFrom=["web"]) or ""))
        assert "which containers hold its socket" in create(proxy, NetworkMode="container:web")
        proxy.engine = Engine(proxy.socket_path, containers=proxy.engine.containers)
        until(lambda: create(proxy, VolumesFrom=["web"]) is None)
        # a listed container is made anew, with another id
        tool = "66" * 32
        assert create(proxy, PidMode=f"container:{tool}") is not None
        proxy.engine.containers.append(container(tool, "tool"))
        proxy.engine.emit("container", "create", tool)
        until(lambda: create(proxy, PidMode=f"container:{tool}") is None)
        # what does not matter leads to no reload
        reloads = proxy.log().count("reload: the rules")
        proxy.engine.containers.append(container("5a" * 32, "unlisted"))
        proxy.engine.emit("container", "create", "5a" * 32)
        time.sleep(1.5)
        assert proxy.log().count("reload: the rules") == reloads == 2, proxy.log()


if __name__ == "__main__":
    run()
