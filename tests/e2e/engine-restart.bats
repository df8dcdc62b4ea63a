#!/usr/bin/env bats
# An Engine that ends and starts again behind a proxy that goes on: with and without --live-restore, with the directory of
# its socket mounted and with the file, with streams open, and with profiles by the names of its containers. It is a second
# Engine; the proxies run on the first one, or beside both.

# What runs in a container is written for the shell there.
# shellcheck disable=SC2016
load helper

SECOND=/run/second
BRIDGE=10.77.0.1
second() { DOCKER_HOST=unix://$SECOND/socket/docker.sock command docker "$@"; }

# A bridge of its own keeps its networks apart.
DAEMON=(dockerd --data-root "$ROOT/build/restarted" --exec-root "$SECOND/exec" --pidfile "$SECOND/pid" --shutdown-timeout 1
    --exec-opt native.cgroupdriver=cgroupfs --bridge second0 --iptables=false --ip-masq=false)
start_second() {
    "${DAEMON[@]}" --host unix://$SECOND/socket/docker.sock "$@" >>$SECOND/log 2>&1 3>&- &
    until_true second version
}

stop_second() {
    local pid
    pid=$(cat $SECOND/pid)
    kill "$pid"
    ended() { ! kill -0 "$pid"; }
    until_true ended
}
another_second() {
    stop_second || true
    rm -f $SECOND/socket/docker.sock
    start_second "$@"
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
    # One proxy has the socket's file, as the examples mount it, the other its directory, where a new socket appears.
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

# What a test has started beside the Engine: the programs of which $SECOND has the process ids, and loops
teardown() {
    local file
    touch $SECOND/enough
    for file in "$SECOND"/*.program; do
        [ ! -e "$file" ] || kill "$(cat "$file")" || true
        rm -f "$file"
    done
}

# open_streams NAME: makes a container on the second Engine that says something again and again, and three clients of it
# through the proxy: events, attach and a follower of its log. Their outputs are the files of these names.
open_streams() {
    second run -d --name "$1" --network none --stop-signal KILL box sh -c 'n=0; while :; do echo tick $n; n=$((n+1)); sleep 0.1; done' >/dev/null
    through directory
    CLIENTS=()
    # (`rc` is the client's exit status, when it has ended)
    client() {
        { local rc=0; docker "${@:2}" || rc=$?; echo "rc $rc"; } >"$BATS_TEST_TMPDIR/$1" 2>&1 3>&- &
        CLIENTS+=($!)
    }
    client events events
    client attach attach --no-stdin "$1"
    client logs logs --follow "$1"
    until_true file_has "$BATS_TEST_TMPDIR/attach" tick
    until_true file_has "$BATS_TEST_TMPDIR/logs" 'tick 0'
    heard() { second volume create "volume$RANDOM" && file_has "$BATS_TEST_TMPDIR/events" 'volume create'; }
    until_true heard
}

# ended_by NAME REGEX: the client has ended, and its last two lines match
ended_by() {
    until_true file_has "$BATS_TEST_TMPDIR/$1" 'rc '
    run -0 tail -n 2 "$BATS_TEST_TMPDIR/$1"
    [[ $output =~ $2 ]] || { echo "$1: $output"; return 1; }
}

begun() { engine inspect -f '{{.State.StartedAt}} {{.State.Pid}}' directory; }

# said NAME TEXT: the proxy answers 503, in JSON, with that reason
said() { [[ $(curl -s -w ' %{http_code}' "$(url "$1" /version)") == '{"message":"docker-socket-proxy: the Docker Engine at '*"cannot be reached: $2"*'"} 503' ]]; }

@test "an Engine restarts: its streams end, requests get 503, and then the proxy serves again; on a mounted file it is stale" {
    another_second
    open_streams talker
    local before
    before=$(begun)
    stop_second
    # The containers end with this Engine. Its events end in the middle; a container's own streams end with it.
    ended_by events $'unexpected EOF\nrc 1$'
    ended_by attach $'tick [0-9]+\nrc 137$'
    ended_by logs $'tick [0-9]+\nrc 0$'
    until_true said directory ''
    run -1 docker ps
    [[ $output == *'docker-socket-proxy: the Docker Engine at /engine/docker.sock cannot be reached'* ]]
    until_true said file 'the mount is stale'
    start_second
    until_true answers directory
    run -0 docker ps -a --format '{{.Names}} {{.Status}}'
    [[ $output == 'talker Exited (137)'* ]]
    docker start talker
    until_true sh -c 'docker logs --tail 1 talker | grep tick'
    said file 'the mount is stale'
    [ "$(begun)" = "$before" ]
    second rm -f talker
}

@test "an Engine restarts with --live-restore: its containers go on, and their streams can be opened again" {
    another_second --live-restore
    engine restart -t 0 file >/dev/null # mounts the socket of now
    until_true answers file
    open_streams talker
    local before pid last
    before=$(begun)
    pid=$(second inspect -f '{{.State.Pid}}' talker)
    stop_second
    for name in events attach logs; do ended_by $name $'unexpected EOF\nrc 1$'; done
    last=$(grep -F tick "$BATS_TEST_TMPDIR/logs" | tail -n 1)
    until_true said directory ''
    until_true said file 'the mount is stale'
    kill -0 "$pid"
    start_second --live-restore
    until_true answers directory
    [ "$(second inspect -f '{{.State.Pid}}' talker)" = "$pid" ]
    # What was said meanwhile is in the log. (The Engine itself may have lost a line when it ended.)
    wait "${CLIENTS[@]}"
    more() { [ "$(docker logs talker | tail -n 1)" != "$last" ]; }
    until_true more
    run -0 docker logs talker
    [ "$output" = "$(second logs talker | head -n ${#lines[@]})" ]
    said file 'the mount is stale'
    engine restart -t 0 file >/dev/null
    until_true answers file
    [ "$(begun)" = "$before" ]
    second rm -f talker
}

@test "an Engine whose socket systemd holds restarts: requests wait for it, and a mounted file stays right" {
    stop_second || true
    rm -f $SECOND/socket/docker.sock
    # What systemd does: the sockets from descriptor 3 on are for the process LISTEN_PID.
    cat >$SECOND/hold.py <<'END'
import os, socket, subprocess, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen(128)
while True:
    os.dup2(listener.fileno(), 3)
    subprocess.run(["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" --host fd://', "sh", *sys.argv[2:]], pass_fds=[3])
    while not os.path.exists("/run/second/again"):
        time.sleep(0.1)
    os.unlink("/run/second/again")
END
    python3 $SECOND/hold.py $SECOND/socket/docker.sock "${DAEMON[@]}" --live-restore >>$SECOND/log 2>&1 3>&- &
    echo $! >$SECOND/holder.program
    until_true second version
    engine restart -t 0 file >/dev/null
    until_true answers file
    stop_second
    for name in directory file; do
        curl -s -o /dev/null -w '%{http_code}' "$(url $name /version)" >"$BATS_TEST_TMPDIR/$name" 3>&- &
    done
    sleep 0.5
    [ ! -s "$BATS_TEST_TMPDIR/file" ]
    [ ! -s "$BATS_TEST_TMPDIR/directory" ]
    touch $SECOND/again
    for name in directory file; do until_true grep -qx 200 "$BATS_TEST_TMPDIR/$name"; done
}

# from CONTAINER PATH: the status that a request from the container of the second Engine gets
from() {
    nsenter --net --target "$(cat "$SECOND/$1.pid")" curl -s -o /dev/null -w '%{http_code}' "http://$BRIDGE:2399$2" || true
}
note_pid() { second inspect -f '{{.State.Pid}}' "$1" >"$SECOND/$1.pid"; }

@test "profiles by the names of containers: while the Engine is away nothing is open, nor to who gets an address afterwards" {
    another_second --live-restore
    for name in client other; do
        second run -d --name $name --stop-signal KILL box sleep 100000 >/dev/null
        note_pid $name
    done
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH=$SECOND/socket/docker.sock LISTEN=tcp://$BRIDGE:2399 \
        PROFILE_MAIN_FROM=client PROFILE_MAIN_ALLOW_INFO=true \
        "$ROOT/build/docker-socket-proxy" run >$SECOND/proxy.log 2>&1 3>&- &
    echo $! >$SECOND/proxy.program
    opened() { [ "$(from client /info) $(from other /info)" = '200 403' ]; }
    until_true opened
    # --live-restore: both go on, and ask all the time
    rm -f $SECOND/enough
    for name in client other; do
        while [ ! -e $SECOND/enough ]; do from $name /info; echo; done >"$BATS_TEST_TMPDIR/$name" 3>&- &
    done
    stop_second
    closed() { [ "$(from client /info) $(from other /info)" = '503 503' ]; }
    until_true closed
    # Not even what the base set opens, since the Engine cannot say whose request it is
    [ "$(from other /_ping)" = 503 ]
    start_second --live-restore
    until_true opened
    touch $SECOND/enough
    run -0 sort -u "$BATS_TEST_TMPDIR/client"
    local answers=$'^200\n(502\n)?503$' # 502: one that the Engine had when it ended
    [[ $output =~ $answers ]]
    run -0 sort -u "$BATS_TEST_TMPDIR/other"
    [ "$output" = $'403\n503' ]
    # Without it both end. The other one comes first then, and gets the address that the client had.
    local address
    address=$(second inspect -f '{{.NetworkSettings.IPAddress}}' client)
    stop_second
    start_second
    until_true second start other
    note_pid other
    [ "$(second inspect -f '{{.NetworkSettings.IPAddress}}' other)" = "$address" ]
    for _ in {1..20}; do [[ $(from other /info) =~ ^(403|503)$ ]]; done
    second start client
    note_pid client
    until_true opened
}
