"""Reads the proxy's log strictly: what a parser of JSON may not accept, and what a line promises."""
import json
import re

# The members of a line and their types, in this order. A line without a request has tls as well.
MEMBERS = {"time": str, "verdict": str, "decision": str, "client": str, "client_port": int, "profile": str, "method": str, "operation": str,
           "variable": str, "detail": str, "status": int, "duration_ms": int, "bytes": int, "path": str}
DECISIONS = {"Allowed": "allowed", "Forbidden": "forbidden", "Would forbid": "would_forbid", "Unreachable": "allowed", "Refused": "refused"}


def reject(what):
    raise ValueError(what)


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a member twice: {names}"
    return dict(pairs)


def parse(line):
    """The object of a line, which is bytes without the line's end. Fails unless it is JSON as RFC 8259 has it, in
    ASCII, and has exactly the members that it promises."""
    text = line.decode("ascii")
    assert not re.search(r"[\x00-\x1f\x7f]", text), text
    entry = json.loads(text, parse_constant=reject, object_pairs_hook=unique)
    members = list(MEMBERS) if entry["verdict"] != "Refused" or "tls" not in entry else [*list(MEMBERS)[:10], "tls", *list(MEMBERS)[10:]]
    if "client_name" in entry:  # where the names of containers are known
        members.insert(members.index("client_port") + 1, "client_name")
    assert list(entry) == members, list(entry)
    for name, kind in MEMBERS.items():
        assert isinstance(entry[name], kind) and not isinstance(entry[name], bool), (name, entry)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", entry["time"]), entry
    assert entry["decision"] == DECISIONS[entry["verdict"]], entry
    assert all(entry[name] != "" for name in MEMBERS), entry
    return entry


def entries(proxy):
    """All lines of requests in the log of a proxy with LOG_FORMAT=json. Lines of the program are left out; anything else
    fails."""
    with open(proxy.log_path, "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    return [parse(line) for line in lines if not re.match(rb"docker-socket-proxy: |\[[A-Z]+ *\]", line)]
