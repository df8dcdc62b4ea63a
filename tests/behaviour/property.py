"""explain and the running proxy agree on random requests; the seed is printed, and SEED sets it."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Proxy, main, program  # noqa: E402

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "get"]
PIECES = ["/", "//", "/./", "/..", "%2F", "%2f", "%252F", "%00", "%0a", "%7f", "\\", "%5c", "%", "%zz", "json", "create", "x", "libpod",
          "v1.41", "v1.22", "/v1.024", "/v4.3.1", ".", "..", "%2e", "%C3%A9", "~", ":", "@", "+", ";", "&", "'", "%20", "%25", "ws", "get"]


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
        path = path.replace(name, random_.choice(["x", "json", "a/b", "a%2Fb", "create", "reg:5000/t/app:1", "sha256:ab", ".x", "get"]))
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


def agreement():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    rounds = int(os.environ.get("ROUNDS", 4))
    print(f"SEED={seed}")
    random_ = random.Random(seed)
    table = rows()
    for _ in range(rounds):
        env = random_environment(random_, table)
        requests = [request(random_, table) for _ in range(1500)]
        said = program("explain", "-", env=env, stdin="".join(f"{m} {t}\n" for m, t in requests)).stdout.splitlines()
        assert len(said) == len(requests)
        with Proxy(env) as proxy:
            client = proxy.connect()
            for (method, target), verdict in zip(requests, said):
                reached = len(proxy.engine.requests)
                json = method == "POST" and not target.split("?")[0].endswith("/start")
                status, _, _ = client.ask(method, target, ["Content-Type: application/json"] if json else (), b"{}" if json else b"")
                allowed = status not in (0, 400, 403)
                assert allowed == verdict.startswith("allowed"), f"SEED={seed} {env}: {method} {target}: {status}, but explain: {verdict}"
                if status != 400:
                    assert (len(proxy.engine.requests) > reached) == allowed, f"{method} {target} reached the Engine although it was refused"
                client.close()
                client = proxy.connect()
            client.close()


main(globals())
