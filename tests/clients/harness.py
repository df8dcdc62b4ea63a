"""What the tests of the clients share: the Engine, the registry, the proxy in front of them, and one run of a client's
main job. The tests run inside scripts/with-dockerd.sh, so the Engine at SOCKET and everything in /run are theirs."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import proxy as support  # noqa: E402
from suite import Skip  # noqa: E402

ROOT = support.ROOT
HERE = os.path.join(ROOT, "tests/clients")
CLIENTS = os.path.join(ROOT, "build/clients")
SOCKET = "/var/run/docker.sock"
PLACE = "/run/clients"  # for files; with ENGINE=sid the Engine sees no other place
REGISTRY = "127.0.0.1:5000"
LIMIT = 60  # seconds that anything may take that takes one or two; only keeps a broken client from hanging


# ---- the Engine, past the proxy ----

def engine(*arguments, check=True):
    done = subprocess.run(["docker", *arguments], env={**os.environ, "DOCKER_HOST": f"unix://{SOCKET}"}, text=True,
                          capture_output=True, timeout=LIMIT)
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def engine_version():
    return engine("version", "-f", "{{.Server.Version}}")


def inspect(name):
    """The container's description, or None."""
    text = engine("container", "inspect", name, check=False)
    return (json.loads(text or "[]") or [None])[0]


def image(name, content):
    """Makes an image of the machine's static busybox that serves content on port 80."""
    if engine("image", "ls", "-q", name):
        return
    root = tempfile.mkdtemp()
    os.makedirs(f"{root}/bin")
    os.makedirs(f"{root}/www")
    shutil.copy("/bin/busybox", f"{root}/bin/busybox")
    for applet in ("sh", "cat", "echo", "sleep", "httpd", "true", "test", "touch", "rm"):
        os.symlink("busybox", f"{root}/bin/{applet}")
    with open(f"{root}/www/index.html", "w", encoding="ascii") as file:
        file.write(content)
    archive = f"{root}.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname="/")
    engine("import", "--change", 'CMD ["httpd","-f","-h","/www"]', archive, name)
    os.unlink(archive)
    shutil.rmtree(root)


def remove_all():
    """Removes all containers, volumes and networks."""
    for kind, listing in (("container", ("ps", "-aq")), ("volume", ("volume", "ls", "-q")),
                          ("network", ("network", "ls", "-q", "--filter", "type=custom"))):
        names = engine(*listing).split()
        if names:
            engine(kind, "rm", "-f", *names) if kind != "network" else engine(kind, "rm", *names)


def serve(name, *arguments, of="box", command=()):
    """A container of that name that runs, started past the proxy."""
    engine("rm", "-f", name, check=False)
    return engine("run", "-d", "--init", "--stop-timeout", "1", "--name", name, *arguments, of, *command)


# ---- the registry ----

def registry():
    """Starts Debian's registry once for all tests; it ends with the namespaces."""
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5).close()
        return
    if not shutil.which("docker-registry"):
        raise Skip("docker-registry is not installed")
    os.makedirs(f"{PLACE}/registry", exist_ok=True)
    with open(f"{PLACE}/registry.yml", "w", encoding="ascii") as file:
        file.write(f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {PLACE}/registry\nhttp:\n  addr: {REGISTRY}\n")
    with open(f"{PLACE}/registry.log", "wb") as log:
        subprocess.Popen(["docker-registry", "serve", f"{PLACE}/registry.yml"], stdout=log, stderr=log,
                         start_new_session=True)
    wait(lambda: urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5).status == 200, "the registry")


def wait(question, what, seconds=LIMIT):
    """Repeats question() until it is true; an error in it means not yet."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            last = question()
            if last:
                return last
        time.sleep(0.1)
    raise AssertionError(f"still not: {what} ({last!r})")


# ---- the clients ----

def program(name):
    """The path of the client that scripts/get-clients.sh got."""
    path = f"{CLIENTS}/bin/{name}"
    if not os.path.exists(path):
        reason = "scripts/get-clients.sh did not get it"
        with contextlib.suppress(OSError), open(f"{path}.missing", encoding="utf-8") as file:
            reason = file.read().strip() or reason
        raise Skip(f"{name} cannot be had here: {reason}")
    return path


def have(name):
    return os.path.exists(f"{CLIENTS}/bin/{name}")


def version(name):
    with contextlib.suppress(OSError), open(f"{CLIENTS}/bin/{name}.version", encoding="utf-8") as file:
        return file.read().strip()
    return "unknown"


def pinned(name):
    """The client's version in clients.tsv; of one that no registry has, the version in the first line of its replay"""
    with open(f"{HERE}/clients.tsv", encoding="utf-8") as file:
        for line in file:
            if line.startswith(name + "\t"):
                return line.split("\t")[1]
    with open(f"{HERE}/replay/{name}", encoding="utf-8") as file:
        return file.readline().split()[2].rstrip(",")


# ---- permissions ----

def own_variable(operation):
    return OPERATIONS[operation]


def table(variables):
    """What `permissions --json` lists with these variables."""
    done = support.program("permissions", "--json", env=variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


OPERATIONS = {row["operation"]: row["variable"] for row in table({})}


def opened(variables):
    """The operations that are open with these variables."""
    return {row["operation"] for row in table(variables) if row["open"]}


def preset_operations(words):
    """The operations that PRESET=words opens or needs open."""
    done = support.program("presets", "--json")
    assert done.returncode == 0, done.stderr
    known = {row["preset"]: row["operations"].split() for row in json.loads(done.stdout)}
    found = set()
    for word in words.split(","):
        client, *modes = word.split("+")
        missing = {client, *(f"{client}+{mode}" for mode in modes)} - set(known)
        assert not missing, f"there is no preset {sorted(missing)}"
        found.update(known[client], *(known[f"{client}+{mode}"] for mode in modes))
    return found


# ---- one run ----

class Refused(Exception):
    """The client's job did not come about."""


class Run:
    """The proxy with a set of variables, and one client that works through it.

    without  the operation that was taken away, if any: once the proxy has refused it, the client has `patience`
             seconds more to do its job all the same
    """

    def __init__(self, variables, without=None, patience=0):
        os.makedirs(PLACE, exist_ok=True)
        self.directory = tempfile.mkdtemp(dir=PLACE)
        self.without = without
        self.patience = patience
        self.refused_at = None
        self.children = []
        self.daemons = []  # those of them that stay
        # A second way in, for clients that speak to a Unix socket only
        self.socket = f"{self.directory}/filtered.sock"
        env = {"SOCKET_PATH": SOCKET, "LOG_FORMAT": "json", **variables}
        if without:
            env[own_variable(without)] = "false"
        self.proxy = support.Proxy(env, engine=None, listen=f",unix://{self.socket}?mode=0666")
        self.host = f"tcp://127.0.0.1:{self.proxy.port}"
        self.url = f"http://127.0.0.1:{self.proxy.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(LIMIT)
        self.proxy.__exit__()
        shutil.rmtree(self.directory, ignore_errors=True)

    def file(self, name, content=""):
        """A file of the client's; returns its path."""
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def read(self, name):
        with contextlib.suppress(OSError), open(f"{self.directory}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
        return ""

    def environment(self, more):
        return {"PATH": os.environ["PATH"], "HOME": self.directory, "TZ": "UTC", "DOCKER_HOST": self.host,
                "DOCKER_CONFIG": f"{self.directory}/docker", **more}

    def command(self, *command, text=None, check=True, **environment):
        """Runs the client once. Returns its output."""
        log = f"{self.directory}/client.log"
        with open(log, "ab") as file:
            child = subprocess.Popen(command, env=self.environment(environment), cwd=self.directory, stdout=subprocess.PIPE,
                                     stderr=file, stdin=subprocess.PIPE if text else subprocess.DEVNULL, text=True,
                                     start_new_session=True)
            self.children.append(child)
            out = self.output(child, text)
        if check and child.returncode != 0:
            raise Refused(f"{' '.join(command)}: status {child.returncode}: {out}{self.client_log()}")
        return out

    def output(self, child, text):
        """What the client prints until it ends"""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                return child.communicate(text, timeout=0.5)[0]
            except subprocess.TimeoutExpired:
                text = None
                if time.monotonic() > deadline or self.without and self.gave_up():
                    raise Refused(f"{child.args[0]} does not end; {self.client_log()}") from None

    def start(self, *command, **environment):
        """Starts the client, which stays. Its output goes to client.log."""
        with open(f"{self.directory}/client.log", "ab") as file:
            child = subprocess.Popen(command, env=self.environment(environment), cwd=self.directory, stdout=file,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        self.children.append(child)
        self.daemons.append(child)
        return child

    def client_log(self):
        return self.read("client.log")[-3000:]

    def until(self, question, what):
        """Waits until the client has done something."""
        deadline = time.monotonic() + LIMIT
        last = None
        while time.monotonic() < deadline:
            try:
                last = question()
                if last:
                    return last
            except Exception as error:  # pylint: disable=broad-except
                last = error
            if self.without and self.gave_up() or any(child.poll() is not None for child in self.daemons):
                break
            time.sleep(0.1)
        raise Refused(f"still not: {what} ({last!r}); {self.client_log()}")

    def gave_up(self):
        """Whether the operation that was taken away has been refused, and the client's time is over."""
        if self.refused_at is None and any(self.is_without(row) for row in self.rows()):
            self.refused_at = time.monotonic()
        return self.refused_at is not None and time.monotonic() > self.refused_at + self.patience

    def is_without(self, row):
        return row["verdict"] != "Allowed" and own_variable(self.without) + "=" in row["detail"]

    def rows(self):
        """The proxy's log of requests."""
        found = []
        for line in self.proxy.log().splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict) and "verdict" in row:
                    found.append(row)
        return found

    def asked(self):
        """The operations that were requested and allowed."""
        return {row["detail"] for row in self.rows() if row["verdict"] == "Allowed"}

    def refusals(self):
        """What was refused, as METHOD /path without the version."""
        found = []
        for row in self.rows():
            if row["verdict"] != "Allowed":
                path = row.get("path", "-")
                if path.startswith("/v1."):
                    path = "/" + path.split("/", 2)[2]
                found.append(f"{row.get('method', '-')} {path}: {row['detail']}")
        return found
