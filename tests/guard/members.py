"""The table of members (entrypoint/guard/members.tsv) against the guard, see members.bats.

members.py CHECK TABLE JUDGE [ARGUMENT ...] prints each error in a line; the exit status is 1 if there are any. The
checks are complete, harmless, number; classes, whose arguments are the sources with the guard's groups and variables;
values, whose arguments are types, all without any."""
import json
import re
import subprocess
import sys

CLASSES = {"boolean", "number", "enumerated", "identifier", "plain", "image", "container-path", "address", "stored", "object", "list", "map",
           "closed", "opened-by", "judged-by-group"}
ROOTS = {"ContainerCreate": "ContainerCreate", "ExecCreate": "ContainerExec", "CheckpointCreate": "CheckpointCreate",
         "VolumeCreate": "VolumeCreate", "VolumeUpdate": "VolumeUpdate", "NetworkCreate": "NetworkCreate", "NetworkConnect": "NetworkConnect",
         "NetworkDisconnect": "NetworkDisconnect", "ServiceSpec": "ServiceCreate", "SecretSpec": "SecretCreate"}
# What opens a member that no variable of the guard's does, as the judge calls it.
OPENS = {"ALLOW_CONTAINER_INSPECT": "INSPECT=open", "ALLOW_SECRET_INSPECT": "SECRETS=open", "ALLOW_CONFIG_INSPECT": "CONFIGS=open"}
EVIDENCE = re.compile(r"(moby|podman)@v[0-9.]+:[^:]+\.go:[A-Za-z][A-Za-z0-9]*\Z")
# Nested, so that no member but one that takes any value takes it; and what would leave a directory.
ODD = [[{"x": "../x"}]]
CLIMBING = "../x"


def read(table):
    lines = [line.rstrip("\n") for line in open(table, encoding="ascii")]
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert rows[0] == ["TYPE", "MEMBER", "CLASS", "WHY", "EVIDENCE"], rows[0]
    for row in rows[1:]:
        assert len(row) == 5, row
    return [line for line in lines if line.startswith("#")], rows[1:]


def places(rows):
    """For each type the operation, how its object stands in a body, and what a message calls the way there."""
    found = {root: (operation, lambda x: x, "") for root, operation in ROOTS.items()}
    wrap = {"object": lambda x: x, "list": lambda x: [x], "map": lambda x: {"net": x}}
    waiting = True
    while waiting:
        waiting = False
        for kind, member, a_class, _, _ in rows:
            shape, _, inner = a_class.partition(" ")
            if shape in wrap and kind in found and inner not in found:
                operation, body, way = found[kind]
                found[inner] = (operation, lambda x, b=body, m=member, w=wrap[shape]: b({m: w(x)}), f"{way}{member}{'[]' if shape == 'list' else ''}.")
                waiting = True
    return found


class Judge:
    def __init__(self, program, rows):
        self.program, self.places = program, places(rows)

    def run(self, arguments, body, variables):
        """What the judge prints; nothing if the request passes."""
        done = subprocess.run([self.program, *arguments, "ENGINE=docker", *variables], input=body, capture_output=True, text=True)
        assert done.returncode in (0, 3), (arguments, body, done)
        return done.stdout if done.returncode == 3 else ""

    def faults(self, kind, values, *variables):
        """Which of a type's members are refused that hold these values, all else being empty: for each what the guard says of it.
        What cannot be told apart from a fault elsewhere is a fault of the member ""."""
        if kind.endswith("?"):
            answers = {}
            for member, value in values.items():
                text = value if isinstance(value, str) else json.dumps(value)
                query = member + "=" + re.sub(r"[^A-Za-z0-9._-]", lambda c: f"%{ord(c[0]):02X}", text)
                answer = self.run(["-q", kind[:-1], query], "", variables).strip()
                if answer:
                    answers[member if "is forbidden: " + member in answer and "does not know" not in answer else ""] = answer
            return answers
        operation, whole, way = self.places[kind]
        answers = {}
        for line in self.run(["-a", operation, "-"], json.dumps(whole(values)), variables).splitlines():
            name = re.match(re.escape(way) + r"([A-Za-z0-9]+)(?=[;\[ .])", line)
            answers[name[1] if name and name[1] in values and "does not know" not in line else ""] = line
        return answers


def complete(rows, program):
    known = subprocess.run([program, "-m"], capture_output=True, text=True, check=True).stdout.splitlines()
    told = ["\t".join(row[:2]) for row in rows]
    yield from (f"no row: {name}" for name in known if name not in told)
    yield from (f"no such member: {name}" for name in told if name not in known)
    yield from (f"twice: {name}" for name in set(told) if told.count(name) > 1)
    found = places(rows)
    yield from (f"{row[0]}: no row leads to this type" for row in rows if not row[0].endswith("?") and row[0] not in found)


def classes(rows, sources):
    text = "".join(open(source, encoding="ascii").read() for source in sources)
    variables = {"ALLOW_" + name for name in re.findall(r"^KNOB\((\w+)", text, re.M)} | set(OPENS)
    types = {row[0] for row in rows}
    for kind, member, a_class, _, _ in rows:
        shape, _, of = a_class.partition(" ")
        if shape not in CLASSES:
            yield f"{kind} {member}: {shape} is not a class"
        if (shape in ("object", "list", "map") and of not in types) or (shape == "judged-by-group" and not re.search(r'\{"%s",\s' % of, text)):
            yield f"{kind} {member}: there is no {of}"
        if shape == "opened-by" and of not in variables:
            yield f"{kind} {member}: there is no variable {of}"


def harmless(rows):
    for kind, member, a_class, why, evidence in rows:
        if not why.endswith(".") or len(why) > 300:
            yield f"{kind} {member}: say why, in a sentence"
        wrong = [one for one in evidence.split(" ") if not EVIDENCE.match(one)]
        if (wrong and evidence) or (not evidence and a_class == "stored"):
            yield f"{kind} {member}: evidence is repository@tag:file:function, not {wrong or 'nothing'}"


def values(rows, program, types):
    judge = Judge(program, rows)
    for kind in types or dict.fromkeys(row[0] for row in rows):
        shapes = {row[1]: row[2].partition(" ")[::2] for row in rows if row[0] == kind}
        of = lambda *wanted: [member for member, (shape, _) in shapes.items() if shape in wanted]

        def passes(members, value, *variables, because):
            for member, answer in judge.faults(kind, dict.fromkeys(members, value), *variables).items():
                yield f"{kind} {member}: {because}: {answer}"

        def all_refused(members, value):
            faults = judge.faults(kind, dict.fromkeys(members, value))
            yield from (f"{kind} {member}: {shapes[member][0]}, and {value} passes" for member in members if member not in faults)
            yield from (f"{kind}: {faults[other]}" for other in faults if other not in members)

        yield from passes(shapes, "" if kind.endswith("?") else None, because="nothing at all is refused")
        yield from passes(of("stored"), CLIMBING, because="stored, and ../x is refused")
        strict = [member for member in shapes if shapes[member][0] not in ("stored", "plain") and shapes[member][1] != "client_file"]
        yield from all_refused(strict, CLIMBING)
        yield from all_refused([member for member in shapes if shapes[member][0] != "stored"], ODD)
        yield from passes(of("boolean"), True, because="boolean, and true is refused")
        yield from passes(of("list"), [], because="list, and [] is refused")
        yield from passes(of("object", "map"), {}, because="object, and {} is refused")
        for variable in {shapes[member][1] for member in of("opened-by")}:
            yield from passes([m for m in of("opened-by") if shapes[m][1] == variable], ODD, OPENS.get(variable, variable + "=true"),
                              because=f"{variable} does not open it")
        refused = [judge.faults(kind, dict.fromkeys(of("number"), value)) for value in (1, [1], "0")]
        yield from (f"{kind} {member}: no number passes" for member in of("number") if all(member in faults for faults in refused))


def number(rows, head):
    members = sum(1 for row in rows if row[2] == "stored" and not row[0].endswith("?"))
    parameters = sum(1 for row in rows if row[2] == "stored" and row[0].endswith("?"))
    said = re.search(r"now in (\d+), (\d+) members and (\d+) parameters", " ".join(line.lstrip("# ") for line in head))
    if said is None or [int(n) for n in said.groups()] != [members + parameters, members, parameters]:
        yield f"the head says {said and said[0]}; it is {members + parameters}, {members} members and {parameters} parameters"


def main(what, table, program, *sources):
    head, rows = read(table)
    wrong = list({"complete": lambda: complete(rows, program), "classes": lambda: classes(rows, sources), "harmless": lambda: harmless(rows),
                  "values": lambda: values(rows, program, sources), "number": lambda: number(rows, head)}[what]())
    print("\n".join(wrong) if wrong else f"{len(rows)} rows")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
