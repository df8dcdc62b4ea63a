#!/usr/bin/env bats
# compose.yaml itself, and Compose as a client of the proxy.

load helper

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
example() { compose -p example -f "$ROOT/compose.yaml" -f "$ROOT/tests/e2e/compose.override.yaml" "$@"; }

setup_file() {
    box_image
    remove_all
}
teardown_file() { remove_all; }
teardown() {
    example down -v -t 0 || true
    [ ! -e /run/stand-ins.yaml ] || client_example down -v -t 0 || true
    rm -f /run/stand-ins.yaml
}

# client_example ARGUMENT...: docker compose with the example $NAME below deploy/examples, and our stand-ins for its images
client_example() { compose -p "$NAME" -f "$ROOT/deploy/examples/$NAME/compose.yaml" -f /run/stand-ins.yaml "$@"; }

# stand_ins CLIENT COMMAND [OTHER-SERVICE...]: CLIENT runs COMMAND once, the others wait; then brings $NAME up
stand_ins() {
    {
        printf 'services:\n  %s:\n    image: box\n    stop_grace_period: 0s\n    command: ["sh", "-c", %s]\n' "$1" \
            "$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]).replace("$", "$$"))' "$2; echo status \$?; sleep 1000")"
        for other in "${@:3}"; do printf '  %s: {image: box, command: ["sleep", "1000"], stop_grace_period: 0s}\n' "$other"; done
    } >/run/stand-ins.yaml
    client_example up -d
    until_true logs_have "$(client_example ps -q "$1")" 'status '
    run -0 engine logs "$(client_example ps -q "$1")"
}

@test "compose.yaml comes up: the proxy healthy first, then its clients, who reach it by name" {
    example up -d
    healthy socket-proxy
    for client in portainer watchtower traefik dozzle; do
        until_true logs_have $client 'status 0'
        run -0 engine logs $client
        [[ $output == *'"/socket-proxy"'* ]]
        # Started after the proxy had become healthy, not just after its start
        [[ $(engine inspect -f '{{.State.StartedAt}}' $client) > $(engine inspect -f '{{(index .State.Health.Log 0).End}}' socket-proxy | sed 's/ /T/') ]]
    done
    run -0 engine port socket-proxy
    [ -z "$output" ]
    run -0 engine inspect -f '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}' socket-proxy
    [ "$output" = 'true [ALL] [no-new-privileges:true]' ]
    # What renews containers through the proxy leaves the proxy alone, and may create what it deletes: nothing else here binds
    # a path of the host
    run -0 engine inspect -f '{{index .Config.Labels "com.centurylinklabs.watchtower.enable"}}' socket-proxy
    [ "$output" = false ]
    for client in portainer watchtower traefik dozzle; do
        run -0 engine inspect -f '{{range .Mounts}}{{.Type}} {{end}}' $client
        [[ $output != *bind* ]]
    done
    # As the document tests it
    run -0 engine run --rm --network proxy-net box wget -qO- http://socket-proxy:2375/version
    [[ $output == *ApiVersion* ]]
    run engine run --rm --network proxy-net box wget -qO- --post-data= http://socket-proxy:2375/containers/test/attach
    [[ $output == *403* ]]
    until_true logs_have socket-proxy 'Forbidden: /containers/test/attach'
}

@test "compose.yaml is right with its commented lines as well, and its images speak what Engine 29 answers" {
    local settings
    settings=$(sed -nE 's/^      (# )?(ALLOW_[A-Z_]+): "([^"]*)".*/\2=\3/p' "$ROOT/compose.yaml")
    echo "$settings"
    [[ $settings == *ALLOW_BIND_MOUNTS=/* && $settings == *ALLOW_CAP_ADD=* ]]
    mapfile -t settings <<<"$settings"
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" "${settings[@]}" "$ROOT/build/docker-socket-proxy" check
    grep -E '^    image: traefik:v3\.([6-9]|[1-9][0-9])' "$ROOT/compose.yaml"
    grep -E '^    image: containrrr/watchtower:[0-9]' "$ROOT/compose.yaml"
    grep -E '^      - DOCKER_API_VERSION=1\.(4[4-9]|[5-9][0-9])$' "$ROOT/compose.yaml"
}

@test "an example of one that reads: the client starts when the proxy is healthy, and has its preset only" {
    local proxy
    NAME=traefik
    stand_ins traefik 'wget -qO- http://socket-proxy:2375/v1.41/containers/json; wget -qO- http://socket-proxy:2375/info; nc socket-proxy 2375 </dev/null' whoami
    [[ $output == *traefik-whoami* || $output == *traefik_whoami* ]]
    [[ $output == *403* ]]
    proxy=$(client_example ps -q socket-proxy)
    logs_have "$proxy" 'Forbidden: /info GET'
    logs_have "$proxy" 'ALLOW_INFO=true would allow it'
    # The network of the proxy leads nowhere, and the proxy publishes nothing
    [ "$(engine network inspect -f '{{.Internal}}' traefik_socket-net)" = true ]
    [ -z "$(engine port "$proxy")" ]
    run ! engine run --rm --network web box wget -T 2 -qO- http://socket-proxy:2375/version
}

@test "an example of one that creates: the guard lets pass what the file names, and nothing else" {
    local create='wget -qO- --header "Content-Type: application/json" http://socket-proxy:2375/containers/create?name='
    NAME=watchtower
    stand_ins watchtower "$create'good' --post-data '{\"Image\":\"box\",\"HostConfig\":{\"Binds\":[\"/srv/a:/a\"]}}'
        $create'bad' --post-data '{\"Image\":\"box\",\"HostConfig\":{\"Binds\":[\"/etc:/a\"]}}'"
    [[ $output == *'"Id"'* && $output == *403* ]]
    engine inspect good >/dev/null
    run ! engine inspect bad
    logs_have "$(client_example ps -q socket-proxy)" 'HostConfig.Binds "/etc:/a"; ALLOW_BIND_MOUNTS with that path would allow it'
    engine rm good
}

@test "the example of a filtered socket: it is where the client looks, and the proxy has no network" {
    NAME=filtered-socket
    stand_ins dozzle 'ls -l /var/run/docker.sock'
    [[ $output == srw* ]]
    [ "$(engine inspect -f '{{.HostConfig.NetworkMode}}' "$(client_example ps -q socket-proxy)")" = none ]
}

@test "a Compose file with another image's health check: what waits for service_healthy starts" {
    cat >"$BATS_TEST_TMPDIR/switched.yaml" <<'END'
services:
  socket-proxy:
    image: docker-socket-proxy
    environment: [CONTAINERS=1]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    healthcheck:
      test: wget --spider http://localhost:2375/version || exit 1
      interval: 1s
      timeout: 2s
      retries: 10
  client:
    image: box
    command: ["wget", "-qO-", "http://socket-proxy:2375/containers/json"]
    depends_on:
      socket-proxy:
        condition: service_healthy
END
    compose -p switched -f "$BATS_TEST_TMPDIR/switched.yaml" up -d
    local client
    client=$(engine ps -aq --filter label=com.docker.compose.service=client)
    until_true logs_have "$client" '"/switched'
    compose -p switched -f "$BATS_TEST_TMPDIR/switched.yaml" down -t 0
}

@test "compose up, ps, logs, restart and down work through the proxy" {
    start_proxy proxy "${DOCUMENT[@]}"
    cat >"$BATS_TEST_TMPDIR/compose.yaml" <<'END'
services:
  web:
    image: box
    command: ["sh", "-c", "echo web is up; sleep 1000"]
    volumes: ["data:/data"]
    networks: [inner]
    stop_grace_period: 0s
  worker:
    image: box
    command: ["sleep", "1000"]
    networks: [inner]
    depends_on: [web]
    stop_grace_period: 0s
networks:
  inner:
volumes:
  data:
END
    through proxy
    cd "$BATS_TEST_TMPDIR"
    compose -p through up -d
    run -0 compose -p through ps
    [[ $output == *web* ]]
    running "$(compose -p through ps -q web)"
    run -0 compose -p through logs web
    [[ $output == *'web is up'* ]]
    compose -p through restart worker
    run ! compose -p through exec -T web echo inside
    [[ $output == *ALLOW_EXEC* ]]
    compose -p through down -v
    run -0 engine ps -aq --filter label=com.docker.compose.project=through
    [ -z "$output" ]
    run -0 engine volume ls -q --filter label=com.docker.compose.project=through
    [ -z "$output" ]
    unset DOCKER_HOST
    engine rm -f proxy
}

@test "the workflow for a pipeline accepts what is acknowledged, and fails for what is not" {
    local command
    command=$(sed -n 's/^        run: docker compose \(.*\)$/\1/p' "$ROOT/deploy/ci/github-workflow.yaml")
    [ -n "$command" ]
    cd "$BATS_TEST_TMPDIR"
    cat >compose.yaml <<'END'
services:
  socket-proxy:
    image: docker-socket-proxy
    env_file: more.env
    environment:
      ALLOW_CONTAINERS: "true"
      ALLOW_EXEC: "${EXEC:-true}"
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
END
    echo ACKNOWLEDGE= >more.env
    # shellcheck disable=SC2086
    run -1 compose -p pipeline $command
    [[ $output == *'dangerous: EXEC runs commands in every container'*ACKNOWLEDGE=exec* ]]
    echo ACKNOWLEDGE=exec >more.env
    # shellcheck disable=SC2086
    compose -p pipeline $command
    # shellcheck disable=SC2086
    EXEC=false run -1 compose -p pipeline $command
    [[ $output == *'ACKNOWLEDGE=exec: there is nothing of this name to acknowledge'* ]]
    # shellcheck disable=SC2086
    EXEC=perhaps run -2 compose -p pipeline $command
    [[ $output == *'ALLOW_EXEC=perhaps: not a boolean'* ]]
    compose -p pipeline down -t 0
}
