#!/usr/bin/env python3
"""Every operation of the Engine API: what opens it, what does not, and that no grant reaches another operation."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Proxy, ROOT, check_everywhere, program  # noqa: E402
from suite import run, test  # noqa: E402


def specification():
    """The rows of the specification: method, path, operationId, own variable, groups, default."""
    with open(os.path.join(ROOT, "tests/fixtures/permissions.tsv"), encoding="ascii") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def sample(path):
    """A request path for a row: names as they are in real life, references with slashes."""
    many = path.startswith(("/images/", "/plugins/", "/distribution/"))
    return (path.replace("{id}", "web_1.x").replace("{checkpoint}", "cp1")
            .replace("{name}", "registry:5000/team/app:1" if many else "data-1"))


ROWS = specification()


def ask_all(proxy):
    """The operationIds (with method and path) that are let through."""
    passed = set()
    client = proxy.connect()
    for method, path, operation, *_ in ROWS:
        # What carries a workload is judged by its body as well (tests/guard): give it a harmless one.
        json = method == "POST" and not path.endswith(("/start", "/build", "/load", "/auth"))
        status, answer, _ = client.ask(method, "/v1.41" + sample(path), ["Content-Type: application/json"] if json else (),
                                       b"{}" if json else b"")
        if status != 403:
            passed.add((method, path, operation))
        if status == 0 or answer.get("connection") == "close" or path == "/events":
            client.close()
            client = proxy.connect()
    client.close()
    return passed


def expected(open_operations):
    return {(m, p, o) for m, p, o, *_ in ROWS if o in open_operations}


def default_operations():
    return {o for _, _, o, _, _, default in ROWS if default == "on"}


def in_parallel(jobs):
    """Runs each job (a function) with two at a time; fails with all that failed."""
    failures = []
    lock = threading.Lock()
    queue = list(jobs)

    def work():
        while True:
            with lock:
                if not queue:
                    return
                job = queue.pop()
            try:
                job()
            except AssertionError as failure:
                with lock:
                    failures.append(str(failure))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures, "\n".join(failures)


def compare(env, want, haproxy=None):
    with Proxy(env, haproxy=haproxy) as proxy:
        got = ask_all(proxy)
        seen = {(m, t.split("?")[0]) for m, t, _, _ in proxy.engine.requests}
    assert got == want, f"{env}: let through {sorted(got - want)}, refused {sorted(want - got)}"
    reached = {(m, "/v1.41" + sample(p)) for m, p, _ in want}
    assert seen == reached, f"{env}: the Engine saw {sorted(seen ^ reached)}"


# What the create guard would refuse as a whole (tests/guard has the guard's own tests)
# (What is not known yet of the containers would be a 503.)
GUARD_OPEN = {"ALLOW_PRIVILEGED": "true", "ALLOW_HOST_NAMESPACES": "true", "ALLOW_BIND_MOUNTS": "true", "ALLOW_UNRECREATABLE": "true"}
CLOSED = {"ALLOW_PING": "false", "ALLOW_VERSION": "false", "ALLOW_EVENTS": "false"}


@test("with nothing set, PING, VERSION and EVENTS are open and nothing else")
def defaults():
    compare({}, expected(default_operations()))
    compare(CLOSED, set())


@test("each own variable opens its operation and no other (all operations against all)")
def own_variables():
    """Each operation's own variable opens it, and it alone. The guard would ask for bodies: it has tests of its own."""
    done = set()
    jobs = []
    for _, _, operation, variable, _, _ in ROWS:
        if operation in done:
            continue
        done.add(operation)
        env = dict(CLOSED, **GUARD_OPEN)
        env[variable] = "true"
        jobs.append(lambda env=env, operation=operation: compare(env, expected({operation})))
    in_parallel(jobs)


def opened_by(groups, expression):
    """Whether the set of groups opens an operation with this expression of the specification."""
    if expression == "own variable only":
        return False
    return any(all(g.strip() in groups for g in alternative.split("+")) for alternative in expression.split("|"))


@test("each group, and each pair of groups, opens what the specification says")
def groups():
    """Each group alone, and each pair that some operation needs."""
    names = set()
    pairs = set()
    for _, _, _, _, expression, _ in ROWS:
        if expression == "own variable only":
            continue
        for alternative in expression.split("|"):
            parts = tuple(sorted(g.strip() for g in alternative.split("+")))
            names.update(parts)
            if len(parts) > 1:
                pairs.add(parts)
    jobs = []
    for chosen in [(n,) for n in sorted(names)] + sorted(pairs):
        env = dict(CLOSED, **GUARD_OPEN)
        env.update({f"ALLOW_{g}": "YES" for g in chosen})
        want = expected({o for _, _, o, _, e, _ in ROWS if opened_by(set(chosen), e)})
        jobs.append(lambda env=env, want=want: compare(env, want))
    in_parallel(jobs)


@test("an own variable that is false closes its operation whatever the groups say")
def own_variable_closes():
    """With every group open, each own variable that is false closes its operation and no other."""
    everything = {f"ALLOW_{g}": "1" for _, _, _, _, e, _ in ROWS for g in e.replace("+", "|").replace(" ", "").split("|")
                  if e != "own variable only"}
    everything.update({v: "1" for _, _, _, v, e, _ in ROWS if e == "own variable only"})
    everything.update(GUARD_OPEN)
    all_operations = {o for _, _, o, *_ in ROWS}
    compare(everything, expected(all_operations))
    jobs = []
    for operation in sorted(all_operations)[::6]:
        variable = next(v for _, _, o, v, _, _ in ROWS if o == operation)
        env = dict(everything)
        env[variable] = "off"
        jobs.append(lambda env=env, operation=operation: compare(env, expected(all_operations - {operation})))
    in_parallel(jobs)


def preset_operations(names):
    """The operations of presets, by the program's list."""
    rows = dict(line.split("\t")[:3:2] for line in program("presets").stdout.splitlines()[1:])
    return {operation for name in names for operation in rows[name].split()}


@test("a preset opens its operations, in the running proxy, and nothing else")
def presets():
    """Each PRESET opens the operations of its rows and no other: without the defaults, which a preset neither opens nor closes."""
    jobs = []
    for preset, rows in (("traefik", ("traefik",)), ("dozzle+actions+shell", ("dozzle", "dozzle+actions", "dozzle+shell")),
                         ("watchtower+update+cleanup", ("watchtower", "watchtower+update", "watchtower+cleanup")),
                         ("portainer+manage,buildx", ("portainer", "portainer+manage", "buildx")), ("appapi,traefik-swarm", ("appapi", "traefik-swarm"))):
        want = preset_operations(rows) | default_operations()
        env = dict(GUARD_OPEN, PRESET=preset)
        jobs.append(lambda env=env, want=want: compare(env, expected(want)))
    jobs.append(lambda: compare({"PRESET": "traefik", **CLOSED}, expected(preset_operations(("traefik",)) - default_operations())))
    jobs.append(lambda: compare({"PRESET": "traefik", "ALLOW_CONTAINERS": "false", "ALLOW_CONTAINER_LIST": "true"},
                                expected(default_operations() | {"ContainerList"})))
    in_parallel(jobs)


@test("haproxy -c has nothing to say about the rendered configurations, on every HAProxy at hand")
def configurations():
    """haproxy -c has nothing to say on any HAProxy at hand."""
    everything = {v: "1" for _, _, _, v, _, _ in ROWS}
    for env in ({}, CLOSED, everything, {"ALLOW_CREATE": "1", "LOG_FORMAT": "json"}, {"LISTEN": "tcp://127.0.0.1:2375,tcp://[::1]:2375"},
                {"DISABLE_IPV6": "1"}, {"LISTEN": "unix:///tmp/x.sock?mode=0600"}, {"LOG_LEVEL": "debug", "MAX_CONNECTIONS": "100"},
                {"PRESET": "portainer+manage,buildx", "PROFILE_A_FROM": "10.0.0.7", "PROFILE_A_PRESET": "traefik,act"},
                {"RATE_LIMIT": "10", "MAX_CONNECTIONS_PER_CLIENT": "20"}, {"UPSTREAM": "unix:///a.sock,tcp://127.0.0.1:1"}):
        check_everywhere(env)


if __name__ == "__main__":
    run()
