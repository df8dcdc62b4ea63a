"""docker-py's main job: run a container, execute in it, see its events, remove it. Run by clients.py in its own Python."""
import docker

client = docker.from_env()
container = client.containers.run("box", ["sleep", "1000"], name="made", detach=True, init=True)
assert "made" in [found.name for found in client.containers.list()]
assert container.exec_run(["echo", "inside"]).output == b"inside\n"
assert container.exec_run("test -e /nothing").exit_code == 1
container.remove(force=True)
print("done")
