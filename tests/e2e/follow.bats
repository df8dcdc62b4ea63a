#!/usr/bin/env bats
# The follower of the Engine's events (entrypoint/inventory/follow.h) on a real Engine: what it knows is what the Engine
# says, after whatever has happened.

load helper

setup() {
    begin_anew
    "$ROOT/build/inventory/follow" "$SOCKET" inspect >"$BATS_TEST_TMPDIR/log" 3>&- &
    FOLLOW_PID=$!
    heard '^renewed '
}

teardown() {
    kill "$FOLLOW_PID" 2>/dev/null || true
    remove_all
}

# heard REGEX: waits for a line
heard() { until_true grep -qE "$1" "$BATS_TEST_TMPDIR/log"; }

# set_of PID LOG: the set as that follower has it
set_of() {
    : >"$2"
    kill -USR1 "$1"
    until_true grep -q '^set end' "$2"
    cat "$2"
}

# Whether a new follower, which has read everything now, has the same set
agrees() {
    local pid old new
    "$ROOT/build/inventory/follow" "$SOCKET" >"$BATS_TEST_TMPDIR/new" 3>&- &
    pid=$!
    until_true grep -q '^renewed' "$BATS_TEST_TMPDIR/new"
    new=$(set_of $pid "$BATS_TEST_TMPDIR/new" | grep '^set')
    kill $pid
    old=$(set_of "$FOLLOW_PID" "$BATS_TEST_TMPDIR/log" | grep '^set')
    [ "$old" = "$new" ] || { diff <(echo "$old") <(echo "$new"); return 1; }
}

@test "an address is known before the process that has it runs, and goes with it" {
    engine network create --subnet 10.9.0.0/24 mine >/dev/null
    engine run -d --name first --network mine --ip 10.9.0.5 box sleep 1000 >/dev/null
    heard '^changed .* first running 10.9.0.5$'
    grep -nE '^changed .* first 10.9.0.5$' "$BATS_TEST_TMPDIR/log"
    engine rm -f first >/dev/null
    engine run -d --name second --network mine --ip 10.9.0.5 box sleep 1000 >/dev/null
    heard '^changed .* second running 10.9.0.5$'
    run -0 awk '/second.*10.9.0.5/ { found = 1 } found && /first.*10.9.0.5/ { print; exit 1 }' "$BATS_TEST_TMPDIR/log"
    until_true agrees
}

@test "an address on a network that was left does not come back" {
    engine network create --subnet 10.9.0.0/24 mine >/dev/null
    engine run -d --name first --network mine box sleep 1000 >/dev/null
    heard '^changed .* first running 10.9.0.2$'
    for _ in 1 2 3 4 5; do
        engine network connect bridge first
        engine network disconnect bridge first
    done
    engine rename first other
    heard '^changed .* other running 10.9.0.2$'
    engine kill other >/dev/null
    until_true agrees
}

@test "names that are swapped, containers that share a network, ends and starts: the set is that of the Engine" {
    engine network create --subnet 10.9.0.0/24 mine >/dev/null
    for name in aa bb cc; do engine run -d --name $name --network mine box sleep 1000 >/dev/null; done
    engine run -d --name sharer --network container:aa box sleep 1000 >/dev/null
    until_true agrees
    RANDOM=7
    for _ in {1..40}; do
        names=(aa bb cc)
        one=${names[RANDOM % 3]}
        other=${names[RANDOM % 3]}
        case $((RANDOM % 7)) in
            0) engine kill "$one" ;;
            1 | 2) engine start "$one" ;;
            3) engine restart -t 0 "$one" ;;
            4) engine network connect bridge "$one" || engine network disconnect bridge "$one" ;;
            5) engine network disconnect mine "$one" || engine network connect mine "$one" ;;
            6) [ "$one" = "$other" ] || { engine rename "$one" temporary; engine rename "$other" "$one"; engine rename temporary "$other"; } ;;
        esac >/dev/null 2>&1 || true
    done
    until_true agrees
    run ! grep -E '^lost' "$BATS_TEST_TMPDIR/log"
}

@test "an exec instance is said to be made and to end" {
    engine run -d --name first box sleep 1000 >/dev/null
    engine exec first true
    heard '^exec [0-9a-f]{12} [0-9a-f]{12}$'
    heard '^exec [0-9a-f]{12} [0-9a-f]{12} ended$'
}

relay_listens() { [ -n "$(ss -ltnH 'sport = :2399')" ]; }

# relay: an Engine behind TLS
relay() {
    socat "OPENSSL-LISTEN:2399,bind=127.0.0.1,fork,reuseaddr,verify=1,cafile=ca.pem,cert=cert.pem,key=key.pem" \
        "UNIX-CONNECT:$SOCKET" 2>/dev/null 3>&- &
    RELAY_PID=$!
    until_true relay_listens
}

@test "behind TLS, the key is read once; an Engine that goes away is lost at once, and followed again" {
    local log=$BATS_TEST_TMPDIR/tls-log pid
    cd "$BATS_TEST_TMPDIR"
    ip link set lo up
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -days 2 -keyout key.pem -out cert.pem 2>/dev/null
    mkdir keys
    cp cert.pem ca.pem
    cp cert.pem key.pem ca.pem keys
    relay
    UPSTREAM_TLS_CERT_PATH=$PWD/keys "$ROOT/build/inventory/follow" tls://localhost:2399 >"$log" 3>&- &
    pid=$!
    until_true grep -q '^renewed 0 ' "$log"
    rm -r keys
    kill "$RELAY_PID"
    pkill -P "$RELAY_PID" || true
    until_true grep -q '^lost ' "$log"
    engine run -d --name first box sleep 1000 >/dev/null
    relay
    until_true grep -q '^renewed 1 ' "$log"
    engine kill first >/dev/null
    until_true grep -qE '^changed .* first$' "$log"
    kill $pid "$RELAY_PID"
}
