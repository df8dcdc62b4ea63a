#!/usr/bin/env bats
# From a client that nobody knows to its permissions: MODE=audit, `suggest`, and then exactly that. The proxy is the
# program itself, on this machine: no image is needed.

load helper
PORT=21375

setup_file() {
    box_image
    remove_all
    mkdir -p /srv/backup 2>/dev/null || true
}
teardown_file() { remove_all; }

# proxied COMMAND: runs it with the proxy in front of the Engine and with the variables of the file settings; the log is
# in the file log
proxied() {
    local -a variables
    mapfile -t variables < <(grep -v '^#' "$BATS_TEST_TMPDIR/settings" | grep .)
    env -i "PATH=$PATH" "HAPROXY=$HAPROXY" "DATA_DIR=$ROOT" "LISTEN=tcp://127.0.0.1:$PORT" "${variables[@]}" \
        "$ROOT/build/docker-socket-proxy" run >"$BATS_TEST_TMPDIR/log" 2>&1 &
    local pid=$! status=0
    until_true file_has /proc/net/tcp "$(printf '0100007F:%04X 00000000:0000 0A' $PORT)"
    DOCKER_HOST=tcp://127.0.0.1:$PORT "$@" || status=$?
    kill "$pid"
    wait "$pid" || true
    remove_all
    engine volume prune -f >/dev/null
    return $status
}
newcomer() { /usr/bin/python3 "$ROOT/tests/e2e/newcomer.py"; }

@test "what suggest prints for a client of docker-py in an audit is enough for it, and each variable is needed" {
    echo MODE=audit >"$BATS_TEST_TMPDIR/settings"
    run -0 proxied newcomer
    [ "$output" = "done" ]
    run -0 grep -c '^Would forbid: ' "$BATS_TEST_TMPDIR/log"
    [ "$output" -gt 10 ]
    "$ROOT/build/docker-socket-proxy" suggest "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/suggested"
    cat "$BATS_TEST_TMPDIR/suggested"

    grep -v '^#' "$BATS_TEST_TMPDIR/suggested" | grep . >"$BATS_TEST_TMPDIR/all"
    cp "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/settings"
    run -0 proxied newcomer
    [ "$output" = "done" ]
    run -1 grep -E '^(Forbidden|Would forbid|Refused|Unreachable): ' "$BATS_TEST_TMPDIR/log"

    [ "$(wc -l <"$BATS_TEST_TMPDIR/all")" -gt 10 ]
    local -a all
    mapfile -t all <"$BATS_TEST_TMPDIR/all"
    for line in "${all[@]}"; do
        printf '%s\n' "${all[@]}" | grep -vxF "$line" >"$BATS_TEST_TMPDIR/settings"
        run proxied newcomer
        [ "$status" -ne 0 ] || { echo "it works without $line"; return 1; }
        grep '^Forbidden: ' "$BATS_TEST_TMPDIR/log"
    done
}
