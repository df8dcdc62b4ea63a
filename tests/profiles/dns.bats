#!/usr/bin/env bats
# Clients by a name of the DNS (dns:NAME) on a bridge network: each gets its own profile and no other, and a name follows
# its container. Docker's DNS may know a container up to five seconds after its start.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper

setup_file() {
    begin_on_lan --env ALLOW_INFO=true \
        --env PROFILE_ADMIN_FROM=dns:admin --env PROFILE_ADMIN_ALLOW_CONTAINERS=true --env PROFILE_ADMIN_ALLOW_CREATE=true \
        --env PROFILE_LATE_FROM=dns:late --env PROFILE_LATE_ALLOW_CONTAINERS=true \
        --env PROFILE_LOGS_FROM=dns:reader,dns:missing,dns:both.lan,dns:both.lan2 --env PROFILE_LOGS_ALLOW_LOGS=true
}
teardown_file() { end_on_lan; }

@test "each container has its own profile's permissions, and only these" {
    until_true code_is 200 admin GET $PROXY/containers/json
    code_is 403 admin GET $PROXY/containers/test/logs?stdout=1
    code_is 403 admin GET $PROXY/info
    until_true code_is 200 reader GET $PROXY/containers/test/logs?stdout=1
    code_is 403 reader GET $PROXY/containers/json
    code_is 403 reader GET $PROXY/info
}

@test "a container that comes back with another address keeps its profile; its old address is nobody's" {
    local old new
    old=$(address_of admin)
    engine stop -t 0 admin
    box squatter --network lan --ip "$old"
    # at once: nobody may profit from what was true a moment ago
    engine start admin
    new=$(address_of admin)
    [ "$old" != "$new" ]
    [ "$(address_of squatter)" = "$old" ]
    until_true code_is 403 squatter GET $PROXY/containers/json
    until_true code_is 200 admin GET $PROXY/containers/json
    # and so it stays
    code_is 200 squatter GET $PROXY/info
    code_is 403 squatter GET $PROXY/containers/json
    engine rm -f squatter
}

@test "a stopped container's address is nobody's for a container that takes it" {
    local old
    old=$(address_of admin)
    code_is 200 admin GET $PROXY/containers/json
    engine rm -f admin
    box squatter --network lan --ip "$old"
    until_true code_is 403 squatter GET $PROXY/containers/json
    code_is 200 squatter GET $PROXY/info
    engine rm -f squatter
    box admin --network lan
    until_true code_is 200 admin GET $PROXY/containers/json
}

@test "the same holds while another connection keeps asking for the name" {
    local old
    old=$(address_of admin)
    # connections without end, each of which makes HAProxy resolve all names
    engine exec -d other sh -c 'while :; do printf "GET /_ping HTTP/1.0\r\n\r\n" | nc 10.99.0.2 2375; done'
    engine rm -f admin
    box squatter --network lan --ip "$old"
    until_true code_is 403 squatter GET $PROXY/containers/json
    code_is 403 squatter GET $PROXY/containers/json
    engine rm -f squatter
    engine restart -t 0 other
    box admin --network lan
    until_true code_is 200 admin GET $PROXY/containers/json
}

@test "a container gets its profile, also right after its name was asked for in vain, and no other's meanwhile" {
    engine rm -f admin
    until_true code_is 200 other GET $PROXY/info
    box admin --network lan --ip 10.99.0.99
    until_true code_is 200 admin GET $PROXY/containers/json
    # an address that another name had a moment ago
    engine rm -f admin reader
    box reader --network lan --ip 10.99.0.99
    until_true code_is 200 reader GET $PROXY/containers/test/logs?stdout=1
    code_is 403 reader GET $PROXY/containers/json
    box admin --network lan
    until_true code_is 200 admin GET $PROXY/containers/json
}

@test "a client that gets a name has its profile on the connection it has" {
    # Docker's DNS knows a container under its new name at once
    inside other python3 - >$LAB/late 3>&- <<'END' &
import http.client, time
connection = http.client.HTTPConnection('10.99.0.2', 2375)
connection.connect()
connection.auto_open = 0
for _ in range(300):
    connection.request('GET', '/containers/json')
    answer = connection.getresponse()
    answer.read()
    print(answer.status, flush=True)
    if answer.status == 200:
        break
    time.sleep(0.1)
END
    until_true grep -x 403 $LAB/late
    engine rename other late
    wait $!
    engine rename late other
    [ "$(tail -n 1 $LAB/late)" = 200 ]
}

@test "names for which the DNS has no answer make nobody wait who has been here" {
    local missing=()
    for i in {1..20}; do missing+=(--env "PROFILE_M${i}_FROM=dns:missing$i" --env "PROFILE_M${i}_ALLOW_AUTH=true"); done
    # the next DNS is an address where there is none
    engine run -d --name patient --network lan --ip 10.99.0.4 --dns 10.99.0.5 -v "$SOCKET:$SOCKET:ro" \
        --env PROFILE_ADMIN_FROM=dns:admin --env PROFILE_ADMIN_ALLOW_CONTAINERS=true "${missing[@]}" $IMAGE >/dev/null
    until_true answers patient
    code_is 200 admin GET http://10.99.0.4:2375/containers/json
    code_is 200 other GET http://10.99.0.4:2375/version
    # an address that is new has to wait for all answers; the others, meanwhile, have not
    box newcomer --network lan
    code newcomer GET http://10.99.0.4:2375/version >$LAB/newcomer 3>&- &
    code_is 200 admin GET http://10.99.0.4:2375/containers/json
    code_is 200 other GET http://10.99.0.4:2375/version
    [ ! -s $LAB/newcomer ]
    wait $!
    [ "$(cat $LAB/newcomer)" = 200 ]
    engine rm -f patient newcomer
}

@test "a client that cuts its connections while its name is asked for does not get what others may" {
    # reader may not do what clients of no profile may: GET /info
    inside reader python3 - <<'END'
import random, socket, struct, time
def connect():
    return socket.create_connection(('10.99.0.2', 2375), timeout=20)
for _ in range(300):
    for _ in range(3):
        cut = connect()
        cut.sendall(random.choice((b'GET /info HTTP/1.1\r\nHost: x\r\n\r\n', b'POST /info HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello')))
        time.sleep(random.choice((0, 0, 0.0003, 0.001, 0.003)))
        cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)) # close() resets
        cut.close()
    whole = connect()
    whole.sendall(b'GET /info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    answer = whole.recv(100)
    assert answer.startswith(b'HTTP/1.1 403'), answer
END
    run -0 engine logs proxy
    [[ ! $output =~ 'Allowed: /info GET '$(address_of reader): ]]
}

@test "while the DNS is silent, nobody gets what others may: 503" {
    code_is 403 reader GET $PROXY/info
    inside proxy iptables -I OUTPUT -d 127.0.0.11 -j DROP
    # long enough for HAProxy to take all names for lost
    for _ in {1..10}; do
        code_is 503 reader GET $PROXY/info
        sleep 1
    done
    run -0 ask reader GET $PROXY/info
    inside proxy iptables -D OUTPUT -d 127.0.0.11 -j DROP
    [[ $output == *'{"message":"docker-socket-proxy: the DNS does not answer, which has to say who asks; try again"}'* ]]
    code_is 403 reader GET $PROXY/info
    code_is 200 reader GET $PROXY/containers/test/logs?stdout=1
    until_true code_is 200 other GET $PROXY/info
}

@test "a name that does not resolve keeps nobody else from being served" {
    # reader's profile also names 'missing', which no container has ever been
    code_is 200 reader GET $PROXY/containers/test/logs?stdout=1
    [ -z "$(engine ps -aqf name=missing)" ]
}

@test "a container that shares two networks with the proxy has its profile on both, where its name is given for both" {
    engine network connect --ip 10.94.0.2 lan2 proxy
    box both --network lan
    engine network connect lan2 both
    until_true code_is 200 both GET http://10.99.0.2:2375/containers/test/logs?stdout=1 # its address may have been another's a moment ago
    code_is 403 both GET http://10.99.0.2:2375/info
    until_true code_is 200 both GET http://10.94.0.2:2375/containers/test/logs?stdout=1
    code_is 403 both GET http://10.94.0.2:2375/info
    engine rm -f both
    engine network disconnect lan2 proxy
}
