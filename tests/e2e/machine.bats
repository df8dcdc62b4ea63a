#!/usr/bin/env bats
# `make run` and `make install`: the program on a machine, without its image.

load helper

teardown() {
    if [ -n "${PROXY_PID:-}" ]; then
        kill "$PROXY_PID" 2>/dev/null || true
        wait "$PROXY_PID" || true
    fi
}

# make_run [VARIABLE=value...]
make_run() {
    env -u HAPROXY "$@" make --no-print-directory -C "$ROOT" run >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    PROXY_PID=$!
}

@test "make run listens on 127.0.0.1:2375 in front of the socket, and says so" {
    make_run ALLOW_CONTAINERS=1
    until_true curl -fsS http://127.0.0.1:2375/_ping
    [ "$(status GET http://127.0.0.1:2375/containers/json)" = 200 ]
    [ "$(status GET http://127.0.0.1:2375/images/json)" = 403 ]
    run -0 cat "$BATS_TEST_TMPDIR/log"
    [[ $output == *tcp://127.0.0.1:2375*$SOCKET* ]]
    run -0 ss -ltnH 'sport = :2375'
    [[ $output == *127.0.0.1:2375* ]]
    [[ $output != *0.0.0.0:2375* && $output != *'*:2375'* && $output != *'[::]:2375'* ]]
}

@test "make run without Docker starts, and answers 503" {
    make_run ALLOW_CONTAINERS=1 SOCKET_PATH=/run/none.sock LISTEN=tcp://127.0.0.1:2376
    unreachable() { [ "$(status GET http://127.0.0.1:2376/containers/json)" = 503 ]; }
    until_true unreachable
    [ "$(status GET http://127.0.0.1:2376/images/json)" = 403 ]
}

@test "make run with a mistake ends with the program's own line" {
    run ! env -u HAPROXY ALLOW_START=maybe make --no-print-directory -C "$ROOT" run
    [[ $output == *ALLOW_START*maybe* ]]
}

@test "a kernel that offers a billion file descriptors does not make it big" {
    # limit.so makes getrlimit say so, to the program and to HAProxy, and accepts any new limit.
    cc -shared -fPIC -O1 -o "$BATS_TEST_TMPDIR/limit.so" "$ROOT/tests/e2e/limit.c"
    env LD_PRELOAD="$BATS_TEST_TMPDIR/limit.so" DATA_DIR="$ROOT" LISTEN=tcp://127.0.0.1:2377 SOCKET_PATH="$SOCKET" \
        ALLOW_CONTAINERS=1 "$ROOT/build/docker-socket-proxy" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    PROXY_PID=$!
    until_true curl -fsS http://127.0.0.1:2377/containers/json
    run -0 env LD_PRELOAD="$BATS_TEST_TMPDIR/limit.so" bash -c 'ulimit -Hn'
    [ "$output" = 1073741816 ]
    local pid memory
    for pid in $PROXY_PID $(pgrep -P $PROXY_PID); do
        memory=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")
        [ "$memory" -lt 65536 ]
    done
}

@test "make install puts the program where it finds its templates" {
    run -0 make --no-print-directory -C "$ROOT" install DESTDIR="$BATS_TEST_TMPDIR/out"
    local out=$BATS_TEST_TMPDIR/out/usr/local
    [ -x "$out/bin/docker-socket-proxy" ]
    [ -s "$out/share/docker-socket-proxy/templates/haproxy.cfg" ]
    [ -s "$out/share/docker-socket-proxy/haproxy/operations.map" ]
    run -0 env -i DATA_DIR="$out/share/docker-socket-proxy" HAPROXY="$HAPROXY" "$out/bin/docker-socket-proxy" check
}
