#!/usr/bin/env bats
# tls:// listeners and filtered Unix sockets, with the docker command as the client.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper

setup_file() {
    box_image
    remove_all
    rm -rf $LAB
    make_ca $LAB/ca ours
    make_ca $LAB/foreign theirs
    make_certificate $LAB/ca $LAB/server proxy server 'DNS:localhost,IP:127.0.0.1'
    make_certificate $LAB/ca $LAB/ops ops client
    make_certificate $LAB/ca $LAB/guest guest client
    make_certificate $LAB/ca $LAB/expired ops client '' -1
    make_certificate $LAB/foreign $LAB/stranger ops client
    cp $LAB/ca/ca.pem $LAB/stranger/ca.pem
    run_dsp tls LISTEN=tls://127.0.0.1:2376,tcp://127.0.0.1:2375 TLS_CERT_PATH=$LAB/server ALLOW_INFO=1 \
        PROFILE_OPS_FROM=cn:ops PROFILE_OPS_ALLOW_CONTAINERS=1 PROFILE_OPS_ALLOW_LOGS=1
    until_true curl -fsS http://127.0.0.1:2375/_ping
    engine run -d --name test box sh -c 'n=0; while :; do echo tick $n; n=$((n+1)); sleep 0.2; done' >/dev/null
}
teardown_file() {
    stop_dsp tls
    remove_all
}

# The docker command with the certificates of a directory
with() {
    local directory=$1
    shift
    command docker --tlsverify --tlscacert "$directory/ca.pem" --tlscert "$directory/cert.pem" --tlskey "$directory/key.pem" \
        -H tcp://127.0.0.1:2376 "$@"
}

@test "docker --tlsverify works with a certificate of our CA" {
    run -0 with $LAB/guest version --format '{{.Server.Version}}'
    run -0 with $LAB/guest info --format '{{.Containers}}'
}

@test "a docker context with that certificate works" {
    export DOCKER_CONFIG=$LAB/config
    mkdir -p $DOCKER_CONFIG
    env -u DOCKER_HOST docker context create host2 \
        --docker "host=tcp://127.0.0.1:2376,ca=$LAB/guest/ca.pem,cert=$LAB/guest/cert.pem,key=$LAB/guest/key.pem"
    run -0 env -u DOCKER_HOST docker --context host2 version --format '{{.Server.Version}}'
    unset DOCKER_CONFIG
}

@test "cn: gives a certificate its profile, and others the base set" {
    run -0 with $LAB/ops ps --format '{{.Names}}'
    [[ $output == *test* ]]
    run ! with $LAB/guest ps
    [[ $output == *'ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true) would allow it'* ]]
    run ! with $LAB/ops info
    [[ $output == *'PROFILE_OPS_ALLOW_INFO=true would allow it'* ]]
    until_true log_has tls 'profile=ops ContainerList 200'
    # Without TLS there is no certificate, whatever is said
    [ "$(status GET http://127.0.0.1:2375/containers/json -H 'X-SSL-Client-CN: ops')" = 403 ]
}

# tls_status CERTIFICATE-DIRECTORY PATH
tls_status() {
    curl -s -o /dev/null -w '%{http_code}' --cacert $LAB/ca/ca.pem --cert "$1/cert.pem" --key "$1/key.pem" "https://127.0.0.1:2376$2"
}

@test "a common name with a NUL in it is not what stands before the NUL" {
    make_certificate $LAB/ca $LAB/nul 'ops~.guest' client
    python3 "$ROOT/tests/support/resign.py" $LAB/ca/ca-key.pem $LAB/nul/cert.pem 'ops~.guest' 'ops\0.guest'
    [ "$(tls_status $LAB/nul /_ping)" = 200 ]
    [ "$(tls_status $LAB/nul /containers/json)" = 403 ]
    [ "$(tls_status $LAB/ops /containers/json)" = 200 ]
}

@test "no TLS session is resumed: whoever comes back proves the certificate again" {
    local options request='GET /containers/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    for options in -tls1_2 '-tls1_2 -no_ticket' -tls1_3; do
        rm -f $LAB/session
        run -0 bash -c "printf '$request' | openssl s_client -connect 127.0.0.1:2376 -cert $LAB/ops/cert.pem -key $LAB/ops/key.pem $options -ign_eof -sess_out $LAB/session 2>&1"
        [[ $output == *'HTTP/1.1 200'* ]]
        [ -e $LAB/session ] || continue # the server gave nothing to resume
        run bash -c "printf '$request' | openssl s_client -connect 127.0.0.1:2376 $options -ign_eof -sess_in $LAB/session 2>&1"
        [[ $output != *'HTTP/1.1 200'* && $output != *Reused,* ]]
    done
}

@test "docker --tlsverify fails without a certificate, with an expired one, and with another CA's" {
    run ! command docker --tlsverify --tlscacert $LAB/ca/ca.pem --tlscert /dev/null --tlskey /dev/null -H tcp://127.0.0.1:2376 version
    run ! curl -sS --cacert $LAB/ca/ca.pem https://127.0.0.1:2376/version
    [[ $output == *certificate* ]]
    run ! with $LAB/expired version --format '{{.Server.Version}}'
    [[ $output == *certificate* ]]
    run ! with $LAB/stranger version --format '{{.Server.Version}}'
    [[ $output == *certificate* ]]
    # no handshake, no request; the log says why
    until_true log_has tls 'certificate verify failed'
    until_true log_has tls 'peer did not return a certificate'
    run -0 grep -c '^Refused: - - 127.0.0.1:[0-9]* SSL handshake failure: ' $LAB/tls.log
}

@test "a server of another CA is refused by docker" {
    mkdir -p $LAB/misled
    cp $LAB/guest/cert.pem $LAB/guest/key.pem $LAB/misled/
    cp $LAB/foreign/ca.pem $LAB/misled/ca.pem
    run ! with $LAB/misled version
}

@test "TLS 1.1 is refused, 1.2 accepted, 1.3 preferred" {
    local client=(openssl s_client -connect 127.0.0.1:2376 -cert $LAB/guest/cert.pem -key $LAB/guest/key.pem)
    run ! "${client[@]}" -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null
    [[ $output == *'Cipher is (NONE)'* ]]
    run "${client[@]}" -tls1_2 </dev/null
    [[ $output == *'Protocol  : TLSv1.2'* && $output != *'Cipher is (NONE)'* ]]
    run "${client[@]}" </dev/null
    [[ $output == *'New, TLSv1.3, Cipher is TLS'* ]]
}

@test "plain HTTP on a tls:// listener is not answered" {
    run ! curl -sS http://127.0.0.1:2376/version
}

@test "HTTP/2 is not spoken, even where the client would like to" {
    run -0 curl -sS --http2 -o /dev/null -w '%{http_version}' --cacert $LAB/ca/ca.pem --cert $LAB/guest/cert.pem --key $LAB/guest/key.pem https://127.0.0.1:2376/version
    [ "$output" = 1.1 ]
    run ! curl -sS --http2-prior-knowledge http://127.0.0.1:2375/version
}

@test "a tls:// listener without certificates, without readable ones or with a key that does not fit stops the start" {
    refused LISTEN=tls://127.0.0.1:24376
    [[ $output == *TLS_CERT_PATH* ]]
    mkdir -p $LAB/empty
    refused LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/empty
    [[ $output == *cert.pem* && $output == *key.pem* ]]
    refused LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/not-there
    refused LISTEN=tcp://127.0.0.1:24375 PROFILE_X_LISTEN=tls://127.0.0.1:24376 PROFILE_X_ALLOW_INFO=1
    [[ $output == *TLS_CERT_PATH* ]]
    # What HAProxy has to find out
    make_certificate $LAB/ca $LAB/mixed proxy server
    cp $LAB/guest/key.pem $LAB/mixed/key.pem
    VARIABLES=(LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/mixed)
    run -2 dsp_started
    echo garbage >$LAB/mixed/cert.pem
    run -2 dsp_started
    make_certificate $LAB/ca $LAB/mixed proxy server
    echo garbage >$LAB/mixed/ca.pem
    run -2 dsp_started
}

@test "a key that the user may not read stops the start" {
    make_certificate $LAB/ca $LAB/locked proxy server
    chmod 600 $LAB/locked/key.pem
    chmod 755 $LAB $LAB/locked
    run -2 setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" \
        LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/locked "$PROGRAM" run
    [[ $output == *key.pem*'Permission denied'* ]]
}

serial() {
    openssl s_client -connect 127.0.0.1:2376 -cert $LAB/guest/cert.pem -key $LAB/guest/key.pem </dev/null 2>/dev/null |
        openssl x509 -noout -serial
}

@test "a certificate that changes on disk is taken up while streams go on" {
    local before
    with $LAB/ops logs -f test >$LAB/stream 3>&- &
    local client=$!
    until_true grep tick $LAB/stream
    before=$(serial)
    make_certificate $LAB/ca $LAB/server proxy server 'DNS:localhost,IP:127.0.0.1'
    renewed() { [ "$(serial)" != "$before" ]; }
    until_true renewed
    # the stream is the same one, and goes on
    local lines
    lines=$(wc -l <$LAB/stream)
    longer() { [ "$(wc -l <$LAB/stream)" -gt $((lines + 5)) ]; }
    until_true longer
    kill -0 $client
    with $LAB/guest version >/dev/null
    # and so it does after a second time
    before=$(serial)
    make_certificate $LAB/ca $LAB/server proxy server 'DNS:localhost,IP:127.0.0.1'
    until_true renewed
    lines=$(wc -l <$LAB/stream)
    until_true longer
    kill $client
}

@test "a broken new certificate is refused, and the old one goes on" {
    local before
    before=$(serial)
    cp -r $LAB/server $LAB/good
    echo garbage >$LAB/server/cert.pem
    until_true log_has tls 'the running one goes on'
    [ "$(serial)" = "$before" ]
    run -0 with $LAB/guest version
    # and once it is right again, it is taken
    make_certificate $LAB/ca $LAB/server proxy server 'DNS:localhost,IP:127.0.0.1'
    renewed() { [ "$(serial)" != "$before" ]; }
    until_true renewed
}

@test "a CA that changes on disk is taken up: the old one's certificates are nobody's" {
    cp $LAB/foreign/ca.pem $LAB/server/ca.pem
    accepted() { curl -fsS --cacert $LAB/ca/ca.pem --cert $LAB/stranger/cert.pem --key $LAB/stranger/key.pem https://127.0.0.1:2376/_ping; }
    until_true accepted
    refused_now() { ! with $LAB/ops version; }
    until_true refused_now
    cp $LAB/ca/ca.pem $LAB/server/ca.pem
    until_true with $LAB/ops version
}

@test "without ca.pem no client certificate is asked for" {
    make_certificate $LAB/ca $LAB/open proxy server 'IP:127.0.0.1'
    rm $LAB/open/ca.pem
    run_dsp open LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/open
    until_true curl -fsS --cacert $LAB/ca/ca.pem https://127.0.0.1:24376/version
    stop_dsp open
    refused LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/open PROFILE_OPS_FROM=cn:ops PROFILE_OPS_ALLOW_INFO=1
    [[ $output == *ca.pem* ]]
}

@test "LOG_FORMAT=json: a handshake that fails is one object as well" {
    run_dsp json LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/server LOG_FORMAT=json
    until_true curl -fsS --cacert $LAB/ca/ca.pem --cert $LAB/ops/cert.pem --key $LAB/ops/key.pem https://127.0.0.1:24376/version
    run ! curl -sS --cacert $LAB/ca/ca.pem https://127.0.0.1:24376/version
    until_true log_has json 'peer did not return a certificate'
    stop_dsp json
    run -0 python3 -c 'import json, sys
for line in sys.stdin:
    if line.startswith("{"):
        entry = json.loads(line)
        assert entry["time"] and entry["client_port"], entry
        print(entry["verdict"], entry["detail"])' <$LAB/json.log
    [[ $output == *'Allowed SystemVersion'*'Refused SSL handshake failure'* ]]
}

@test "a ca.pem that comes after the start is not said to be in force" {
    make_certificate $LAB/ca $LAB/later proxy server 'IP:127.0.0.1'
    rm $LAB/later/ca.pem
    run_dsp later LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/later
    until_true curl -fsS --cacert $LAB/ca/ca.pem https://127.0.0.1:24376/version
    cp $LAB/ca/ca.pem $LAB/later/
    until_true log_has later 'client certificates are required after a restart only'
    run ! log_has later reloaded:
    stop_dsp later
    run_dsp later LISTEN=tls://127.0.0.1:24376 TLS_CERT_PATH=$LAB/later
    until_true curl -fsS --cacert $LAB/ca/ca.pem --cert $LAB/ops/cert.pem --key $LAB/ops/key.pem https://127.0.0.1:24376/version
    run ! curl -fsS --cacert $LAB/ca/ca.pem https://127.0.0.1:24376/version
    stop_dsp later
}

@test "docker -H unix:// works on the filtered socket, which has the mode, owner and group asked for" {
    mkdir -p $LAB/share
    run_dsp unix "LISTEN=unix://$LAB/share/docker.sock?mode=0640&uid=1234&gid=4321" ALLOW_CONTAINERS=1 \
        "PROFILE_W_LISTEN=unix://$LAB/share/second.sock" PROFILE_W_ALLOW_INFO=1
    until_true curl -fsS --unix-socket $LAB/share/docker.sock http://docker/_ping
    [ "$(stat -c '%a %u %g' $LAB/share/docker.sock)" = '640 1234 4321' ]
    [ "$(stat -c %a $LAB/share/second.sock)" = 660 ]
    run -0 command docker -H unix://$LAB/share/docker.sock ps --format '{{.Names}}'
    [[ $output == *test* ]]
    run ! command docker -H unix://$LAB/share/docker.sock info
    [[ $output == *' ALLOW_INFO=true would allow it'* ]]
    # the other socket has its own profile
    run -0 command docker -H unix://$LAB/share/second.sock info
    run ! command docker -H unix://$LAB/share/second.sock ps
    [[ $output == *'PROFILE_W_ALLOW_CONTAINER_LIST=true (or PROFILE_W_ALLOW_CONTAINERS=true) would allow it'* ]]
    until_true log_has unix 'profile=w SystemInfo 200'
    # the Engine's own is untouched
    run -0 engine version
    stop_dsp unix
}

@test "a socket that a killed proxy left does not keep the next one from starting" {
    mkdir -p $LAB/share
    rm -f $LAB/share/left.sock
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $LAB/share/left.sock
    run_dsp left LISTEN=unix://$LAB/share/left.sock
    until_true curl -fsS --unix-socket $LAB/share/left.sock http://docker/_ping
    stop_dsp left
}

@test "healthcheck works for listeners of every kind" {
    VARIABLES=(LISTEN=tls://127.0.0.1:2376 TLS_CERT_PATH=$LAB/server)
    run -0 dsp healthcheck
    VARIABLES=(LISTEN=tls://127.0.0.1:24999 TLS_CERT_PATH=$LAB/server)
    run -1 dsp healthcheck
    VARIABLES=(LISTEN=unix://$LAB/share/nobody.sock)
    run -1 dsp healthcheck
}
