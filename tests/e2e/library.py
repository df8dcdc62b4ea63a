"""docker-py against the proxy at DOCKER_HOST. Every step prints its name; a failed one raises."""

import docker
from docker.errors import APIError

client = docker.from_env()


def step(name, holds):
    if not holds:
        raise SystemExit("failed: " + name)
    print("ok", name)


step("ping", client.ping())
step("version", client.version()["ApiVersion"])
step("info", client.info()["Containers"] >= 1)
container = client.containers.run("box", ["sh", "-c", "echo hello; sleep 1000"], detach=True, name="library")
step("list", "library" in [c.name for c in client.containers.list()])
step("follow the log", next(container.logs(stream=True, follow=True)) == b"hello\n")
step("stats", "cpu_stats" in container.stats(stream=False))
step("stats as a stream", "cpu_stats" in next(container.stats(decode=True)))

events = client.events(decode=True, filters={"container": "library"})
container.restart(timeout=0)
step("events", next(events)["Type"] == "container")
events.close()

try:
    container.exec_run("true")
    step("exec is refused", False)
except APIError as error:
    step("exec is refused", error.status_code == 403 and "ALLOW_EXEC" in error.explanation)
try:
    container.get_archive("/bin")
    step("files are refused", False)
except APIError as error:
    step("files are refused", error.status_code == 403 and "ALLOW_ARCHIVE" in error.explanation)

network = client.networks.create("library")
network.connect(container)
network.disconnect(container)
network.remove()
step("networks", not client.networks.list(names=["library"]))
client.volumes.create("library").remove()
step("images", client.images.get("box").tags == ["box:latest"])
container.stop(timeout=0)
step("wait", container.wait()["StatusCode"] == 137)
container.remove()
step("removed", "library" not in [c.name for c in client.containers.list(all=True)])
