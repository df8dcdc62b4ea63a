#!/usr/bin/env bats
# Lists of containers, limited to targets, reach the Engine with the filter: random queries, read as the Engine reads them.

load ../support/haproxy

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT
    mkdir -p "$ROOT/build"
    (cd "$BATS_TEST_DIRNAME/targets" && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off go build -o "$ROOT/build/targets" .)
}

# with_docker COMMAND...: runs it while an Engine answers that it is Docker
with_docker() {
    python3 "$ROOT/tests/support/engine.py" "$HERE/engine.sock" >/dev/null 3>&- &
    local engine=$!
    until [ -S "$HERE/engine.sock" ]; do sleep 0.05; done
    "$@"
    kill "$engine"
    wait "$engine" || true
    rm -f "$HERE/engine.sock"
}

render() { "${proxy[@]}" render >"$HERE/haproxy.cfg"; }
explain() { "${proxy[@]}" explain - <"$HERE/requests" | cut -d ' ' -f 1 >"$HERE/explained"; }

# queries COUNT LABELS NAME-REGEX NAME=value...: through a proxy with these variables; `explain` decides as the proxy does
queries() {
    local port
    port=$(free_port)
    haproxy=${HAPROXY:-haproxy}
    chmod 755 "$HERE"
    proxy=(env -i PATH="$PATH" HAPROXY="$haproxy" DATA_DIR="$ROOT" SOCKET_PATH="$HERE/engine.sock" LISTEN="tcp://127.0.0.1:$port"
        LOG_LEVEL=err ALLOW_CONTAINERS=1 ALLOW_CONTAINER_PRUNE=1 "${@:4}" "$ROOT/build/docker-socket-proxy")
    with_docker render
    run_haproxy "$port"
    "$ROOT/build/targets" "$ADDRESS" "$HERE/engine.sock" "$1" "${SEED:-$RANDOM}" "$2" "$3" "$HERE/requests" "$HERE/decisions"
    rm -f "$HERE/engine.sock"
    with_docker explain
    paste -d ' ' "$HERE/decisions" "$HERE/explained" "$HERE/requests" | awk '$1 != $2' >"$HERE/differences"
    head "$HERE/differences"
    [ ! -s "$HERE/differences" ]
}

@test "4,000 random queries: each list has the labels, and what the client asked for" {
    queries "${TRIES:-4000}" traefik.enable=true,a '' ALLOW_CONTAINER_LABELS=traefik.enable=true,a
}

@test "2,000 random queries: each list has the names and the labels" {
    queries "${TRIES:-2000}" x=y '^(?:web|shop-[A-Za-z0-9_.-])$' ALLOW_CONTAINER_LABELS=x=y ALLOW_CONTAINER_NAMES='web,shop-?'
}
