#!/usr/bin/env bats
# Profiles for containers on a bridge network: each gets its own profile and no other, and a name follows its container.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper

setup_file() {
    begin_on_lan --env ALLOW_INFO=true \
        --env PROFILE_ADMIN_FROM=admin --env PROFILE_ADMIN_ALLOW_CONTAINERS=true --env PROFILE_ADMIN_ALLOW_CREATE=true \
        --env PROFILE_LATE_FROM=late --env PROFILE_LATE_ALLOW_CONTAINERS=true \
        --env PROFILE_SERVICE_FROM=service:shop/web,service:stack_api --env PROFILE_SERVICE_ALLOW_VERSION=true --env PROFILE_SERVICE_ALLOW_IMAGES=true \
        --env PROFILES_FROM_LABELS=true --env PROFILE_LABELLED_ALLOW_VOLUMES=true \
        --env PROFILE_LOGS_FROM=reader,missing,both --env PROFILE_LOGS_ALLOW_LOGS=true \
        --env PROFILE_FIXED_FROM=10.99.0.77 --env PROFILE_FIXED_ALLOW_VOLUMES=true \
        --env PROFILE_NET_FROM=10.99.0.128/25 --env PROFILE_NET_ALLOW_NETWORKS=true \
        --env PROFILE_SUBNET_FROM=10.99.0.192/26 --env PROFILE_SUBNET_ALLOW_IMAGES=true
}
teardown_file() { end_on_lan; }

@test "each container has its own profile's permissions, and only these" {
    code_is 200 admin GET $PROXY/containers/json
    code_is 403 admin GET $PROXY/containers/test/logs?stdout=1
    code_is 403 admin GET $PROXY/info
    code_is 200 reader GET $PROXY/containers/test/logs?stdout=1
    code_is 403 reader GET $PROXY/containers/json
    code_is 403 reader GET $PROXY/info
}

@test "a container of no profile gets the unprefixed set" {
    code_is 200 other GET $PROXY/info
    code_is 403 other GET $PROXY/containers/json
    code_is 403 other GET $PROXY/containers/test/logs?stdout=1
}

@test "the answer and the log name the profile" {
    run -0 ask reader GET $PROXY/containers/json
    [[ $output == *'{"message":"docker-socket-proxy: GET /containers/json is forbidden; PROFILE_LOGS_ALLOW_CONTAINER_LIST=true (or PROFILE_LOGS_ALLOW_CONTAINERS=true) would allow it"}'* ]]
    until_true logs_have proxy 'profile=logs client=reader PROFILE_LOGS_ALLOW_CONTAINER_LIST=true (or PROFILE_LOGS_ALLOW_CONTAINERS=true) would allow it 403'
    run -0 engine logs proxy
    [[ $output =~ 'Forbidden: /containers/json GET '[0-9.:]*' profile=logs client=reader PROFILE_LOGS_ALLOW_CONTAINER_LIST=true (or PROFILE_LOGS_ALLOW_CONTAINERS=true) would' ]]
    [[ $output =~ 'Allowed: /containers/json GET '[0-9.:]*' profile=admin client=admin ContainerList 200' ]]
    [[ $output =~ 'Allowed: /info GET '[0-9.:]*' profile=- client=other SystemInfo 200' ]]
}

@test "an address wins over a network, the narrower network over the wider one" {
    engine rm -f at77 at130 at200 >/dev/null 2>&1 || true
    box at77 --network lan --ip 10.99.0.77
    box at130 --network lan --ip 10.99.0.130
    box at200 --network lan --ip 10.99.0.200
    code_is 200 at77 GET $PROXY/volumes
    code_is 403 at77 GET $PROXY/networks
    code_is 200 at130 GET $PROXY/networks
    code_is 403 at130 GET $PROXY/images/json
    code_is 200 at200 GET $PROXY/images/json
    code_is 403 at200 GET $PROXY/networks
    engine rm -f at77 at130 at200
}

@test "a name wins over a network" {
    engine rm -f admin
    box admin --network lan --ip 10.99.0.200
    code_is 200 admin GET $PROXY/containers/json
    code_is 403 admin GET $PROXY/images/json
    engine rm -f admin
    box admin --network lan
}

@test "no header takes another's profile" {
    local address header
    address=$(address_of admin)
    for header in "X-Forwarded-For: $address" "X-Real-IP: $address" "Forwarded: for=$address" "X-Client-IP: $address" \
        "True-Client-IP: $address" 'Host: admin' "Host: $address" 'X-Forwarded-Host: admin' 'X-Profile: admin' \
        'PROFILE: ADMIN' 'Via: 1.1 admin' 'Origin: http://admin' 'User-Agent: docker-socket-proxy/healthcheck'; do
        code_is 403 other GET $PROXY/containers/json -H "$header"
    done
    code_is 403 other GET $PROXY/containers/json --request-target http://admin/containers/json -H 'Host: admin'
    code_is 403 other GET $PROXY/containers/json --request-target "http://$address:2375/containers/json" -H "Host: $address:2375"
}

@test "no source port takes another's profile" {
    local port
    for port in 1 22 80 443 1023 2375 2376 40000; do
        code_is 403 other GET $PROXY/containers/json --local-port "$port"
    done
}

@test "PROXY-protocol bytes take nobody's profile: they are no request" {
    local address
    address=$(address_of admin)
    run -0 raw other 10.99.0.2 2375 "PROXY TCP4 $address 10.99.0.2 40000 2375\\r\\nGET /containers/json HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
    [[ $output == 'HTTP/1.'?' 400'* ]]
    # version 2: the signature, PROXY over TCP4, 12 bytes of addresses
    run -0 raw other 10.99.0.2 2375 '\r\n\r\n\0\r\nQUIT\n\041\021\0\014\012\143\0\003\012\143\0\002\234\100\011\107GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\n'
    [[ $output == 'HTTP/1.'?' 400'* ]]
    run -0 engine logs proxy
    [[ ! $output =~ $address:40000 ]]
}

@test "an IPv6 address that carries an IPv4 address is not that one, and IPv4 is not in ::/0" {
    [ -e /proc/net/if_inet6 ] || skip 'this kernel has no IPv6'
    ip addr add 10.97.0.7/32 dev lo
    ip addr add 10.96.0.8/32 dev lo
    ip addr add 2002:a61:7::1/128 dev lo nodad # 6to4 of 10.97.0.7, RFC 3056
    ip addr add ::10.97.0.7/128 dev lo nodad
    run_dsp six LISTEN=tcp://:24377 PROFILE_X_FROM=10.97.0.7 PROFILE_X_ALLOW_INFO=1 PROFILE_NET_FROM=10.97.0.0/24 \
        PROFILE_NET_ALLOW_IMAGES=1 PROFILE_SIX_FROM=::/0 PROFILE_SIX_ALLOW_VOLUMES=1
    until_true curl -fsS http://127.0.0.1:24377/_ping
    # asked FROM TO PATH
    asked() { curl -gs -o /dev/null -w '%{http_code}' --interface "$1" "http://$2:24377$3"; }
    [ "$(asked 10.97.0.7 10.97.0.7 /info)" = 200 ]
    [ "$(asked 10.96.0.8 10.97.0.7 /volumes)" = 403 ]
    for address in 2002:a61:7::1 ::10.97.0.7; do
        [ "$(asked $address "[$address]" /info)" = 403 ]
        [ "$(asked $address "[$address]" /images/json)" = 403 ]
        [ "$(asked $address "[$address]" /volumes)" = 200 ]
    done
    stop_dsp six
}

@test "requests of one connection are judged one by one, by the profile it began with" {
    run -0 raw admin 10.99.0.2 2375 'GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\nGET /info HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    echo "$output"
    [ "$(grep -o 'HTTP/1.1 200' <<<"$output" | wc -l)" = 2 ]
    [ "$(grep -o 'HTTP/1.1 403' <<<"$output" | wc -l)" = 1 ]
}

# by_itself PATH [docker run argument...]: the status of the first request of a container, which it sends at once
by_itself() {
    local path=$1
    shift
    engine run --rm --network lan "$@" box wget -S -O /dev/null "http://10.99.0.2:2375$path" 2>&1 |
        sed -n 's|.*HTTP/1.1 \([0-9]*\).*|\1|p' | head -n 1
}

@test "a container has its profile with its first request, in the moment of its start" {
    local i
    for i in {1..5}; do
        [ "$(by_itself /containers/json --name late)" = 200 ]
        [ "$(by_itself /info --name late)" = 403 ]
        [ "$(by_itself /info --name nobody)" = 200 ]
        [ "$(by_itself /containers/json --name nobody)" = 403 ]
    done
}

@test "a container that takes a freed address at once has not the profile of the one before" {
    local old i
    for i in {1..5}; do
        old=$(address_of admin)
        code_is 200 admin GET $PROXY/containers/json
        engine rm -f admin
        [ "$(by_itself /containers/json --ip "$old")" = 403 ]
        [ "$(by_itself /info --ip "$old")" = 200 ]
        box admin --network lan
        code_is 200 admin GET $PROXY/containers/json
    done
    # and while the one before comes back with another address
    engine stop -t 0 admin
    box squatter --network lan --ip "$old"
    engine start admin
    [ "$(address_of squatter)" = "$old" ]
    code_is 200 admin GET $PROXY/containers/json
    code_is 403 admin GET $PROXY/info
    code_is 403 squatter GET $PROXY/containers/json
    code_is 200 squatter GET $PROXY/info
    engine rm -f squatter
}

@test "a container that gets a name has its profile on the connection it has, and loses it there" {
    inside other python3 - >$LAB/late 3>&- <<'END' &
import http.client, time
connection = http.client.HTTPConnection('10.99.0.2', 2375)
connection.connect()
connection.auto_open = 0
seen = []
for _ in range(300):
    connection.request('GET', '/containers/json')
    answer = connection.getresponse()
    answer.read()
    if seen[-1:] != [answer.status]:
        seen.append(answer.status)
        print(answer.status, flush=True)
    if seen == [403, 200, 403]:
        break
    time.sleep(0.1)
END
    until_true grep -x 403 $LAB/late
    engine rename other late
    until_true grep -x 200 $LAB/late
    engine rename late other
    wait $!
    [ "$(cat $LAB/late)" = $'403\n200\n403' ]
}

@test "two containers that swap their names swap their profiles" {
    engine rename admin swapped
    engine rename other admin
    engine rename swapped other
    until_true code_is 200 admin GET $PROXY/containers/json
    until_true code_is 200 other GET $PROXY/info
    code_is 403 admin GET $PROXY/info
    code_is 403 other GET $PROXY/containers/json
    engine rename admin swapped
    engine rename other admin
    engine rename swapped other
    until_true code_is 200 admin GET $PROXY/containers/json
}

@test "all containers of a service have its profile, and no others" {
    local id service
    id=$(engine image inspect -f '{{.Id}}' box)
    service=(--label com.docker.compose.project=shop --label com.docker.compose.service=web --label "com.docker.compose.image=$id")
    [ "$(by_itself /images/json --name web-1 "${service[@]}")" = 200 ]
    box web-2 --network lan "${service[@]}"
    box web-3 --network lan "${service[@]}"
    box web-4 --network lan --label com.docker.compose.project=other --label com.docker.compose.service=web --label "com.docker.compose.image=$id"
    box stack_api.1.x --network lan --label com.docker.swarm.service.name=stack_api --label com.docker.stack.namespace=stack --label com.docker.swarm.task.id=x
    box api.1.x --network lan --label com.docker.swarm.service.name=api --label com.docker.swarm.task.id=x
    # an image can have these labels, but not the name, nor its own id
    box shop-web --network lan --label com.docker.compose.project=shop --label com.docker.compose.service=web
    for name in web-2 web-3 stack_api.1.x; do
        code_is 200 $name GET $PROXY/images/json
        code_is 403 $name GET $PROXY/info
    done
    for name in web-4 api.1.x shop-web; do
        code_is 403 $name GET $PROXY/images/json
        code_is 200 $name GET $PROXY/info
    done
    engine rm -f web-2 web-3 web-4 stack_api.1.x api.1.x shop-web
}

@test "a label chooses a profile; one that names none gets nothing; a name in FROM goes before a label" {
    [ "$(by_itself /volumes --label docker-socket-proxy.profile=labelled)" = 200 ]
    [ "$(by_itself /volumes --label docker-socket-proxy.profile=LABELLED)" = 200 ]
    [ "$(by_itself /info --label docker-socket-proxy.profile=labelled)" = 403 ]
    [ "$(by_itself /containers/json --label docker-socket-proxy.profile=labelled --name late)" = 200 ]
    [ "$(by_itself /volumes --label docker-socket-proxy.profile=labelled --name late)" = 403 ]
    # a label goes before a network
    [ "$(by_itself /volumes --label docker-socket-proxy.profile=labelled --ip 10.99.0.130)" = 200 ]
    for value in '' labeled 'a b' ?: - engine :unsure; do
        [ "$(by_itself /info --label "docker-socket-proxy.profile=$value")" = 403 ]
    done
    box mistaken --network lan --label docker-socket-proxy.profile=labeled
    run -0 ask mistaken GET $PROXY/info
    [[ $output == *'{"message":"docker-socket-proxy: the request is forbidden; the label docker-socket-proxy.profile of container mistaken names no profile: labeled"}'* ]]
    engine rm -f mistaken
}

@test "a container that uses the network of another one has that one's profile" {
    box guest --network container:admin --label docker-socket-proxy.profile=labelled
    code_is 200 guest GET $PROXY/containers/json
    code_is 403 guest GET $PROXY/volumes
    engine rm -f guest
}

@test "a container on two networks of the proxy has its profile on both, and loses it with a network" {
    engine network connect --ip 10.94.0.2 lan2 proxy
    box both --network lan
    code_is 200 both GET http://10.99.0.2:2375/containers/test/logs?stdout=1
    engine network connect lan2 both
    code_is 200 both GET http://10.94.0.2:2375/containers/test/logs?stdout=1
    code_is 403 both GET http://10.94.0.2:2375/info
    engine rm -f both
    # an address that no container of the network has, as far as the Engine says
    inside other ip addr add 10.99.0.250/32 dev eth0
    code_is 503 other GET $PROXY/info --interface 10.99.0.250
    run -0 ask other GET $PROXY/info --interface 10.99.0.250
    [[ $output == *'{"message":"docker-socket-proxy: the Engine has not said yet which container has this address; try again"}'* ]]
    inside other ip addr del 10.99.0.250/32 dev eth0
    engine network disconnect lan2 proxy
}

@test "containers start and stop all the time, and take each other's addresses: no request is judged as another's" {
    run -0 python3 "$BATS_TEST_DIRNAME/starts.py" $PROXY
    echo "# $output" >&3
}

# burst SECONDS FILE CONTAINER PATH: requests without end, each on a connection of its own; FILE gets the statuses
burst() {
    inside "$3" python3 - "$1" "$4" >"$2" 3>&- <<'END'
import collections, http.client, sys, time
seen = collections.Counter()
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    connection = http.client.HTTPConnection('10.99.0.2', 2375, timeout=20)
    connection.request('GET', sys.argv[2])
    seen[connection.getresponse().status] += 1
    connection.close()
print(*sorted(seen))
END
}
bursts() {
    burst "$1" $LAB/admin-own admin /containers/json &
    BURSTS=($!)
    burst "$1" $LAB/admin-other admin /info &
    BURSTS+=($!)
    burst "$1" $LAB/other-own other /info &
    BURSTS+=($!)
    burst "$1" $LAB/other-other other /containers/json &
    BURSTS+=($!)
}
children() { pgrep -P "$(engine inspect -f '{{.State.Pid}}' proxy)" "$@"; }
descriptors() { find /proc/"$(engine inspect -f '{{.State.Pid}}' proxy)"/fd -mindepth 1 | wc -l; }
two_children() { [ "$(children | wc -l)" = 2 ]; }

@test "reloads in the middle of a burst: each request is judged by the right profile; nothing is left behind" {
    local before i
    until_true two_children
    before=$(descriptors)
    bursts 4
    for i in {1..5}; do
        engine kill -s HUP proxy
        sleep 0.6
    done
    wait "${BURSTS[@]}"
    [ "$(cat $LAB/admin-own)" = 200 ]
    [ "$(cat $LAB/admin-other)" = 403 ]
    [ "$(cat $LAB/other-own)" = 200 ]
    [ "$(cat $LAB/other-other)" = 403 ]
    until_true two_children
    [ "$(descriptors)" = "$before" ]
}

@test "the process that follows the Engine is killed: nobody gets more meanwhile, and all is right again" {
    local before i follower
    before=$(descriptors)
    bursts 3
    for i in {1..4}; do
        follower=$(children docker-socket)
        kill -9 $follower
        sleep 0.5
    done
    wait "${BURSTS[@]}"
    [[ $(cat $LAB/admin-own) =~ ^200( 503)?$ ]]
    [[ $(cat $LAB/admin-other) =~ ^403( 503)?$ ]]
    [[ $(cat $LAB/other-own) =~ ^200( 503)?$ ]]
    [[ $(cat $LAB/other-other) =~ ^403( 503)?$ ]]
    until_true code_is 200 admin GET $PROXY/containers/json
    code_is 200 other GET $PROXY/info
    until_true two_children
    [ "$(descriptors)" = "$before" ]
    # what does not depend on the Engine goes on while it cannot
    follower=$(children docker-socket)
    kill -STOP $follower
    engine rm -f admin
    box admin --network lan --ip 10.99.0.77
    code_is 200 admin GET $PROXY/volumes
    kill -9 $follower
    engine rm -f admin
    box admin --network lan
    until_true code_is 200 admin GET $PROXY/containers/json
}

@test "the Engine goes away and comes back: 503, and then what is true" {
    mkdir -p $LAB/away
    socat UNIX-LISTEN:$LAB/away/docker.sock,fork,mode=0666 UNIX-CONNECT:$SOCKET 3>&- &
    until_true test -S $LAB/away/docker.sock
    engine run -d --name away --network lan --ip 10.99.0.6 -v $LAB/away:/run/away \
        --env UPSTREAM=unix:///run/away/docker.sock --env ALLOW_INFO=true \
        --env PROFILE_ADMIN_FROM=admin --env PROFILE_ADMIN_ALLOW_CONTAINERS=true $IMAGE >/dev/null
    until_true answers away
    code_is 200 admin GET http://10.99.0.6:2375/containers/json
    kill $! $(pgrep -P $!)
    rm -f $LAB/away/docker.sock
    until_true code_is 503 other GET http://10.99.0.6:2375/info
    run -0 ask other GET http://10.99.0.6:2375/info
    [[ $output == *'the Engine has not said yet which containers there are, so the client is not known; try again"}'* ]]
    # meanwhile names change hands
    engine rename admin swapped
    engine rename other admin
    engine rename swapped other
    socat UNIX-LISTEN:$LAB/away/docker.sock,fork,mode=0666 UNIX-CONNECT:$SOCKET 3>&- &
    until_true code_is 200 admin GET http://10.99.0.6:2375/containers/json
    code_is 403 other GET http://10.99.0.6:2375/containers/json
    code_is 200 other GET http://10.99.0.6:2375/info
    engine rm -f away
    kill $!
    engine rename admin swapped
    engine rename other admin
    engine rename swapped other
}
