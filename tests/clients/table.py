"""The table of the clients that were tried, in docs/clients.md, from what the tests found:
    python3 tests/clients/table.py          writes it from build/results/clients-tried.tsv
    python3 tests/clients/table.py --check  prints the rows that only the table has, or the tests
In clients-tried.tsv the newest line of a row counts. Exit status 1: the rows differ."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import CASES, RESULTS, ROOT, listed  # noqa: E402

DOCUMENT = os.path.join(ROOT, "docs/clients.md")
BEGIN, END = "<!-- tried: made by tests/clients/table.py -->", "<!-- /tried -->"


def results():
    """{(client, mode): {engine: {"works": line, "needs": line}}}; a line is what clients.record wrote."""
    found = {}
    with open(f"{RESULTS}/clients-tried.tsv", encoding="utf-8") as file:
        for line in file:
            client, version, mode, engine, result, evidence = line.rstrip("\n").split("\t")
            rows = found.setdefault((client, mode), {})
            rows.setdefault(engine.split("+")[0], {})[result] = (version, evidence)
    return found


def row(case, engines):
    tried = sorted(engines)
    newest = engines[tried[-1]]
    version = newest.get("works", newest.get("needs"))[0]
    missing = [engine for engine in tried if "works" not in engines[engine]]
    assert not missing, f"{case.name}: no run that worked on {missing}"
    needs = [engines[engine]["needs"][1] for engine in tried if "needs" in engines[engine]][-1:]
    evidence = "; ".join([newest["works"][1], *needs])
    return f"| {case.client} | {version} | {case.mode} | {listed(case)} | {', '.join(tried)} | works | {evidence} |"


def body(text):
    before, _, rest = text.partition(BEGIN + "\n")
    table, _, after = rest.partition(END)
    assert after, f"{DOCUMENT} has no {BEGIN}"
    return before, table, after


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        before, table, after = body(file.read())
    if "--check" in sys.argv:
        shown = [tuple(cell.strip() for cell in line.split("|")[1:5:1]) for line in table.splitlines()[2:]]
        shown = {(cells[0], cells[2], cells[3]) for cells in shown}
        wanted = {(case.client, case.mode, listed(case)) for case in CASES}
        for what, rows in (("not in the table", wanted - shown), ("not in the tests", shown - wanted)):
            for one in sorted(rows):
                print(f"{what}: {', '.join(one)}")
        sys.exit(shown != wanted)
    found = results()
    lines = ["| client | version tried | what it did | preset | Engine | result | evidence |", "|---|---|---|---|---|---|---|"]
    for case in CASES:
        if (case.client, case.mode) in found:
            lines.append(row(case, found[case.client, case.mode]))
        else:
            print(f"not tried: {case.name}", file=sys.stderr)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


if __name__ == "__main__":
    main()
