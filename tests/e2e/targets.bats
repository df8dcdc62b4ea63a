#!/usr/bin/env bats
# Targets on a real Engine: a client reaches the containers that ALLOW_CONTAINER_LABELS and ALLOW_CONTAINER_NAMES select,
# and no others. The program runs beside the Engine, without an image.

load helper

PROXY=/run/targets.sock

setup_file() { box_image; }

setup() {
    remove_all
    for name in web1 web2; do
        engine run -d --name $name --label traefik.enable=true box sleep 1000 >/dev/null
    done
    engine run -d --name db box sleep 1000 >/dev/null
}

teardown() {
    if [ -n "${PROGRAM:-}" ]; then
        kill "$PROGRAM"
        wait "$PROGRAM" || true
    fi
    remove_all
}

# start NAME=value...: the proxy, which knows the containers
start() {
    env DATA_DIR="$ROOT" LISTEN=unix://$PROXY ALLOW_CONTAINERS=1 "$@" "$ROOT/build/docker-socket-proxy" run \
        >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    PROGRAM=$!
    until_true knows
}
knows() { [ "$(ask GET /containers/nothing/json)" = 403 ]; }

# ask METHOD TARGET [curl argument...]: prints the status
ask() { curl -s -o "$BATS_TEST_TMPDIR/answer" -w '%{http_code}' -X "$1" --path-as-is --unix-socket $PROXY "http://proxy$2" "${@:3}"; }
through_proxy() { DOCKER_HOST=unix://$PROXY docker "$@"; }
id_of() { engine inspect -f '{{.Id}}' "$1"; }
is() { [ "$("${@:2}")" = "$1" ]; }
reads() { [ "$(ask GET "/containers/$1/json")" = "$2" ]; }
started() { engine inspect -f '{{.State.StartedAt}}' "$1"; }

@test "Traefik sees what is labelled for it, in lists, by name, id and prefix, and in events, and nothing else" {
    local db web
    start PRESET=traefik ALLOW_CONTAINER_LABELS=traefik.enable=true
    run -0 through_proxy ps -a --format '{{.Names}}'
    [ "$(sort <<<"$output" | xargs)" = "web1 web2" ]
    for filter in label=x name=db "id=$(id_of db)" status=running name=web label=traefik.enable; do
        run -0 through_proxy ps -a --filter "$filter" --format '{{.Names}}'
        [[ $output != *db* ]]
    done
    run -0 through_proxy ps -a --filter name=web1 --format '{{.Names}}'
    [ "$output" = web1 ]
    web=$(id_of web1) db=$(id_of db)
    for reference in web1 "$web" "${web:0:12}" "${web:0:20}" "${web:0:63}"; do
        [ "$(ask GET "/v1.41/containers/$reference/json")" = 200 ]
        [ "$(jq -r .Id "$BATS_TEST_TMPDIR/answer")" = "$web" ]
    done
    for reference in db "$db" "${db:0:12}" "${db:0:20}" "${db:0:63}" nothing; do
        [ "$(ask GET "/v1.41/containers/$reference/json")" = 403 ]
        grep -q "is not one of the containers that ALLOW_CONTAINER_LABELS select" "$BATS_TEST_TMPDIR/answer"
    done
    DOCKER_HOST=unix://$PROXY timeout 60 docker events --format '{{.Actor.Attributes.name}}' >"$BATS_TEST_TMPDIR/events" 3>&- &
    local events=$!
    until_true grep -q 'Allowed: .*/events ' "$BATS_TEST_TMPDIR/log"
    engine restart -t 0 db >/dev/null
    engine network create other >/dev/null && engine network rm other >/dev/null
    engine restart -t 0 web2 >/dev/null
    until_true grep -q web2 "$BATS_TEST_TMPDIR/events"
    kill $events
    [ "$(sort -u "$BATS_TEST_TMPDIR/events")" = web2 ]
    # A container that is new is there as soon as the Engine has said so.
    engine run -d --name web3 --label traefik.enable=true box sleep 1000 >/dev/null
    until_true reads web3 200
    engine rm -f web3 >/dev/null
    until_true reads web3 403
}

@test "autoheal restarts its two and no other, by names, also when containers swap them" {
    local web1 db before
    start ALLOW_RESTARTS=1 ALLOW_CONTAINER_NAMES='web*'
    run -0 through_proxy ps -a --format '{{.Names}}'
    [ "$(sort <<<"$output" | xargs)" = "web1 web2" ]
    web1=$(id_of web1) db=$(id_of db) before=$(started db)
    run -0 through_proxy restart -t 0 web1 web2
    run -1 through_proxy restart -t 0 db
    run -1 through_proxy restart -t 0 "$db"
    is "$before" started db
    engine rename web1 other
    engine rename db web1
    engine rename other db
    until_true reads "$db" 200
    until_true reads "$web1" 403
    reads db 403
    reads web1 200
    [ "$(jq -r .Id "$BATS_TEST_TMPDIR/answer")" = "$db" ]
    before=$(started "$web1")
    run -0 through_proxy restart -t 0 web1
    is "$before" started "$web1"
    run -1 through_proxy events --until 1s
    [[ $output == *ALLOW_SYSTEM_EVENTS=true* ]]
}

@test "exec instances belong to their container, also after a reload" {
    local of_db of_web
    start ALLOW_EXEC=1 ALLOW_EXEC_COMMANDS='echo **,sleep **' ALLOW_CONTAINER_LABELS=traefik.enable=true
    run -0 through_proxy exec web1 echo hello
    [ "$output" = hello ]
    run -1 through_proxy exec db echo hello
    create() {
        curl -s --unix-socket "$1" -H 'Content-Type: application/json' -d '{"Cmd":["sleep","1000"]}' "http://proxy/containers/$2/exec" |
            jq -r .Id
    }
    of_db=$(create "$SOCKET" db)
    of_web=$(create $PROXY web1)
    [ "$(ask GET "/exec/$of_db/json")" = 403 ]
    [ "$(ask POST "/exec/$of_db/start" -H 'Content-Type: application/json' -d '{"Detach":true}')" = 403 ]
    [ "$(ask POST "/exec/$of_web/start" -H 'Content-Type: application/json' -d '{"Detach":true}')" = 200 ]
    [ "$(ask GET "/exec/$of_web/json")" = 200 ]
    kill -HUP "$PROGRAM"
    until_true grep -q 'reloaded:' "$BATS_TEST_TMPDIR/log"
    until_true is 200 ask GET "/exec/$of_web/json"
    [ "$(ask GET "/exec/$of_db/json")" = 403 ]
}

@test "prune deletes only what is labelled, and what cannot be limited is refused" {
    start ALLOW_DELETE=1 ALLOW_SYSTEM=1 ALLOW_NETWORKS=1 ALLOW_IMAGES=1 ALLOW_CONTAINER_LABELS=traefik.enable=true
    engine kill web1 db >/dev/null
    run -0 through_proxy container prune -f
    run ! engine inspect web1
    engine inspect db web2 >/dev/null
    for target in /system/df /networks /networks/bridge /images/json; do
        [ "$(ask GET $target)" = 403 ]
        grep -q 'would allow it, for all containers' "$BATS_TEST_TMPDIR/answer"
    done
}
