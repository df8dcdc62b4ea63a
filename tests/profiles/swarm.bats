#!/usr/bin/env bats
# deploy/stack.yaml on a swarm of two managers. The second Engine has a network namespace of its own, which a cable joins
# to the first one's; both form an overlay network between them.

# shellcheck disable=SC2086,SC2016,SC2034
load helper

SECOND=/run/second
second() { DOCKER_HOST=unix://$SECOND/docker.sock command docker "$@"; }

# The Engine that a task runs on: on NODE in NETWORK-NAMESPACE-of-its-container
proxies() { engine service ps guard_socket-proxy --filter desired-state=running --format '{{.Node}} {{.CurrentState}}'; }
both_run() { [ "$(proxies | grep -c Running)" = 2 ]; }
task_of() { "$1" ps -q --filter "name=$2"; }

setup_file() {
    begin_anew
    ip netns add second
    ip link add cable0 type veth peer name cable1 netns second
    ip addr add 10.200.0.1/24 dev cable0
    ip link set cable0 up
    ip -n second addr add 10.200.0.2/24 dev cable1
    ip -n second link set cable1 up
    ip -n second link set lo up
    mkdir -p $SECOND "$ROOT/build/second"
    rm -rf "$ROOT/build/second/swarm"
    # (Not `ip netns exec`, which hides the cgroups.) Two Engines of one machine have one host name; the second gets another one.
    nsenter --net=/run/netns/second unshare --uts sh -c "hostname second; exec dockerd --data-root '$ROOT/build/second' --exec-root $SECOND/exec \
        --pidfile $SECOND/pid --host unix://$SECOND/docker.sock --exec-opt native.cgroupdriver=cgroupfs" >$SECOND/log 2>&1 3>&- &
    until_true second version
    engine save $IMAGE box | second load
    engine swarm init --advertise-addr 10.200.0.1 --listen-addr 10.200.0.1 >/dev/null
    second swarm join --advertise-addr 10.200.0.2 --listen-addr 10.200.0.2 \
        --token "$(engine swarm join-token -q manager)" 10.200.0.1:2377
    engine stack deploy --resolve-image never --compose-file "$ROOT/deploy/stack.yaml" guard
    until_true both_run
    # Clients: one of the profile "deploy", one of none; each on both managers' network, pinned to one of them
    cat >$SECOND/clients.yaml <<END
version: "3.8"
networks: {socket-proxy: {external: true, name: socket-proxy}}
services:
  deploy:
    image: box
    command: [sleep, "100000"]
    networks: [socket-proxy]
    deploy: {placement: {constraints: [node.hostname == second]}}
  dashboard:
    image: box
    command: [sleep, "100000"]
    networks: [socket-proxy]
    deploy: {placement: {constraints: [node.hostname != second]}}
END
    engine stack deploy --resolve-image never --compose-file $SECOND/clients.yaml deploy
    until_true ready
}
ready() {
    [ -n "$(task_of second deploy_deploy)" ] && [ -n "$(task_of engine deploy_dashboard)" ] &&
        task_get second deploy_deploy /info && task_get engine deploy_dashboard /info
}
teardown_file() {
    engine stack rm deploy guard || true
    second swarm leave --force || true
    engine swarm leave --force || true
    kill "$(cat $SECOND/pid)" || true
    remove_all
}

# task_get ENGINE SERVICE PATH [HOST]: a request from the task's container, which resolves the name itself
task_get() { "$1" exec "$(task_of "$1" "$2")" wget -q -O - "http://${4:-socket-proxy}:2375$3"; }
task_code() {
    "$1" exec "$(task_of "$1" "$2")" wget -S -q -O - "http://${4:-socket-proxy}:2375$3" 2>&1 |
        sed -n '1s/^ *HTTP[^ ]* \([0-9]*\).*/\1/p'
}

@test "the proxy runs on each manager" {
    run -0 proxies
    [ "${#lines[@]}" = 2 ]
    [[ $output == *second* ]]
    [ "$(engine node ls -q | wc -l)" = 2 ]
    # hardened, on both
    local which
    for which in engine second; do
        run -0 $which inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}} {{.NetworkSettings.Ports}}' \
            "$(task_of $which guard_socket-proxy)"
        [[ $output == 'true '*ALL*' false '* && $output != *HostPort* ]]
    done
}

@test "services on both managers reach proxies on both managers" {
    local which service address addresses
    addresses=$(engine exec "$(task_of engine deploy_dashboard)" busybox nslookup socket-proxy | awk '/^Address/ { print $NF }' | grep '^10\.' | sort -u)
    [ "$(wc -w <<<"$addresses")" = 2 ]
    for address in $addresses; do
        task_get second deploy_deploy /services "$address"
        task_get engine deploy_dashboard /services "$address"
    done
}

@test "each service has its profile, on whichever manager it asks" {
    local address addresses id
    addresses=$(engine exec "$(task_of engine deploy_dashboard)" busybox nslookup socket-proxy | awk '/^Address/ { print $NF }' | grep '^10\.' | sort -u)
    for address in $addresses; do
        # SWARM is nobody's, and the 403 says whose set was asked
        [ "$(task_code second deploy_deploy /containers/json "$address")" = 403 ]
        [ "$(task_code engine deploy_dashboard /containers/json "$address")" = 403 ]
    done
    profile_in_log() { { engine service logs --raw guard_socket-proxy; } 2>&1 | grep -F 'profile=deploy PROFILE_DEPLOY_ALLOW_CONTAINER_LIST=true (or PROFILE_DEPLOY_ALLOW_CONTAINERS=true)'; }
    until_true profile_in_log
    base_in_log() { { engine service logs --raw guard_socket-proxy; } 2>&1 | grep -F 'profile=- ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)'; }
    until_true base_in_log
}

@test "a manager that is gone takes its proxy with it, the other one serves on" {
    kill "$(cat $SECOND/pid)"
    gone() { ! second version; }
    until_true gone
    # What needs no quorum goes on; two managers that are one have none, which the Engine says itself.
    local address
    address=$(engine inspect -f '{{(index .NetworkSettings.Networks "socket-proxy").IPAddress}}' "$(task_of engine guard_socket-proxy)")
    until_true task_get engine deploy_dashboard /version "$address"
}
