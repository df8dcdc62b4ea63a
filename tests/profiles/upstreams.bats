#!/usr/bin/env bats
# Several Engines, and Engines behind TLS. The first is a real Engine behind socat, which the tests stop and start; the
# second is a stand-in on a socket of its own.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper

forward() { # forward NAME LISTEN-ADDRESS: the real Engine at another address
    socat "$2" "UNIX-CONNECT:$SOCKET" 2>/dev/null 3>&- &
    echo $! >$LAB/"$1".forward
}
stop_forward() {
    local pid
    [ -e $LAB/"$1".forward ] || return 0
    pid=$(cat $LAB/"$1".forward)
    rm $LAB/"$1".forward
    pkill -P "$pid" || true
    kill "$pid" || true
    gone() { ! kill -0 "$pid"; }
    until_true gone
}

setup_file() {
    box_image
    remove_all
    rm -rf $LAB
    mkdir -p $LAB
    engine run -d --name test box sh -c 'n=0; while :; do echo tick $n; n=$((n+1)); sleep 0.2; done' >/dev/null
    make_ca $LAB/ca ours
    make_ca $LAB/foreign theirs
    make_certificate $LAB/ca $LAB/server engine server 'DNS:localhost,IP:127.0.0.1'
    make_certificate $LAB/ca $LAB/client proxy client
    make_certificate $LAB/foreign $LAB/stranger proxy client
}
teardown_file() { remove_all; }
teardown() {
    stop_dsp up
    stop_forward one
    stop_forward two
}

PROXY=http://127.0.0.1:2375
works() { curl -fsS $PROXY/version; }
fails_with_503() { [ "$(status GET $PROXY/version)" = 503 ]; }
# Which of the two answers: socat's children tell
served_by() { [ "$(curl -fsS $PROXY/version -o /dev/null -w '%{http_code}')" = 200 ] && log_has up "engine/engine$1"; }

@test "the first healthy Engine is asked; another one takes over, and hands back" {
    forward one UNIX-LISTEN:$LAB/one.sock,fork,unlink-early
    forward two TCP-LISTEN:24502,bind=127.0.0.1,fork,reuseaddr
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=unix://$LAB/one.sock,tcp://127.0.0.1:24502 ALLOW_CONTAINERS=1 ALLOW_LOGS=1 \
        PROFILE_P_LISTEN=tcp://127.0.0.1:24375 PROFILE_P_ALLOW_INFO=1
    until_true works
    run -0 works
    # the first fails
    stop_forward one
    until_true works
    until_true curl -fsS http://127.0.0.1:24375/info
    # a stream on the second one ...
    curl -sN "$PROXY/containers/test/logs?stdout=1&follow=1" >$LAB/stream 3>&- &
    local client=$!
    until_true grep -a tick $LAB/stream
    # ... goes on when the first comes back
    forward one UNIX-LISTEN:$LAB/one.sock,fork,unlink-early
    until_true log_has up 'engine/engine1 is UP'
    local size
    size=$(stat -c %s $LAB/stream)
    longer() { [ "$(stat -c %s $LAB/stream)" -gt $((size + 100)) ]; }
    until_true longer
    kill -0 $client
    kill $client
    # and the first is asked again: without the second one, everything works
    stop_forward two
    until_true log_has up 'engine/engine2 is DOWN'
    run -0 works
    # none is left
    stop_forward one
    until_true fails_with_503
    run -0 curl -s $PROXY/version
    [[ $output == *"$LAB/one.sock"*tcp://127.0.0.1:24502* ]]
    python3 -c 'import json, sys; json.load(sys.stdin)' <<<"$output"
}

@test "one Engine that is down is told in the 503, and comes back by itself" {
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tcp://127.0.0.1:24501
    until_true fails_with_503
    run -0 curl -s $PROXY/version
    [[ $output == '{"message":"docker-socket-proxy: the Docker Engine at tcp://127.0.0.1:24501 cannot be reached'* ]]
    forward one TCP-LISTEN:24501,bind=127.0.0.1,fork,reuseaddr
    until_true works
}

@test "an Engine whose name is in /etc/hosts only is found, and stays found" {
    forward one TCP-LISTEN:24501,bind=127.0.0.1,fork,reuseaddr
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tcp://localhost:24501
    until_true works
    # longer than any DNS answer is waited for
    local n
    for ((n = 0; n < 12; n++)); do
        sleep 1
        works
    done
}

tls_engine() { # tls_engine CERTIFICATE-DIRECTORY: the real Engine behind TLS that wants a client certificate of our CA
    forward one "OPENSSL-LISTEN:24506,bind=127.0.0.1,fork,reuseaddr,cert=$1/cert.pem,key=$1/key.pem,cafile=$LAB/ca/ca.pem,verify=1"
}

@test "tls:// with the right certificates works" {
    tls_engine $LAB/server
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true works
}

@test "tls:// by address works with a certificate that has the address as a name; HAProxy compares names only" {
    make_certificate $LAB/ca $LAB/address engine server 'DNS:127.0.0.1,IP:127.0.0.1'
    tls_engine $LAB/address
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://127.0.0.1:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true works
    stop_dsp up
    stop_forward one
    tls_engine $LAB/server
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://127.0.0.1:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true fails_with_503
}

@test "tls:// sends the name that it asks for, so that what serves several names answers with the right certificate" {
    make_certificate $LAB/ca $LAB/other other server 'DNS:other'
    openssl s_server -accept 127.0.0.1:24506 -www -quiet -cert $LAB/other/cert.pem -key $LAB/other/key.pem -servername localhost \
        -cert2 $LAB/server/cert.pem -key2 $LAB/server/key.pem >/dev/null 2>&1 3>&- &
    echo $! >$LAB/one.forward
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506,tcp://127.0.0.1:24599 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true works
    stop_dsp up
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://LocalHost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true works
}

@test "an Engine whose name the DNS does not answer keeps nobody waiting at the start, however many profiles there are" {
    local profiles=() n
    forward one UNIX-LISTEN:$LAB/one.sock,fork,unlink-early
    for n in {1..5}; do profiles+=(PROFILE_P${n}_FROM=10.9.8.$n PROFILE_P${n}_ALLOW_INFO=1); done
    VARIABLES=("UPSTREAM=unix://$LAB/one.sock,tcp://localhost:24502,tcp://manager.invalid:2375" "${profiles[@]}")
    run -0 dsp render
    [ "$(grep -c 'server engine2 localhost:24502 resolvers upstream_dns init-addr 127.0.0.1 \|server engine2 localhost:24502 resolvers upstream_dns init-addr ::1 ' <<<"$output")" = 6 ]
    [ "$(grep -c 'server engine3 manager.invalid:2375 resolvers upstream_dns init-addr none ' <<<"$output")" = 6 ]
}

@test "an Engine's address in tls:// is warned of: only names in certificates count" {
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://127.0.0.1:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true log_has up 'UPSTREAM: tls://127.0.0.1 is an address'
}

@test "tls:// to an Engine of another CA is refused" {
    make_certificate $LAB/foreign $LAB/impostor engine server 'DNS:localhost,IP:127.0.0.1'
    tls_engine $LAB/impostor
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true fails_with_503
    fails_with_503
}

@test "tls:// to an Engine of another name is refused" {
    make_certificate $LAB/ca $LAB/other other server 'DNS:other'
    tls_engine $LAB/other
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true fails_with_503
    fails_with_503
}

@test "tls:// to an Engine whose certificate has expired is refused" {
    make_certificate $LAB/ca $LAB/old engine server 'DNS:localhost' -1
    tls_engine $LAB/old
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/client
    until_true fails_with_503
    fails_with_503
}

@test "the Engine refuses our certificate: 503" {
    tls_engine $LAB/server
    cp $LAB/ca/ca.pem $LAB/stranger/ca.pem
    run_dsp up LISTEN=tcp://127.0.0.1:2375 UPSTREAM=tls://localhost:24506 UPSTREAM_TLS_CERT_PATH=$LAB/stranger
    not_served() { [ "$(status GET $PROXY/version)" -ge 500 ]; }
    until_true not_served
}
