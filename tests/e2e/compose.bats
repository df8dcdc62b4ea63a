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
teardown() { example down -v -t 0 || true; }

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
