#!/usr/bin/env bats
# Two levels of trust, as the README has them: with two proxies, and with one that has two profiles. What the clients may do
# is asked from their network and with their address.

# shellcheck disable=SC2086,SC2016,SC2034
load helper

compose() { if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi; }
# example NAME ARGUMENT...: docker compose with the README's block of that name
example() { compose -p trust -f "$LAB/$1.yaml" -f $LAB/clients.yaml "${@:2}"; }

setup_file() {
    box_image
    remove_all
    engine network prune -f >/dev/null
    mkdir -p $LAB
    for name in two-proxies two-profiles; do
        awk -v begin="\`\`\`yaml $name" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$ROOT/README.md" >$LAB/$name.yaml
    done
    cat >$LAB/clients.yaml <<'END'
services:
  portainer: &client
    image: box
    command: ["sleep", "100000"]
    container_name: portainer
    stop_grace_period: 0s
    networks: [admin-net]
  dozzle:
    <<: *client
    container_name: dozzle
    networks: [monitor-net]
END
}
teardown_file() { remove_all; }
teardown() {
    example two-proxies down -t 0 || true
    example two-profiles down -t 0 || true
}

# What both must do: judge PROXY-OF-PORTAINER PROXY-OF-DOZZLE
judge() {
    until_true code_is 200 portainer GET "http://$1:2375/containers/json"
    until_true code_is 200 dozzle GET "http://$2:2375/containers/json"
    code_is 200 portainer GET "http://$1:2375/volumes"
    code_is 403 dozzle GET "http://$2:2375/volumes"
    code_is 201 portainer POST "http://$1:2375/containers/create?name=made" -H 'Content-Type: application/json' -d '{"Image":"box"}'
    code_is 403 dozzle POST "http://$2:2375/containers/create" -H 'Content-Type: application/json' -d '{"Image":"box"}'
    code_is 200 dozzle GET "http://$2:2375/containers/portainer/logs?stdout=1"
    code_is 403 dozzle DELETE "http://$2:2375/containers/made"
    code_is 403 dozzle POST "http://$2:2375/containers/portainer/exec" -H 'Content-Type: application/json' -d '{"Cmd":["id"]}'
    code_is 204 portainer DELETE "http://$1:2375/containers/made"
}

# address CONTAINER NETWORK
address() { engine inspect -f "{{(index .NetworkSettings.Networks \"trust_$2\").IPAddress}}" "$1"; }

@test "two proxies on two networks" {
    example two-proxies up -d
    judge "$(address socket-proxy-admin admin-net)" "$(address socket-proxy-readonly monitor-net)"
    # the other's proxy is out of reach
    run ! ask dozzle GET "http://$(address socket-proxy-admin admin-net):2375/_ping" --max-time 3
}

@test "one proxy with two profiles on the same two networks" {
    local on_admin on_monitor
    example two-profiles up -d
    on_admin=$(address socket-proxy admin-net)
    on_monitor=$(address socket-proxy monitor-net)
    judge "$on_admin" "$on_monitor"
    # the proxy's address on the other network changes nothing: it is out of reach, or the client is the same
    run ask dozzle GET "http://$on_admin:2375/volumes" --max-time 3 -o /dev/null -w '%{http_code}'
    [[ $output != *200 ]]
    # a network of neither
    engine network create --subnet 172.31.3.0/24 third >/dev/null
    engine network connect third socket-proxy
    engine run -d --name stranger --network third box sleep 100000 >/dev/null
    where=$(engine inspect -f '{{.NetworkSettings.Networks.third.IPAddress}}' socket-proxy)
    until_true code_is 200 stranger GET "http://$where:2375/_ping"
    code_is 403 stranger GET "http://$where:2375/containers/json"
    code_is 403 stranger GET "http://$where:2375/info"
    engine rm -f stranger
    engine network disconnect third socket-proxy
    engine network rm third
}
