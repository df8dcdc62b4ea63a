#!/usr/bin/env bats
# The create guard: bodies of real clients pass, dangerous ones do not, and HAProxy decides as the program does.
# HAPROXIES holds the HAProxy programs to try, see tests/run.sh.

bats_require_minimum_version 1.5.0
load ../support/haproxy

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT JUDGE="$ROOT/build/guard/judge" ORACLE="$ROOT/build/guard/oracle" CORPUS="$ROOT/tests/guard/corpus"
    export PROGRAM="$ROOT/build/docker-socket-proxy"
    export HAPROXIES="${HAPROXIES:-${HAPROXY:-haproxy}}"
    "$ROOT/tests/support/oracle.sh" guard
}

# with_docker COMMAND...: runs it while a Docker Engine answers at $HERE/engine.sock, so that the proxy knows it for one
with_docker() {
    PYTHONPATH="$ROOT/tests/support" python3 - "$HERE/engine.sock" "$@" <<'PYTHON'
import subprocess
import sys
from engine import Engine

engine = Engine(sys.argv[1])
code = subprocess.call(sys.argv[2:])
engine.close()
sys.exit(code)
PYTHON
}

# render PORT: a proxy for everything that carries a workload, in front of $HERE/engine.sock
render() {
    ${ENGINE:+with_docker} env -i PATH="$PATH" HAPROXY="$haproxy" DATA_DIR="$ROOT" SOCKET_PATH="$HERE/engine.sock" LISTEN="tcp://127.0.0.1:$1" \
        ALLOW_CREATE=true ALLOW_START=true ALLOW_EXEC=true ALLOW_CHECKPOINTS=true ALLOW_VOLUMES=true ALLOW_NETWORKS=true \
        ALLOW_SERVICES=true ALLOW_BUILD=true ALLOW_PLUGINS=true ALLOW_SWARM=true ALLOW_CONTAINER_LIST=true "${@:2}" \
        "$PROGRAM" render >"$HERE/haproxy.cfg" 2>"$HERE/render.log"
}

# start_proxy [NAME=value ...]: runs it, and leaves its address in ADDRESS
start_proxy() {
    local port
    port=$(free_port)
    render "$port" "$@"
    run_haproxy "$port"
}

# What the proxy answers: "STATUS MESSAGE"
ask() {
    curl -s -X POST -o "$HERE/answer" -w '%{http_code} ' "http://$ADDRESS$1" "${@:2}"
    cat "$HERE/answer"
}

refused() { # refused PART-OF-MESSAGE PATH [curl argument...]
    local answer
    answer=$(ask "${@:2}")
    echo "$2: $answer"
    [[ $answer == "403 "*"is forbidden: "*"$1"* ]]
}

passed() { # passed PATH [curl argument...]: the Engine is not there, and that is what the answer is about
    local answer
    answer=$(ask "$@")
    echo "$1: $answer"
    [[ $answer == "503 "* ]]
}

@test "the bodies of real clients pass" {
    local file operation
    for file in "$CORPUS"/*/*.json; do
        operation=$(basename "$(dirname "$file")")
        run -0 "$JUDGE" -v "$operation" "$file"
        echo "$file: $output"
        [ "$output" = passes ]
    done
}

@test "the oracle agrees that they are harmless" {
    local file operation
    for file in "$CORPUS"/*/*.json; do
        operation=$(basename "$(dirname "$file")")
        "$ORACLE" judge "$operation" <"$file"
    done
}

@test "of 50000 random bodies not one that is dangerous passes" {
    run -0 env TRIES=50000 "$ROOT/scripts/fuzz.sh" guard
    echo "$output"
}

@test "the same search finds a hole when there is one" {
    local hole
    for hole in ALLOW_PRIVILEGED=true ALLOW_BIND_MOUNTS=true ALLOW_CAP_ADD=SYS_ADMIN ALLOW_SYSCTLS=true ALLOW_HOST_NAMESPACES=true; do
        run -1 "$ORACLE" fuzz "$JUDGE" 60000 1 "$CORPUS" "$hole"
        [[ $output == *"DANGEROUS AND PASSED"* ]]
    done
}

@test "the rules are valid without a warning in every HAProxy" {
    local haproxy variables
    for haproxy in $HAPROXIES; do
        for variables in ALLOW_PRIVILEGED=false "ALLOW_BIND_MOUNTS=/srv,/it's" ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/* \
            REQUIRE_LABEL=a=b ALLOW_HOST_NAMESPACES=true MAX_CREATE_BODY=1000000 "ALLOW_EXEC_COMMANDS=echo it's \$HOME,a # %[src] **" \
            "ALLOW_DEVICES=/dev/it's,gpu,c:189:*" ALLOW_SYSCTLS=net.ipv4.*; do
            render 2375 "$variables" "ALLOW_IMAGES=true"
            run -0 "$haproxy" -c -f "$HERE/haproxy.cfg"
            echo "$variables: $output"
            [[ $output != *WARNING* && $output != *ALERT* && $output != *NOTICE* ]]
        done
    done
}

@test "random bodies, cut and sent in different ways: HAProxy says what the program says, nothing dangerous arrives" {
    local haproxy
    for haproxy in $HAPROXIES; do
        HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
        start_proxy
        "$ORACLE" proxy "$ADDRESS" "$HERE/engine.sock" "$JUDGE" 3000 "$RANDOM" "$CORPUS"
        kill "$(cat "$HERE/pid")"
    done
}

@test "what no body says is judged as well: lengths, encodings, forms, queries, heads" {
    local haproxy ENGINE=docker
    for haproxy in $HAPROXIES; do
        HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
        start_proxy
        local json='Content-Type: application/json'
        echo '{"Image":"x"}' >"$HERE/good"
        passed /containers/create -H "$json" -d @"$HERE/good"
        passed /v1.41/containers/create?name=x -H "$json" -d @"$HERE/good"
        refused 'HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it' /containers/create -H "$json" -d '{"HostConfig":{"Privileged":true}}'
        refused 'Privileged; ALLOW_PRIVILEGED=true' /containers/x/exec -H "$json" -d '{"Privileged":true}'
        refused 'HostConfig.Binds \"/etc:/x\"; ALLOW_BIND_MOUNTS with that path' /containers/create -H "$json" -d '{"HostConfig":{"Binds":["/etc:/x"]}}'
        refused 'compressed' /containers/create -H "$json" -H 'Content-Encoding: gzip' -d @"$HERE/good"
        # a long head is no reason to refuse; one that does not fit is no request
        passed /containers/create -H "$json" -H "X: $(head -c 60000 /dev/zero | tr '\0' x)" -d @"$HERE/good"
        [[ $(ask /containers/create -H "$json" -H "X: $(head -c 100000 /dev/zero | tr '\0' x)" -H "Y: $(head -c 100000 /dev/zero | tr '\0' x)" -d @"$HERE/good") == "4"[03][01]" "* ]]
        passed /containers/create
        refused 'cannot be judged' /containers/create -H "$json" -d ' '
        printf '{"Image":"x"}\0' >"$HERE/nul"
        refused 'cannot be judged' /containers/create -H "$json" --data-binary @"$HERE/nul"
        # the largest body, and one byte more, with and without a length
        { cat "$HERE/good"; head -c 65600 /dev/zero | tr '\0' ' '; } | head -c 65536 >"$HERE/large"
        passed /containers/create -H "$json" --data-binary @"$HERE/large"
        passed /containers/create -H "$json" -H 'Transfer-Encoding: chunked' --data-binary @"$HERE/large"
        echo >>"$HERE/large"
        [[ $(ask /containers/create -H "$json" --data-binary @"$HERE/large") == "413 "*"MAX_CREATE_BODY"* ]]
        [[ $(ask /containers/create -H "$json" -H 'Transfer-Encoding: chunked' --data-binary @"$HERE/large") == "413 "*"MAX_CREATE_BODY"* ]]
        # starting takes no body
        passed /containers/x/start
        passed /containers/x/start -H "$json" -d '{}'
        refused 'a body' /containers/x/start -H "$json" -d '{"Privileged":true}'
        refused 'a body' /containers/x/start -H "$json" -H 'Transfer-Encoding: chunked' -d '{"Privileged":true}'
        refused 'checkpoint-dir' '/containers/x/start?checkpoint-dir=/etc'
        # builds are judged by their query, wherever Go finds one
        passed '/build?t=a&networkmode=default' -H 'Content-Type: application/x-tar' -d x
        passed /build
        refused networkmode '/build?networkmode=host'
        refused networkmode '/build?t=a&networkmode=container:x'
        refused 'its query cannot be judged' '/build?network%6dode=host'
        refused 'rusagelogfile is a parameter that this version does not know' '/build?rusagelogfile=x'
        refused form '/build' -d networkmode=host
        passed '/build' -d ''
        passed '/containers/x/start' -d ''
        passed '/containers/x/start' -H 'Transfer-Encoding: chunked' -d ''
        refused form '/containers/x/start' -d checkpoint=x
        refused form '/build' -H 'Content-Type: application/json' -H 'content-type: Application/X-WWW-Form-URLencoded' -d networkmode=host
        # what cannot be judged by its body
        refused 'a plugin may hold any right' '/plugins/pull?remote=x' -H "$json" -d '[]'
        refused 'controls this host' /swarm/join -H "$json" -d '{}'
        # the log says the same
        grep -F 'Forbidden: /containers/create POST' "$HERE/haproxy.log" | grep -F 'HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it'
        kill "$(cat "$HERE/pid")"
    done
}

@test "what a list names passes, and the reason of a refusal names the value that would add it" {
    local haproxy ENGINE=docker json='Content-Type: application/json'
    local lists=("ALLOW_HOST_NAMESPACES=network:host,pid:container:web*" "ALLOW_DEVICES=/dev/dri,c:189:*" ALLOW_SYSCTLS=net.ipv4.ip_forward
        "ALLOW_EXEC_COMMANDS=pg_dump -U * **,nginx -s reload,cat it's" ALLOW_EXEC_USERS=postgres)
    host() { printf '{"HostConfig":{%s}}' "$1"; }
    for haproxy in $HAPROXIES; do
        HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
        start_proxy "${lists[@]}"
        passed /containers/create -H "$json" -d "$(host '"NetworkMode":"host","PidMode":"container:web-1","Devices":[{"PathOnHost":"/dev/dri/card0"}],"DeviceCgroupRules":["c 189:* rwm"],"Sysctls":{"net/ipv4/ip_forward":"1"}')"
        refused 'HostConfig.PidMode \"host\"; ALLOW_HOST_NAMESPACES=pid:host would allow it' /containers/create -H "$json" -d "$(host '"PidMode":"host"')"
        refused 'NetworkMode \"container:gluetun\"; ALLOW_HOST_NAMESPACES=network:container:gluetun would allow it' /containers/create -H "$json" -d "$(host '"NetworkMode":"container:gluetun"')"
        refused 'HostConfig.Devices \"/dev/net/tun\"; ALLOW_DEVICES=/dev/net/tun would allow it' /containers/create -H "$json" -d "$(host '"Devices":[{"PathOnHost":"/dev/dri"},{"PathOnHost":"/dev/net/tun","PathInContainer":"/dev/net/tun"}]')"
        refused 'HostConfig.DeviceRequests \"gpu\"; ALLOW_DEVICES=gpu would' /containers/create -H "$json" -d "$(host '"DeviceRequests":[{"Driver":"","Count":-1,"DeviceIDs":null,"Capabilities":[["gpu"]],"Options":{}}]')"
        refused 'HostConfig.Sysctls \"kernel.msgmax\"; ALLOW_SYSCTLS=kernel.msgmax would' /containers/create -H "$json" -d "$(host '"Sysctls":{"kernel.msgmax":"1"}')"
        refused 'networkmode \"container:x\"; ALLOW_HOST_NAMESPACES=network:container:x would' '/build?networkmode=container:x'
        passed '/build?networkmode=host'
        passed /containers/x/exec -H "$json" -d '{"Cmd":["pg_dump","-U","app","-f","/x y"],"User":"postgres","AttachStdout":true}'
        passed /containers/x/exec -H "$json" -d "{\"Cmd\":[\"cat\",\"it's\"]}"
        refused 'Cmd; ALLOW_EXEC_COMMANDS does not allow it' /containers/x/exec -H "$json" -d '{"Cmd":["sh"]}'
        refused 'Cmd; ALLOW_EXEC_COMMANDS does not allow it' /containers/x/exec -H "$json" -d '{"Cmd":["nginx","-s","reload"],"Cmd":["nginx","-s","reload","x"]}'
        refused 'User \"root\"; ALLOW_EXEC_USERS=root would allow it' /containers/x/exec -H "$json" -d '{"Cmd":["nginx","-s","reload"],"User":"root"}'
        refused 'Env \"PATH=/x\"; no setting allows it' /containers/x/exec -H "$json" -d '{"Cmd":["nginx","-s","reload"],"Env":["PATH=/x"]}'
        refused 'AttachStdin; ALLOW_EXEC_COMMANDS does not' /containers/x/exec -H "$json" -d '{"AttachStdin":true}'
        grep -F 'Forbidden: /containers/create POST' "$HERE/haproxy.log" | grep -F 'ALLOW_HOST_NAMESPACES=pid:host would allow it'
        kill "$(cat "$HERE/pid")"
    done
}

@test "as long as the Engine is not known to be Docker, what Podman would read in another way is refused" {
    local haproxy
    for haproxy in $HAPROXIES; do
        HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
        start_proxy
        refused 'Podman gives builds the network of the host' '/build?t=a' -H 'Content-Type: application/x-tar' -d x
        refused 'Env \"TZ\"; no setting allows it' /containers/create -H 'Content-Type: application/json' -d '{"Image":"x","Env":["TZ"]}'
        kill "$(cat "$HERE/pid")"
    done
}

@test "what reviews have found is refused" {
    local operation arguments text wrong=0
    while IFS=$'\t' read -r operation arguments text; do
        [[ $operation != '#'* ]] || continue
        # shellcheck disable=SC2086
        if [[ $text == '?'* ]]; then
            run "$JUDGE" -q "$operation" "${text#?}" $arguments
        else
            printf '%s' "$text" >"$BATS_TEST_TMPDIR/body"
            run "$JUDGE" -v "$operation" "$BATS_TEST_TMPDIR/body" $arguments
        fi
        if [ "$status" -ne 3 ]; then
            echo "$operation [$arguments] $text: $output"
            wrong=$((wrong + 1))
        fi
    done < <(sed 's/\t\t/\tENGINE=unknown\t/' "$ROOT/tests/guard/reviewed.tsv")
    [ "$wrong" -eq 0 ]
}
