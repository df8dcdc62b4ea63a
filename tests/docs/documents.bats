#!/usr/bin/env bats
# The documents are true: tables, links, names, examples and what they show, see documents.py.

cd "$BATS_TEST_DIRNAME/../.." || exit 1

check() { python3 "$BATS_TEST_DIRNAME/documents.py" "$1"; }

@test "the tables are those of the program" { scripts/tables.sh --check; }
@test "the table of the clients that were tried has the rows of their tests" { python3 tests/clients/table.py --check; }
@test "links lead to files and headings" { check links; }
@test "each document is linked from the README" { check reached; }
@test "each permission that a document names exists" { check permissions_exist; }
@test "each other variable that a document names exists" { check variables_exist; }
@test "each setting is documented" { check settings_documented; }
@test "each target of make that a document names exists" { check targets_exist; }
@test "Compose examples are valid, and their proxies start" { check compose_files; }
@test "the clients' examples are hardened, gated, have a preset and are listed" { check client_examples; }
@test "what narrows a preset closes nothing of it" { check narrower; }
@test "console examples print what they show" { check commands; }
@test "shell examples are valid" { check scripts; }
@test "log lines and messages are shown as they are printed" { check shown; }
@test "the manual page has all commands and variables, and mandoc has nothing to say of it" { check manual; }
@test "make install puts the page and the licence in place" { check installed; }

@test "the demo: one request is allowed, the other is denied with the text that the README shows" {
    demo=$BATS_TEST_TMPDIR/demo.sh
    {
        echo 'ip link set lo up'
        # (a block ends when the proxy answers)
        awk '/^```sh demo/ { on = 1; next } /^```/ { if (on) print "until curl -s -o /dev/null http://127.0.0.1:2375/_ping; do sleep 0.1; done"; on = 0 } on' README.md
        echo 'kill %1 2>/dev/null || kill $!'
    } >"$demo"
    python3 tests/support/engine.py "$BATS_TEST_TMPDIR/docker.sock" >"$BATS_TEST_TMPDIR/requests" &
    engine=$!
    # a network of its own, so that port 2375 is free; root is what make test has, or gets
    run env -u MAKEFLAGS -u MAKELEVEL SOCKET_PATH="$BATS_TEST_TMPDIR/docker.sock" unshare --net --pid --fork --kill-child bash "$demo"
    kill $engine
    echo "$output"
    [[ $output == *'{}'* ]]
    text=$(grep -F '{"message":"docker-socket-proxy: POST /containers/test/attach' README.md)
    [[ $output == *"$text"* ]]
}
