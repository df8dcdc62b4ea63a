"""Named test functions in a file that runs them: FILE.py [-f REGEX] [-c] [-T]

    @test("an idle event stream stays")
    def event_stream():
        assert ...

    if __name__ == "__main__":
        run()

The output is TAP and the options are those of bats: -f runs the tests whose name matches, -c only counts them, -T adds
their times. A test fails by an exception; then its traceback and its output are printed.
"""
import argparse
import faulthandler
import os
import re
import signal
import sys
import tempfile
import time
import traceback

LIMIT = float(os.environ.get("BATS_TEST_TIMEOUT", 300))  # seconds; a test that takes longer fails
TESTS = []  # (name, function), in the order of the file
SKIPPED = 77


class Skip(Exception):
    """Raised by a test that cannot run here; its text is the reason."""


def test(name):
    def register(function):
        TESTS.append((name, function))
        return function
    return register


def until(condition, what):
    """Waits until the condition is true; what says what is wrong if that takes too long, or is a function that does."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.02)


def in_child(function, output):
    """Runs the test in this child process, and ends it."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    faulthandler.dump_traceback_later(LIMIT, exit=True, file=output)
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    status = 1
    try:
        function()
        status = 0
    except Skip as reason:
        print(reason)
        status = SKIPPED
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def outcome(function):
    """Returns the test's status, 0 if it passes, and its output. Kills all processes that it has started."""
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            in_child(function, output)
        status = None
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            if status is None:
                os.kill(child, signal.SIGKILL)
            try:
                os.killpg(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if status < 0:
        text += f"ended by signal {-status}\n"
    return status, text


def run():
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("-f", "--filter", metavar="REGEX", default="", help="run the tests whose name matches")
    parser.add_argument("-c", "--count", action="store_true", help="print how many tests there are")
    parser.add_argument("-T", "--timing", action="store_true", help="print how long each takes")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what a test started ends as well
    chosen = [(name, function) for name, function in TESTS if re.search(options.filter, name)]
    if options.count:
        print(len(chosen))
        return
    print(f"1..{len(chosen)}")
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        begin = time.monotonic()
        status, text = outcome(function)
        passed = status in (0, SKIPPED)
        failed += not passed
        why = f" # skip {' '.join(text.splitlines()[-1:])}" if status == SKIPPED else ""
        took = f" in {round((time.monotonic() - begin) * 1000)}ms" if options.timing else ""
        print(f"{'ok' if passed else 'not ok'} {number} {name}{took}{why}")
        if not passed:
            print("".join(f"# {line}\n" for line in text.splitlines()), end="", flush=True)
    sys.exit(failed != 0)
