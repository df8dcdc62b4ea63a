#!/usr/bin/env bats
# REDACT: what has to be hidden is not in an answer, what has not is the same, and what cannot be judged is refused.
# HAPROXIES holds the HAProxy programs to try, see tests/run.sh.

bats_require_minimum_version 1.5.0

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT JUDGE="$ROOT/build/redact/judge" ORACLE="$ROOT/build/redact/oracle" ANSWERS="$ROOT/tests/redact/answers"
    export PROGRAM="$ROOT/build/docker-socket-proxy" MEMBERS="$ROOT/entrypoint/redact/members.def"
    export HAPROXIES="${HAPROXIES:-${HAPROXY:-haproxy}}" ALL=environment,commands,labels,mounts,networks,swarm
    (cd "$ROOT/tests/redact/oracle" && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off go build -o "$ORACLE" .)
    # METHOD PATH OPERATION of every operation, and the variables that open those whose answers are redacted
    OPERATIONS=$BATS_FILE_TMPDIR/operations
    env -i "$PROGRAM" permissions | awk -F '\t' '!/^#/ { print $2, $3, $4 }' >"$OPERATIONS"
    OPEN=$(env -i "$PROGRAM" map redactions | cut -f 1 | sort -u |
        while read -r id; do env -i "$PROGRAM" permissions | awk -F '\t' -v id="$id" '$4 == id { print $5 "=true" }'; done)
    export OPERATIONS OPEN
}

setup() { HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX"); }

teardown() {
    local file
    for file in "$BATS_TEST_TMPDIR"/*/pid; do
        if [ -e "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi
    done
}

free_port() { PYTHONPATH="$ROOT/tests/support" python3 -c 'from proxy import free_port; print(free_port())'; }

# start_proxy WORDS [NAME=value...]: everything open, in front of $HERE/engine.sock; its address is in ADDRESS
start_proxy() {
    local port n
    port=$(free_port)
    # shellcheck disable=SC2086
    env -i PATH="$PATH" HAPROXY="$haproxy" DATA_DIR="$ROOT" SOCKET_PATH="$HERE/engine.sock" LISTEN="tcp://127.0.0.1:$port" \
        LOG_LEVEL=warning ALLOW_PRIVILEGED=true REDACT="$1" $OPEN "${@:2}" "$PROGRAM" render >"$HERE/haproxy.cfg" 2>"$HERE/render.log"
    run -0 "$haproxy" -c -f "$HERE/haproxy.cfg"
    [[ $output != *WARNING* && $output != *ALERT* && $output != *NOTICE* ]]
    "$haproxy" -f "$HERE/haproxy.cfg" >"$HERE/haproxy.log" 2>&1 3>&- &
    echo $! >"$HERE/pid"
    ADDRESS=127.0.0.1:$port
    for ((n = 0; n < 300; n++)); do
        if curl -s -o /dev/null "http://$ADDRESS/_ping"; then return 0; fi
        sleep 0.1
    done
    cat "$HERE/haproxy.log"
    return 1
}

@test "random answers and those of real Engines: what an oracle that decodes them hides is hidden, the rest is the same" {
    run -0 "$ORACLE" fuzz "$JUDGE" 3000 "$RANDOM" "$MEMBERS" "$ANSWERS"
    echo "$output"
}

@test "the same through the proxy, which does what explain --response says" {
    local haproxy words
    for haproxy in $HAPROXIES; do
        for words in environment "$ALL"; do
            HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
            start_proxy "$words"
            "$ORACLE" proxy "$ADDRESS" "$HERE/engine.sock" "$OPERATIONS" "$words" "$JUDGE" 25 "$RANDOM" "$MEMBERS" "$ANSWERS"
            kill "$(cat "$HERE/pid")"
        done
    done
}
