#!/usr/bin/env bats
# The README is true: its table is the program's, and its demo does what it says.

cd "$BATS_TEST_DIRNAME/../.." || exit 1

@test "the table of groups is the program's" { scripts/readme-table.sh --check; }

@test "every variable of the settings table is one the program knows, and the other way round" {
    known=$(build/docker-socket-proxy map settings | cut -f 1)
    for name in $known; do
        grep -qE "\`(PROFILE_<NAME>_)?$name[\`=]" README.md || { echo "$name is not in the README"; false; }
    done
    # shellcheck disable=SC2016
    for name in $(sed -n '/^## Settings/,/^## /p' README.md | grep -oE '^\| `[A-Z_]+`' | tr -d '|` '); do
        grep -qx "$name" <<<"$known" || { echo "$name is not in the program"; false; }
    done
}

@test "the demo: one request is allowed, the other is denied with the text that the README shows" {
    demo=$BATS_TEST_TMPDIR/demo.sh
    {
        echo 'ip link set lo up'
        awk '/^```sh demo/ { on = 1; next } /^```/ { if (on) print "sleep 3"; on = 0 } on' README.md
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
