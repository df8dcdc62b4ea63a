#!/usr/bin/env bats
# The Compose files of the documents, unchanged. Requests are sent from the networks and addresses of the clients; the
# clients' images are replaced by a container of our own.

# shellcheck disable=SC2086,SC2016,SC2034
load helper

compose() { if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi; }
# example NAME ARGUMENT...: docker compose with the documents' block of that name, and our clients
example() { compose -p example -f "$LAB/$1.yaml" -f "$LAB/clients-of-$1.yaml" "${@:2}"; }

# clients NAME: keeps what comes on stdin as the clients of an example; *client is the beginning of a service
clients() {
    {
        printf '%s\n' 'x-client: &client' '  image: box' '  command: ["sleep", "100000"]' '  stop_grace_period: 0s' 'services:'
        cat
    } >"$LAB/clients-of-$1.yaml"
}

setup_file() {
    begin_anew
    mkdir -p $LAB
    local name
    for name in two-proxies two-profiles names unix-listener tls-listener; do
        awk -v begin="\`\`\`yaml $name" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$ROOT"/docs/*.md >$LAB/$name.yaml
        [ -s $LAB/$name.yaml ]
    done
}
teardown_file() { remove_all; }
teardown() {
    local name
    for name in two-proxies two-profiles names unix-listener tls-listener; do
        [ ! -e $LAB/clients-of-$name.yaml ] || example $name down -v -t 0 || true
        rm -f $LAB/clients-of-$name.yaml
    done
}

two_networks() {
    clients "$1" <<'END'
  portainer: {<<: *client, container_name: portainer, networks: [admin-net]}
  dozzle: {<<: *client, container_name: dozzle, networks: [monitor-net]}
END
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
address() { engine inspect -f "{{(index .NetworkSettings.Networks \"example_$2\").IPAddress}}" "$1"; }

@test "two proxies on two networks" {
    two_networks two-proxies
    example two-proxies up -d
    judge "$(address socket-proxy-admin admin-net)" "$(address socket-proxy-readonly monitor-net)"
    # the other's proxy is out of reach
    run ! ask dozzle GET "http://$(address socket-proxy-admin admin-net):2375/_ping" --max-time 3
}

@test "one proxy with two profiles on the same two networks" {
    local on_admin on_monitor
    two_networks two-profiles
    example two-profiles up -d
    on_admin=$(address socket-proxy admin-net)
    on_monitor=$(address socket-proxy monitor-net)
    judge "$on_admin" "$on_monitor"
    # the proxy's address on the other network changes nothing: it is out of reach, or the client is the same
    run ask dozzle GET "http://$on_admin:2375/volumes" --max-time 3 -o /dev/null -w '%{http_code}'
    [[ $output != *200 ]]
    # the host, and whoever comes through a port published on it, has a gateway's address
    [ "$(status GET "http://$on_admin:2375/_ping")" = 200 ]
    [ "$(status GET "http://$on_admin:2375/volumes")" = 403 ]
    [ "$(status GET "http://$on_monitor:2375/info")" = 403 ]
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

@test "clients by name" {
    local where
    clients names <<'END'
  dozzle: {<<: *client, container_name: dozzle}
  traefik: {<<: *client, container_name: traefik}
  other: {<<: *client, container_name: other}
END
    example names up -d
    where=http://$(address socket-proxy default):2375
    until_true code_is 200 dozzle GET "$where/containers/json"
    until_true code_is 200 traefik GET "$where/containers/json"
    code_is 200 dozzle GET "$where/containers/other/logs?stdout=1"
    code_is 200 dozzle GET "$where/info"
    code_is 200 traefik GET "$where/containers/other/json"
    code_is 403 traefik GET "$where/containers/other/logs?stdout=1"
    code_is 403 traefik GET "$where/info"
    until_true code_is 200 other GET "$where/version"
    code_is 403 other GET "$where/containers/json"
}

# by_socket CONTAINER USER PATH: the status that the socket at the container's /var/run/docker.sock answers, as that user of it
by_socket() {
    python3 - "$(engine inspect -f '{{.State.Pid}}' "$1")" "${@:2}" <<'END'
import os, socket, sys
process, user, path = sys.argv[1:]
os.chdir(f"/proc/{process}/root/var/run")
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
with socket.socket(socket.AF_UNIX) as client:
    client.connect("docker.sock")
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n".encode())
    print(client.recv(100).split()[1].decode())
END
}
by_socket_is() { [ "$(by_socket "${@:2}")" = "$1" ]; }

@test "a filtered Unix socket" {
    clients unix-listener <<'END'
  dozzle: {<<: *client}
END
    example unix-listener up -d
    until_true by_socket_is 200 dozzle 0 /containers/json
    by_socket_is 200 dozzle 0 /info
    by_socket_is 403 dozzle 0 /volumes
    # and after a restart, though the socket's file is still there
    engine kill socket-proxy
    engine start socket-proxy
    until_true by_socket_is 200 dozzle 0 /containers/json
}

@test "a filtered Unix socket for a client that is not root" {
    clients unix-listener <<'END'
  socket-proxy:
    cap_add: [CHOWN]
    environment: {LISTEN: "unix:///run/filtered/docker.sock?gid=1000"}
  dozzle: {<<: *client, user: "1000:1000"}
  stranger: {<<: *client, container_name: stranger, user: "1001:1001", volumes: ["filtered:/var/run:ro"]}
END
    example unix-listener up -d
    until_true by_socket_is 200 dozzle 1000 /containers/json
    by_socket_is 403 dozzle 1000 /volumes
    run ! by_socket stranger 1001 /containers/json
    [[ $output == *'Permission denied'* ]]
}

@test "a client elsewhere, with a certificate" {
    local name
    rm -rf $LAB/ca $LAB/certificates
    make_ca $LAB/ca ours
    make_certificate $LAB/ca $LAB/certificates proxy server 'DNS:localhost,IP:127.0.0.1'
    make_certificate $LAB/ca $LAB/portainer portainer client
    make_certificate $LAB/ca $LAB/guest guest client
    chmod 600 $LAB/certificates/key.pem
    clients tls-listener <<'END'
  nobody: {<<: *client, container_name: nobody}
END
    export CERTIFICATES=$LAB/certificates
    example tls-listener up -d
    with() { command docker --tlsverify --tlscacert $LAB/ca/ca.pem --tlscert "$1/cert.pem" --tlskey "$1/key.pem" -H tcp://127.0.0.1:2376 "${@:2}"; }
    until_true with $LAB/portainer ps
    run ! with $LAB/guest ps
    [[ $output == *'ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true) would allow it'* ]]
    run ! curl -sS --cacert $LAB/ca/ca.pem https://127.0.0.1:2376/version
    # the healthcheck has no certificate and needs none
    run -0 engine exec socket-proxy docker-socket-proxy healthcheck
}
