#!/usr/bin/env bats
# The Compose example's environment, with the docker command as the client.

load helper

setup_file() {
    box_image
    remove_all
    start_proxy proxy "${DOCUMENT[@]}"
    engine run -d --name test box sh -c 'echo hello; sleep 1000' >/dev/null
}
teardown_file() { remove_all; }
setup() { through proxy; }

@test "GET /version answers 200" {
    [ "$(status GET "$(url proxy /version)")" = 200 ]
}

@test "docker version, info and ps work" {
    docker version
    docker info
    run -0 docker ps --format '{{.Names}}'
    [[ $output == *test* ]]
}

@test "docker inspect works" {
    run -0 docker inspect -f '{{.Config.Image}}' test
    [ "$output" = box ]
}

@test "docker inspect of what is not there goes on to other kinds, and ends where one is refused" {
    run ! docker inspect absent
    [[ $output == *'is forbidden; ALLOW_'* ]]
    run ! docker inspect --type container absent
    [[ $output == *'No such container'* ]]
}

@test "create, start, logs, restart, stop, rm work" {
    docker create --name one box sh -c 'echo line of one; sleep 1000'
    docker start one
    until_true logs_have one 'line of one'
    run -0 docker logs one
    [ "$output" = 'line of one' ]
    docker restart -t 0 one
    docker stop -t 0 one
    run -0 docker inspect -f '{{.State.Running}}' one
    [ "$output" = false ]
    docker rm one
    run -1 engine inspect one
}

@test "docker run -d works, without a terminal" {
    docker run -d --name detached box sleep 1000
    running detached
    docker rm -f detached
}

@test "attach is answered 403, and the log says so" {
    run -0 curl -s -X POST -w '\n%{http_code}' "$(url proxy /containers/test/attach)"
    [ "${lines[0]}" = '{"message":"docker-socket-proxy: POST /containers/test/attach is forbidden; ALLOW_CONTAINER_ATTACH=true (or ALLOW_ATTACH=true) would allow it"}' ]
    [ "${lines[1]}" = 403 ]
    until_true logs_have proxy 'Forbidden: /containers/test/attach'
    run -0 engine logs proxy
    [[ $(grep -F 'Forbidden: /containers/test/attach' <<<"$output") == *POST*ALLOW_ATTACH* ]]
}

@test "docker attach and docker run in the foreground are refused, and the log names the variable" {
    # For an upgraded connection the docker command prints the status only, not the message.
    run ! docker attach --no-stdin test
    [[ $output == *403* ]]
    run ! docker run --name foreground box echo hi
    [[ $output == *403* ]]
    local id
    id=$(engine inspect -f '{{.Id}}' foreground)
    until_true logs_have proxy "/containers/$id/attach POST"
    run -0 engine logs proxy
    [[ $(grep -F "/containers/$id/attach POST" <<<"$output") == *ALLOW_ATTACH* ]]
    run -0 engine inspect -f '{{.State.Status}}' foreground
    [ "$output" = created ]
    engine rm foreground
}

@test "docker exec is refused with a message that names ALLOW_EXEC" {
    run ! docker exec test echo hi
    [[ $output == *ALLOW_EXEC* ]]
    [[ $output != *hi* ]]
}

@test "docker cp is refused in both directions with our message" {
    run ! docker cp test:/bin/busybox "$BATS_TEST_TMPDIR/copied"
    [[ $output == *docker-socket-proxy:*ALLOW_ARCHIVE* ]]
    [ ! -e "$BATS_TEST_TMPDIR/copied" ]
    echo x >"$BATS_TEST_TMPDIR/file"
    run ! docker cp "$BATS_TEST_TMPDIR/file" test:/tmp/file
    [[ $output == *docker-socket-proxy:* ]]
    run ! engine exec test ls /tmp/file
}

@test "docker export, commit, diff, top, save, push and build are refused" {
    for command in 'export test' 'commit test stolen' 'diff test' 'top test' 'save box' 'push box' 'system df'; do
        # shellcheck disable=SC2086
        run ! docker $command
        [[ $output == *docker-socket-proxy:*forbidden* ]]
    done
    printf 'FROM box\n' >"$BATS_TEST_TMPDIR/Dockerfile"
    run ! docker build -t stolen "$BATS_TEST_TMPDIR"
    [[ $output == *ALLOW_BUILD* ]]
    run ! engine image inspect stolen
}

@test "networks and volumes can be made and removed, secrets and the swarm cannot" {
    docker network create lan
    docker network ls
    docker network rm lan
    docker volume create data
    docker volume rm data
    run ! docker swarm init --advertise-addr 127.0.0.1
    [[ $output == *ALLOW_SWARM* ]]
    run ! docker secret ls
    [[ $output == *ALLOW_SECRETS* ]]
}

@test "a start with a HostConfig in its body, which API 1.22 takes, is refused" {
    docker create --name poor box sleep 1000
    run -0 curl -s -w '\n%{http_code}' -X POST -H 'Content-Type: application/json' \
        -d '{"Privileged":true,"Binds":["/:/host"]}' "$(url proxy /v1.22/containers/poor/start)"
    [ "${lines[1]}" = 403 ]
    [[ ${lines[0]} == *MIN_API_VERSION* ]]
    run -0 engine inspect -f '{{.State.Running}} {{.HostConfig.Privileged}} {{.HostConfig.Binds}}' poor
    [ "$output" = 'false false []' ]
    # The same start, of a version that takes no body, works: it is the version that was refused.
    [ "$(status POST "$(url proxy /v1.24/containers/poor/start)")" = 204 ]
    engine rm -f poor
}

@test "docker pull works, from a registry of the machine's own" {
    mkdir -p /run/registry
    printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /run/registry\nhttp:\n  addr: 127.0.0.1:5000\n' >/run/registry.yml
    docker-registry serve /run/registry.yml >/run/registry.log 2>&1 3>&- &
    local registry=$!
    until_true curl -fsS http://127.0.0.1:5000/v2/
    engine tag box 127.0.0.1:5000/team/app:1
    engine push 127.0.0.1:5000/team/app:1
    engine rmi 127.0.0.1:5000/team/app:1
    docker pull 127.0.0.1:5000/team/app:1
    docker image inspect 127.0.0.1:5000/team/app:1
    docker rmi 127.0.0.1:5000/team/app:1
    kill $registry
}

@test "docker pull of what cannot be had gives the Engine's error, not the proxy's" {
    run ! docker pull 127.0.0.1:5999/none:1
    [[ $output != *forbidden* ]]
}
