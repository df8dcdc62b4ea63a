"""A client that no preset knows: a script of docker-py that backs up a volume, as people write them. The proxy is at
DOCKER_HOST. It ends with an error at the first request that is refused."""
import io
import tarfile

import docker

client = docker.from_env()
client.info()
for container in client.containers.list(all=True):
    container.reload()
volume = client.volumes.create("data")
worker = client.containers.create("box", ["sleep", "1000"], name="worker", volumes=["/srv/backup:/backup", "data:/data"])
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w") as tar:
    tar.addfile(tarfile.TarInfo("file"))
worker.put_archive("/data", archive.getvalue())
worker.start()
assert worker.exec_run(["cat", "/data/file"]).exit_code == 0
worker.remove(force=True)
clock = client.containers.create("box", ["true"], name="clock", cap_add=["SYS_TIME"], labels={"backup": "yes"})
clock.start()
assert clock.wait()["StatusCode"] == 0
clock.logs()
clock.remove()
client.volumes.get("data").remove()
print("done")
