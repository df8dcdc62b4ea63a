#!/usr/bin/env bats
# Services of a swarm of one node, as the Engine knows them: their tasks come and go, and each has the profile of its
# service. (tests/profiles/swarm.bats has deploy/stack.yaml on two managers.)

# shellcheck disable=SC2086
load helper

PROXY=http://10.93.0.250:2375

setup_file() {
    begin_anew
    ip link add node type veth peer name peer
    ip addr add 10.201.0.1/24 dev node
    ip link set node up
    engine swarm leave --force >/dev/null 2>&1 || true # of a run that was broken off
    engine swarm init --advertise-addr 10.201.0.1 --listen-addr 10.201.0.1 >/dev/null
    engine network create --driver overlay --attachable --subnet 10.93.0.0/24 over >/dev/null
    engine run -d --name proxy --network over --ip 10.93.0.250 -v "$SOCKET:$SOCKET:ro" --env ALLOW_INFO=true \
        --env PROFILE_WEB_FROM=service:web --env PROFILE_WEB_ALLOW_CONTAINERS=true \
        --env PROFILE_STACK_FROM=service:shop/api --env PROFILE_STACK_ALLOW_VOLUMES=true $IMAGE >/dev/null
    until_true engine exec proxy docker-socket-proxy healthcheck
    service web
    service shop_api --label com.docker.stack.namespace=shop --container-label com.docker.stack.namespace=shop
    service other
}
teardown_file() {
    engine service rm web shop_api other || true
    engine swarm leave --force || true
    remove_all
    ip link del node
}

# service NAME [argument...]: one task that waits
service() {
    local name=$1
    shift
    engine service create --detach --no-resolve-image --name "$name" --network over --stop-grace-period 1s "$@" box sleep 100000 >/dev/null
    until_true has_tasks "$name" 1
}
tasks() { engine ps -q --filter "label=com.docker.swarm.service.name=$1"; }
has_tasks() { [ "$(tasks "$1" | wc -l)" = "$2" ]; }
# task_code TASK PATH: the status that a task gets
task_code() {
    engine exec "$1" wget -S -q -O /dev/null "$PROXY$2" 2>&1 | sed -n 's|^ *HTTP[^ ]* \([0-9]*\).*|\1|p' | head -n 1
}
task_is() { [ "$(task_code "$1" "$2")" = "$3" ]; }

# judged SERVICE PATH: each of its tasks may ask for the path, and for none of the others'
judged() {
    local task path
    for task in $(tasks "$1"); do
        until_true task_is "$task" "$2" 200
        for path in /containers/json /volumes /info; do
            [ $path = "$2" ] || task_is "$task" $path 403 || return 1
        done
    done
}

@test "a service is scaled up and down: each task has its profile, and no other has it" {
    local count
    for count in 3 1; do
        engine service scale --detach web=$count
        until_true has_tasks web $count
        judged web /containers/json
        judged shop_api /volumes
        judged other /info
    done
}

@test "a proxy in the network of the host knows tasks by their addresses on docker_gwbridge" {
    local gateway task
    gateway=$(engine network inspect -f '{{(index .IPAM.Config 0).Gateway}}' docker_gwbridge)
    task=$(tasks web | head -n 1)
    run_dsp host LISTEN=tcp://:24399 ALLOW_INFO=true PROFILE_WEB_FROM=service:web PROFILE_WEB_ALLOW_CONTAINERS=true \
        PROFILE_LATE_FROM=late PROFILE_LATE_ALLOW_VOLUMES=true
    until_true curl -fsS http://127.0.0.1:24399/_ping
    PROXY=http://$gateway:24399
    until_true task_is "$task" /containers/json 200
    task_is "$task" /info 403
    task_is "$(tasks other)" /info 200
    task_is "$(tasks other)" /containers/json 403
    until_true log_has host "Allowed: /containers/json GET ${gateway%.*}."
    # one that comes, and takes a bridge as its way out
    box late --network over
    until_true task_is late /volumes 200
    task_is late /info 403
    engine network connect bridge late
    until_true task_is late /volumes 200
    engine rm -f late
    stop_dsp host
}

@test "tasks that are renewed, and so have other addresses, keep the profile of their service" {
    local before
    engine service scale --detach web=2
    until_true has_tasks web 2
    before=$(tasks web)
    engine service update --detach --force --update-order start-first web
    renewed() { has_tasks web 2 && [ -z "$(comm -12 <(sort <<<"$before") <(tasks web | sort))" ]; }
    until_true renewed
    judged web /containers/json
    judged other /info
}

@test "explain --from says by which service a task has its profile" {
    run -0 engine exec proxy docker-socket-proxy explain --from "$(tasks web | head -n 1)" GET /containers/json
    [[ $output == *'has profile WEB: PROFILE_WEB_FROM=service:web is its service'* ]]
}
