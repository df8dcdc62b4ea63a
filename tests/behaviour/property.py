#!/usr/bin/env python3
"""explain and the running proxy agree on random requests; the seed is printed, and SEED sets it."""
import json
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, Proxy, free_port, on_each_haproxy, program  # noqa: E402
from suite import run, test  # noqa: E402

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "get"]
PIECES = ["/", "//", "/./", "/..", "%2F", "%2f", "%252F", "%00", "%0a", "%7f", "\\", "%5c", "%", "%zz", "json", "create", "x", "libpod",
          "v1.41", "v1.22", "/v1.024", "/v4.3.1", ".", "..", "%2e", "%C3%A9", "~", ":", "@", "+", ";", "&", "'", "%20", "%25", "ws", "get",
          "/:", "/:/", "%3A", "/json", "/:/json", "%20GET", "%20POST", "GET", "%7C", "%3F"]


def rows():
    table = program("permissions").stdout.splitlines()
    return [line.split("\t")[1:6] for line in table if not line.startswith("#")]


def mutate(random_, path):
    for _ in range(random_.choice([0, 0, 1, 1, 2, 4])):
        at = random_.randrange(len(path) + 1)
        kind = random_.randrange(4)
        if kind == 0:
            path = path[:at] + random_.choice(PIECES) + path[at:]
        elif kind == 1 and path:
            path = path[:at] + path[at + 1:]
        elif kind == 2 and at < len(path):
            path = path[:at] + f"%{ord(path[at]):02{random_.choice('xX')}}" + path[at + 1:]
        elif kind == 3 and at < len(path):
            path = path[:at] + path[at].swapcase() + path[at + 1:]
    return path


def request(random_, table):
    method, path = random_.choice(table)[:2]
    for name in ("{id}", "{name}", "{checkpoint}", "{destination}"):
        path = path.replace(name, random_.choice(["x", "json", "a/b", "a%2Fb", "create", "reg:5000/t/app:1", "sha256:ab", ".x", "get", ":", "a/json",
                                                  "prune", "remove", "checkpoints", "attach/ws", "x%20GET", "a/create", "json/json", "%C3%BF"]))
    path = random_.choice(["", "", "/v1.41", "/v1.24", "/v1.23", "/v4.3.1", "/v1.4", "/v1.9999"]) + path
    if random_.random() < 0.15:
        method = random_.choice(METHODS)
    path = mutate(random_, path)
    return method, "/" + path.lstrip("/") if random_.random() < 0.9 else "/" + path


def random_environment(random_, table):
    env = {}
    for _, _, _, own, groups in table:
        for name in groups.replace("+", "|").replace(" ", "").split("|"):
            if name != "ownvariableonly" and random_.random() < 0.1:
                env[f"ALLOW_{name}"] = random_.choice(["true", "true", "false"])
        if random_.random() < 0.05:
            env[own] = random_.choice(["1", "0"])
    for name in ("CONTAINERS", "POST", "IMAGES", "NETWORKS", "EXEC", "LIBPOD_CONTAINERS", "LIBPOD_IMAGES"):
        if random_.random() < 0.2:
            env[name] = random_.choice(["1", "0"])
    # the guard judges bodies, which explain is not asked about here
    env.update(ALLOW_PRIVILEGED="1", ALLOW_HOST_NAMESPACES="1", ALLOW_BIND_MOUNTS="1")
    return env


def check(proxy, client, method, target, verdict, context):
    """What the client is told and what reaches the Engine is what explain says, down to the reason."""
    reached = len(proxy.engine.requests)
    json_body = method == "POST" and not target.split("?")[0].endswith("/start")
    status, _, body = client.ask(method, target, ["Content-Type: application/json"] if json_body else (), b"{}" if json_body else b"")
    client.close()
    allowed = status not in (0, 400, 403)
    assert allowed == verdict.startswith("allowed"), f"{context}: {method} {target}: {status}, but explain: {verdict}"
    if status != 400:
        assert (len(proxy.engine.requests) > reached) == allowed, f"{method} {target} reached the Engine although it was refused"
    if status == 403 and method != "HEAD":
        reason = json.loads(body)["message"].split(" is forbidden; ")[-1]
        assert reason == verdict.split(" ", 2)[2], f"{context}: {method} {target}: {reason}, but explain: {verdict}"


def explained(env, requests, *profile):
    said = program("explain", *profile, "-", env=env, stdin="".join(f"{m} {t}\n" for m, t in requests)).stdout.splitlines()
    assert len(said) == len(requests)
    return zip(requests, said)


def seeded():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"SEED={seed}")
    return seed, random.Random(seed), int(os.environ.get("ROUNDS", 4))


@test("explain and the running proxy agree on thousands of random requests")
@on_each_haproxy
def agreement():
    seed, random_, rounds = seeded()
    table = rows()
    for _ in range(rounds):
        env = random_environment(random_, table)
        requests = [request(random_, table) for _ in range(1500)]
        with Proxy(env) as proxy:
            for (method, target), verdict in explained(env, requests):
                check(proxy, proxy.connect(), method, target, verdict, f"SEED={seed} {env}")


@test("explain --profile and the running proxy agree, whichever way a client gets its profile")
@on_each_haproxy
def agreement_of_profiles():
    """Each with a set of its own, and told apart by a listener, a Unix listener and a network."""
    seed, random_, rounds = seeded()
    table = rows()
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(rounds):
            port = free_port()
            path = os.path.join(directory, "own.sock")
            env = random_environment(random_, table)
            for name in ("A_B", "LISTEN", "ZX"):
                own = random_environment(random_, table)
                env.update({f"PROFILE_{name}_{key}": value for key, value in own.items() if key.startswith("ALLOW_")})
            env.update(PROFILE_A_B_LISTEN=f"tcp://127.0.0.1:{port}", PROFILE_LISTEN_LISTEN=f"unix://{path}", PROFILE_ZX_FROM="127.5.0.0/16")
            with Proxy(env) as proxy:
                for profile, connect in ((None, proxy.connect), ("a_b", lambda: Client(port)), ("LISTEN", lambda: Client(path)),
                                         ("ZX", lambda: Client(proxy.port, "127.5.1.1"))):
                    requests = [request(random_, table) for _ in range(300)]
                    for (method, target), verdict in explained(env, requests, *(["--profile", profile] if profile else [])):
                        check(proxy, connect(), method, target, verdict, f"SEED={seed} profile {profile} of {env}")


def followed(env, hint):
    """The environments that a hint proposes: "A=true (or B=true and C=true) and D=true"."""
    first, _, rest = hint.partition(" (or ")
    second, _, tail = rest.partition(")")
    for names in [first + tail] + ([second + tail] if second else []):
        yield dict(env, **{name.split("=")[0]: "true" for name in names.split(" and ") if name})


@test("what a refusal names allows the request")
@on_each_haproxy
def hints_are_true():
    """What the proxy's refusal names allows the request: as explain says for all, and by the running proxy for some."""
    seed, random_, rounds = seeded()
    table = rows()
    for _ in range(rounds):
        env = random_environment(random_, table)
        if random_.random() < 0.5:
            env["COMPAT"] = random_.choice(["tecnativa", "linuxserver"])
        if random_.random() < 0.5:
            del env["ALLOW_PRIVILEGED"]
        refused = {}
        with Proxy(env) as proxy:
            for method, target in [request(random_, table) for _ in range(100)]:
                client = proxy.connect()
                status, _, body = client.ask(method, target, ["Content-Type: application/json"])
                client.close()
                text = json.loads(body)["message"] if status == 403 and method != "HEAD" else ""
                if " would allow it" in text and "creating" not in text:
                    refused[(method, target)] = text.split("; ")[-1].split(" would allow it")[0]
        assert refused, f"SEED={seed} {env}"
        for number, ((method, target), hint) in enumerate(refused.items()):
            for changed in followed(env, hint):
                said = program("explain", method, target, env=changed)
                assert said.returncode == 0, f"SEED={seed} {env}: {method} {target}: {hint}, but then: {said.stdout}"
                if number < 3:
                    with Proxy(changed) as proxy:
                        status = proxy.ask(method, target, ["Content-Type: application/json"])[0]
                        assert status != 403, f"SEED={seed} {env}: {method} {target}: {hint}, but then: {status}"


if __name__ == "__main__":
    run()
