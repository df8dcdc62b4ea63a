#!/usr/bin/env bats
# RATE_LIMIT, MAX_CONNECTIONS and MAX_CONNECTIONS_PER_CLIENT: one client cannot use up the shares of the others.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper
PROXY=http://10.98.0.2:2375

setup_file() {
    begin_anew
    engine network create --subnet 10.98.0.0/24 limited >/dev/null
    mkdir -p $LAB/limits
    chmod 777 $LAB/limits
    engine run -d --name proxy --network limited --ip 10.98.0.2 -v "$SOCKET:$SOCKET:ro" -v $LAB/limits:/share \
        --env 'LISTEN=tcp://:2375,unix:///share/docker.sock?mode=0666,unix:///share/second.sock?mode=0666' \
        --env RATE_LIMIT=20 --env MAX_CONNECTIONS_PER_CLIENT=30 --env MAX_CONNECTIONS=200 \
        --env PROFILE_SLOW_FROM=slow --env PROFILE_SLOW_RATE_LIMIT=3 --env PROFILE_FREE_FROM=free --env PROFILE_FREE_ALLOW_INFO=1 \
        $IMAGE >/dev/null
    until_true answers proxy
    box slow --network limited
    box free --network limited
    box greedy --network limited
    box modest --network limited
}
teardown_file() {
    remove_all
    engine network rm limited >/dev/null
}

# many N CONTAINER [curl argument...]: N requests over one connection; the statuses, counted
many() {
    local n=$1 container=$2
    shift 2
    inside "$container" curl -s -o /dev/null -w '%{http_code}\n' "$@" "$PROXY/_ping?[1-$n]" | sort | uniq -c | awk '{ print $2 "=" $1 }'
}

# limited CONTAINER: the first answer with 429 among many
limited() { inside "$1" curl -s -i "$PROXY/_ping?[1-100]" | tr -d '\r' | awk '/^HTTP/ { on = / 429/ } on'; }

@test "more than RATE_LIMIT requests a second are answered 429, in JSON, with Retry-After" {
    run -0 many 100 greedy
    [[ $output == *200=*429=* ]]
    run -0 limited greedy
    [[ $output == 'HTTP/1.1 429'* ]]
    [[ ${output,,} == *'retry-after: 1'* && ${output,,} == *'content-type: application/json'* ]]
    [[ $output == *'{"message":"docker-socket-proxy: more than 20 requests a second; try again later, or see RATE_LIMIT"}'* ]]
    until_true logs_have proxy 'see RATE_LIMIT 429'
}

@test "one client's rate is not another's, and it recovers" {
    many 100 greedy >/dev/null
    code_is 200 modest GET $PROXY/_ping
    until_true code_is 200 greedy GET $PROXY/_ping
}

@test "who asks for more than the rate, for long, gets the rate" {
    # twice the rate, for five seconds
    run -0 inside greedy curl --rate 40/s -s -o /dev/null -w '%{http_code}\n' "$PROXY/_ping?[1-200]"
    [ "$(grep -c 200 <<<"$output")" -ge 60 ]
    [[ $output == *429* ]]
}

@test "a profile has a rate of its own, or none" {
    run -0 many 60 free
    [ "$output" = 200=60 ]
    run -0 many 15 slow
    [[ $output == *200=*429=* ]]
    run -0 limited slow
    [[ $output == *'see PROFILE_SLOW_RATE_LIMIT'* ]]
}

@test "clients of a Unix socket have a rate too, each socket its own" {
    # while the first is used up, the second is not: asked without a pause between
    run -0 curl -s -o /dev/null -w '%{http_code}\n' --unix-socket $LAB/limits/docker.sock 'http://docker/_ping?[1-100]' \
        --next -s -o /dev/null -w 'second %{http_code}\n' --unix-socket $LAB/limits/second.sock http://docker/_ping
    [[ $output == 200*$'429\nsecond 200' ]]
    run -0 curl -s -o /dev/null -w '%{http_code}\n' --unix-socket $LAB/limits/second.sock 'http://docker/_ping?[1-100]'
    [[ $output == 200*429* ]]
}

# HOLDER KIND WHERE N: opens N connections that say nothing, and keeps them
HOLDER='import socket, sys, time
kind, where, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
sockets = []
for i in range(n):
    s = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
    s.settimeout(2)
    try:
        s.connect(where if kind == "unix" else (where, 2375))
        sockets.append(s)
    except OSError:
        break
print(len(sockets), flush=True)
time.sleep(1000)'

@test "a client with hundreds of idle connections keeps nobody else from being served" {
    inside greedy python3 -c "$HOLDER" tcp 10.98.0.2 400 >$LAB/held 3>&- &
    local holder=$!
    until_true test -s $LAB/held
    # the greedy one is beyond its share ...
    refused_by_now() { ! ask greedy GET $PROXY/_ping; }
    until_true refused_by_now
    # ... which is no one else's problem
    code_is 200 modest GET $PROXY/_ping
    code_is 200 free GET $PROXY/info
    run -0 engine exec proxy docker-socket-proxy healthcheck
    kill $holder
    until_true code_is 200 greedy GET $PROXY/_ping
}

@test "the same for a client of the Unix socket" {
    python3 -c "$HOLDER" unix $LAB/limits/docker.sock 400 >$LAB/held-unix 3>&- &
    local holder=$!
    until_true test -s $LAB/held-unix
    full() { ! curl -fsS --unix-socket $LAB/limits/docker.sock http://docker/_ping; }
    until_true full
    code_is 200 modest GET $PROXY/_ping
    kill $holder
    until_true curl -fsS --unix-socket $LAB/limits/docker.sock http://docker/_ping
}

@test "without a share for each client, MAX_CONNECTIONS is the limit for all" {
    run_dsp all LISTEN=tcp://127.0.0.1:24375 MAX_CONNECTIONS=20
    until_true curl -fsS http://127.0.0.1:24375/_ping
    python3 -c "${HOLDER//2375/24375}" tcp 127.0.0.1 20 >$LAB/held-all 3>&- &
    local holder=$!
    until_true test -s $LAB/held-all
    run ! curl -fsS --max-time 2 http://127.0.0.1:24375/_ping
    kill $holder
    until_true curl -fsS http://127.0.0.1:24375/_ping
    stop_dsp all
}
