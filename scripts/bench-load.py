#!/usr/bin/env python3
"""Compares the proxy under load with a bare pass-through, with other proxies and with the Engine itself.

    scripts/bench-load.py [-m MINUTES] [-s SECONDS] [-o DIRECTORY] [-c CASE]... [CONTENDER...]
    scripts/with-dockerd.sh build/dockerd scripts/bench-load.py --container [-o DIRECTORY]

First each contender runs alone: how long it takes to start, and its memory. Then all run, and wrk sends requests to each
in turns, in alternating order, so that other load on the machine affects all alike; as many rounds as the minutes allow,
one at least. The Engine is a stand-in (build/load/engine) that costs little. Trust the ratios; the rest depends on the
machine. BENCH_PEERS adds other proxies, see scripts/bench/contenders.py.

With --container, the image runs in a container in front of the stand-in, and its memory is what `docker stats` shows.

Writes load.tsv, memory.tsv and load.svg, or container.tsv, to the directory (build), and prints the tables that
`make maps` makes of them in docs/performance.md. Everything runs in namespaces of its own, with a DNS server; that needs
root or sudo."""
import argparse
import contextlib
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
import report  # noqa: E402
from contenders import (CLIENT, CONFIGURED, ENGINE, OURS, PROGRAM, REQUESTS, ROOT, SECTIONS, body, chosen, configuration, environment, haproxy,  # noqa: E402
                        peers)

CONNECTIONS = 16
STREAMS = 1000
STARTS = 5

NARROW = ["bare", "all", "guard", *CONFIGURED]  # can be asked for more than containers
WIDE = ["one permission", *NARROW, "redaction"]
DIRECT = "direct"
# Case -> requests, which are sent in turns; a header; and the contenders: None for all but those of START_ONLY and NAMED.
CASES = {
    "one path": (["one path"], "", None),
    "new ids": (["containers"], "", [*WIDE, "50 profiles", "peers"]),
    "each section": (list(SECTIONS), "", [*NARROW[:2], *CONFIGURED]),
    "create": (["create"], "", [*NARROW, "without guard"]),
    "refused": (["refused"], "", ["bare", "one permission", "guard", "peers"]),
    "unknown": (["unknown"], "", ["bare", "one permission", "guard", *CONFIGURED, "peers"]),
    "new connection": (["one path"], "Connection: close", [DIRECT, *WIDE[:4], *CONFIGURED, "1 profile", "50 profiles", "1 name", "50 names", "peers"]),
    "1 GiB": (["image"], "", [DIRECT, *NARROW[:2], *CONFIGURED, "peers"]),
}
NAMED = ("1 name", "50 names")
CONTAINERS = ("one permission", "all", "guard", "redaction")  # that are measured with --container
IMAGE = "docker-socket-proxy"
START_ONLY = ("21 guarded profiles",)

SCRIPT = """local paths, n = {%s}, 10000000
local body = %s
function request() n = n + 1 return wrk.format("%s", paths[n %% #paths + 1]:format(n), nil, body) end
wrk.headers["Content-Type"] = "application/json"
"""


def answers(contender):
    """Whether it forwards requests."""
    with contextlib.suppress(OSError), socket.create_connection((contender.host, contender.port), 1) as client:
        client.sendall(b"GET /v1.41/containers/json HTTP/1.1\r\nHost: docker\r\n\r\n")
        return client.recv(12).endswith(b"200")
    return False


class Contender:
    """A proxy that listens on a port of CLIENT, and the time in milliseconds that its start took."""
    host = CLIENT

    def __init__(self, name, start, directory, engine):
        self.name = name
        with socket.socket() as one:
            one.bind((CLIENT, 0))
            self.port = one.getsockname()[1]
        self.directory = tempfile.mkdtemp(dir=directory)
        os.chmod(self.directory, 0o777)
        command, env = start(self.port, engine, self.directory)
        self.log = open(f"{self.directory}/log", "wb")
        begin = time.monotonic()
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log, start_new_session=True)
        while not answers(self):
            if self.process.poll() is not None or time.monotonic() > begin + 30:
                with open(self.log.name, encoding="utf-8", errors="replace") as file:
                    sys.exit(f"{name} did not start:\n{file.read()[-2000:]}")
            time.sleep(0.001)
        self.milliseconds = (time.monotonic() - begin) * 1000

    def processes(self):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.getsid(int(entry)) == self.process.pid:
                        yield int(entry)

    def cpu(self):
        """Seconds of processor time so far, of all its processes."""
        seconds = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                seconds += time.clock_gettime((~pid << 3) | 2)  # the clock of a process, clock_getcpuclockid(3)
        return seconds

    def memory(self):
        """PSS and anonymous memory in KB, of all its processes."""
        pss = anonymous = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                sizes = {line.split()[0]: int(line.split()[1]) for line in file.readlines()[1:]}
                pss += sizes["Pss:"]
                anonymous += sizes["Anonymous:"]
        return pss, anonymous

    def close(self):
        """Ends it."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Container:
    """The image in a container, in front of the stand-in."""
    port = 2375

    def __init__(self, variables, engine, directory):
        self.directory = directory
        settings = [argument for name, value in variables.items() for argument in ("--env", f"{name}={value}")]
        self.id = docker("run", "--detach", "--volume", f"{engine}:/var/run/docker.sock", *settings, IMAGE)
        self.host = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.id)
        while not answers(self):
            time.sleep(0.01)
        time.sleep(1)

    def memory(self):
        """In MB, as `docker stats` shows it: what the control group counts, without what the kernel can drop at once."""
        number, unit = re.match(r"([\d.]+)(\w+)", docker("stats", "--no-stream", "--format", "{{.MemUsage}}", self.id)).groups()
        return float(number) * {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}[unit]

    def close(self):
        """Removes it."""
        docker("rm", "--force", self.id)


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def ours(variables):
    def start(port, engine, directory):
        return [PROGRAM, "run"], environment(variables, engine, f"tcp://{CLIENT}:{port}", directory)
    return start


def configured(contender):
    """HAProxy with a configuration."""
    def start(port, engine, directory):
        with open(f"{directory}/haproxy.cfg", "w", encoding="utf-8") as out:
            out.write(configuration(contender, engine, f"{CLIENT}:{port}", directory))
        return [haproxy(), "-db", "-f", f"{directory}/haproxy.cfg"], dict(os.environ)
    return start


def commanded(command):
    def start(port, engine, _):
        full = command.replace("@HOST@", CLIENT).replace("@PORT@", str(port)).replace("@ENGINE@", engine)
        return ["sh", "-c", f"exec {full}"], dict(os.environ)
    return start


def contenders():
    """Name -> a function that prepares a start, and returns the command and its environment."""
    known = {"bare": configured(None), DIRECT: commanded(f"{ENGINE} @HOST@:@PORT@"),
             **{name: ours(make()) for name, make in OURS.items() if name != "read only"}}
    files = {**CONFIGURED, **{name: value for name, value in peers().items() if value.endswith(".cfg")}}
    return {**known, **{name: configured(file) for name, file in files.items()},
            **{name: commanded(value) for name, value in peers().items() if not value.endswith(".cfg")}}


def takes_part(name, case):
    """Whether a contender is measured in a case."""
    names = CASES[case][2]
    if names is None:
        return name not in NAMED + START_ONLY
    return name in names or ("peers" in names and name in peers())


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def wrk(contender, case, seconds):
    """A running wrk."""
    names, header, _ = CASES[case]
    script = f"{contender.directory}/request.lua"
    with open(script, "w", encoding="utf-8") as file:
        paths = ", ".join(f'"{REQUESTS[name][1]}"' for name in names)
        file.write(SCRIPT % (paths, f"[==[{body(names[0]).decode()}]==]" if body(names[0]) else "nil", REQUESTS[names[0]][0]))
    headers = ["-H", header] if header else []
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, *headers, f"http://{contender.host}:{contender.port}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def requests(contender, case, seconds):
    """Requests a second, microseconds of processor time for each, p50 and p99 in milliseconds, the share of refused ones."""
    before = contender.cpu()
    shown = wrk(contender, case, seconds).communicate()[0]
    used = contender.cpu() - before
    count = int(re.search(r"(\d+) requests in", shown).group(1))
    refused = int((re.search(r"Non-2xx or 3xx responses: (\d+)", shown) or [0, 0])[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", shown).group(1))
    p50, p99 = (milliseconds(re.search(rf"(?m)^ +{part}%\s+(\S+)", shown).group(1)) for part in (50, 99))
    return rate, used / max(count, 1) * 1e6, p50, p99, refused / max(count, 1)


def download(contender, case, _):
    """The same of MB, for a download of 1 GiB by one client."""
    request = f"GET {REQUESTS[CASES[case][0][0]][1].replace('%d', '1')} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
    buffer, count = bytearray(1 << 20), 0
    before, begin = contender.cpu(), time.monotonic()
    with socket.create_connection((contender.host, contender.port), 60) as client:
        client.sendall(request.encode())
        first = client.recv(1 << 16)
        if not first.startswith(b"HTTP/1.1 200"):
            return 0, 0, 0, 0, 1
        # The stand-in keeps the connection when it is asked directly: the last chunk is the end.
        count, last = len(first), b""
        while not last.endswith(b"0\r\n\r\n") and (got := client.recv_into(buffer)):
            count += got
            last = (last + buffer[max(got - 5, 0):got])[-5:]
    megabytes = count / 1e6
    return megabytes / (time.monotonic() - begin), (contender.cpu() - before) / megabytes * 1e6, 0, 0, 0


def streams(contender):
    """Memory with so many open event streams, in KB, or "-" if not all are served."""
    clients = []
    with contextlib.ExitStack() as stack:
        for _ in range(STREAMS):
            clients.append(stack.enter_context(socket.create_connection((contender.host, contender.port), 10)))
            clients[-1].sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: docker\r\n\r\n")
        try:
            served = all(client.recv(12).endswith(b"200") for client in clients)
        except OSError:
            served = False
        return contender.memory() if served else ("-", "-")


def alone(name, start, directory, engine, starts):
    """A row of memory.tsv: the median of the times to start, and the memory at rest, under load and with streams."""
    contender, times = None, []
    for _ in range(starts):
        if contender:
            contender.close()
        contender = Contender(name, start, directory, engine)
        times.append(contender.milliseconds)
    time.sleep(0.3)
    rest = contender.memory()
    load = wrk(contender, "one path", 1)
    time.sleep(0.7)
    loaded = contender.memory()
    load.communicate()
    row = (name, f"{statistics.median(times):.1f}", *rest, *loaded, *streams(contender))
    contender.close()
    return row


def in_container(name, engine, directory):
    """A row of container.tsv."""
    container = Container(OURS[name](), engine, directory)
    rest = container.memory()
    container.close()
    container = Container(dict(OURS[name](), MAX_CONNECTIONS="2400", MAX_CONNECTIONS_PER_CLIENT="2400"), engine, directory)
    load = wrk(container, "one path", 4)  # docker stats takes two seconds
    time.sleep(1)
    loaded = container.memory()
    load.communicate()
    row = (name, *(f"{size:.1f}" for size in (rest, loaded, streams(container))), f"{int(docker('inspect', '--format', '{{.Size}}', IMAGE)) / 1e6:.1f}")
    container.close()
    return row


def measure_containers(directory, engine, arguments):
    """container.tsv"""
    if not docker("images", "--quiet", IMAGE):
        docker("load", "--input", os.path.join(ROOT, "build/image.tar"))
    # The files of the image count for the container that reads them first.
    Container(OURS["one permission"](), engine, directory).close()
    write(f"{arguments.o}/container.tsv", report.CONTAINER, [in_container(name, engine, directory) for name in arguments.contender or CONTAINERS])


def all_rounds(known, names, directory, engine, arguments):
    """A row of load.tsv for each measurement. Each round has new processes: where their memory lies makes them up to a sixth
    faster or slower, for as long as they live."""
    rows, number, begin = [], 0, time.monotonic()
    while number == 0 or (time.monotonic() - begin) / number < arguments.left():
        number += 1
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(contextlib.closing(Contender(name, known[name], directory, engine))) for name in names]
            for case in arguments.c or CASES:
                measure = download if case == "1 GiB" else requests
                for one in running if number % 2 else reversed(running):
                    if takes_part(one.name, case):
                        rows.append((one.name, case, number, *(f"{value:.2f}" for value in measure(one, case, arguments.s))))
        print(f"round {number}, {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return rows


def measure_all(names, directory, engine, arguments):
    """memory.tsv and load.tsv"""
    known = contenders()
    write(f"{arguments.o}/memory.tsv", report.MEMORY, [alone(name, known[name], directory, engine, STARTS if arguments.m else 1) for name in names])
    print(f"memory, {arguments.m * 60 - arguments.left():.0f} s", file=sys.stderr, flush=True)
    write(f"{arguments.o}/load.tsv", report.LOAD, all_rounds(known, [name for name in names if name not in START_ONLY], directory, engine, arguments))


def write(path, head, rows):
    with open(path, "w", encoding="ascii") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in (head, *rows))


def isolate():
    """Continues in namespaces of its own, with CLIENT as an address."""
    if os.environ.get("BENCH_INSIDE") != "1":
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "env", "BENCH_INSIDE=1",
                   *(f"{name}={os.environ[name]}" for name in ("HAPROXY", "BENCH_PEERS", "BUILD", "PATH") if name in os.environ), sys.executable, *sys.argv]
        os.execvp(command[0] if os.geteuid() == 0 else "sudo", command if os.geteuid() == 0 else ["sudo", "--", *command])
    for command in (["mount", "--make-rprivate", "/"], ["ip", "link", "set", "lo", "up"], ["ip", "address", "add", f"{CLIENT}/32", "dev", "lo"]):
        subprocess.run(command, check=True)


def name_server(directory):
    with open(f"{directory}/resolv.conf", "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", f"{directory}/resolv.conf", "/etc/resolv.conf"], check=True)
    hosts = [f"client={CLIENT}", *(f"name{number}=10.78.0.{number}" for number in range(1, 51))]
    return subprocess.Popen([sys.executable, f"{ROOT}/tests/support/dns.py", "127.0.0.1", *hosts])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-m", type=float, default=8, metavar="MINUTES", help="how long all of it may take (8)")
    parser.add_argument("-s", type=int, default=1, metavar="SECONDS", help="for each measurement (1)")
    parser.add_argument("-o", default=os.path.join(ROOT, "build"), metavar="DIRECTORY")
    parser.add_argument("-c", action="append", choices=CASES, metavar="CASE", help="only this case: " + ", ".join(CASES))
    parser.add_argument("--container", action="store_true", help="the memory of the image in a container instead")
    parser.add_argument("contender", nargs="*")
    arguments = parser.parse_args()
    names = chosen(contenders(), arguments.contender)
    begin = time.monotonic()
    arguments.left = lambda: arguments.m * 60 - (time.monotonic() - begin)
    if not arguments.container:
        isolate()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        engine = f"{directory}/engine.sock"
        helpers = [subprocess.Popen([ENGINE, engine])]
        try:
            while not os.path.exists(engine):
                time.sleep(0.01)
            if arguments.container:
                measure_containers(directory, engine, arguments)
            else:
                helpers.append(name_server(directory))
                measure_all(names, directory, engine, arguments)
        finally:
            for helper in helpers:
                helper.kill()
                helper.wait()
    report.main([arguments.o])


if __name__ == "__main__":
    main()
