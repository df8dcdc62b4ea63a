"""The proxy under test: the real program with the real HAProxy."""
import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from engine import Engine  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("DSP", os.path.join(ROOT, "build/docker-socket-proxy"))
HAPROXY = os.environ.get("HAPROXY", "haproxy")
HAPROXIES = (os.environ.get("HAPROXIES") or HAPROXY).split()


def environment(variables):
    base = {"PATH": os.environ["PATH"], "DATA_DIR": ROOT, "HAPROXY": HAPROXY}
    base.update(variables)
    return base


def program(*arguments, env=None, stdin=None, within=()):
    """Runs a subcommand, through the command within. Returns the completed process."""
    return subprocess.run([*within, PROGRAM, *arguments], env=environment(env or {}), input=stdin, capture_output=True, text=True,
                          timeout=60)


def check_everywhere(env):
    """`haproxy -c` must accept the configuration of this environment without output, with every HAProxy at hand."""
    config = program("render", env=env)
    assert config.returncode == 0, config.stderr
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(config.stdout)
        file.flush()
        for haproxy in HAPROXIES:
            done = subprocess.run([haproxy, "-c", "-f", file.name], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 and not done.stderr, f"{haproxy}: {done.stderr}{done.stdout}"


def on_each_haproxy(function):
    """Makes a test run with each HAProxy at hand."""
    @functools.wraps(function)
    def on_each():
        global HAPROXY
        for HAPROXY in HAPROXIES:
            print(HAPROXY)
            function()
    return on_each


def children(process):
    """The ids of a process's children."""
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


RESERVED = []  # a socket for each port that free_port has returned; its name reserves the port


def free_port():
    """A port of 127.0.0.1 on which nothing listens. No other test gets it as long as this process runs. It is below the
    range of the ports that the kernel gives to connections."""
    while True:
        port = random.SystemRandom().randrange(10000, 32768)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0docker-socket-proxy-test-{port}")  # belongs to the network namespace, as the port does
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        RESERVED.append(name)
        return port


class Proxy:
    """`docker-socket-proxy run` in front of a stand-in Engine. Use it as a context manager.

    engine is the mode of the stand-in Engine, None for no Engine, or a function that makes one at the path of the
    socket. within is a command that runs the program.
    """

    def __init__(self, env=None, engine="normal", haproxy=None, listen="", within=()):
        self.directory = tempfile.mkdtemp()
        os.chmod(self.directory, 0o755)
        self.socket_path = os.path.join(self.directory, "docker.sock")
        self.engine = engine(self.socket_path) if callable(engine) else Engine(self.socket_path, engine) if engine else None
        self.port = free_port()
        self.env = {"SOCKET_PATH": self.socket_path, "LISTEN": f"tcp://127.0.0.1:{self.port}{listen}"}
        self.env.update(env or {})
        if haproxy:
            self.env["HAPROXY"] = haproxy
        self.log_path = os.path.join(self.directory, "log")
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen([*within, PROGRAM, "run"], env=environment(self.env), stdout=self.log_file,
                                        stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while not self.accepts():
            assert self.process.poll() is None and time.monotonic() < deadline, "no start: " + self.log()
            time.sleep(0.01)

    def accepts(self):
        """Whether HAProxy serves. The kernel takes connections as soon as the first address is bound; HAProxy accepts
        them, which gives the socket its inode, once all are."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                ours = f":{probe.getsockname()[1]:04X}"
                return any(remote.endswith(ours) and inode != "0" for _, remote, inode in self.sockets())
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.engine:
            self.engine.close()
        self.log_file.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def log(self):
        with open(self.log_path, encoding="latin1") as file:
            return file.read()

    def wait_for_log(self, text, times=1):
        deadline = time.monotonic() + 30
        while self.log().count(text) < times:
            assert time.monotonic() < deadline, f"{text!r} is not in the log:\n{self.log()}"
            time.sleep(0.02)

    def sockets(self):
        """State, remote address and inode of the sockets of the proxy's port."""
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file]
        return [(row[3], row[2], row[9]) for row in rows if row[1].endswith(f":{self.port:04X}")]

    def listening(self):
        """How many HAProxy processes accept connections on the port."""
        ours = {f"socket:[{inode}]" for state, _, inode in self.sockets() if state == "0A"}
        count = 0
        for child in children(self.process.pid):
            with contextlib.suppress(OSError):  # it may have ended
                count += any(os.readlink(entry.path) in ours for entry in os.scandir(f"/proc/{child}/fd"))
        return count

    def wait_for_reload(self, times=1):
        """Waits until the proxy has been reloaded so many times and only the newest HAProxy accepts connections. A
        replaced one accepts until it gets its signal, which may be after the line in the log."""
        deadline = time.monotonic() + 20
        while self.log().count("reloaded:") < times or self.listening() != 1:
            assert time.monotonic() < deadline, f"{self.listening()} HAProxy processes listen; the log:\n{self.log()}"
            time.sleep(0.02)

    def connect(self):
        return Client(self.port)

    def ask(self, method, target, headers=(), body=b""):
        """One request on a connection of its own. Returns (status, headers, body)."""
        with contextlib.closing(self.connect()) as client:
            return client.ask(method, target, headers, body)


class Client:
    """A connection to a port, from the address source if it is given, or to the path of a socket. It sends exactly the
    given bytes."""

    def __init__(self, where, source=None):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(20)
            self.socket.connect(where)
        else:
            self.socket = socket.create_connection(("127.0.0.1", where), 20, source_address=(source, 0) if source else None)
        self.stream = self.socket.makefile("rb")

    def close(self):
        self.stream.close()
        self.socket.close()

    def send(self, raw):
        self.socket.sendall(raw)

    def ask(self, method, target, headers=(), body=b""):
        lines = [f"{method} {target} HTTP/1.1", "Host: docker", *headers]
        if body or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body)
        return self.answer(method)

    def answer(self, method="GET"):
        """The next answer. Status 0 if the connection ended instead."""
        line = self.stream.readline()
        if not line:
            return 0, {}, b""
        status = int(line.split()[1])
        headers = {}
        while True:
            header = self.stream.readline().decode("latin1").rstrip("\r\n")
            if not header:
                break
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        if method == "HEAD" or status in (101, 204, 304):
            return status, headers, b""
        if "content-length" in headers:
            return status, headers, self.stream.read(int(headers["content-length"]))
        if "chunked" in headers.get("transfer-encoding", ""):
            size = int(self.stream.readline(), 16)
            body = self.stream.read(size)
            self.stream.readline()
            return status, headers, body  # the first chunk, as streams do not end
        return status, headers, self.stream.read()
