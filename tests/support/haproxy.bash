# shellcheck shell=bash
# A HAProxy of a test, without the supervisor, with the haproxy.cfg that the test has rendered. Each test has a directory
# HERE, and may make more of them; $haproxy is the program.

setup() { HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX"); }

teardown() {
    local file
    for file in "$BATS_TEST_TMPDIR"/*/pid; do
        if [ -e "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi
    done
}

free_port() { PYTHONPATH="$ROOT/tests/support" python3 -c 'from proxy import free_port; print(free_port())'; }

# run_haproxy PORT: runs $HERE/haproxy.cfg, which listens there, until it answers; its address is in ADDRESS
run_haproxy() {
    local n
    # shellcheck disable=SC2154
    "$haproxy" -f "$HERE/haproxy.cfg" >"$HERE/haproxy.log" 2>&1 3>&- &
    echo $! >"$HERE/pid"
    ADDRESS=127.0.0.1:$1
    for ((n = 0; n < 300; n++)); do
        if curl -s -o /dev/null "http://$ADDRESS/_ping"; then return 0; fi
        sleep 0.1
    done
    cat "$HERE/haproxy.log"
    return 1
}
