#!/usr/bin/env bats
# A real Podman service behind the proxy: its own API with `podman --remote`, and Docker's with the docker CLI.

load helper

PODMAN=/run/podman-test
service() { podman --root $PODMAN/root --runroot $PODMAN/run --storage-driver vfs "$@"; }
remote() { env -u DOCKER_CONFIG podman --remote --url tcp://127.0.0.1:2399 "$@"; }
serves() { curl -fsS --unix-socket $PODMAN/podman.sock http://d/_ping; }
direct() { curl -s -o /dev/null -w '%{http_code}' --path-as-is --unix-socket $PODMAN/podman.sock "http://d$1"; }
proxied() { curl -s -o /dev/null -w '%{http_code}' --path-as-is -X "$1" "http://127.0.0.1:2399$2"; }

setup_file() {
    mkdir -p $PODMAN
    tar -C /bin -c busybox | service import - docker.io/team/app:1 >/dev/null
    # not through the function: the process to end later is podman itself
    podman --root $PODMAN/root --runroot $PODMAN/run --storage-driver vfs system service --time=0 unix://$PODMAN/podman.sock >$PODMAN/service.log 2>&1 3>&- &
    echo $! >$PODMAN/service.pid
    until_true serves
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH=$PODMAN/podman.sock LISTEN=tcp://127.0.0.1:2399 \
        LIBPOD_CONTAINERS=1 ALLOW_LIBPOD_IMAGE_LIST=1 ALLOW_LIBPOD_IMAGE_INSPECT=1 ALLOW_LIBPOD_SYSTEM_INFO=1 CONTAINERS=1 IMAGES=1 \
        "$ROOT/build/docker-socket-proxy" run >$PODMAN/proxy.log 2>&1 3>&- &
    echo $! >$PODMAN/proxy.pid
    up() { curl -fsS http://127.0.0.1:2399/_ping; }
    until_true up
}
teardown_file() {
    kill "$(cat $PODMAN/proxy.pid)" "$(cat $PODMAN/service.pid)" || true
}

@test "podman --remote reads what it may" {
    remote ps
    remote info
    remote images | grep -F team/app
}

@test "an image reference with slashes, which podman sends encoded, is one name" {
    remote image inspect docker.io/team/app:1
    file_has $PODMAN/proxy.log '/libpod/images/docker.io%2Fteam%2Fapp:1/json GET'
}

@test "podman --remote is refused the rest, with the variable's name" {
    run remote run --rm docker.io/team/app:1 true
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *'ALLOW_LIBPOD_'*'=true would allow it'* ]]
    run remote rmi docker.io/team/app:1
    [[ $output == *'is forbidden; ALLOW_LIBPOD_'* ]]
    run remote volume ls
    [[ $output == *'ALLOW_LIBPOD_VOLUME_LIST=true would allow it'* ]]
    remote images | grep -F team/app
}

@test "the docker CLI works through Podman's Docker-compatible API" {
    DOCKER_HOST=tcp://127.0.0.1:2399 docker ps
    DOCKER_HOST=tcp://127.0.0.1:2399 docker images | grep -F team/app
    run env DOCKER_HOST=tcp://127.0.0.1:2399 docker rmi team/app:1
    [[ $output == *'ALLOW_IMAGE_DELETE=true (or ALLOW_IMAGES=true) would allow it'* ]]
}

@test "Podman routes on the path as it is sent, and the proxy judges libpod paths so" {
    [ "$(direct /v4.3.1/libpod/containers/json)" = 200 ]
    [ "$(direct /v4.3.1/libpod/containers%2fjson)" = 404 ]
    [ "$(direct /v4.3.1/%6cibpod/containers/json)" = 404 ]
    [ "$(proxied GET /v4.3.1/libpod/containers/json)" = 200 ]
    for path in /v4.3.1/libpod/containers%2fjson /v4.3.1/%6cibpod/containers/json /v1.41/libpod/containers/json \
        /v4.3.1/libpod/containers/%2e%2e/json /v4.3.1/libpod/images/..%2Fx/json /v4.3.1/libpod/containers/json%2F..%2F..; do
        [ "$(proxied GET "$path")" = 403 ]
    done
    [ "$(proxied POST /v4.3.1/libpod/images/scp/push)" = 403 ]
    [ "$(proxied DELETE /v4.3.1/libpod/images/docker.io%2Fteam%2Fapp:1)" = 403 ]
}
