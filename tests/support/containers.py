"""A stand-in Engine whose containers change, and items for its list of containers."""
import itertools
import json
import queue

from engine import Engine

NETWORK = "ab" * 32
IMAGE = "sha256:" + "1" * 64
NUMBERS = itertools.count(1)


def container(name, address="", labels=None, mode="bridge", image=IMAGE):
    """An item of GET /containers/json, with an id of its own."""
    networks = {"net": {"NetworkID": NETWORK, "IPAddress": address, "GlobalIPv6Address": ""}} if address else {}
    return {"Id": f"{next(NUMBERS):02x}" * 32, "Names": ["/" + name], "State": "running", "Labels": labels or {}, "ImageID": image,
            "HostConfig": {"NetworkMode": mode}, "NetworkSettings": {"Networks": networks}, "Mounts": []}


class Living(Engine):
    """Has containers that change: its events are told to whoever follows it."""

    def __init__(self, path, containers, more):
        self.followers = []
        super().__init__(path, containers=containers, more={"/networks": [], **more})

    def tell(self, stream, target, keep):
        if target.startswith("/containers/json?all=1&filters="):  # of one container
            stream.write(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps([one for one in self.containers if one["Id"] in target]).encode())
            stream.flush()
            return False
        if not target.startswith("/events?"):
            return super().tell(stream, target, keep)
        lines = queue.SimpleQueue()
        self.followers.append(lines)
        stream.write(b"HTTP/1.1 200 OK\r\n\r\n")
        stream.flush()
        while True:
            stream.write(lines.get())
            stream.flush()

    def happens(self, container, action):
        for follower in self.followers:
            follower.put(json.dumps({"Type": "container", "Action": action, "Actor": {"ID": container["Id"], "Attributes": {}},
                                     "time": 1700000000, "timeNano": 1700000000000000000}).encode() + b"\n")
