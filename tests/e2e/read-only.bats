#!/usr/bin/env bats
# ALLOW_CONTAINERS, ALLOW_NETWORKS and ALLOW_INFO only let clients list and inspect.

load helper

setup_file() {
    box_image
    remove_all
    start_proxy proxy --env ALLOW_CONTAINERS=1 --env ALLOW_NETWORKS=1 --env ALLOW_INFO=1
    engine run -d --name test box sleep 1000 >/dev/null
    engine volume create kept >/dev/null
    engine network create kept >/dev/null
}
teardown_file() {
    remove_all
    engine volume rm kept
    engine network rm kept
}
setup() { through proxy; }

state() {
    every_part | sort
}
every_part() {
    engine ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}} {{.Image}}'
    engine images -a --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}}'
    engine network ls --no-trunc --format '{{.ID}} {{.Name}}'
    engine volume ls --format '{{.Name}}'
    engine inspect -f '{{.State.StartedAt}} {{.State.Paused}} {{.HostConfig.Memory}} {{.Name}} {{json .NetworkSettings.Networks}}' test
    engine inspect -f '{{.ExecIDs}}' test
    engine info -f '{{.Swarm.LocalNodeState}}'
}

@test "reading works" {
    docker ps
    docker inspect test
    docker network ls
    docker network inspect kept
    docker info
    docker stats --no-stream test
}

@test "nothing can be created, changed or removed" {
    local before method path
    before=$(state)
    while read -r method path; do
        run -0 status "$method" "$(url proxy "$path")" -H 'Content-Type: application/json' -d '{"Image":"box"}'
        [ "$output" = 403 ] || { echo "$method $path: $output"; false; }
        run -0 status "$method" "$(url proxy "/v1.41$path")" -H 'Content-Type: application/json' -d '{"Image":"box"}'
        [ "$output" = 403 ] || { echo "$method /v1.41$path: $output"; false; }
    done <<'END'
POST /containers/create
POST /containers/test/start
POST /containers/test/stop
POST /containers/test/restart
POST /containers/test/kill
POST /containers/test/update
POST /containers/test/rename?name=other
POST /containers/test/pause
POST /containers/test/unpause
POST /containers/test/resize?h=1&w=1
POST /containers/prune
DELETE /containers/test?force=1
POST /containers/test/exec
POST /exec/0/start
PUT /containers/test/archive?path=/
POST /commit?container=test
POST /build
POST /build/prune
POST /images/create?fromImage=box
POST /images/box/tag?repo=stolen
POST /images/box/push
POST /images/load
POST /images/prune
DELETE /images/box
POST /networks/create
POST /networks/kept/connect
POST /networks/kept/disconnect
POST /networks/prune
DELETE /networks/kept
POST /volumes/create
POST /volumes/prune
DELETE /volumes/kept
POST /swarm/init
POST /swarm/join
POST /services/create
POST /secrets/create
POST /configs/create
POST /plugins/pull?remote=x
POST /auth
POST /session
POST /grpc
END
    diff <(echo "$before") <(state)
}

@test "no file, log, export or terminal of a container can be reached" {
    local method path
    while read -r method path; do
        run -0 status "$method" "$(url proxy "$path")"
        [ "$output" = 403 ] || { echo "$method $path: $output"; false; }
    done <<'END'
GET /containers/test/logs?stdout=1
GET /containers/test/archive?path=/etc
GET /containers/test/export
GET /containers/test/changes
GET /containers/test/top
GET /containers/test/attach/ws
POST /containers/test/attach?stream=1&stdout=1
POST /containers/test/exec
GET /exec/0/json
GET /images/json
GET /images/box/get
GET /images/get?names=box
GET /volumes
GET /secrets
GET /configs
GET /system/df
GET /swarm/unlockkey
GET /debug/pprof/
GET /metrics
END
    # curl -I, because a HEAD answer has no body to wait for
    run -0 curl -s -o /dev/null -w '%{http_code}' -I "$(url proxy '/containers/test/archive?path=/etc')"
    [ "$output" = 403 ]
}

@test "detours to a refused operation are refused as well" {
    local path
    for path in /containers/test%2Flogs /containers/test/%6cogs //containers/test/logs /containers/x/../test/logs \
        /v1.41/../containers/test/logs /containers/test/logs/ /containers/test/json/../logs /containers/test%252Flogs; do
        run -0 status GET "$(url proxy "$path?stdout=1")"
        [[ $output == 403 || $output == 400 ]] || { echo "$path: $output"; false; }
    done
}
