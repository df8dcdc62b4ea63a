#!/usr/bin/env python3
"""Makes the tables of docs/performance.md and load.svg from what the benchmarks wrote.

    scripts/bench/report.py DIRECTORY [TABLE]

prints one table, or writes DIRECTORY/load.svg and prints all. DIRECTORY has load.tsv and memory.tsv (bench-load.py),
instructions.tsv (bench-instructions.py) and container.tsv (bench-load.py --container); what is missing is left out."""
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from contenders import CONFIGURED, OURS, REQUESTS  # noqa: E402

LOAD = ("contender", "case", "round", "per_second", "cpu_us", "p50_ms", "p99_ms", "refused")
MEMORY = ("contender", "start_ms", "rest_pss_kb", "rest_anonymous_kb", "load_pss_kb", "load_anonymous_kb", "streams_pss_kb", "streams_anonymous_kb")
CONTAINER = ("contender", "rest_mb", "load_mb", "streams_mb", "image_mb")
INSTRUCTIONS = ("contender", "request", "status", "instructions", "against_bare")
CLOSED = ("refused", "unknown")
STREAMS = 1000


class Results:
    """The files of a directory."""

    def __init__(self, directory):
        self.load, self.instructions = {}, {}
        for row in read(directory, "load.tsv", LOAD):
            self.load.setdefault((row["contender"], row["case"]), []).append({name: float(row[name]) for name in LOAD[2:]})
        self.memory = {row["contender"]: row for row in read(directory, "memory.tsv", MEMORY)}
        self.container = {row["contender"]: row for row in read(directory, "container.tsv", CONTAINER)}
        for row in read(directory, "instructions.tsv", INSTRUCTIONS):
            self.instructions[row["contender"], row["request"]] = row

    def contenders(self):
        return list(dict.fromkeys(name for name, _ in self.load))

    def cases(self):
        return list(dict.fromkeys(case for _, case in self.load))

    def peers(self):
        return [name for name in self.contenders() if name not in OURS and name not in CONFIGURED and name not in ("bare", "direct")]

    def median(self, name, case, column):
        return statistics.median(row[column] for row in self.load[name, case])

    def refused(self, name, case):
        return self.median(name, case, "refused") > 0.5

    def ratios(self, name, case, other="bare", other_case=None):
        """The processor time of a request beside another one's, for each round."""
        pairs = zip(self.load[name, case], self.load[other, other_case or case])
        return [one["cpu_us"] / two["cpu_us"] for one, two in pairs if two["cpu_us"]]

    def ratio(self, *arguments):
        return statistics.median(self.ratios(*arguments))

    def start(self, name):
        return float(self.memory[name]["start_ms"])

    def megabytes(self, name, column):
        return float(self.memory[name][column]) / 1024

    def stream(self, name):
        """KB of each event stream."""
        return (float(self.memory[name]["streams_anonymous_kb"]) - float(self.memory[name]["rest_anonymous_kb"])) / STREAMS


def read(directory, name, columns):
    """The rows of a file, each as a dictionary."""
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return
    with open(path, encoding="ascii") as file:
        assert tuple(next(file).rstrip("\n").split("\t")) == columns, path
        for line in file:
            yield dict(zip(columns, line.rstrip("\n").split("\t")))


def label(name):
    return f"ours, {name}" if name in OURS else name


def markdown(head, rows):
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def table_load(results):
    def cell(name, case):
        if (name, case) not in results.load:
            return ""
        if results.refused(name, case) != (case in CLOSED) and name not in ("bare", "direct"):
            return "allowed" if case in CLOSED else "refused"
        values = results.ratios(name, case)
        return f"{statistics.median(values):.2f} ({min(values):.2f}, {max(values):.2f})"
    cases = results.cases()
    rows = [[label(name), *(cell(name, case) for case in cases)] for name in results.contenders() if name != "bare"]
    return markdown(["processor time against `bare`", *cases], rows)


def table_speed(results):
    # heading, case, column, form
    columns = [("requests/s", "one path", "per_second", "{:,.0f}"), ("processor time", "one path", "cpu_us", "{:.1f} µs"),
               ("p50", "one path", "p50_ms", "{:.2f} ms"), ("p99", "one path", "p99_ms", "{:.2f} ms"),
               ("new connections/s", "new connection", "per_second", "{:,.0f}"), ("MB/s of 1 GiB", "1 GiB", "per_second", "{:,.0f}")]

    def cell(name, case, column, form):
        shown = (name, case) in results.load and not results.refused(name, case)
        return form.format(results.median(name, case, column)) if shown else ""
    return markdown(["", *(column[0] for column in columns)],
                    [[label(name), *(cell(name, *column[1:]) for column in columns)] for name in results.contenders()])


def table_memory(results):
    def pair(row, state):
        if row[f"{state}_pss_kb"] == "-":
            return "not served"
        return f"{float(row[f'{state}_pss_kb']) / 1024:.1f} / {float(row[f'{state}_anonymous_kb']) / 1024:.1f}"

    def each(row):
        return "" if row["streams_anonymous_kb"] == "-" else f"{results.stream(row['contender']):.1f} KB"
    rows = [[label(name), f"{float(row['start_ms']):.0f} ms", *(pair(row, state) for state in ("rest", "load", "streams")), each(row)]
            for name, row in results.memory.items()]
    if {"1 profile", "50 profiles"} <= results.memory.keys():
        further = [(results.megabytes("50 profiles", column) - results.megabytes("1 profile", column)) / 49 for column in ("rest_pss_kb", "rest_anonymous_kb")]
        rows.append(["ours, each further profile", "", " / ".join(f"{size:.1f}" for size in further), "", "", ""])
    return markdown(["", "exec to first answer", "at rest", "under load", f"with {STREAMS:,} event streams", "each stream"], rows)


def table_container(results):
    return markdown(["`docker stats`, in MiB", "at rest", "under load", f"with {STREAMS:,} event streams"], [
        [label(name), row["rest_mb"], row["load_mb"], row["streams_mb"]] for name, row in results.container.items()])


def table_instructions(results):
    names = [name for name in dict.fromkeys(name for name, _ in results.instructions) if name != "bare"]

    def cell(name, request):
        row = results.instructions.get((name, request))
        return f"{float(row['against_bare']):.2f}" if row and (row["status"] == "403") == (request in CLOSED) else ""

    def text(request):
        method, target, _ = REQUESTS[request]
        return f"`{method} {target.replace('%%', '%').replace('%d', 'N')}`" + (f", {request}" if request in CLOSED else "")
    requests = dict.fromkeys(request for _, request in results.instructions)
    return markdown(["request", "bare", *names], [
        [text(request), f"{int(results.instructions['bare', request]['instructions']):,}", *(cell(name, request) for name in names)] for request in requests])


def targets(results):
    """What is wanted, how it is compared with the limit, the limit, and what was measured."""
    r = results
    for name, case in [(name, case) for name in ("one permission", "all", "guard") for case in ("one path", "new ids", "each section")]:
        yield f"processor time of an allowed request against `bare`: {case}, {name}", "≤", 1.10, lambda n=name, c=case: r.ratio(n, c)
    for name in CONFIGURED:
        yield f"requests for the processor time, against {name}: new ids", "≥", 1.4, lambda n=name: r.ratio(n, "new ids", "one permission")
    for name in r.peers():
        yield f"the same against {name}", "≥", 9 if name == "sockguard" else 3.3, lambda n=name: r.ratio(n, "new ids", "one permission")
    yield "processor time of a refusal against an allowed request", "≤", 1, lambda: r.ratio("one permission", "refused", "one permission", "new ids")
    yield "processor time with all permissions against one", "≤", 1.03, lambda: r.ratio("all", "new ids", "one permission")
    yield "processor time with 50 profiles against one", "≤", 1.03, lambda: r.ratio("50 profiles", "one path", "1 profile")
    yield "21 guarded profiles: start, in ms", "≤", 1000, lambda: r.start("21 guarded profiles")
    yield "21 guarded profiles: memory (PSS), in MiB", "≤", 45, lambda: r.megabytes("21 guarded profiles", "rest_pss_kb")
    for name, limit in (("one permission", 7), ("guard", 8)):
        yield f"memory at rest by `docker stats`, in MiB: {name}", "≤", limit, lambda n=name: float(r.container[n]["rest_mb"])
    yield "memory of each stream, in KB", "≤", 40, lambda: r.stream("one permission")
    yield "exec to first answer, in ms", "≤", 30, lambda: r.start("one permission")
    yield "image, in MB (`docker image inspect`)", "≤", 20, lambda: float(r.container["one permission"]["image_mb"])


def table_wanted(results):
    rows = []
    for text, sign, limit, measure in targets(results):
        try:
            value = measure()
        except (KeyError, ValueError):  # not measured
            continue
        met = value <= limit if sign == "≤" else value >= limit
        rows.append([text, f"{sign} {limit:g}", f"{value:,.2f}".rstrip("0").rstrip("."), "yes" if met else "no"])
    return markdown(["target", "limit", "measured", "met"], rows)


TABLES = {"wanted": table_wanted, "load": table_load, "speed": table_speed, "memory": table_memory, "container": table_container,
          "instructions": table_instructions}


def plot(results, path):
    """Bars of the processor time against bare, with the least and the most; a group for each case. SVG."""
    cases = [case for case in results.cases() if case not in CLOSED]
    height, left, width = 18, 200, 420
    parts, y = [], 10
    for case in cases:
        names = [name for name in results.contenders() if (name, case) in results.load and not results.refused(name, case)]
        values = {name: results.ratios(name, case) for name in names}
        scale = width / max(map(statistics.median, values.values()))
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{case}: processor time, bare pass-through = 1</text>')
        y += 20
        for name in names:
            middle, low, high = statistics.median(values[name]), min(values[name]), max(values[name])
            end = left + max(middle, min(high, width / scale)) * scale
            parts.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{label(name)}</text>'
                         f'<rect x="{left}" y="{y + 2}" width="{middle * scale:.0f}" height="{height - 5}" fill="{"#2a6f97" if name in OURS else "#999"}"/>'
                         f'<path d="M{left + low * scale:.0f} {y + 8.5}H{end:.0f}" stroke="#000"/><text x="{end + 6:.0f}" y="{y + 12}">{middle:.2f}</text>')
            y += height
        y += 12
    with open(path, "w", encoding="ascii") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{y}" font-family="sans-serif" font-size="12">'
                   f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')


def main(arguments):
    results = Results(arguments[0])
    if len(arguments) > 1:
        print(TABLES[arguments[1]](results))
        return
    for name, make in TABLES.items():
        table = make(results)
        if table.count("\n") > 1:
            print(f"\n{name}:\n{table}")
    if results.load:
        plot(results, os.path.join(arguments[0], "load.svg"))


if __name__ == "__main__":
    main(sys.argv[1:])
