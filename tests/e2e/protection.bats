#!/usr/bin/env bats
# The protection of the proxy itself: no permission opens changes of its own container, or commands in containers that
# hold the Engine's socket.

load helper

# Everything that could change a container's inside
OPEN=()
for name in CONTAINERS EXEC ATTACH ARCHIVE PUT_CONTAINER_ARCHIVE CREATE START STOP; do
    OPEN+=(--env "ALLOW_$name=true")
done

setup_file() {
    box_image
    remove_all
    engine volume create sockets >/dev/null
    engine run -d --name holder -v /var/run:/host:ro box sleep 1000 >/dev/null
    engine run -d --name test box sleep 1000 >/dev/null
    start_proxy proxy --read-only --cap-drop ALL --security-opt no-new-privileges -v sockets:/sockets "${OPEN[@]}"
    until_true logs_have proxy 'this proxy runs in the container proxy ('
}
teardown_file() {
    remove_all
    engine volume rm sockets
}
setup() { through proxy; }

id_of() { engine inspect -f '{{.Id}}' "$1"; }

refused() {
    run ! docker "$@"
    echo "$output"
    [[ $output == *'no permission opens this'* ]]
}

@test "no command runs in the proxy's own container, by name, id or the beginning of the id" {
    local id reference
    id=$(id_of proxy)
    for reference in proxy "$id" "${id:0:12}" "${id:0:3}"; do
        refused exec "$reference" /usr/local/bin/docker-socket-proxy --version
        [[ $output == *"$reference is the container of this proxy, and a command in it could bypass the proxy"* ]]
    done
    [ "$(engine inspect -f '{{.ExecIDs}}' proxy)" = '[]' ]
    run -0 engine exec proxy /usr/local/bin/docker-socket-proxy --version # it would have worked
}

@test "nor do files get in or out, nor another name or other limits" {
    local id
    id=$(id_of proxy)
    echo x >"$BATS_TEST_TMPDIR/x"
    refused cp "$BATS_TEST_TMPDIR/x" proxy:/tmp/x
    refused cp "${id:0:5}:/etc/passwd" "$BATS_TEST_TMPDIR/"
    refused rename "${id:0:3}" other
    refused update --memory 64m proxy
    [ "$(status POST "$(url proxy "/containers/proxy/attach?stream=1&stdin=1")")" = 403 ]
}

@test "no command runs in a container that holds the socket" {
    local id reference
    id=$(id_of holder)
    for reference in holder "$id" "${id:0:12}" "${id:0:4}"; do
        refused exec "$reference" true
        [[ $output == *"$reference holds the socket of the Engine"* ]]
    done
    [ "$(status POST "$(url proxy "/containers/holder/attach?stream=1&stdin=1")")" = 403 ]
    run -0 engine logs proxy
    [[ $output == *"these containers hold the Engine's socket: holder;"* ]]
}

@test "in other containers commands run, by name, id and the beginning of the id" {
    local id
    id=$(id_of test)
    docker exec test true
    docker exec "$id" true
    docker exec "${id:0:12}" true
    [ "$(docker exec test echo works)" = works ]
    docker rename test renamed
    docker rename renamed test
    docker cp test:/bin/sh "$BATS_TEST_TMPDIR/"
}

@test "explain says the same, in the proxy's container" {
    run -3 engine exec proxy /usr/local/bin/docker-socket-proxy explain POST "/containers/$(id_of proxy)/exec"
    [[ $output == *'is the container of this proxy'* ]]
    run -3 engine exec proxy /usr/local/bin/docker-socket-proxy explain POST /containers/holder/exec
    run -0 engine exec proxy /usr/local/bin/docker-socket-proxy explain POST /containers/test/exec
}

@test "a container that gets the socket while the proxy runs is protected from the event of its creation on" {
    local id
    engine run -d --name later -v /var/run:/host:ro box sleep 1000
    id=$(id_of later)
    until_true refused exec "${id:0:12}" id
    refused exec later id
    [[ $output == *'later holds the socket of the Engine, itself or by a shared namespace, and a command in it could bypass the proxy'* ]]
    engine run -d --name sharer --pid container:later box sleep 1000
    until_true refused exec sharer id
    run -0 docker exec test id
    # the regexes of the create guard follow by a reload
    until_true logs_have proxy 'reload: the rules depend on containers that have changed'
    engine rm -f later sharer
    until_true docker exec test id
    run ! docker exec later id
    [[ $output != *forbidden* ]]
}

@test "without a network of its own, and on the host's, it knows itself as well" {
    engine run -d --name other box sleep 1000 >/dev/null
    engine run -d --name sharing --network container:other -v "$SOCKET:$SOCKET:ro" "${OPEN[@]}" "$IMAGE" >/dev/null
    until_true logs_have sharing 'this proxy runs in the container sharing ('
    engine run -d --name hosted --network host -v /var/run:/var/run --env LISTEN=tcp://127.0.0.1:24375 "${OPEN[@]}" "$IMAGE" >/dev/null
    until_true logs_have hosted 'this proxy runs in the container hosted ('
    engine run -d --name nowhere --network none --hostname x -v "$SOCKET:/x.sock:ro" --env SOCKET_PATH=/x.sock "${OPEN[@]}" "$IMAGE" >/dev/null
    until_true logs_have nowhere 'this proxy runs in the container nowhere ('
    engine rm -f other sharing hosted nowhere
}
