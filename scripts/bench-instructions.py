#!/usr/bin/env python3
"""Counts the user instructions that HAProxy takes for a request, with valgrind's callgrind.

    scripts/bench-instructions.py [-n REQUESTS] [-o FILE.tsv] [CONTENDER...]

Unlike times, these counts are the same on a busy machine. Each contender is one HAProxy process with one thread, in
front of a stand-in Engine (build/load/engine); the requests come one after another on one connection. "bare" is `mode
http` without rules and with the same line of the log: the least that this HAProxy can need. Of the other proxies of
BENCH_PEERS, see scripts/bench/contenders.py, only configurations of HAProxy are counted."""
import argparse
import glob
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
from contenders import CONFIGURED, ENGINE, OURS, REQUESTS, body, chosen, configuration, haproxy, peers  # noqa: E402

LIMIT = 120  # seconds for a process to start
COUNTED = [request for request in REQUESTS if request != "image"]  # its answer has 1 GiB
WITHOUT = ("1 name", "50 names", "21 guarded profiles")  # need a DNS server, or are asked through another listener


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


class Counted:
    """HAProxy below callgrind."""

    def __init__(self, directory, text):
        self.directory = directory
        with open(f"{directory}/haproxy.cfg", "w", encoding="utf-8") as file:
            # Nothing follows the Engine here: this is as if all containers were known, else requests would wait for that.
            text = text.replace("set-var proc.inventory int(0)", "set-var proc.inventory int(1)")
            file.write(text if "nbthread" in text else text.replace("global\n", "global\n    nbthread 1\n", 1))
        self.log = f"{directory}/errors"
        with open(self.log, "w", encoding="utf-8") as errors:
            # HAPROXY may be a script that runs HAProxy.
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--vgdb-prefix={directory}/vgdb", f"--callgrind-out-file={directory}/count.%p",
                 haproxy(), "-db", "-f", f"{directory}/haproxy.cfg"], stdout=subprocess.DEVNULL, stderr=errors)
        self.client = wait_for(f"{directory}/listen.sock", self.process, self.log)
        self.stream = self.client.makefile("rb")

    def dump(self):
        """The instructions since the last dump. (callgrind_control does the same, and takes longer.)"""
        subprocess.run(["vgdb", "--max-invoke-ms=1", f"--vgdb-prefix={self.directory}/vgdb", f"--pid={self.process.pid}", "dump"],
                       check=True, capture_output=True)
        (dump,) = glob.glob(f"{self.directory}/count.{self.process.pid}.*")
        with open(dump, encoding="ascii") as file:
            total = re.search(r"(?m)^(?:summary|totals): (\d+)", file.read())
        os.remove(dump)
        return int(total.group(1))

    def ask(self, request, count, first):
        """Sends requests one after another; returns the status of the last answer."""
        method, target, _ = REQUESTS[request]
        content = body(request)
        length = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if method == "POST" else ""
        status = 0
        for number in range(first, first + count):
            path = target.replace("%d", f"{number:08d}").replace("%%", "%")
            self.client.sendall(f"{method} {path} HTTP/1.1\r\nHost: docker\r\n{length}\r\n".encode("ascii") + content)
            line = self.stream.readline()
            if not line:
                sys.exit(f"no answer to {method} {path}")
            status = int(line.split()[1])
            size = 0
            while (header := self.stream.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    size = int(header.split(b":")[1])
            self.stream.read(size)
        return status

    def count(self, requests):
        """Request, instructions for each and status."""
        for request in COUNTED:
            self.ask(request, max(requests // 4, 20), 0)  # pools and buffers are allocated
        self.dump()
        for request in COUNTED:
            status = self.ask(request, requests, 10000000)
            yield request, self.dump() / requests, status

    def close(self):
        self.client.close()
        self.process.kill()
        self.process.wait()


def measure(contender, engine, requests):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        counted = Counted(directory, configuration(contender, engine, f"{directory}/listen.sock", directory))
        try:
            yield from counted.count(requests)
        finally:
            counted.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-n", type=int, default=200, metavar="REQUESTS", help="how many are counted (200)")
    parser.add_argument("-o", metavar="FILE", help="write the table there as TSV as well")
    parser.add_argument("contender", nargs="*", help="names of contenders; all if none is given")
    arguments = parser.parse_args()
    known = {"bare": None, **{name: make() for name, make in OURS.items() if name not in WITHOUT}, **CONFIGURED,
             **{name: value for name, value in peers().items() if value.endswith(".cfg")}}
    names = chosen(known, arguments.contender)
    bare = {}
    rows = [("contender", "request", "status", "instructions", "against_bare")]
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        engine = f"{directory}/engine.sock"
        process = subprocess.Popen([ENGINE, engine])
        try:
            wait_for(engine, process, os.devnull).close()
            print(f"{'contender':16} {'request':12} status instructions  against bare")
            for name in names:
                for request, count, status in measure(known[name], engine, arguments.n):
                    bare.setdefault(request, count)
                    rows.append((name, request, status, f"{count:.0f}", f"{count / bare[request]:.3f}"))
                    print(f"{name:16} {request:12} {status:6} {count:12,.0f}  {count / bare[request]:.2f}", flush=True)
        finally:
            process.kill()
            process.wait()
    if arguments.o:
        with open(arguments.o, "w", encoding="ascii") as file:
            file.writelines("\t".join(map(str, row)) + "\n" for row in rows)


if __name__ == "__main__":
    main()
