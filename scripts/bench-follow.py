#!/usr/bin/env python3
"""What it costs to follow an Engine: bench-follow.py [CONTAINERS [EVENTS_A_SECOND [SECONDS]]], after
`make test-programs`. A stand-in for the Engine lists the containers, and starts and ends them; the follower's
time to the first complete set, its memory and its processor time are printed."""
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socketserver
from urllib.parse import parse_qs, urlsplit

COUNT, RATE, SECONDS = (int(a) for a in (sys.argv[1:] + ["2000", "100", "20"][len(sys.argv) - 1:]))
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ON_ONE_NETWORK = 200


def network_of(number):
    return f"{number // ON_ONE_NETWORK + 1:x}".rjust(64, "9")


def address_of(number):
    return f"10.0.{number // ON_ONE_NETWORK}.{number % ON_ONE_NETWORK + 2}"


def container(number):
    """As a Compose service is listed."""
    name = f"project-{number // 10}-service-{number % 10}-1"
    labels = {f"com.docker.compose.{key}": f"value of {key} {number}" for key in (
        "config-hash", "container-number", "depends_on", "image", "oneoff", "project", "project.config_files",
        "project.working_dir", "service", "version")}
    labels.update({f"traefik.http.routers.{name}.{key}": f"Host(`{name}.example.org`)" for key in ("rule", "tls", "entry")})
    return {
        "Id": f"{number:064x}", "Names": ["/" + name], "Image": "registry.example.org/image:1.2.3", "ImageID": "sha256:" + "1" * 64,
        "Command": "/entrypoint.sh --with arguments", "Created": 1700000000, "Ports": [{"PrivatePort": 80, "Type": "tcp"}],
        "Labels": labels, "State": "running", "Status": "Up 3 hours", "HostConfig": {"NetworkMode": "project_default"},
        "NetworkSettings": {"Networks": {"project_default": {
            "IPAMConfig": None, "Links": None, "Aliases": None, "NetworkID": network_of(number), "EndpointID": "2" * 64,
            "Gateway": "10.0.0.1", "IPAddress": address_of(number), "IPPrefixLen": 16, "IPv6Gateway": "",
            "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "MacAddress": "02:42:0a:00:00:02", "DriverOpts": None}}},
        "Mounts": [{"Type": "volume", "Name": f"data-{number}-{i}", "Source": "", "Destination": f"/data{i}", "Driver": "local",
                    "Mode": "z", "RW": True, "Propagation": ""} for i in range(2)]}


containers = {f"{n:064x}": json.dumps(container(n)) for n in range(COUNT)}
everything = ("[" + ",".join(containers.values()) + "]").encode()
networks = json.dumps([{"Id": network_of(n), "Driver": "bridge", "IPAM": {"Config": [{"Subnet": address_of(n) + "/24"}]}}
                       for n in range(0, COUNT, ON_ONE_NETWORK)]).encode()
members = {network_of(n): json.dumps({"Id": network_of(n), "Containers": {f"{m:064x}": {
    "Name": f"name-{m}", "EndpointID": "2" * 64, "MacAddress": "02:42:0a:00:00:02", "IPv4Address": address_of(m) + "/24",
    "IPv6Address": ""} for m in range(n, n + ON_ONE_NETWORK)}}).encode() for n in range(0, COUNT, ON_ONE_NETWORK)}
events = queue.Queue()
asked = [0]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        asked[0] += 1
        if url.path == "/events":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(events.get())
        body = b"OK"
        if url.path == "/networks":
            body = networks
        elif url.path == "/containers/json" and "filters" in url.query:
            ids = json.loads(parse_qs(url.query)["filters"][0])["id"]
            body = ("[" + ",".join(containers[i] for i in ids if i in containers) + "]").encode()
        elif url.path == "/containers/json":
            body = everything
        elif url.path.startswith("/networks/"):
            body = members[url.path.rsplit("/", 1)[1]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return ""

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    address_family = socketserver.socket.AF_UNIX
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024


def event(kind, action, identity, attributes):
    events.put(json.dumps({"Type": kind, "Action": action, "Actor": {"ID": identity, "Attributes": attributes},
                           "scope": "local", "time": 1, "timeNano": 1}).encode() + b"\n")


with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "engine.sock")
    threading.Thread(target=Server(path, Handler).serve_forever, daemon=True).start()
    begin = time.monotonic()
    # pylint: disable-next=consider-using-with
    follower = subprocess.Popen([f"{ROOT}/build/inventory/follow", path], stdout=subprocess.PIPE, text=True)
    assert follower.stdout.readline().startswith("renewed ")
    print(f"{COUNT} containers ({len(everything) / 1e6:.1f} MB of JSON): known after {time.monotonic() - begin:.2f} s, "
          f"{processor_seconds(follower.pid):.2f} s of processor time")
    print(f"memory: {memory(follower.pid, 'VmRSS'):.1f} MB, at most {memory(follower.pid, 'VmHWM'):.1f} MB")
    changes = [0]

    def count():
        for _ in follower.stdout:
            changes[0] += 1
    threading.Thread(target=count, daemon=True).start()
    used, requests, begin = processor_seconds(follower.pid), asked[0], time.monotonic()
    sent = 0
    while time.monotonic() - begin < SECONDS:
        identity = f"{sent // 4 % COUNT:064x}"
        network = network_of(sent // 4 % COUNT)
        labels = json.loads(containers[identity])["Labels"]
        if sent % 4 == 0:
            event("container", "die", identity, labels)
        elif sent % 4 == 1:
            event("network", "disconnect", network, {"container": identity})
        elif sent % 4 == 2:
            event("network", "connect", network, {"container": identity})
        else:
            event("container", "start", identity, labels)
        sent += 1
        time.sleep(max(0.0, begin + sent / RATE - time.monotonic()))
    used = processor_seconds(follower.pid) - used
    seconds = time.monotonic() - begin
    print(f"{sent / seconds:.0f} events a second for {seconds:.0f} s: {100 * used / seconds:.1f} % of a processor, "
          f"{(asked[0] - requests) / seconds:.0f} requests a second, {changes[0]} changes; "
          f"memory {memory(follower.pid, 'VmRSS'):.1f} MB, at most {memory(follower.pid, 'VmHWM'):.1f} MB")
    follower.kill()
