#!/usr/bin/env python3
"""Each client does its main job on a real Engine through the proxy, with exactly the permissions of its preset.

A row (Case) is one client in one mode. Of each row, two tests are made:
- "works": the job comes about; every operation that the preset opens was requested, but for the row's `spare` ones,
  which have a reason; and nothing was refused but for the row's `noise`.
- "fails without": with any one of the operations taken away, the job does not come about, but for the row's `survives` ones.

CLIENTS=quick makes only the first of them, of the rows that take seconds (`make test` runs those). CLIENTS=replay makes only
those of clients that may be missing, and sends their recorded requests (replay/) even where the client is there. What the tests find goes to
build/results/clients-tried.tsv, from which tests/clients/table.sh makes the table in docs/clients.md."""
import functools
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jobs  # noqa: E402
from harness import (OPERATIONS, ROOT, Refused, Run, engine, engine_version, have, image,  # noqa: E402
                     opened, pinned, preset_operations, program, remove_all, version)
from suite import Skip, run, test  # noqa: E402

UNTIL = float(os.environ.get("CLIENTS_UNTIL") or "inf")  # seconds since 1970; no test begins later
WHICH = os.environ.get("CLIENTS", "")
RESULTS = os.path.join(ROOT, "build/results")

class Case:
    """One client in one mode.

    client    its row in clients.tsv
    mode      of the client, for the reader
    job       does the client's main job in a Run, and raises if it did not come about
    preset    the words for PRESET=; a list of operations where there is no preset
    base      the part of the preset whose operations another row takes away
    spare     operation: why the job may do without requesting it
    survives  operation: what happens without it, where the job comes about all the same
    noise     regexes of requests that are refused and need not be allowed
    variables what the job needs beside the permissions, such as the create guard's variables
    quick     whether it takes seconds
    engine    a regex of the Engine's versions that it is for
    replay    does the job by the client's recorded requests, where the client cannot be had
    """

    def __init__(self, client, mode, job, preset, base=None, spare=None, survives=None, noise=(), variables=None,
                 quick=False, engine=".*", replay=None):
        self.client, self.mode, self.job = client, mode, job
        self.preset = preset if isinstance(preset, str) else None
        self.list, self.base = preset, base
        self.spare, self.survives, self.noise = spare or {}, survives or {}, noise
        self.more, self.quick, self.engine, self.replay = variables or {}, quick, engine, replay

    @property
    def name(self):
        return f"{self.client} ({self.mode})"

    @functools.cached_property
    def opens(self):
        """The operations that are to be open, and no others."""
        return set(preset_operations(self.preset) if self.preset else self.list)

    def permissions(self):
        """The variables that open the row's operations, and close the others that are open by default."""
        found = {OPERATIONS[operation]: "false" for operation in opened({}) - self.opens}
        if self.preset:
            return {**found, "PRESET": self.preset}
        return {**found, **{OPERATIONS[operation]: "true" for operation in self.opens}}

    def variables(self):
        """The environment of the proxy."""
        return {**self.permissions(), **self.more}

    def ready(self):
        """Prepares the Engine; skips the test if it is not for this Engine or the client is missing. Returns whether
        the client is real: if not, its requests are replayed."""
        if not re.match(self.engine, engine_version()):
            raise Skip(f"not for Engine {engine_version()}")
        real = have(self.client) and WHICH != "replay"
        if not real and not self.replay:
            program(self.client)
        image("box", "one")
        remove_all()
        return real


def attempt(case, real, without=None, patience=0):
    """One run of the job. Returns the Run, which has ended; its log is in .seen and .refused."""
    with Run(case.variables(), without, patience) as one:
        error = None
        try:
            (case.job if real else case.replay)(one)
        except Refused as why:
            error = why
        finally:
            one.seen, one.refused = one.asked(), one.refusals()
            one.told = one.client_log()
        if error and not without:
            raise AssertionError(f"{case.name}: {error}\nrefused by the proxy: {one.refused}") from error
    one.error = error
    return one


def listed(case):
    """The row's permissions, for the table"""
    return f"`{case.preset}`" if case.preset else "own variables: " + " ".join(sorted(case.list))


def record(case, real, result, evidence):
    """A line for the table, see table.py"""
    if WHICH == "replay":
        return
    os.makedirs(RESULTS, exist_ok=True)
    tried = version(case.client) if real else f"{pinned(case.client)}, its requests replayed"
    with open(f"{RESULTS}/clients-tried.tsv", "a", encoding="utf-8") as file:
        file.write("\t".join([case.client, tried, case.mode, engine_version(), result, evidence]) + "\n")


def words(case, one):
    """What the log showed"""
    refused = {re.sub("/[0-9a-f]{12,}", "/ID", line.split(":")[0]) for line in one.refused}
    return (f"requested all {len(case.opens)} operations" if not case.spare else
            f"requested {len(case.opens & one.seen)} of {len(case.opens)} operations") + \
        (f"; refused, and not needed: {len(refused)} kind{'s' * (len(refused) > 1)} of request" if refused else "; nothing was refused")


def works(case):
    real = case.ready()
    assert opened(case.permissions()) == case.opens, f"{case.preset} opens {sorted(opened(case.permissions()))}"
    one = attempt(case, real)
    unused = case.opens - one.seen - set(case.spare)
    assert not unused, f"open and never requested: {sorted(unused)}; requested: {sorted(one.seen)}"
    unexpected = [line for line in one.refused if not any(re.match(noise, line) for noise in case.noise)]
    assert not unexpected, f"refused: {unexpected}"
    record(case, real, "works", words(case, one))


def needs(case):
    real = case.ready()
    begin = time.monotonic()
    attempt(case, real)
    patience = max(3, 2 * (time.monotonic() - begin))
    elsewhere = preset_operations(case.base) if case.base else set()
    needed = sorted(case.opens - elsewhere - set(case.spare) - set(case.survives))
    for operation in needed:
        print("without", operation)
        one = attempt(case, real, operation, patience)
        assert one.error, f"without {operation} the job comes about all the same; refused: {one.refused}"
    text = "fails without any one of " + ("them" if len(needed) == len(case.opens) else f"{len(needed)} of them")
    record(case, real, "needs", text)


class Late(BaseException):
    """The time of a test is over. (No Exception, because who waits for a client takes any for "not yet".)"""


def limited(function, seconds):
    """The function, ended by an error after so many seconds."""
    def inner():
        if time.time() > UNTIL:
            raise Skip("no time is left (CLIENTS_UNTIL)")

        def late(*_):
            raise Late(f"not done after {seconds} s")
        signal.signal(signal.SIGALRM, late)
        signal.alarm(seconds)
        function()
    return inner


CASES = jobs.cases(Case)

for row in CASES:
    if not {"quick": row.quick, "replay": row.replay}.get(WHICH, True):
        continue
    test(f"{row.name} works with {'PRESET=' + row.preset if row.preset else 'its own variables'}")(
        limited(functools.partial(works, row), 180))
    if WHICH != "quick":
        test(f"{row.name} fails without any of its operations")(limited(functools.partial(needs, row), 600))

if __name__ == "__main__":
    run()
