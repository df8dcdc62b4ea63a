#!/usr/bin/env bats
# An Engine that ends and starts again behind a proxy that goes on: with and without --live-restore, with the directory of
# its socket mounted and with the file, with streams open, and with profiles by the names of its containers. It is a second
# Engine; the proxies run on the first one, or beside both.

load helper

SECOND=/run/second
BRIDGE=10.77.0.1
second() { DOCKER_HOST=unix://$SECOND/socket/docker.sock command docker "$@"; }

# start_second FLAG...: a bridge of its own keeps its networks apart
start_second() {
    dockerd --data-root "$ROOT/build/restarted" --exec-root $SECOND/exec --pidfile $SECOND/pid \
        --host unix://$SECOND/socket/docker.sock --exec-opt native.cgroupdriver=cgroupfs --shutdown-timeout 1 \
        --bridge second0 --iptables=false --ip-masq=false "$@" >>$SECOND/log 2>&1 3>&- &
    until_true second version
}

stop_second() {
    local pid
    pid=$(cat $SECOND/pid)
    kill "$pid"
    ended() { ! kill -0 "$pid" && [ ! -e $SECOND/socket/docker.sock ]; }
    until_true ended
}

setup_file() {
    box_image
    proxy_image
    remove_all
    ip link add second0 type bridge
    ip addr add $BRIDGE/24 dev second0
    ip link set second0 up
    mkdir -p $SECOND/socket "$ROOT/build/restarted"
    start_second --live-restore
    engine save box | second load >/dev/null
    # shellcheck disable=SC2046
    second rm -f $(second ps -aq) >/dev/null 2>&1 || true
    # What most of the world does, and the directory of the socket, which follows an Engine
    for name in directory file; do
        local mount="$SECOND/socket/docker.sock:/engine/docker.sock:ro"
        [ $name = file ] || mount="$SECOND/socket:/engine:ro"
        engine run -d --name $name -v "$mount" --env SOCKET_PATH=/engine/docker.sock "${EVERYTHING[@]}" "$IMAGE" >/dev/null
        until_true answers $name
    done
}

teardown_file() {
    # shellcheck disable=SC2046
    second rm -f $(second ps -aq) >/dev/null 2>&1 || true
    stop_second || true
    remove_all
}

teardown() {
    [ ! -e $SECOND/proxy.pid ] || { kill "$(cat $SECOND/proxy.pid)"; rm $SECOND/proxy.pid; } || true
}

# A container on the second Engine that says something again and again, and the clients that listen to it
open_streams() {
    second run -d --name "$1" --network none box sh -c 'n=0; while :; do echo tick $n; n=$((n+1)); sleep 0.1; done' >/dev/null
    through directory
    for command in events attach logs; do
        local arguments=(--no-stdin "$1")
        [ $command = attach ] || arguments=(--follow "$1")
        [ $command = events ] && arguments=()
        { docker $command "${arguments[@]}" || echo "status $?"; } >"$BATS_TEST_TMPDIR/$command" 2>&1 3>&- &
    done
    until_true file_has "$BATS_TEST_TMPDIR/attach" tick
    until_true file_has "$BATS_TEST_TMPDIR/logs" 'tick 0'
    heard() { second network create "net$RANDOM" && grep -q 'network create' "$BATS_TEST_TMPDIR/events"; }
    until_true heard
}

begun() { engine inspect -f '{{.State.StartedAt}} {{.State.Pid}}' directory; }
unreachable() { curl -s -w ' %{http_code}' "$(url "$1" /version)" | grep -F "$2" | grep -E '"} 503$'; }

@test "dbg without" {
    stop_second
    start_second
    open_streams talker
    before=$(begun)
    stop_second
    wait
    tail -n 4 "$BATS_TEST_TMPDIR"/{events,attach,logs} >&3
    curl -s $(url directory /version) >&3
    curl -s $(url file /version) >&3
    docker ps >&3 2>&3 || true
    start_second
    until_true answers directory
    curl -s $(url file /version) >&3
    second ps -a >&3
    [ "$before" = "$(begun)" ]
    second rm -f talker
}
@test "dbg with" {
    stop_second
    start_second --live-restore
    open_streams talker
    before=$(begun)
    stop_second
    wait
    tail -n 4 "$BATS_TEST_TMPDIR"/{events,attach,logs} >&3
    docker ps >&3 2>&3 || true
    start_second --live-restore
    until_true answers directory
    until_true unreachable file "stale"
    curl -s $(url file /version) >&3
    second ps -a >&3
    docker logs talker | tail -n 2 >&3
    [ "$before" = "$(begun)" ]
    second rm -f talker
}
