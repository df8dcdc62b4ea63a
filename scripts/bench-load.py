#!/usr/bin/env python3
"""Compares the proxy under load with a bare pass-through, with other proxies and with the Engine itself.

    scripts/bench-load.py [-r ROUNDS] [-s SECONDS] [-o DIRECTORY] [CONTENDER...]

wrk sends requests over 16 connections to each contender in turns, in alternating order, so that other load on the machine
affects all alike. The Engine is a stand-in (build/load/engine) that costs little. Trust the ratios; the rest depends on
the machine. Writes load.tsv (each measurement), memory.tsv and load.svg to the directory (build).

BENCH_PEERS adds other proxies, as a file with a line NAME=COMMAND for each; in the command, @PORT@ is where it has to
listen on 127.0.0.1, and @ENGINE@ the path of the Engine's socket. Configurations of HAProxy in scripts/bench/ are peers as
well."""
import argparse
import contextlib
import importlib.util
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONNECTIONS = 16
STREAMS = 1000
TICK = os.sysconf("SC_CLK_TCK")

# Name, and what wrk sends: NUMBER is another one each time.
REQUESTS = {
    "one path": 'wrk.format("GET", "/v1.41/containers/json")',
    "new ids": 'wrk.format("GET", "/v1.41/containers/" .. NUMBER .. "/json")',
    "refused": 'wrk.format("POST", "/v1.41/containers/" .. NUMBER .. "/kill")',
}
SCRIPT = """local n = 10000000
function request() n = n + 1 return %s end
"""


def instructions():
    """scripts/bench-instructions.py, which knows the environments and the bare configuration."""
    spec = importlib.util.spec_from_file_location("instructions", os.path.join(ROOT, "scripts/bench-instructions.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


I = instructions()


class Contender:
    """A proxy that listens on a port of 127.0.0.1."""

    def __init__(self, name, start, directory, engine):
        self.name = name
        self.port = free_port()
        self.log = open(f"{directory}/{name.replace(' ', '-')}.log", "wb")
        self.begin = time.monotonic()
        command, env = start(self.port, engine, f"{directory}/{name.replace(' ', '-')}.cfg")
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log, start_new_session=True)
        deadline = self.begin + 30
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{name} did not start, see {self.log.name}")
            time.sleep(0.002)
        self.milliseconds = (time.monotonic() - self.begin) * 1000

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as client:
            client.sendall(b"GET /v1.41/containers/json HTTP/1.1\r\nHost: docker\r\n\r\n")
            return client.recv(12).endswith(b"200")
        return False

    def processes(self):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.getpgid(int(entry)) == self.process.pid:
                        yield entry

    def cpu(self):
        """Seconds of processor time so far."""
        ticks = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def memory(self):
        """PSS and anonymous memory in KB."""
        pss = anonymous = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                sizes = {line.split()[0]: int(line.split()[1]) for line in file.readlines()[1:]}
                pss += sizes["Pss:"]
                anonymous += sizes["Anonymous:"]
        return pss, anonymous

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ours(variables):
    def start(port, engine, _):
        env = dict(variables, PATH=os.environ["PATH"], HAPROXY=I.HAPROXY, DATA_DIR=ROOT, SOCKET_PATH=engine, LISTEN=f"tcp://127.0.0.1:{port}",
                   MAX_CONNECTIONS="2400", MAX_CONNECTIONS_PER_CLIENT="2400")
        return [I.PROGRAM, "run"], env
    return start


def configured(contender):
    """HAProxy with a configuration whose socket becomes a port."""
    def start(port, engine, file):
        text = I.configuration(contender, "@LISTEN@", engine).replace("unix@@LISTEN@ mode 0666", f"127.0.0.1:{port}").replace("maxconn 500", "maxconn 2400")
        with open(file, "w", encoding="ascii") as out:
            out.write(text)
        return [I.HAPROXY, "-db", "-f", file], dict(os.environ)
    return start


def commanded(command):
    def start(port, engine, _):
        return ["sh", "-c", "exec " + command.replace("@PORT@", str(port)).replace("@ENGINE@", engine)], dict(os.environ)
    return start


def contenders():
    known = {"bare": configured(None), "ours": ours({"ALLOW_CONTAINERS": "true"}), "ours, all open": ours(dict(I.operations(), **I.GUARD_OFF)),
             "ours, guard": ours({"ALLOW_CONTAINERS": "true", "ALLOW_CREATE": "true"}),
             "ours, notice": ours({"ALLOW_CONTAINERS": "true", "LOG_LEVEL": "notice"})}
    for file in sorted(os.listdir(os.path.join(ROOT, "scripts/bench"))):
        if file.endswith(".cfg"):
            known[file[:-4]] = configured(os.path.join(ROOT, "scripts/bench", file))
    if os.environ.get("BENCH_PEERS"):
        with open(os.environ["BENCH_PEERS"], encoding="ascii") as file:
            for line in file:
                if "=" in line:
                    known[line.split("=", 1)[0]] = commanded(line.rstrip("\n").split("=", 1)[1])
    return known


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(contender, request, seconds, directory):
    """Requests a second, microseconds of processor time for each, p50 and p99 in milliseconds."""
    script = f"{directory}/request.lua"
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT % REQUESTS[request].replace("NUMBER", "n"))
    before = contender.cpu()
    shown = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script, f"http://127.0.0.1:{contender.port}"],
                           check=True, capture_output=True, text=True).stdout
    used = contender.cpu() - before
    count = int(re.search(r"(\d+) requests in", shown).group(1))
    refused = int((re.search(r"Non-2xx or 3xx responses: (\d+)", shown) or [0, 0])[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", shown).group(1))
    p50, p99 = (milliseconds(re.search(rf"(?m)^ +{part}%\s+(\S+)", shown).group(1)) for part in (50, 99))
    return rate, used / count * 1e6, p50, p99, refused / count


def streams(contender):
    """Memory with so many open event streams."""
    open_ones = []
    for _ in range(STREAMS):
        client = socket.create_connection(("127.0.0.1", contender.port), 10)
        client.sendall(b"GET /v1.41/events HTTP/1.1\r\nHost: docker\r\n\r\n")
        open_ones.append(client)
    # (A proxy may wait 200 ms for more before it sends the head.)
    served = sum(client.recv(12).endswith(b"200") for client in open_ones)
    memory = contender.memory() if served == STREAMS else ("-", "-")
    for client in open_ones:
        client.close()
    return memory


def plot(rows, path):
    """Bars of the processor time against bare, one group for each request, as SVG."""
    names = list(dict.fromkeys(name for name, *_ in rows))
    allowed = [row for row in rows if row[1] != "refused"]
    high = max(ratio for *_, ratio in allowed)
    height, left, width = 18, 150, 420
    parts, y = [], 10
    for request in dict.fromkeys(row[1] for row in allowed):
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{request}: processor time for a request, bare pass-through = 1</text>')
        y += 20
        for name in names:
            for _, _, _, ratio in (row for row in allowed if row[:2] == (name, request)):
                fill = "#2a6f97" if name.startswith("ours") else "#999"
                parts.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{name}</text><rect x="{left}" y="{y + 2}" width="{ratio / high * width:.0f}" '
                             f'height="{height - 5}" fill="{fill}"/><text x="{left + ratio / high * width + 6:.0f}" y="{y + 12}">{ratio:.2f}</text>')
                y += height
        y += 12
    with open(path, "w", encoding="ascii") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{y}" font-family="sans-serif" font-size="12">'
                   f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')


def table(results, rounds):
    """Prints medians and the ratio against bare of the same round; returns (name, request, status share, ratio)."""
    rows = []
    print(f"\n{'contender':16} {'request':9} {'requests/s':>10} {'us of CPU':>9} {'against bare (least, most)':>27} {'p50 ms':>7} {'p99 ms':>7} {'refused':>7}")
    for (name, request), values in results.items():
        ratios = [values[i][1] / results["bare", request][i][1] for i in range(rounds)]
        rate, cpu, p50, p99, refused = (statistics.median(column) for column in zip(*values))
        rows.append((name, request, refused, statistics.median(ratios)))
        print(f"{name:16} {request:9} {rate:10,.0f} {cpu:9.1f} {statistics.median(ratios):14.2f} ({min(ratios):.2f}, {max(ratios):.2f}) {p50:7.2f} {p99:7.2f} {refused:7.0%}")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-r", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("-s", type=int, default=3, metavar="SECONDS")
    parser.add_argument("-o", default=os.path.join(ROOT, "build"), metavar="DIRECTORY")
    parser.add_argument("contender", nargs="*")
    arguments = parser.parse_args()
    known = contenders()
    names = ["bare"] + [name for name in arguments.contender or known if name != "bare"]
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no such contender: {', '.join(unknown)}; there are {', '.join(known)}")
    results, memory, running = {}, [], []
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        engine = subprocess.Popen([os.path.join(ROOT, "build/load/engine"), f"{directory}/engine.sock"])
        try:
            while not os.path.exists(f"{directory}/engine.sock"):
                time.sleep(0.01)
            for name in names:
                running.append(Contender(name, known[name], directory, f"{directory}/engine.sock"))
            rest = {one.name: one.memory() for one in running}
            for number in range(arguments.r):
                for request in REQUESTS:
                    for one in running if number % 2 == 0 else reversed(running):
                        results.setdefault((one.name, request), []).append(measure(one, request, arguments.s, directory))
                print(f"round {number + 1} of {arguments.r}", file=sys.stderr, flush=True)
            after = {one.name: one.memory() for one in running}
            for one in running:
                memory.append((one.name, f"{one.milliseconds:.0f}", *rest[one.name], *after[one.name], *streams(one)))
        finally:
            for one in running:
                one.close()
            engine.kill()
            engine.wait()
    results = {key: results[key] for key in sorted(results, key=lambda key: (list(REQUESTS).index(key[1]), names.index(key[0])))}
    rows = table(results, arguments.r)
    heads = ("contender", "start ms", "rest PSS", "rest anon", "after PSS", "after anon", f"{STREAMS} streams PSS", "anon")
    print("\n" + "\n".join("\t".join(map(str, row)) for row in (heads, *memory)) + "\n(KB of all processes of a contender)")
    with open(f"{arguments.o}/load.tsv", "w", encoding="ascii") as file:
        file.write("contender\trequest\tround\trequests_per_second\tcpu_us\tp50_ms\tp99_ms\trefused\n")
        for (name, request), values in results.items():
            for number, value in enumerate(values):
                file.write("\t".join([name, request, str(number + 1), *(f"{part:.2f}" for part in value)]) + "\n")
    with open(f"{arguments.o}/memory.tsv", "w", encoding="ascii") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in (heads, *memory))
    plot(rows, f"{arguments.o}/load.svg")


if __name__ == "__main__":
    main()
