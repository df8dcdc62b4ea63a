#!/usr/bin/env python3
"""The proxy protects itself: references to its own container, and to those that hold the Engine's socket."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from contained import (EXEC, HOLDER, NEVER, OTHER, OWN, UNKNOWN, agree, contained, container, containers, engine, message)  # noqa: E402
from proxy import Engine, HAPROXIES, Proxy, free_port, program  # noqa: E402
from suite import run, test, until  # noqa: E402

@test("its own container is refused by every name and every beginning of its id")
def own():
    with contained() as within, Proxy(EXEC, engine=engine(), within=within) as proxy:
        references = ["socket-proxy", *(OWN[:n] for n in range(1, 65))]
        requests = [("POST", f"/containers/{x}/exec") for x in references]
        requests += [("POST", f"/v1.41/containers/{OWN[:3]}/exec?x=1"), ("POST", "/containers/socket%2Dproxy/exec"),
                     ("POST", "/containers/%61b12/exec"), ("PUT", f"/containers/{OWN[:12]}/archive?path=/"),
                     ("GET", "/containers/socket-proxy/archive?path=/"), ("HEAD", "/containers/ab/archive?path=/"),
                     ("POST", "/containers/a/attach"), ("GET", "/containers/socket-proxy/attach/ws")]
        refused = agree(proxy, within, [request for request in requests if request[0] != "HEAD"])
        assert len(refused) == len(requests) - 1, set(target for _, target in requests) - set(refused)
        assert proxy.ask("HEAD", "/containers/ab/archive?path=/")[0] == 403
        assert message(proxy, "POST", "/containers/socket-proxy/exec") == (
            "POST /containers/socket-proxy/exec is forbidden: socket-proxy is the container of this proxy, and a command in it could "
            f"bypass the proxy; {NEVER}")
        passes = [f"/containers/{x}/exec" for x in ("web", OTHER, OTHER[:12], "e", OWN[:11] + "0", OWN + "0", "AB12", "Socket-proxy",
                                                    "socket-proxy2", "alias", "b12", "socket", "socket.proxy")]
        assert not agree(proxy, within, [("POST", target) for target in passes])
        # and what only reads, or is no command, is the permissions' business
        assert not agree(proxy, within, [("GET", "/containers/socket-proxy/json"), ("POST", "/containers/socket-proxy/wait")])
        proxy.wait_for_log("Forbidden: /containers/socket-proxy/exec POST 127.0.0.1:")
        assert "socket-proxy is the container of this proxy, and a command in it could bypass the proxy" in proxy.log()


@test("an audit opens neither the proxy's own container nor those that hold the Engine's socket")
def in_audit():
    with contained() as within, Proxy({"MODE": "audit"}, engine=engine(), within=within) as proxy:
        requests = [("POST", f"/containers/{x}/exec") for x in ("socket-proxy", OWN[:3], "portainer", HOLDER[:12])]
        requests += [("POST", "/containers/socket-proxy/rename?name=x"), ("POST", "/containers/ab12/update"),
                     ("PUT", "/containers/portainer/archive?path=/"), ("GET", "/containers/portainer/attach/ws"),
                     ("POST", "/libpod/containers/socket-proxy/exec")]
        assert len(agree(proxy, within, requests)) == len(requests)
        assert not agree(proxy, within, [("POST", "/containers/web/exec"), ("POST", "/containers/web/stop"), ("GET", "/containers/portainer/json")])


@test("containers that hold the Engine's socket are protected from commands, others are not")
def holders():
    with contained() as within, Proxy(EXEC, engine=engine(), within=within) as proxy:
        requests = [("POST", f"/containers/{x}/exec") for x in ("portainer", "c", "cd3", HOLDER)]
        requests += [("PUT", "/containers/portainer/archive?path=/"), ("POST", "/containers/cd34/attach"),
                     ("GET", "/containers/portainer/attach/ws")]
        refused = agree(proxy, within, requests)
        assert len(refused) == len(requests), refused
        assert refused["/containers/cd3/exec"] == (
            f"cd3 holds the socket of the Engine, itself or by a shared namespace, and a command in it could bypass the proxy; {NEVER}")
        assert not agree(proxy, within, [("GET", "/containers/portainer/archive?path=/"), ("POST", "/containers/web/exec"),
                                         ("POST", "/containers/web/attach")])
    # with a new name a holder would not be found
    naming = dict(EXEC, ALLOW_CONTAINER_RENAME="1")
    with contained() as within, Proxy(naming, engine=engine(), within=within) as proxy:
        refused = agree(proxy, within, [("POST", f"/containers/{x}/rename?name=new") for x in ("portainer", HOLDER[:3], "socket-proxy")])
        assert len(refused) == 3, refused
        assert refused["/containers/portainer/rename?name=new"] == (
            f"portainer holds the socket of the Engine, itself or by a shared namespace, and it would not be protected under another name; {NEVER}")
        assert not agree(proxy, within, [("POST", "/containers/web/rename?name=new")])
    # every way to hold it
    sources = ["/var/run/docker.sock", "/run/docker.sock", "/var/run", "/run", "/run/", "/", "/var", "/run/podman/podman.sock",
               "/run/user/1000/podman/podman.sock", "/run/user/1000/docker.sock", "/run/containerd"]
    harmless = ["/run/docker.socket", "/var/runs", "/srv/other", "/run/user/1000/pulse", "/run/dockershim", "/run/systemd"]
    listed = [container(f"{i:064x}", f"holder{i}", mounts=[(source, "/x")]) for i, source in enumerate(sources)]
    listed += [container(f"f{i:063x}", f"harmless{i}", mounts=[(source, "/x")]) for i, source in enumerate(harmless)]
    # ours has the socket from a place of its own, and so has another one
    at = "/srv/engine/special.sock"
    with contained() as within, Proxy(EXEC, engine=engine(listed=lambda path: [
            container(OWN, "p", mounts=[(at, path)]), container(OTHER, "special", mounts=[("/srv/engine", "/x")]), *listed]), within=within) as proxy:
        requests = [("POST", f"/containers/{name}/exec") for name in ("special", *(f"holder{i}" for i in range(len(sources))))]
        refused = agree(proxy, within, requests)
        assert len(refused) == len(requests), set(target for _, target in requests) - set(refused)
        assert not agree(proxy, within, [("POST", f"/containers/harmless{i}/exec") for i in range(len(harmless))])


@test("containers that share a namespace with a protected one are protected as well")
def sharers():
    modes = {"net": {"NetworkMode": "container:/portainer"}, "pid": {"PidMode": f"container:{HOLDER}"}, "ipc": {"IpcMode": "container:socket-proxy"},
             "next": {"PidMode": "container:pid"}, "hosted": {"PidMode": "host"}, "based": {"PidMode": "container:base"}, "base": {},
             "odd": None, "gone": 404, "lan": {"NetworkMode": "host"}, "web2": {"PidMode": "container:web"}}
    ids = {name: f"{i:02x}" * 32 for i, name in enumerate(modes, 0x10)}

    def sharing(path):
        listed = containers(path)
        for name, mode in modes.items():
            listed.append(container(ids[name], name, HostConfig={"NetworkMode": mode.get("NetworkMode", "x") if isinstance(mode, dict) else "x"}))
        more = {f"/containers/{ids[name]}/json": {"HostConfig": mode} for name, mode in modes.items() if mode != 404}
        more.update({f"/containers/{OWN}/json": {"HostConfig": {"PidMode": "container:base"}}, f"/containers/{HOLDER}/json": {"HostConfig": {}}})
        return Engine(path, containers=listed, more=more)
    closed = ["net", "pid", "ipc", "next", "based", "base", "odd"]
    free = ["gone", "lan", "web", "web2"]

    def creates(proxy, mode, name):
        body = json.dumps({"HostConfig": {mode: f"container:{name}"}}).encode()
        return proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)[0] == 200
    lists = {"ALLOW_CREATE": "1", "ALLOW_HOST_NAMESPACES": "pid:container:*"}
    with contained() as within:
        with Proxy(EXEC, engine=sharing, within=within) as proxy:
            refused = agree(proxy, within, [("POST", f"/containers/{name}/exec") for name in [*closed, "hosted", ids["pid"][:5]]])
            assert len(refused) == len(closed) + 2, refused
            assert not agree(proxy, within, [("POST", f"/containers/{name}/exec") for name in free])
            proxy.wait_for_log("these containers share a namespace with one that holds the Engine's socket or with the host")
        for more, opened in ((lists, free), (dict(lists, ALLOW_HOST_NAMESPACES="pid:container:*,pid:host"), [*free, "hosted"]),
                             (dict(lists, ALLOW_HOST_NAMESPACES="true"), [*free, "hosted"])):
            with Proxy(more, engine=sharing, within=within) as proxy:
                assert [name for name in [*closed, *free, "hosted"] if creates(proxy, "PidMode", name)] == opened
        # what shares the network only is found without inspections, which few need
        with Proxy({"ALLOW_CREATE": "1", "ALLOW_HOST_NAMESPACES": "network:container:*"}, engine=sharing, within=within) as proxy:
            assert [name for name in [*closed, *free] if creates(proxy, "NetworkMode", name)] == [*closed[1:], *free]
            assert not [x for x in proxy.engine.asked if x[1].endswith("/json")]


@test("references that Podman would take for wildcards are refused")
def podman():
    env = dict(EXEC, ALLOW_LIBPOD_CONTAINER_EXEC="1", ALLOW_LIBPOD_CONTAINER_RENAME="1", ALLOW_LIBPOD_CONTAINER_RESTORE="1",
               ALLOW_LIBPOD_VOLUME_IMPORT="1", ALLOW_PRIVILEGED="1")

    def listed(path):
        ours = containers(path)
        ours[0]["Mounts"].append({"Type": "volume", "Name": "sockets.1", "Source": "/x", "Destination": "/sockets"})
        return ours
    with contained() as within, Proxy(env, engine=engine("podman", listed), within=within) as proxy:
        requests = [("POST", f"{path}/containers/{x}/exec") for path in ("/v4.0.0/libpod", "/libpod", "/v1.41", "")
                    for x in ("socket-proxy", "ab", "a_1", "portainer", "c__4")]
        requests += [("POST", f"/containers/{x}/exec") for x in ("____", "_", "%25", "a%25", "%5F", "-x", "a%20b")]
        requests += [("POST", "/libpod/containers/socket-proxy/rename?name=x"), ("POST", "/v5.0.0/libpod/containers/ab1/restore"),
                     ("POST", "/libpod/containers/portainer/restore"), ("POST", "/libpod/containers/socket%2Fproxy/exec"),
                     ("POST", "/libpod/volumes/sockets.1/import"), ("POST", "/libpod/volumes/sock/import")]
        refused = agree(proxy, within, requests)
        assert len(refused) == len(requests), set(target for _, target in requests) - set(refused)
        assert refused["/containers/%25/exec"] == f"this is neither a name nor an id; {NEVER}", refused
        assert not agree(proxy, within, [("POST", "/libpod/containers/web/exec"), ("POST", "/libpod/containers/ef/exec"),
                                         ("POST", "/containers/we_b/exec"), ("POST", "/libpod/volumes/socketsx1/import"),
                                         ("POST", "/libpod/volumes/other/import")])
    with contained() as within, Proxy(env, engine=engine(), within=within) as proxy:  # no wildcards for Docker
        assert not agree(proxy, within, [("POST", "/containers/a_1/exec")])


@test("its own Swarm service is not updated")
def service():
    def listed(path):
        ours = containers(path)
        ours[0]["Labels"] = {"com.docker.swarm.service.id": "q1w2e3r4t5y6u7i8o9p0a1s2d", "com.docker.swarm.service.name": "stack_proxy"}
        return ours
    env = {"ALLOW_SERVICES": "1", "ALLOW_CREATE": "1"}
    with contained() as within, Proxy(env, engine=engine(listed=listed), within=within) as proxy:
        requests = [("POST", f"/services/{x}/update?version=1") for x in ("stack_proxy", "Stack_Proxy", "q1w2e3r4t5y6u7i8o9p0a1s2d", "q", "q1w2")]
        refused = agree(proxy, within, requests)
        assert len(refused) == len(requests), refused
        assert refused["/services/q/update?version=1"].startswith("q is the service of this proxy, and another specification"), refused
        assert not agree(proxy, within, [("GET", "/services/stack_proxy")])
        said = program("explain", "POST", "/services/web/update", env=proxy.env, within=within)
        assert said.returncode == 0, said


@test("whatever is opened, all that could change it is refused")
def operations():
    """Each operation of the table that can change a container's inside, in one backend that opens all of them."""
    rows = [line.split("\t") for line in program("permissions").stdout.splitlines() if not line.startswith("#")]
    env = {row[4]: "1" for row in rows}
    env.update(ALLOW_PRIVILEGED="1", ALLOW_UNRECREATABLE="1")
    changing = {"ContainerExec", "PutContainerArchive", "ContainerArchive", "ContainerAttach", "ContainerAttachWebsocket", "ContainerRename",
                "ContainerUpdate", "CheckpointCreate", "ContainerExecLibpod", "PutContainerArchiveLibpod", "ContainerArchiveLibpod",
                "ContainerAttachLibpod", "ContainerRenameLibpod", "ContainerUpdateLibpod", "ContainerCheckpointLibpod",
                "ContainerRestoreLibpod", "ContainerMountLibpod", "ContainerArchiveInfo"}
    with contained() as within, Proxy(env, engine=engine(), within=within) as proxy:
        lines = []
        of = []
        for row in rows:
            method, path, operation = row[1:4]
            if re.match(r"(/libpod)?/containers/\{(id|name)\}", path) and method != "HEAD":
                lines.append(f"{method} {re.sub('{(id|name)}', 'socket-proxy', path)}\n")
                of.append(operation)
        said = program("explain", "-", env=proxy.env, stdin="".join(lines), within=within).stdout.splitlines()
        refused = {operation for operation, verdict in zip(of, said) if verdict.startswith("denied")}
        assert refused == changing - {"ContainerArchiveInfo"}, refused ^ changing
        for operation, line in zip(of, lines):
            if operation in changing:
                assert "is the container of this proxy" in message(proxy, *line.split()), line


@test("outside a container nothing of this applies")
def outside():
    with Proxy(EXEC, engine=engine()) as proxy:
        assert message(proxy, "POST", "/containers/socket-proxy/exec") is None
        assert message(proxy, "POST", "/containers/%25/exec") is None
        assert "txn.reference" not in program("render", env=proxy.env).stdout
        assert not [x for x in proxy.engine.asked if "containers" in x[1]], "there is nothing to ask for"
    with contained() as within, Proxy({"ALLOW_INFO": "1"}, engine=engine(), within=within) as proxy:
        assert "txn.reference" not in program("render", env=proxy.env, within=within).stdout  # nothing of the kind is open


@test("as long as the Engine has not answered, what could be meant is refused; once it does, it is known")
def unknown():
    env = dict(EXEC, ALLOW_SERVICES="1", ALLOW_CREATE="1", ALLOW_CONTAINER_UPDATE="1", ALLOW_PRIVILEGED="1")
    with contained() as within, Proxy(env, engine=None, within=within) as proxy:
        requests = [("POST", f"/containers/{x}/exec") for x in ("socket-proxy", "web", OWN, OWN[:12], "a", "e", "ef56", "cafe", "%25",
                                                               OTHER, OTHER[:12])]  # OTHER may hold a socket
        requests.append(("POST", "/services/anything/update?version=1"))
        refused = agree(proxy, within, requests)
        assert len(refused) == len(requests), refused
        assert refused["/containers/web/exec"] == UNKNOWN and refused[f"/containers/{OWN}/exec"].endswith(NEVER), refused
        for target in (f"/containers/{OTHER}/update", f"/containers/{OTHER[:12]}/update"):
            assert proxy.ask("POST", target, ["Content-Type: application/json"], b"{}")[0] == 503  # nobody is there, but it is not refused
        assert proxy.ask("GET", "/containers/web/json")[0] == 503
        proxy.wait_for_log("the Engine has not said which container this proxy runs in")
        proxy.engine = engine()(proxy.socket_path)
        proxy.wait_for_reload()
        proxy.wait_for_log("this proxy runs in the container socket-proxy (ab120123")
        assert not agree(proxy, within, [("POST", "/containers/web/exec"), ("POST", "/containers/ef/exec")])
        assert len(agree(proxy, within, [("POST", "/containers/socket-proxy/exec"), ("POST", "/containers/c/exec")])) == 2
    # an Engine that answers, but does not have this container: it is another one's, and nothing is refused by name
    with contained() as within, Proxy(EXEC, engine=engine(listed=lambda path: [container(OTHER, "web")]), within=within) as proxy:
        assert not agree(proxy, within, [("POST", "/containers/web/exec"), ("POST", "/containers/socket-proxy/exec")])
        assert agree(proxy, within, [("POST", f"/containers/{OWN}/exec")])
        proxy.wait_for_log("in a container that the Engine does not have")


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


@test("an Engine behind TLS is asked as well")
def tls():
    """An Engine behind tls:// is asked as well, if it is the one that the certificates say."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        for name in ("ca", "other"):
            openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", "2",
                    "-keyout", f"{name}.key", "-out", f"{name}.pem")
        for name in ("server", "client"):
            with open(os.path.join(directory, "san"), "w", encoding="ascii") as file:
                file.write("subjectAltName=DNS:localhost\n")
            openssl(directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                    "-out", "csr")
            openssl(directory, "x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san",
                    "-out", f"{name}.pem")
        for ca, certificates in (("ca", "right"), ("other", "wrong")):
            os.mkdir(os.path.join(directory, certificates))
            for source, name in ((f"{ca}.pem", "ca.pem"), ("client.pem", "cert.pem"), ("client.key", "key.pem")):
                shutil.copy(os.path.join(directory, source), os.path.join(directory, certificates, name))
        port = free_port()
        behind = engine()(os.path.join(directory, "engine.sock"))
        relay = subprocess.Popen(["socat", f"OPENSSL-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,verify=1,cafile=ca.pem,cert=server.pem,key=server.key",
                                  "UNIX-CONNECT:engine.sock"], cwd=directory, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline, "socat does not listen"
                    time.sleep(0.02)
            env = dict(EXEC, UPSTREAM=f"tls://localhost:{port}")
            with contained() as within:
                with Proxy(dict(env, UPSTREAM_TLS_CERT_PATH=f"{directory}/right"), engine=lambda _: behind, within=within) as proxy:
                    assert not agree(proxy, within, [("POST", "/containers/web/exec")])
                    assert len(agree(proxy, within, [("POST", "/containers/socket-proxy/exec")])) == 1
                with Proxy(dict(env, UPSTREAM_TLS_CERT_PATH=f"{directory}/wrong"), engine=None, within=within) as proxy:
                    assert message(proxy, "POST", "/containers/web/exec").endswith(UNKNOWN)
                    proxy.wait_for_log("upstream 1: TLS: self")
        finally:
            relay.kill()
            relay.wait()


def restart(proxy, listed=containers):
    """Another Engine on the same socket."""
    kind = proxy.engine.kind
    proxy.engine.close()
    proxy.engine = engine(kind, listed)(proxy.socket_path)
    deadline = time.monotonic() + 20
    while not [x for x in proxy.engine.asked if "containers" in x[1]]:
        assert time.monotonic() < deadline, "the Engine that came back is not asked"
        time.sleep(0.02)


@test("an Engine that comes back is asked again, and only what is new is taken up")
def comes_back():
    with contained() as within, Proxy(EXEC, engine=engine(), within=within) as proxy:
        restart(proxy)
        restart(proxy)  # that it is asked a second time shows that the first answer was dealt with
        assert "reloaded:" not in proxy.log(), proxy.log()
        assert message(proxy, "POST", "/containers/web/exec") is None

        def renamed(path):
            return [container(OWN, "web", mounts=[(path, path)]), container(OTHER, "dozzle", mounts=[("/", "/host")])]
        restart(proxy, renamed)
        proxy.wait_for_reload()
        assert len(agree(proxy, within, [("POST", f"/containers/{x}/exec") for x in ("web", "dozzle", "ef56")])) == 3
        assert not agree(proxy, within, [("POST", "/containers/socket-proxy/exec"), ("POST", "/containers/portainer/exec")])


@test("a reload takes up what holds the socket now")
def reload():
    with contained() as within, Proxy(EXEC, engine=engine(), within=within) as proxy:
        assert message(proxy, "POST", "/containers/web/exec") is None
        proxy.engine.containers[2]["Mounts"] = [{"Type": "bind", "Source": "/run/docker.sock", "Destination": "/x"}]
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        proxy.wait_for_log("EXEC is open, and these containers hold the Engine's socket: portainer, web;")
        assert "holds the socket of the Engine" in message(proxy, "POST", "/containers/web/exec")


@test("a reload that is asked for during another one follows it")
def reload_twice():
    with tempfile.TemporaryDirectory() as directory:
        slow = os.path.join(directory, "haproxy")
        with open(slow, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\ncase \"$*\" in *-sf*) while [ ! -e {directory}/go ]; do sleep 0.1; done ;; esac\n"
                       f"exec '{os.environ.get('HAPROXY', 'haproxy')}' \"$@\"\n")
        os.chmod(slow, 0o755)
        os.chmod(directory, 0o755)
        with contained() as within, Proxy(EXEC, engine=engine(), within=within, haproxy=slow) as proxy:
            proxy.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 20
            while len([x for x in proxy.engine.asked if "containers" in x[1]]) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            proxy.engine.containers[2]["Mounts"] = [{"Type": "bind", "Source": "/run/docker.sock", "Destination": "/x"}]
            # until the new HAProxy waits, two of the signals could be one
            children = lambda: subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout.split()  # noqa: E731
            while len(children()) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            proxy.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert "reloaded:" not in proxy.log()
            with open(os.path.join(directory, "go"), "w", encoding="ascii"):
                pass
            proxy.wait_for_reload(2)
            assert "holds the socket of the Engine" in message(proxy, "POST", "/containers/web/exec")


@test("an Engine that answers nonsense, or not at all, does not keep the proxy from starting")
def hostile():
    nonsense = [b"", b"[", b"{}", b"null", b'"x"', b"[1]", b"[{}]", b"[[" * 100000, b"[" + b"[]," * 100000 + b"[]]", b'[{"Id":"x"}]',
                json.dumps([dict(container(OWN, "x"), Names="x")]).encode(), json.dumps([dict(container(OWN, "x"), Mounts={})]).encode(),
                json.dumps([container(OWN, "x'y")]).encode(), json.dumps([container(OWN, "x } -m str")]).encode(),
                json.dumps([container(OWN.upper(), "x")]).encode(), json.dumps([dict(container(OWN, "x"), Labels=[])]).encode(),
                b"[" + b" " * 40000000 + b"]",
                json.dumps([dict(container(OWN, "x"), Mounts=[{"Type": "volume", "Name": "a'b", "Source": "/", "Destination": "/x"}])]).encode()]
    with contained() as within:
        for body in nonsense:
            with Proxy(EXEC, engine=engine(listed=lambda path: body), within=within) as proxy:
                assert message(proxy, "POST", "/containers/web/exec").endswith(UNKNOWN), body[:80]
                assert proxy.ask("GET", "/containers/json")[0] == 200
        for mode in ("mute", "close"):
            with Proxy(EXEC, engine=mode, within=within) as proxy:
                assert message(proxy, "POST", "/containers/web/exec").endswith(UNKNOWN)
        # what clients choose: a zero byte in it must not hide the holders
        def is_known(proxy):  # on a busy machine only after a reload
            return not (message(proxy, "POST", "/containers/web/exec") or "").endswith(UNKNOWN)
        zero = [container(OWN, "x"), container(HOLDER, "holder", mounts=[("/run", "/x")]),
                dict(container(OTHER, "web"), Labels={"a\0b": "\0", "c": "\\u0000"}, Command="\0")]
        with Proxy(EXEC, engine=engine(listed=lambda path: zero), within=within) as proxy:
            until(lambda: is_known(proxy), "the Engine is not asked again")
            assert len(agree(proxy, within, [("POST", f"/containers/{x}/exec") for x in ("x", "holder", HOLDER)])) == 3
            assert message(proxy, "POST", "/containers/web/exec") is None
        # what is odd in labels, and in what is not ours to use, does not matter
        odd = [dict(container(OWN, "x"), Labels={"com.docker.swarm.service.id": "a'b", "com.docker.swarm.service.name": "c"}, Names=["/x", "/a/b'"])]
        with Proxy(EXEC, engine=engine(listed=lambda path: odd), within=within) as proxy:
            until(lambda: is_known(proxy), "the Engine is not asked again")
            assert message(proxy, "POST", "/containers/web/exec") is None


@test("an Engine that is restarted keeps what is known protected")
def restarted():
    """While the Engine is away, what is known stays known: a reload in between does not forget it."""
    with contained() as within, Proxy(EXEC, engine=engine(), within=within) as proxy:
        proxy.engine.close()
        proxy.engine = None
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        assert "is the container of this proxy" in message(proxy, "POST", "/containers/socket-proxy/exec")
        assert "holds the socket" in message(proxy, "POST", "/containers/portainer/exec")
        assert message(proxy, "POST", "/containers/web/exec") is None


@test("a container that has the network of another one finds itself")
def shared_network():
    """With `--network container:web` a container has the files of web, which tell web's id."""
    with contained(OTHER) as within:
        def listed(path):
            web = container(OTHER, "web", mounts=[("/srv", "/not/mounted/here")])
            ours = container(OWN, "socket-proxy", mounts=[(path, "/proc")], HostConfig={"NetworkMode": f"container:{OTHER}"})
            return [web, ours]
        with Proxy(EXEC, engine=engine(listed=listed), within=within) as proxy:
            assert "is the container of this proxy" in message(proxy, "POST", "/containers/socket-proxy/exec")
            assert message(proxy, "POST", "/containers/web/exec") is None


@test("the rules are valid on every HAProxy, with many holders and strange names")
def valid():
    def listed(path):
        names = ["lf", "f", "-", "M.i_n-U", "str", "0", "nocase"]
        return [*containers(path), *(container(f"{i:02x}" * 32, f"n{names[i % len(names)]}", f"x{i}", mounts=[("/run", "/x")]) for i in range(20))]
    rows = [line.split("\t") for line in program("permissions").stdout.splitlines() if not line.startswith("#")]
    env = {row[4]: "1" for row in rows}
    env.update(ALLOW_PRIVILEGED="1", PROFILE_A_FROM="10.0.0.1", PROFILE_A_ALLOW_EXEC="1")
    for kind in ("docker", "podman", ""):
        with contained() as within, Proxy(env, engine=engine(kind, listed), within=within) as proxy:
            config = program("render", env=proxy.env, within=within)
            assert config.returncode == 0 and config.stdout.count("acl to_holder") == 2 * 2 * 21, config
            with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
                file.write(config.stdout)
                file.flush()
                for haproxy in HAPROXIES:
                    done = subprocess.run([haproxy, "-c", "-f", file.name], capture_output=True, text=True, timeout=60)
                    assert done.returncode == 0 and not done.stderr, f"{haproxy}: {done.stderr}{done.stdout}"
            for reference in ("nlf", "x19", "x0", "0", "1313"):
                assert "holds the socket" in message(proxy, "POST", f"/containers/{reference}/exec"), reference


@test("what the Engine says of cgroups and of the host network is taken up by the guard")
def facts():
    """What the Engine says of its control groups and of its host network lets the guard refuse no more than it has to."""
    host, swarm = "0123456789abcdef" * 4, "prx8v7u6t5s4r3q2p1o0nmlk9"

    def speaking(version, in_swarm):
        more = {"/info": {"CgroupVersion": version}, "/networks/host": {"Name": "host", "Id": host, "Scope": "local"}}
        if in_swarm:
            more["/networks/host?scope=swarm"] = {"Name": "host", "Id": swarm, "Scope": "swarm"}
        return lambda path: Engine(path, more=more)

    def passes(proxy, target, body):
        status, _, answer = proxy.ask("POST", target, ["Content-Type: application/json"], json.dumps(body).encode())
        assert status in (200, 403), (status, answer)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(body, file)
            file.flush()
            said = program("explain", "POST", target, "--body", file.name, env=proxy.env)
        assert said.returncode == (0 if status == 200 else 3), (body, status, said)
        return status == 200

    def service(target):
        return {"Name": "x", "TaskTemplate": {"ContainerSpec": {"Image": "box"}, "Networks": [{"Target": target}]}}
    env = {"ALLOW_CREATE": "1", "ALLOW_SERVICES": "1"}
    namespace = {"Image": "box", "HostConfig": {"CgroupnsMode": "host"}}
    with Proxy(env, engine=speaking("1", True)) as proxy:
        assert passes(proxy, "/containers/create", namespace)
        for target in ("proxy", "p", "web", swarm[:3] + "z"):
            assert passes(proxy, "/services/create", service(target)) == (not swarm.startswith(target)), target
        for name in ("host", swarm, swarm[:2], swarm[:24], host, host[:1], host[:12]):
            assert not passes(proxy, "/services/create", service(name)), name
    with Proxy(env, engine=speaking("2", False)) as proxy:
        assert not passes(proxy, "/containers/create", namespace)
        assert passes(proxy, "/containers/create", {"Image": "box", "HostConfig": {"CgroupnsMode": "private"}})
        for name in ("proxy", "p", "host", host[:12], swarm[:2]):  # any of them might begin an id
            assert not passes(proxy, "/services/create", service(name)), name
        assert passes(proxy, "/services/create", service("stack_proxy"))
        # the swarm is begun later: a reload learns its ids
        proxy.engine.more["/networks/host?scope=swarm"] = {"Name": "host", "Id": swarm, "Scope": "swarm"}
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        assert passes(proxy, "/services/create", service("proxy"))
        assert not passes(proxy, "/services/create", service(swarm[:2]))
    with Proxy(env, engine=None) as proxy:  # nothing is known yet
        assert proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], json.dumps(namespace).encode())[0] == 403


@test("a container whose namespaces a list opens passes by its name and by its id, a protected one by neither")
def listed_namespaces():
    """Compose and clients that recreate containers write ids."""
    db = "db" * 32
    env = {"ALLOW_CREATE": "1", "ALLOW_HOST_NAMESPACES": "network:container:web,ipc:container:db,pid:container:port*"}

    def listed(path):
        return [*containers(path), container(db, "db")]

    def answer(proxy, mode, value):
        body = json.dumps({"HostConfig": {mode: value}}).encode()
        status, _, text = proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)
        return None if status == 200 else json.loads(text)["message"].partition(": ")[2].partition("forbidden: ")[2]
    with contained() as within, Proxy(env, engine=engine(listed=listed), within=within) as proxy:
        for mode, value in (("NetworkMode", "web"), ("NetworkMode", OTHER), ("IpcMode", "db"), ("IpcMode", db)):
            assert answer(proxy, mode, f"container:{value}") is None, value
        assert "ALLOW_HOST_NAMESPACES=pid:container:web would allow it" in answer(proxy, "PidMode", "container:web")
        for mode, value in (("NetworkMode", OTHER[:12]), ("NetworkMode", db), ("IpcMode", "db" * 6), ("IpcMode", "dbdb"), ("PidMode", OTHER)):
            assert "ALLOW_HOST_NAMESPACES=true would allow it" in answer(proxy, mode, f"container:{value}"), value
        for value in ("portainer", HOLDER, HOLDER[:12], "socket-proxy", OWN):
            assert "no setting allows it" in answer(proxy, "PidMode", f"container:{value}"), value
    with Proxy(env, engine=None) as proxy:  # outside of a container no id is read
        status, _, text = proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], b'{"HostConfig":{"IpcMode":"container:db"}}')
        assert status == 403, text


@test("the start warns of containers that could be deleted and not be created again")
def recreation():
    """Where containers may be deleted and created, the start warns of those that could not be created again."""
    ids = [f"{i:02x}" * 32 for i in range(1, 9)]
    network = {"NetworkSettings": {"Networks": {"bridge": {"Aliases": None, "IPAMConfig": None, "NetworkID": "ab" * 32}}}}

    def inspected(labels=None, config=None, **host):
        return {"Id": "x", "Config": {"Image": "box", "Env": ["A=1"], "Labels": labels or {}, **(config or {})},
                "HostConfig": {"NetworkMode": "bridge", **host}, **network}
    names = ["web", "gluetun", "files", "alone", "hidden", "broken", "escapes", "gone"]
    inspections = [inspected(Binds=["data:/d"]), inspected(CapAdd=["NET_ADMIN"]), inspected(Binds=["/srv/x:/x"], Privileged=True),
                   inspected({"com.centurylinklabs.watchtower.enable": "false"}, Privileged=True),
                   inspected({"com.centurylinklabs.watchtower.enable": "true"}, Devices=[{"PathOnHost": "/dev/net/tun"}, {"PathOnHost": "/dev/fuse"}],
                             Sysctls={"net.ipv4.ip_forward": "1"}, PidMode="host"), b"[", inspected(CapAdd=["\x1b]0;x\x07"]), None]
    expected = {
        'gluetun could not be created again through this proxy: HostConfig.CapAdd "NET_ADMIN"; ALLOW_CAP_ADD with that capability would allow it',
        'files could not be created again through this proxy: HostConfig.Binds "/srv/x:/x"; ALLOW_BIND_MOUNTS with that path would allow it',
        'files could not be created again through this proxy: HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it',
        'hidden could not be created again through this proxy: HostConfig.Devices "/dev/net/tun"; ALLOW_DEVICES=/dev/net/tun would allow it',
        'hidden could not be created again through this proxy: HostConfig.Devices "/dev/fuse"; ALLOW_DEVICES=/dev/fuse would allow it',
        'hidden could not be created again through this proxy: HostConfig.Sysctls "net.ipv4.ip_forward"; ALLOW_SYSCTLS=net.ipv4.ip_forward would allow it',
        'hidden could not be created again through this proxy: HostConfig.PidMode "host"; ALLOW_HOST_NAMESPACES=pid:host would allow it',
    }

    def holding(path):
        listed = [container(OWN, "socket-proxy", mounts=[(path, path)]), *(container(i, name) for i, name in zip(ids, names))]
        more = {f"/containers/{i}/json": body for i, body in zip(ids, inspections) if body is not None}
        more[f"/containers/{OWN}/json"] = inspected(Binds=[f"{path}:{path}"])
        return Engine(path, containers=listed, more=more)
    env = {"ALLOW_CREATE": "1", "ALLOW_DELETE": "1"}

    def lines(proxy):
        return [line.partition(" warning: ")[2] for line in proxy.log().splitlines() if "could not be created again" in line]
    with contained() as within:
        with Proxy(env, engine=holding, within=within) as proxy:
            proxy.wait_for_log("warning: escapes could not be created again")
            proxy.wait_for_log("warning: hidden could not be created again")
            said = lines(proxy)
            assert {line for line in said if not line.startswith("escapes")} == expected, said
            assert len(said) == len(expected) + 1 and "\x1b" not in proxy.log(), said
            # a reload warns of nothing a second time
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_reload()
            assert lines(proxy) == said
        with Proxy(dict(env, ALLOW_CAP_ADD="NET_ADMIN", ALLOW_BIND_MOUNTS="/srv", ALLOW_PRIVILEGED="1"), engine=holding, within=within) as proxy:
            proxy.wait_for_log("warning: hidden could not be created again")
            assert {line.split()[0] for line in lines(proxy)} <= {"hidden", "escapes"}, lines(proxy)
        # what cannot be lost is not looked at
        for less in ({"ALLOW_CREATE": "1"}, {"ALLOW_DELETE": "1"}, {"ALLOW_CONTAINER_DELETE": "1", "COMPAT": "tecnativa", "CONTAINERS": "1", "POST": "1"}):
            with Proxy(less, engine=holding, within=within) as proxy:
                proxy.process.send_signal(signal.SIGHUP)
                proxy.wait_for_reload()
                assert not lines(proxy) and not [x for x in proxy.engine.asked if x[1].endswith("/json")], proxy.log()
    # an Engine that comes later is looked at then; outside a container there is no own one
    with Proxy(env, engine=None) as proxy:
        assert not lines(proxy)
        proxy.engine = holding(proxy.socket_path)
        proxy.wait_for_log("warning: gluetun could not be created again")
        proxy.wait_for_log("warning: socket-proxy could not be created again")


@test("the start tells of the own container, of holders, and of sockets in volumes")
def told():
    with tempfile.TemporaryDirectory() as directory:
        def listed(path):
            ours = containers(path)
            ours[0]["Mounts"].append({"Type": "volume", "Name": "sockets", "Source": "/x", "Destination": directory})
            return ours
        env = {"PROFILE_A_LISTEN": f"unix://{directory}/a.sock", "PROFILE_A_ALLOW_EXEC": "1"}
        with contained() as within, Proxy(env, engine=engine(listed=listed), within=within) as proxy:
            proxy.wait_for_log(f"this proxy runs in the container socket-proxy ({OWN[:12]}); no permission lets")
            proxy.wait_for_log("EXEC is open, and these containers hold the Engine's socket: portainer;")
            proxy.wait_for_log(f"PROFILE_A_LISTEN: {directory}/a.sock is in the volume sockets; clients that create containers may not mount it")
    with contained() as within, Proxy({}, engine=engine(), within=within) as proxy:
        assert "hold the Engine's socket" not in proxy.log()
    # a profile with the same operations, whose guard lets more pass, is a wider one
    same = {"ALLOW_CREATE": "1", "PROFILE_A_FROM": "10.0.0.1", "PROFILE_A_ALLOW_CREATE": "1"}
    claim = "and so take profile A"
    with Proxy(same) as proxy:
        assert claim not in proxy.log(), proxy.log()
    for more in ({"PROFILE_A_ALLOW_PRIVILEGED": "1"}, {"PROFILE_A_ALLOW_BIND_MOUNTS": "/srv"}, {"REQUIRE_LABEL": "a=b"},
                 {"ALLOW_IMAGE_REFERENCES": "x"}, {"ALLOW_BIND_MOUNTS": "/srv", "PROFILE_A_ALLOW_BIND_MOUNTS": "/srv,/etc"}):
        with Proxy(dict(same, **more)) as proxy:
            assert claim in proxy.log(), (more, proxy.log())
    for less in ({"ALLOW_PRIVILEGED": "1"}, {"ALLOW_BIND_MOUNTS": "/srv,/etc", "PROFILE_A_ALLOW_BIND_MOUNTS": "/srv"},
                 {"PROFILE_A_REQUIRE_LABEL": "a=b"}, {"PROFILE_A_ALLOW_IMAGE_REFERENCES": "x"}):
        with Proxy(dict(same, **less)) as proxy:
            assert claim not in proxy.log(), (less, proxy.log())


if __name__ == "__main__":
    run()
