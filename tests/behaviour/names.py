#!/usr/bin/env python3
"""Containers as clients: `explain --from` and `permissions --from`, and their names in the log and the metrics."""
import contextlib
import os
import re
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from containers import IMAGE, Living, container  # noqa: E402
from engine import Engine  # noqa: E402
from logs import entries  # noqa: E402
from proxy import HAPROXIES, Client, Proxy, children, free_port, on_each_haproxy, program  # noqa: E402
from suite import run, test, until  # noqa: E402

LABELLED = "sha256:" + "2" * 64


def image(identity, labels):
    """The answer to GET /images/{name}/json, by its target."""
    return {f"/images/{identity}/json?manifests=1": {"Id": identity, "Config": {"Labels": labels},
                                                     "GraphDriver": {"Name": "overlay2", "Data": {"LowerDir": "/x"}}}}


SERVICE = {"com.docker.compose.project": "stack", "com.docker.compose.service": "web"}
LABEL = "docker-socket-proxy.profile"
CONTAINERS = [container("dozzle", "10.1.0.2"), container("stack-web-1", "10.1.0.3", SERVICE), container("labelled", "10.1.0.4", {LABEL: "b"}),
              container("tricked", "10.1.0.5", {LABEL: "b"}, image=LABELLED), container("odd", "10.1.0.6", {LABEL: "x"}),
              container("lost-image", "10.1.0.7", {LABEL: "b"}, image="sha256:" + "3" * 64), container("other", "10.1.0.8"),
              container("sharer", mode="container:dozzle"), container("orphan", mode="container:nothing"), container("host", mode="host"),
              container("fixed", "10.2.0.9"), container("both", "10.1.0.10")]
ENV = {"PROFILES_FROM_LABELS": "true", "PROFILE_A_FROM": "dozzle,service:web,10.2.0.0/16,both", "PROFILE_A_ALLOW_LOGS": "true",
       "PROFILE_B_FROM": "10.2.0.9,service:both,192.0.2.1", "PROFILE_B_ALLOW_EXEC": "true", "ALLOW_INFO": "true"}
MORE = {"/networks": [], **image(IMAGE, {}), **image(LABELLED, {LABEL: "b"})}
LOGS, EXEC, INFO = ("GET", "/containers/x/logs"), ("POST", "/containers/x/exec"), ("GET", "/info")

# container, its profile's request, what is said
WHO = [("dozzle", LOGS, "dozzle has profile A: PROFILE_A_FROM=dozzle is its name"),
       ("/dozzle", LOGS, "dozzle has profile A"),
       (CONTAINERS[0]["Id"], LOGS, "dozzle has profile A"),
       (CONTAINERS[0]["Id"][:12], LOGS, "dozzle has profile A"),
       ("10.1.0.2", LOGS, "dozzle has profile A"),
       ("stack-web-1", LOGS, "stack-web-1 has profile A: PROFILE_A_FROM=service:web is its service"),
       ("labelled", EXEC, "labelled has profile B: its label docker-socket-proxy.profile=b"),
       ("tricked", INFO, "tricked has no profile: no profile claims it; its label docker-socket-proxy.profile has no effect, because its image has that"),
       ("lost-image", INFO, "has no effect, because the Engine does not say which labels its image has"),
       ("other", INFO, "other has no profile: no profile claims it\n"),
       ("sharer", LOGS, "sharer uses the network of dozzle, and its requests have the profile of that one"),
       ("host", INFO, "host uses the network of the host"),
       ("fixed", EXEC, "fixed has profile B: PROFILE_B_FROM=10.2.0.9 is its address"),
       ("both", LOGS, "both has profile A: PROFILE_A_FROM=both is its name")]
NOBODY = [("odd", "--from odd: its label docker-socket-proxy.profile=x names no profile, so its requests are refused"),
          ("orphan", "--from orphan: the container whose network it uses does not exist"),
          ("nothing", "--from nothing: the Engine has no such container"), ("10.9.9.9", "--from 10.9.9.9: the Engine has no such container")]


@test("--from finds a container, its profile and the reason, and judges with that profile")
def from_container():
    with tempfile.TemporaryDirectory() as directory:
        env = dict(ENV, SOCKET_PATH=os.path.join(directory, "engine.sock"))
        engine = Engine(env["SOCKET_PATH"], containers=CONTAINERS, more=MORE)
        for name, request, said in WHO:
            for other in (LOGS, EXEC, INFO):
                done = program("explain", "--from", name, *other, env=env)
                assert done.returncode == (0 if other == request else 3) and said in done.stderr, (name, other, done)
                assert done.stdout.startswith("allowed: " if other == request else "denied: "), done
        for name, said in NOBODY:
            done = program("explain", "--from", name, *LOGS, env=env)
            assert done.returncode == 2 and said in done.stderr and done.stdout == "", (name, done)
        done = program("permissions", "--open", "--from", "labelled", env=env)
        assert done.returncode == 0 and "labelled has profile B" in done.stderr, done
        assert done.stdout == program("permissions", "--open", "--profile", "b", env=env).stdout
        # a label without the setting; a profile and a container; no Engine
        done = program("explain", "--from", "labelled", *INFO, env={**env, "PROFILES_FROM_LABELS": ""})
        assert done.returncode == 0 and "has no effect without PROFILES_FROM_LABELS=true" in done.stderr, done
        done = program("explain", "--from", "labelled", "--profile", "b", *INFO, env=env)
        assert done.returncode == 2 and "--profile and --from exclude each other" in done.stderr, done
        assert engine.requests == [], engine.requests
        engine.close()
        done = program("explain", "--from", "labelled", *INFO, env=env)
        assert done.returncode == 2 and "no Engine has listed its containers" in done.stderr, done


@contextlib.contextmanager
def living(env, containers, more=None, **how):
    with Proxy(env, engine=lambda path: Living(path, containers, more or {}), **how) as proxy:
        yield proxy


def asks(proxy, address, target="/version"):
    """A request from an address; its status."""
    with contextlib.closing(Client(proxy.port, address)) as client:
        return client.ask("GET", target)[0]


@test("CLIENT_NAMES: the log has the name of the container that asks")
@on_each_haproxy
def names_in_log():
    containers = [container("dozzle", "127.0.0.2"), container("web.1-x_Y", "127.0.0.3"), container("twin", "127.0.0.4"),
                  container("other-twin", "127.0.0.4")]
    with living({"CLIENT_NAMES": "true"}, containers) as proxy:
        until(lambda: asks(proxy, "127.0.0.2") and "client=dozzle" in proxy.log(), "no name")
        assert asks(proxy, "127.0.0.3", "/containers/x/attach") == 403
        for address in ("127.0.0.4", "127.0.0.1"):
            assert asks(proxy, address) == 200
        proxy.wait_for_log("client=- SystemVersion 200", 2)
        proxy.wait_for_log(" client=web.1-x_Y no permission covers it 403")
        # a container goes, and another one has its address
        gone = containers.pop(0)
        proxy.engine.containers = containers
        proxy.engine.happens(gone, "destroy")
        containers.append(container("next", "127.0.0.2"))
        proxy.engine.containers = containers
        proxy.engine.happens(containers[-1], "start")
        until(lambda: asks(proxy, "127.0.0.2") and "client=next" in proxy.log(), "no new name")
        assert program("suggest", "-", stdin=proxy.log()).returncode == 0
    with living({"CLIENT_NAMES": "true", "LOG_FORMAT": "json"}, [container("dozzle", "127.0.0.2")]) as proxy:
        until(lambda: asks(proxy, "127.0.0.2") and entries(proxy)[-1]["client_name"] == "dozzle", "no name")
        asks(proxy, "127.0.0.1")
        until(lambda: entries(proxy)[-1]["client_name"] == "-", "a line without a name")
    with Proxy({}) as proxy:
        asks(proxy, "127.0.0.2")
        proxy.wait_for_log("SystemVersion 200")
        assert "client=" not in proxy.log()


@test("a label chooses a profile, but not one that the container's image has, nor before the Engine has said what the image has")
@on_each_haproxy
def labels():
    containers = [container("own", "127.0.0.2", {LABEL: "a"}), container("tricked", "127.0.0.3", {LABEL: "a"}, image=LABELLED),
                  container("late", "127.0.0.4", {LABEL: "a"}, image="sha256:" + "4" * 64), container("odd", "127.0.0.5", {LABEL: "none"}),
                  container("plain", "127.0.0.6")]
    with living({"PROFILES_FROM_LABELS": "true", "PROFILE_A_ALLOW_INFO": "true"}, containers, MORE) as proxy:
        # the first answers come before the first request
        assert asks(proxy, "127.0.0.2", "/info") == 200, proxy.log()
        for address in ("127.0.0.3", "127.0.0.4", "127.0.0.6"):
            assert asks(proxy, address, "/info") == 403 and asks(proxy, address) == 200, address
        for text in ("profile=a client=own SystemInfo 200", "profile=- client=tricked ALLOW_INFO=true",
                     "warning: the label docker-socket-proxy.profile of tricked has no effect: its image has that label too",
                     "warning: the label docker-socket-proxy.profile of late has no effect: the Engine does not say"):
            proxy.wait_for_log(text)
        assert proxy.log().count("of tricked has no effect") == 1, proxy.log()
        # a container that is recreated from another image, which has the label
        gone, containers[0] = containers[0], container("own", "127.0.0.2", {LABEL: "a"}, image=LABELLED)
        proxy.engine.containers = containers
        proxy.engine.happens(gone, "destroy")
        proxy.engine.happens(containers[0], "start")
        until(lambda: asks(proxy, "127.0.0.2", "/info") and "profile=- client=own ALLOW_INFO" in proxy.log(), "the profile of before")


COUNT = re.compile(r'^docker_socket_proxy_client_requests_total\{client="([^"]*)",decision="(\w+)"\} (\d+)$', re.M)


def page(port, target):
    """A page of the metrics. It is asked again while there are too many requests in a second."""
    while True:
        with contextlib.closing(Client(port)) as client:
            status, _, body = client.ask("GET", target)
        if status == 200:
            assert body.endswith(b"\n"), body[-200:]
            return body.decode("ascii" if target == "/metrics" else "utf-8")
        assert status == 429, (status, body)
        time.sleep(0.1)


@test("the metrics count requests by the name of the container, for a bounded number of names")
@on_each_haproxy
def names_in_metrics():
    containers = [container(f"client-{i}" if i != 7 else "x" * 200, f"127.0.1.{i}") for i in range(1, 41)]
    port = free_port()
    with living({"CLIENT_NAMES": "true", "METRICS_LISTEN": f"tcp://:{port}", "ALLOW_CONTAINERS": "true", "PROFILE_A_LISTEN": f"tcp://:{free_port()}"},
                containers) as proxy:
        until(lambda: asks(proxy, "127.0.1.1") and "client=client-1 " in proxy.log(), "no name")
        before = dict((pair[:2], int(pair[2])) for pair in COUNT.findall(page(port, "/metrics")))
        assert set(before) == {("client-1", "allowed"), ("client-1", "refused")}, before
        for i in (1, 2, 2, 7):
            assert asks(proxy, f"127.0.1.{i}", "/containers/json") == 200
            assert asks(proxy, f"127.0.1.{i}", "/info") == 403
        assert asks(proxy, "127.0.0.1") == 200
        found = dict((pair[:2], int(pair[2])) for pair in COUNT.findall(page(port, "/metrics")))
        assert found == {("client-1", "allowed"): before["client-1", "allowed"] + 1, ("client-1", "refused"): 1, ("client-2", "allowed"): 2,
                         ("client-2", "refused"): 2, ("x" * 63, "allowed"): 1, ("x" * 63, "refused"): 1}, found
        assert "<tr><th scope=row>client-2<td class=n>2<td class=n>2" in page(port, "/"), page(port, "/")[-3000:]
        assert "client-2" not in page(port, "/profile/a")
        for i in range(1, 41):
            assert asks(proxy, f"127.0.1.{i}") == 200
        found = dict((pair[:2], int(pair[2])) for pair in COUNT.findall(page(port, "/metrics")))
        assert len(found) == 48 and found["client-24", "allowed"] == 1 and ("client-25", "allowed") not in found, found
        assert page(port, "/").count("<tr><th scope=row>client-") == 23
        # a reload begins to count anew
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for_reload()
        until(lambda: not COUNT.search(page(port, "/metrics")), "counts of before the reload")
        assert asks(proxy, "127.0.1.40") == 200
        until(lambda: asks(proxy, "127.0.1.40") and COUNT.search(page(port, "/metrics")), "no count after the reload")
        assert {pair[0] for pair in COUNT.findall(page(port, "/metrics"))} == {"client-40"}
    with Proxy({"METRICS_LISTEN": f"tcp://:{port}"}) as proxy:
        assert "client_requests" not in page(port, "/metrics") and "Clients" not in page(port, "/")


@test("an address changes hands often: once a change counts, no request is judged as before")
@on_each_haproxy
def changes_hands():
    admin, other = container("admin", "127.0.0.9"), container("other", "127.0.0.9")
    delays = []
    with living({"PROFILE_A_FROM": "admin", "PROFILE_A_ALLOW_INFO": "true"}, [admin]) as proxy:
        until(lambda: asks(proxy, "127.0.0.9", "/info") == 200, "admin is not known")
        for n in range(int(os.environ.get("CHANGES", "100"))):
            gone, come, status = (admin, other, 403) if n % 2 == 0 else (other, admin, 200)
            proxy.engine.containers = [come]
            begin = time.monotonic()
            for container_, action in ((gone, "die"), (gone, "destroy"), (come, "create"), (come, "start")):
                proxy.engine.happens(container_, action)
            while asks(proxy, "127.0.0.9", "/info") != status:
                assert time.monotonic() < begin + 60, f"the change does not count, {n}"
            delays.append(time.monotonic() - begin)
            assert [asks(proxy, "127.0.0.9", "/info") for _ in range(5)] == [status] * 5, n
    if "TIMES" in os.environ:  # a file
        with open(os.environ["TIMES"], "a", encoding="ascii") as file:
            print(f"from the events to a request that is judged so: median {1000 * sorted(delays)[len(delays) // 2]:.1f} ms, most {1000 * max(delays):.1f} ms", file=file)


def followers(proxy):
    """The processes that follow the Engine for a HAProxy, which is the other kind of child."""
    found = set()
    for child in children(proxy.process.pid):
        with contextlib.suppress(OSError), open(f"/proc/{child}/comm", encoding="ascii") as file:
            if file.read().startswith("docker-socket"):
                found.add(child)
    return found


@test("a follower that is stopped or hangs is noticed and replaced, and what it said last does not stay in force")
def follower_is_stopped():
    """With each HAProxy at the same time. A replaced HAProxy, which serves a stream and whose follower is stopped too, ends."""
    admin, other = container("admin", "127.0.0.9"), container("other", "127.0.0.9")
    env = {"PROFILE_A_FROM": "admin", "PROFILE_A_ALLOW_INFO": "true", "PROFILE_A_ALLOW_EVENTS": "true"}

    def change(proxy, gone, come):
        proxy.engine.containers = [come]
        proxy.engine.happens(gone, "destroy")
        proxy.engine.happens(come, "start")
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(living(env, [admin], haproxy=haproxy)) for haproxy in HAPROXIES]
        streams = []
        for proxy in proxies:
            until(lambda: asks(proxy, "127.0.0.9", "/info") == 200, "admin is not known")
            streams.append(stack.enter_context(contextlib.closing(Client(proxy.port, "127.0.0.9"))))
            streams[-1].send(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
            assert b" 200 " in streams[-1].stream.readline()
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_reload()
            assert len(followers(proxy)) == 2
            for follower in followers(proxy):
                os.kill(follower, signal.SIGSTOP)
            change(proxy, admin, other)  # nobody notices
        for proxy, stream in zip(proxies, streams):
            until(lambda: asks(proxy, "127.0.0.9", "/info") == 403, "a container has the profile of another one")
            assert asks(proxy, "127.0.0.9") == 200
            change(proxy, other, admin)
            until(lambda: asks(proxy, "127.0.0.9", "/info") == 200, "the new follower does not follow")
            while stream.stream.readline():
                pass
            until(lambda: len(children(proxy.process.pid)) == 2, "something of the replaced HAProxy is left")
            said = "the process that follows the Engine's containers has been silent for 5 seconds; it is ended, and another one begins"
            assert proxy.log().count(said) == proxy.log().count("has been silent") == 1, proxy.log()


if __name__ == "__main__":
    run()
