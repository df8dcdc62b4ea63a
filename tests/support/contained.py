"""The program as if in a container, in front of an Engine that lists that container and others."""
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from proxy import Engine, program  # noqa: E402

OWN = "ab12" + "0123456789abcdef" * 3 + "fedcba987654"
HOLDER = "cd34" + "0123456789abcdef" * 3 + "fedcba987654"
OTHER = "ef56" + "0123456789abcdef" * 3 + "fedcba987654"
EXEC = {"ALLOW_EXEC": "1", "ALLOW_PUT_CONTAINER_ARCHIVE": "1", "ALLOW_ARCHIVE": "1", "ALLOW_ATTACH": "1", "ALLOW_CONTAINERS": "1"}
NEVER = "no permission opens this"
UNKNOWN = "the Engine has not said yet which container this proxy runs in; try again in a moment"


@contextlib.contextmanager
def contained(identity=OWN):
    """Commands that run what follows them as if in a container: with the mount by which Docker's and Podman's are known."""
    directory = tempfile.mkdtemp()
    os.chmod(directory, 0o755)
    name = os.path.join(directory, "containers", identity)
    os.makedirs(name)
    with open(os.path.join(name, "hostname"), "w", encoding="ascii") as file:
        file.write("proxy\n")
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    yield [*unshare, "sh", "-c", f'mount --bind {name}/hostname /etc/hostname && exec "$0" "$@"']
    shutil.rmtree(directory)


def container(identity, *names, mounts=(), **more):
    return {"Id": identity, "Names": [f"/{name}" for name in names], "State": "running", "Labels": {}, "HostConfig": {"NetworkMode": "x"},
            "Mounts": [{"Type": "bind", "Source": source, "Destination": place} for source, place in mounts], **more}


def containers(path):
    """Ours, one that holds the socket, and one that does not."""
    return [container(OWN, "socket-proxy", "other/alias", mounts=[(path, path)]),
            container(HOLDER, "portainer", mounts=[(os.path.dirname(path), "/host")], State="exited"),
            container(OTHER, "web", mounts=[("/srv/www", "/www")])]


def engine(kind="docker", listed=containers):
    return lambda path: Engine(path, kind=kind, containers=listed(path))


def message(proxy, method, target):
    """What is refused, with the answer's text; None for what reaches the Engine."""
    reached = len(proxy.engine.requests) if proxy.engine else 0
    headers = ["Content-Type: application/json"] if method == "POST" else []
    status, _, body = proxy.ask(method, target, headers, b"{}" if method == "POST" else b"")
    if status == 403:
        assert not proxy.engine or len(proxy.engine.requests) == reached, "a refused request reached the Engine"
        return json.loads(body)["message"].removeprefix("docker-socket-proxy: ")
    assert status in (200, 503), (status, body)
    return None


def agree(proxy, within, requests):
    """What explain says of each request is what the proxy does. Returns the reasons of those that are refused."""
    lines = "".join(f"{method} {target}\n" for method, target in requests)
    said = program("explain", "-", env=proxy.env, stdin=lines, within=within).stdout.splitlines()
    assert len(said) == len(requests), said
    refused = {}
    for (method, target), verdict in zip(requests, said):
        text = message(proxy, method, target)
        assert (text is None) == verdict.startswith("allowed"), (method, target, text, verdict)
        if text is not None:
            reason = re.split(" is forbidden[:;] ", text)[1]
            assert reason == verdict.split(" ", 2)[2], (method, target, text, verdict)
            refused[target] = reason
    return refused
