#!/usr/bin/env python3
"""Counts the user instructions that HAProxy takes for a request, with valgrind's callgrind.

    scripts/bench-instructions.py [-n REQUESTS] [-o FILE.tsv] [CONTENDER...]

Unlike times, these counts are the same on a busy machine. Each contender is one HAProxy process with one thread, in
front of a stand-in Engine; the requests come one after another on one connection. "bare" is `mode http` without rules
and with the same line of the log: the least that this HAProxy can need. BENCH_PEERS adds configurations of others:
NAME=FILE, separated by spaces, with @LISTEN@ and @ENGINE@ for the paths of the two sockets."""
import argparse
import glob
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build"), "docker-socket-proxy")
HAPROXY = os.environ.get("HAPROXY") or subprocess.run([os.path.join(ROOT, "scripts/get-haproxy.sh")], check=True, capture_output=True, text=True).stdout.strip()
LIMIT = 120  # seconds for a process to start

# Name, method and target; %d is another number in each request. The body is {}.
REQUESTS = [
    ("one path", "GET", "/v1.41/containers/json"),
    ("container", "GET", "/v1.41/containers/%d/json"),
    ("volume", "GET", "/v1.41/volumes/data-%d"),
    ("image", "GET", "/v1.41/images/registry:5000/team/app:%d/json"),
    ("start", "POST", "/v1.41/containers/%d/start"),
    ("encoded", "GET", "/v1.41/containers/web%%20%d/json"),
    ("closed", "POST", "/v1.41/containers/%d/kill"),
    ("unknown", "GET", "/v1.41/nothing/%d"),
]

READER = {"ALLOW_CONTAINERS": "true", "ALLOW_VOLUMES": "true", "ALLOW_IMAGES": "true"}

BARE = """
    log-format "Allowed: %HPO %HM %ci:%cp ContainerList %ST %[txn.timer.user]ms"
    default_backend engine
backend engine
    server engine unix@@ENGINE@
"""

DEFAULTS = """global
    maxconn 500
    nbthread 1
    log stdout len 65535 format raw daemon info
defaults
    mode http
    log global
    timeout http-request 30s
    timeout http-keep-alive 10m
    timeout client 10m
    timeout connect 5s
    timeout server 1h
frontend clients
    bind unix@@LISTEN@ mode 0666
"""


def operations():
    """The own variables of all operations that no other image's variable concerns, as an environment."""
    table = subprocess.run([PROGRAM, "permissions"], env={"DATA_DIR": ROOT, "PATH": os.environ["PATH"]}, check=True, capture_output=True, text=True)
    return {line.split("\t")[4]: "true" for line in table.stdout.splitlines() if not line.startswith("#")}


def profiles(count):
    env = {}
    for number in range(1, count + 1):
        env[f"PROFILE_P{number}_FROM"] = f"10.77.{number}.1,10.78.{number}.0/24"
        env[f"PROFILE_P{number}_ALLOW_CONTAINERS"] = "true"
    return env


GUARD_OFF = {"ALLOW_PRIVILEGED": "true", "ALLOW_HOST_NAMESPACES": "true", "ALLOW_BIND_MOUNTS": "true"}


def contenders():
    """Name -> an environment of the program, or the file of a configuration."""
    named = {
        "bare": None,
        "one permission": {"ALLOW_CONTAINER_LIST": "true"},
        "read only": READER,
        "all": dict(operations(), **GUARD_OFF),
        "guard": dict(READER, ALLOW_START="true", ALLOW_CREATE="true"),
        "1 profile": dict(READER, **profiles(1)),
        "50 profiles": dict(READER, **profiles(50)),
        "path_reg": os.path.join(ROOT, "scripts/bench/path-reg.cfg"),
    }
    for peer in os.environ.get("BENCH_PEERS", "").split():
        name, _, file = peer.partition("=")
        named[name] = file
    return named


def wait_for(socket_path, process, log):
    deadline = time.monotonic() + LIMIT
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(socket_path)
            return client
        except OSError:
            client.close()
        if process.poll() is not None or time.monotonic() > deadline:
            with open(log, encoding="utf-8", errors="replace") as file:
                sys.exit(f"HAProxy did not start:\n{file.read()}")
        time.sleep(0.05)


def configuration(contender, listen, engine):
    if isinstance(contender, dict):
        env = dict(contender, PATH=os.environ["PATH"], HAPROXY=HAPROXY, DATA_DIR=ROOT, SOCKET_PATH=engine, LISTEN=f"unix://{listen}")
        rendered = subprocess.run([PROGRAM, "render"], env=env, capture_output=True, text=True)
        if rendered.returncode != 0:
            sys.exit(rendered.stderr)
        # The counts of a process with one thread can be compared; it may keep the user that started it.
        return re.sub(r"(?m)^    [ug]id .*\n", "", re.sub(r"nbthread \d+", "nbthread 1", rendered.stdout))
    if contender is None:
        text = DEFAULTS + BARE
    else:
        with open(contender, encoding="ascii") as file:
            text = file.read()
    return text.replace("@LISTEN@", listen).replace("@ENGINE@", engine)


class Counted:
    """HAProxy below callgrind."""

    def __init__(self, directory, text):
        self.directory = directory
        with open(f"{directory}/haproxy.cfg", "w", encoding="ascii") as file:
            file.write(text)
        self.log = f"{directory}/errors"
        with open(self.log, "w", encoding="utf-8") as errors:
            # HAPROXY may be a script that runs HAProxy.
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--vgdb-prefix={directory}/vgdb", f"--callgrind-out-file={directory}/count.%p",
                 HAPROXY, "-db", "-f", f"{directory}/haproxy.cfg"], stdout=subprocess.DEVNULL, stderr=errors)
        self.client = wait_for(f"{directory}/listen.sock", self.process, self.log)
        self.stream = self.client.makefile("rb")

    def control(self, option):
        subprocess.run(["callgrind_control", f"--vgdb-prefix={self.directory}/vgdb", option, str(self.process.pid)], check=True, capture_output=True)

    def ask(self, method, target, count, first):
        """Sends requests one after another; returns the status of the last answer."""
        status = 0
        for number in range(first, first + count):
            head = f"{method} {target.replace('%d', f'{number:08d}').replace('%%', '%')} HTTP/1.1\r\nHost: docker\r\n"
            self.client.sendall((head + ("Content-Length: 0\r\n" if method == "POST" else "") + "\r\n").encode("ascii"))
            line = self.stream.readline()
            if not line:
                sys.exit(f"no answer to {head}")
            status = int(line.split()[1])
            length = 0
            while (header := self.stream.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            self.stream.read(length)
        return status

    def count(self, method, target, requests):
        self.ask(method, target, max(requests // 4, 20), 0)  # pools and buffers are allocated
        self.control("-z")
        status = self.ask(method, target, requests, 10000000)
        self.control("-d")
        dump = max(glob.glob(f"{self.directory}/count.{self.process.pid}.*"), key=lambda name: int(name.rsplit(".", 1)[1]))
        with open(dump, encoding="ascii") as file:
            total = re.search(r"(?m)^(?:summary|totals): (\d+)", file.read())
        os.remove(dump)
        return int(total.group(1)) / requests, status

    def close(self):
        self.client.close()
        self.process.kill()
        self.process.wait()


def stand_in(directory):
    """An Engine that answers all requests with 1,500 bytes."""
    path = f"{directory}/engine.sock"
    with open(f"{directory}/engine.cfg", "w", encoding="ascii") as file:
        file.write(DEFAULTS.replace("log stdout len 65535 format raw daemon info", "").replace("@LISTEN@", path)
                   + f'    http-request return status 200 content-type application/json string "{"x" * 1500}"\n')
    process = subprocess.Popen([HAPROXY, "-db", "-f", f"{directory}/engine.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(path, process, f"{directory}/engine.cfg").close()
    return process, path


def measure(name, contender, engine, requests):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        counted = Counted(directory, configuration(contender, f"{directory}/listen.sock", engine))
        try:
            for label, method, target in REQUESTS:
                yield (label, *counted.count(method, target, requests))
        finally:
            counted.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-n", type=int, default=400, metavar="REQUESTS", help="how many are counted (400)")
    parser.add_argument("-o", metavar="FILE", help="write the table there as TSV as well")
    parser.add_argument("contender", nargs="*", help="names of contenders; all if none is given")
    arguments = parser.parse_args()
    known = contenders()
    unknown = [name for name in arguments.contender if name not in known]
    if unknown:
        sys.exit(f"no such contender: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = ["bare"] + [name for name in arguments.contender or known if name != "bare"]
    bare = {}
    rows = [("contender", "request", "status", "instructions", "against_bare")]
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        process, engine = stand_in(directory)
        try:
            print(f"{'contender':16} {'request':10} status instructions  against bare")
            for name in chosen:
                for label, count, status in measure(name, known[name], engine, arguments.n):
                    bare.setdefault(label, count)
                    rows.append((name, label, status, f"{count:.0f}", f"{count / bare[label]:.3f}"))
                    print(f"{name:16} {label:10} {status:6} {count:12,.0f}  {count / bare[label]:.2f}", flush=True)
        finally:
            process.kill()
            process.wait()
    if arguments.o:
        with open(arguments.o, "w", encoding="ascii") as file:
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)


if __name__ == "__main__":
    main()
