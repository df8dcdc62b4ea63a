#!/usr/bin/env bats
# Errors that stop the start, each with exit status 2 and a message.

# $LAB is a path without spaces, and what runs in a container is written for the shell there.
# shellcheck disable=SC2086,SC2206,SC2016,SC2034,SC2178,SC2128
load helper

@test "two profiles that claim the same client" {
    local pair
    for pair in 'portainer portainer' 'service:web service:web' 'dns:portainer dns:PORTAINER' '10.0.0.7 10.0.0.7' '10.0.0.7 10.0.0.7/32' '10.0.0.0/24 10.0.0.9/24' \
        'fd00::1 fd00:0::1' 'fd00::1/128 fd00::1' 'a,b,c d,e,c'; do
        refused "PROFILE_A_FROM=${pair% *}" PROFILE_A_ALLOW_INFO=1 "PROFILE_B_FROM=${pair#* }" PROFILE_B_ALLOW_LOGS=1
        [[ $output == *'PROFILE_A_FROM and PROFILE_B_FROM both claim '* ]]
    done
}

@test "two listeners with the same address, and one at the Engine's socket" {
    local pair
    for pair in 'tcp://127.0.0.1:24375 tcp://127.0.0.1:24375' 'tcp://:24375 tcp://0.0.0.0:24375' 'tcp://:24375 tcp://[::]:24375' 'tcp://:24375 tcp://[0::0]:24375' 'tcp://[::1]:24375 tcp://[0:0::1]:24375' \
        "unix://$LAB/x.sock unix://$LAB/x.sock?mode=0600"; do
        refused "LISTEN=${pair% *}" "PROFILE_B_LISTEN=${pair#* }" PROFILE_B_ALLOW_LOGS=1
        [[ $output == *'same address'* ]]
        refused "PROFILE_A_LISTEN=${pair% *}" "PROFILE_B_LISTEN=${pair#* }" PROFILE_B_ALLOW_LOGS=1 LISTEN=tcp://127.0.0.1:24300
        refused "LISTEN=${pair% *},${pair#* }"
    done
    refused LISTEN=unix:///var/run/docker.sock
    refused LISTEN=unix://$LAB/x.sock SOCKET_PATH=$LAB/x.sock
    refused PROFILE_A_LISTEN=unix://$LAB/x.sock UPSTREAM=tcp://a:1,unix://$LAB/x.sock PROFILE_A_ALLOW_INFO=1
    # whichever way it is written: HAProxy would put its own socket in the place of the Engine's
    mkdir -p $LAB/real
    ln -sfn real $LAB/link
    ln -sfn $LAB/real/engine.sock $LAB/alias.sock
    touch $LAB/real/engine.sock
    for pair in "$LAB/link/engine.sock $LAB/real/engine.sock" "$LAB/real/engine.sock $LAB/link/engine.sock" \
        "$LAB/real/engine.sock $LAB/alias.sock" "$LAB//real/./engine.sock $LAB/real/engine.sock"; do
        refused "LISTEN=unix://${pair% *}" "SOCKET_PATH=${pair#* }"
        [[ $output == *"the Engine's own socket"* ]]
    done
    refused LISTEN=unix://$LAB/link/y.sock PROFILE_A_LISTEN=unix://$LAB/real/y.sock PROFILE_A_ALLOW_INFO=1
    [[ $output == *'same address'* ]]
}

@test "a profile for nobody" {
    refused PROFILE_A_ALLOW_INFO=1
    [[ $output == *'PROFILE_A_FROM and PROFILE_A_LISTEN are not set: the profile has no clients'* ]]
    refused PROFILE_A_ALLOW_INFO=1 PROFILE_A_FROM=,
    refused PROFILE_A_ALLOW_INFO=1 PROFILE_A_FROM=
}

@test "unknown names, with the nearest known one" {
    refused PROFILE_A_FROM=x PROFILE_A_ALLOW_CONTAINER=1
    [[ $output == *'PROFILE_A_ALLOW_CONTAINER: unknown variable; did you mean PROFILE_A_ALLOW_CONTAINERS'* ]]
    refused PROFILE_A_FROM=x PROFILE_A_FORM=1
    [[ $output == *PROFILE_A_FORM:*FROM* ]]
    refused PROFILE_admin_FROM=x
    [[ $output == *PROFILE_admin_FROM* ]]
    refused PROFILE_ALLOW_INFO=1
    refused PROFILE__ALLOW_INFO=1
    refused PROFILE_A=1
    refused "PROFILE_$(printf 'X%.0s' {1..60})_ALLOW_INFO=1" "PROFILE_$(printf 'X%.0s' {1..60})_FROM=x"
}

@test "clients that are none" {
    local client
    for client in 10.0.0.300 10.0.0 10.0.0.0/33 10.0.0.0/ 10.0.0.0/-1 10.0.0.0/8/8 fd00::/129 /24 x/24 ::ffff:10.0.0.1 \
        ::ffff:10.0.0.0/104 fd00:: 'a b' '$(id)' "a'b" 'a"b' '{x}' '%[src]' '-i' x. cn: "cn:a'b" 'cn:%[src]' "$(printf 'x%.0s' {1..300})"; do
        if [ "$client" = fd00:: ]; then continue; fi # an address
        refused "PROFILE_A_FROM=$client" PROFILE_A_ALLOW_INFO=1
        [[ $output == *PROFILE_A_FROM:* ]]
    done
    refused "PROFILE_A_FROM=$(seq -s, -f 'c%g' 1 70)" PROFILE_A_ALLOW_INFO=1
    [[ $output == *'more than 64'* ]]
}

@test "listeners that are none" {
    local listener
    for listener in tcp:// tcp://: tcp://:0 tcp://:65536 tcp://:23x tcp://name:2375 tcp://1.2.3:2375 'tcp://[::1:2375' tcp://::1:2375 \
        http://:2375 :2375 unix:// unix://x 'unix:///a b' 'unix:///x?mode=999' 'unix:///x?mode=01777' 'unix:///x?uid=root' \
        'unix:///x?gid=-1' 'unix:///x?color=1' 'unix:///x?mode' "unix:///$(printf 'x%.0s' {1..120})" ','; do
        refused "LISTEN=$listener"
        [[ $output == *LISTEN=* ]]
        refused "PROFILE_A_LISTEN=$listener" PROFILE_A_ALLOW_INFO=1
        [[ $output == *PROFILE_A_LISTEN=* ]]
    done
}

@test "upstreams that are none" {
    local upstream
    for upstream in tcp://x tcp://:2375 tcp://x:0 'tcp://a b:1' http://x:1 /var/run/docker.sock unix://x 'tcp://[x]:1' \
        "tcp://x'y:1" ', '; do
        refused "UPSTREAM=$upstream"
        [[ $output == *UPSTREAM* ]]
    done
    refused UPSTREAM=tls://x:2376
    [[ $output == *UPSTREAM_TLS_CERT_PATH* ]]
    mkdir -p $LAB/none
    refused UPSTREAM=tls://x:2376 UPSTREAM_TLS_CERT_PATH=$LAB/none
    [[ $output == *ca.pem* && $output == *cert.pem* && $output == *key.pem* ]]
}

@test "limits that are none" {
    local name value
    for name in RATE_LIMIT PROFILE_A_RATE_LIMIT MAX_CONNECTIONS MAX_CONNECTIONS_PER_CLIENT; do
        for value in 0 -1 x 1.5 1e3 99999999999999999999; do
            refused "$name=$value" PROFILE_A_FROM=x
            [[ $output == *"$name=$value"* ]]
        done
    done
}

@test "explain and permissions of a profile" {
    VARIABLES=(ALLOW_INFO=1 PROFILE_ADMIN_FROM=portainer PROFILE_ADMIN_ALLOW_CONTAINERS=1 PROFILE_ADMIN_ALLOW_CREATE=0)
    run -0 dsp explain --profile ADMIN GET /containers/json
    [[ $output == *'profile ADMIN'* && $output == *PROFILE_ADMIN_ALLOW_CONTAINERS* ]]
    run -0 dsp explain --profile admin GET /containers/json
    run -3 dsp explain --profile ADMIN GET /info
    [[ $output == *'PROFILE_ADMIN_ALLOW_INFO=true would allow it'* ]]
    run -3 dsp explain GET /containers/json
    [[ $output == *' ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true) would allow it'* ]]
    run -0 dsp explain GET /info
    run -2 dsp explain --profile NONE GET /info
    [[ $output == *'--profile NONE'* ]]
    run -0 dsp permissions --profile ADMIN
    [ "$(awk -F'\t' '$4 == "ContainerList" { print $1 }' <<<"$output")" = open ]
    [ "$(awk -F'\t' '$4 == "SystemInfo" { print $1 }' <<<"$output")" = closed ]
    run -0 dsp permissions
    [ "$(awk -F'\t' '$4 == "ContainerList" { print $1 }' <<<"$output")" = closed ]
    [ "$(awk -F'\t' '$4 == "SystemInfo" { print $1 }' <<<"$output")" = open ]
}

@test "a profile and the base set never leak into each other" {
    VARIABLES=(ALLOW_INFO=1 ALLOW_CONTAINERS=1 ALLOW_PING=0 PROFILE_A_FROM=x PROFILE_A_ALLOW_LOGS=1)
    # what the base set opens is closed in the profile, and defaults are the profile's own
    run -3 dsp explain --profile A GET /info
    run -3 dsp explain --profile A GET /containers/json
    run -0 dsp explain --profile A GET /_ping
    run -3 dsp explain GET /containers/x/logs
    # names of other images speak for the base set only
    VARIABLES=(CONTAINERS=1 POST=1 PROFILE_A_FROM=x PROFILE_A_ALLOW_INFO=1)
    run -0 dsp explain GET /containers/json
    run -3 dsp explain --profile A GET /containers/json
}
