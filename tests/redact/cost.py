"""What the redaction costs: processor time of HAProxy for an answer, and memory of a connection whose answer waits.
python3 tests/redact/cost.py; HAPROXY is the program."""
import os
import socket
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/support"))
from proxy import Proxy  # noqa: E402

REQUEST = b"GET /containers/x/json HTTP/1.1\r\nHost: x\r\n\r\n"
ALL = "environment,commands,labels,mounts,networks,swarm"


class Engine:
    """Sends the same answer to every request; with stalls, not the end of it."""

    def __init__(self, path, body, stalls):
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        self.stalls = stalls
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(512)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile("rb")
        while line := stream.readline():
            while stream.readline() not in (b"\r\n", b""):
                pass
            if self.stalls and b"/json" in line:
                connection.sendall(self.answer[:-2])
                time.sleep(30)
                return
            connection.sendall(self.answer)

    def close(self):
        pass


def haproxies(proxy):
    """The processes of HAProxy."""
    children = subprocess.run(["pgrep", "-P", str(proxy.process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in children.split()]


def spent(pids):
    """Their processor time in seconds."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def resident(pids):
    """Their resident memory in KB."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += int([line for line in file if line.startswith("VmRSS")][0].split()[1])
    return total


def ask(stream, connection):
    connection.sendall(REQUEST)
    length = 0
    assert b" 200 " in stream.readline()
    while (line := stream.readline().lower()) != b"\r\n":
        if line.startswith(b"content-length"):
            length = int(line.split(b":")[1])
    stream.read(length)


def measure(words, body, stalls, times=1500):
    env = {"ALLOW_CONTAINERS": "true", "REDACT": words, "LOG_LEVEL": "err", "MAX_CONNECTIONS_PER_CLIENT": "1000"}
    with Proxy(env, engine=lambda path: Engine(path, body, stalls)) as proxy:
        pids = haproxies(proxy)
        what = f"{len(body)} bytes, REDACT={words or '(none)'}:"
        if stalls:
            before = resident(pids)
            connections = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(100)]
            for connection in connections:
                connection.sendall(REQUEST)
            time.sleep(3)
            print(what, f"{(resident(pids) - before) / 100:.0f} KB of memory for each connection that waits", flush=True)
        else:
            connection = socket.create_connection(("127.0.0.1", proxy.port))
            stream = connection.makefile("rb")
            for _ in range(50):
                ask(stream, connection)
            before = spent(pids)
            for _ in range(times):
                ask(stream, connection)
            print(what, f"{(spent(pids) - before) / times * 1e6:.0f} microseconds", flush=True)


with open(os.path.join(ROOT, "tests/redact/answers/engine-28/ContainerInspect.json"), "rb") as file:
    SMALL = file.read()
LARGE = SMALL[:-2] + b',"x":"' + b"y" * (250000 - len(SMALL)) + b'"}\n'
for words in ("", "environment", ALL):
    measure(words, SMALL, False)
for words in ("", "environment"):
    measure(words, LARGE, False, 300)
for words in ("", "environment"):
    measure(words, LARGE, True)
