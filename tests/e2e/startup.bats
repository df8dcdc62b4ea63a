#!/usr/bin/env bats
# The image starts in every environment, or prints the reason in one line.

load helper

setup_file() { box_image; }
setup() { remove_all; }
teardown() {
    chown root:root "$SOCKET"
    chmod 0660 "$SOCKET"
    rm -rf /run/late
    if [ -n "${PROGRAM:-}" ]; then kill "$PROGRAM" || true; fi
    if [ -n "${NR_OPEN:-}" ]; then echo "$NR_OPEN" >/proc/sys/fs/nr_open; fi
}
teardown_file() { remove_all; }

works() { [ "$(status GET "$(url proxy /containers/json)")" = 200 ]; }

# The user and group numbers of the HAProxy process in the container proxy, as the kernel has them
haproxy_ids() {
    local pid
    for pid in $(engine top proxy -eo pid,comm | awk '$2 == "haproxy" { print $1 }'); do
        awk '/^Uid:/ { u = $3 } /^Gid:/ { g = $3 } END { print u, g }' "/proc/$pid/status"
    done
}
haproxy_memory() {
    local pid
    for pid in $(engine top proxy -eo pid,comm | awk '$2 == "haproxy" { print $1 }'); do
        awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
    done
}

@test "with 1,024 file descriptors" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --ulimit nofile=1024:1024
    works
}

@test "with 1,073,741,816 file descriptors, and small in memory" {
    # What systemd gives on many machines. Where the kernel's ceiling is lower, it is lifted for this test; where not
    # even root may, tests/e2e/machine.bats has the same with a stand-in for the kernel's answer.
    if [ "$(cat /proc/sys/fs/nr_open)" -lt 1073741816 ]; then
        NR_OPEN=$(cat /proc/sys/fs/nr_open)
        echo 1073741816 >/proc/sys/fs/nr_open
    fi
    prlimit --nofile=1073741816:1073741816 true || skip "root lacks CAP_SYS_RESOURCE here, so nothing can have that many"
    start_proxy proxy --env ALLOW_CONTAINERS=1 --ulimit nofile=1073741816:1073741816
    works
    [ "$(haproxy_memory)" -lt 65536 ]
}

@test "without IPv6" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --sysctl net.ipv6.conf.all.disable_ipv6=1 --sysctl net.ipv6.conf.default.disable_ipv6=1
    works
}

@test "with IPv6, which it then listens on" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --sysctl net.ipv6.conf.all.disable_ipv6=0 --sysctl net.ipv6.conf.lo.disable_ipv6=0
    works
    run -0 engine run --rm --network container:proxy box wget -qO- 'http://[::1]:2375/_ping'
    [ "$output" = OK ]
}

@test "with DISABLE_IPV6" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --env DISABLE_IPV6=1 --sysctl net.ipv6.conf.lo.disable_ipv6=0
    works
    run ! engine run --rm --network container:proxy box wget -qO- 'http://[::1]:2375/_ping'
}

@test "with a read-only root and no tmpfs" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --read-only
    works
}

@test "without capabilities" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --cap-drop ALL
    works
}

@test "with no-new-privileges" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --security-opt no-new-privileges
    works
}

@test "with all of them, and 1,024 descriptors" {
    start_proxy proxy --env ALLOW_CONTAINERS=1 --read-only --cap-drop ALL --security-opt no-new-privileges --ulimit nofile=1024:1024
    works
}

@test "without a network, which leaves unix:// to listen on" {
    mkdir -p /run/late
    chmod 1777 /run/late
    engine run -d --name proxy --network none -v "$SOCKET:$SOCKET:ro" -v /run/late:/late \
        --env ALLOW_CONTAINERS=1 --env LISTEN=unix:///late/guarded.sock "$IMAGE" >/dev/null
    until_true curl -fsS --unix-socket /run/late/guarded.sock http://docker/_ping
    run -0 curl -fsS --unix-socket /run/late/guarded.sock http://docker/containers/json
}

@test "as root with a socket of root:docker 0660, HAProxy is neither root nor in root's group" {
    chown 0:4321 "$SOCKET"
    chmod 0660 "$SOCKET"
    start_proxy proxy --env ALLOW_CONTAINERS=1
    works
    run -0 haproxy_ids
    [[ $output == *' 4321' ]]
    [[ $output != '0 '* ]]
}

@test "as root with a socket of root:root 0600" {
    chown 0:0 "$SOCKET"
    chmod 0600 "$SOCKET"
    start_proxy proxy --env ALLOW_CONTAINERS=1
    works
    run -0 haproxy_ids
    [[ $output == '0 '* ]]
    # The log says that it had to stay root
    run -0 engine logs proxy
    [[ $output == *root* ]]
}

@test "as root without capabilities, for both kinds of socket" {
    chown 0:4321 "$SOCKET"
    chmod 0660 "$SOCKET"
    start_proxy proxy --env ALLOW_CONTAINERS=1 --cap-drop ALL
    works
    remove_all
    chown 0:0 "$SOCKET"
    chmod 0600 "$SOCKET"
    start_proxy proxy --env ALLOW_CONTAINERS=1 --cap-drop ALL
    works
}

@test "as user 1000 with the socket's group, it stays that user" {
    chown 0:4321 "$SOCKET"
    chmod 0660 "$SOCKET"
    start_proxy proxy --env ALLOW_CONTAINERS=1 --user 1000:4321
    works
    run -0 haproxy_ids
    [ "$output" = '1000 4321' ]
    remove_all
    start_proxy proxy --env ALLOW_CONTAINERS=1 --user 1000 --group-add 4321 --cap-drop ALL --read-only --security-opt no-new-privileges
    works
}

@test "as a user who may not open the socket, it starts and says so" {
    chown 0:4321 "$SOCKET"
    chmod 0660 "$SOCKET"
    engine run -d --name proxy -v "$SOCKET:$SOCKET:ro" --env ALLOW_CONTAINERS=1 --user 1000 "$IMAGE" >/dev/null
    unreachable() { [ "$(status GET "$(url proxy /containers/json)")" = 503 ]; }
    until_true unreachable
    run -0 curl -s "$(url proxy /containers/json)"
    [[ $output == '{"message":"'*$SOCKET* ]]
    run -0 engine logs proxy
    [[ $output == *$SOCKET* ]]
}

@test "without a socket it starts, answers 503, and works when the socket appears" {
    mkdir -p /run/late
    engine run -d --name proxy -v /run/late:/late --env ALLOW_CONTAINERS=1 --env SOCKET_PATH=/late/docker.sock "$IMAGE" >/dev/null
    unreachable() { [ "$(status GET "$(url proxy /containers/json)")" = 503 ]; }
    until_true unreachable
    run -0 curl -s "$(url proxy /containers/json)"
    [[ $output == '{"message":"'*/late/docker.sock* ]]
    run -0 engine logs proxy
    [[ $output == */late/docker.sock* ]]
    [ "$(status POST "$(url proxy /containers/test/attach)")" = 403 ]
    socat UNIX-LISTEN:/run/late/docker.sock,fork,mode=0666 "UNIX-CONNECT:$SOCKET" 3>&- &
    local forwarder=$!
    until_true works
    kill $forwarder
}

@test "docker stop ends it with exit status 0, an idle stream and a busy one included" {
    start_proxy proxy "${DOCUMENT[@]}"
    engine run -d --name test box sh -c 'while :; do echo busy; done' >/dev/null
    local where streams
    where=$(url proxy '')
    curl -sN "$where/events" >/dev/null 3>&- &
    streams=$!
    curl -sN "$where/containers/test/logs?follow=1&stdout=1" >/dev/null 3>&- &
    streams+=" $!"
    # (One more is the idle one by which the program watches the Engine.)
    streaming() { [ "$(engine_connections proxy)" -ge 3 ]; }
    until_true streaming
    # Killed after the usual 10 seconds, it would be 137
    engine stop -t 10 proxy
    run -0 engine inspect -f '{{.State.ExitCode}}' proxy
    [ "$output" = 0 ]
    # (Their ends may be lost with the container's network, and then they would wait for ever.)
    # shellcheck disable=SC2086
    kill $streams 2>/dev/null || true
}

@test "SIGINT ends it as well" {
    start_proxy proxy
    engine kill -s INT proxy
    until_true exited proxy
    run -0 engine inspect -f '{{.State.ExitCode}}' proxy
    [ "$output" = 0 ]
}

@test "it becomes healthy, and unhealthy when HAProxy hangs" {
    start_proxy proxy --health-interval 1s --health-timeout 2s --health-retries 1
    until_true healthy proxy
    local pid
    pid=$(engine top proxy -eo pid,comm | awk '$2 == "haproxy" { print $1 }')
    kill -STOP "$pid"
    unhealthy() { [ "$(engine inspect -f '{{.State.Health.Status}}' proxy)" = unhealthy ]; }
    until_true unhealthy
    kill -CONT "$pid"
}

@test "health checks that were written for other images work" {
    local check
    for check in 'wget --spider http://localhost:2375/version || exit 1' 'curl -f http://localhost:2375/_ping' \
        'wget -q --tries=1 -O- http://127.0.0.1:2375/_ping | grep -q OK || exit 1'; do
        start_proxy proxy --health-cmd "$check" --health-interval 1s --health-timeout 2s --health-retries 1
        [ "$(engine inspect -f '{{index .Config.Healthcheck.Test 0}}' proxy)" = CMD-SHELL ]
        until_true healthy proxy
        run -0 engine inspect -f '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' proxy
        [[ $output != *'there is no'* ]]
        engine rm -f proxy
    done
    start_proxy proxy --health-cmd 'wget --spider http://localhost:2375/version || exit 1' --health-interval 1s --health-timeout 2s --health-retries 1
    until_true healthy proxy
    local pid
    pid=$(engine top proxy -eo pid,comm | awk '$2 == "haproxy" { print $1 }')
    kill -STOP "$pid"
    unhealthy() { [ "$(engine inspect -f '{{.State.Health.Status}}' proxy)" = unhealthy ]; }
    until_true unhealthy
    kill -CONT "$pid"
    # By their names, in Compose's CMD form
    for check in 'wget --spider http://localhost:2375/version' 'curl -f http://localhost:2375/version' '/bin/sh -c true'; do
        # shellcheck disable=SC2086
        run -0 --separate-stderr engine exec proxy $check
    done
    # shellcheck disable=SC2154 # run sets it
    [[ $stderr == *'there is no sh in this image'* ]]
}

@test "it ends with an error when HAProxy dies, so that a restart policy sees it" {
    start_proxy proxy
    kill -KILL "$(engine top proxy -eo pid,comm | awk '$2 == "haproxy" { print $1 }')"
    until_true exited proxy
    run -0 engine inspect -f '{{.State.ExitCode}}' proxy
    [ "$output" != 0 ]
}

@test "bad settings stop the start with status 2 and one line each" {
    refused() {
        run -2 engine run --rm -v "$SOCKET:$SOCKET:ro" "$@" "$IMAGE"
        [ "${#lines[@]}" -eq 1 ]
    }
    refused --env ALLOW_START=maybe
    [[ $output == *ALLOW_START*maybe* ]]
    refused --env ALLOW_CONTAINER=1
    [[ $output == *ALLOW_CONTAINER*ALLOW_CONTAINERS* ]]
    refused --env LISTEN=tcp://:99999
    [[ $output == *LISTEN*99999* ]]
    run -2 engine run --rm -v "$SOCKET:$SOCKET:ro" --env DATA_DIR=/nowhere "$IMAGE"
    local line
    for line in "${lines[@]}"; do [[ $line == docker-socket-proxy:*/nowhere/*DATA_DIR* ]]; done
    refused --read-only --env RUNTIME_DIRECTORY=/tmp
    [[ $output == */tmp* ]]
    refused --tmpfs /full:size=4k --env RUNTIME_DIRECTORY=/full
    [[ $output == */full* ]]
}

@test "the other subcommands work in the image" {
    run -0 engine run --rm "$IMAGE" --version
    [ "$output" = "docker-socket-proxy $(engine image inspect -f '{{index .Config.Labels "org.opencontainers.image.version"}}' "$IMAGE")" ]
    run -0 engine run --rm --env ALLOW_START=1 "$IMAGE" explain POST /containers/x/start
    run -3 engine run --rm "$IMAGE" explain POST /containers/x/start
    run -0 engine run --rm --read-only "$IMAGE" check
    run -0 engine run --rm "$IMAGE" render
    [[ $output == *frontend* ]]
}

@test "the image holds no shell, no package manager and nothing that is setuid" {
    engine create --name proxy "$IMAGE" >/dev/null
    engine export proxy | tar -tv >"$BATS_TEST_TMPDIR/files"
    run ! grep -E '/(sh|bash|dash|busybox|dpkg|apt|apt-get|perl|python[0-9.]*)$' "$BATS_TEST_TMPDIR/files"
    # The names that health checks use are our program's.
    local name
    for name in bin/sh usr/bin/wget usr/bin/curl; do
        grep -E "^l.* $name -> /usr/local/bin/docker-socket-proxy\$" "$BATS_TEST_TMPDIR/files"
    done
    run ! grep -E '^-..[sS]|^-.....[sS]' "$BATS_TEST_TMPDIR/files"
    grep -q usr/sbin/haproxy "$BATS_TEST_TMPDIR/files"
}

# another_engine: something that answers as the Engine at a new socket, which replaces the one before
another_engine() {
    if [ -n "${PROGRAM:-}" ]; then
        kill "$PROGRAM"
        wait "$PROGRAM" || true
    fi
    rm -f /run/late/engine.sock
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" LISTEN=unix:///run/late/engine.sock ALLOW_CONTAINERS=true \
        "$ROOT/build/docker-socket-proxy" run >/dev/null 2>&1 3>&- &
    PROGRAM=$!
    until_true curl -fsS --unix-socket /run/late/engine.sock http://d/_ping
}

@test "a socket that was mounted as a file and replaced: EXIT_WHEN_UNREACHABLE and the restart policy mount the new one" {
    mkdir -p /run/late
    another_engine
    engine run -d --name proxy --restart unless-stopped -v /run/late/engine.sock:/engine.sock:ro --env SOCKET_PATH=/engine.sock \
        --env EXIT_WHEN_UNREACHABLE=10s "$IMAGE" >/dev/null
    until_true answers proxy
    another_engine
    until_true logs_have proxy 'warning: /engine.sock: the mount is stale'
    says_stale() { curl -s "$(url proxy /version)" | grep -F 'cannot be reached: the mount is stale'; }
    until_true says_stale
    until_true logs_have proxy 'no Engine has been reached for 10 seconds'
    until_true answers proxy
    [ "$(engine inspect -f '{{.RestartCount}}' proxy)" -ge 1 ]
}

@test "variables from files that are mounted: a changed file is taken up, and the container stays healthy with a bad one" {
    mkdir -p /run/late/config
    echo ALLOW_INFO=true >/run/late/config/proxy.env
    printf true >/run/late/networks
    start_proxy proxy -v /run/late/config:/config:ro -v /run/late/networks:/run/secrets/networks:ro --read-only --cap-drop ALL \
        --env ENV_FILE=/config/proxy.env --env ALLOW_NETWORKS_FILE=/run/secrets/networks
    gives() { [ "$(status GET "$(url proxy /info)") $(status GET "$(url proxy /networks)")" = "$1 $2" ]; }
    gives 200 200
    echo ALLOW_INFO=false >/run/late/config/new && mv /run/late/config/new /run/late/config/proxy.env
    until_true gives 403 200
    printf false >/run/late/networks # the mount of a file does not follow a rename
    until_true gives 403 403
    echo ALLOW_INFO=maybe >/run/late/config/proxy.env
    until_true logs_have proxy 'the policy before stays in force'
    gives 403 403
    run -0 engine exec proxy docker-socket-proxy healthcheck
    [[ $output == *'ALLOW_INFO=maybe: not a boolean'* ]]
}
