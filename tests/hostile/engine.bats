#!/usr/bin/env bats
# Attacks that the create guard has to stop, on a real Engine with --experimental.

# $LAB, $SOCKET and $N hold no spaces; what runs in a container is written for the shell there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2231
load helper

setup_file() {
    box_image
    mkdir -p $LAB/host
    echo "the host's secret" >$LAB/host/secret
    start_program proxy $SOCKET ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_START=1 ALLOW_STOP=1 ALLOW_DELETE=1 ALLOW_IMAGES=1 \
        ALLOW_BUILD=1 ALLOW_NETWORKS=1 ALLOW_VOLUMES=1 ALLOW_LOGS=1 ALLOW_INFO=1 ALLOW_SERVICES=1 ALLOW_TASKS=1
    start_program secrets $SOCKET ALLOW_SECRETS=1 ALLOW_CONFIGS=1 ALLOW_CREATE=1
    # A volume of the client's own container, with a socket in it
    engine run -d --name client -v evil:/evil box sleep 100000 >/dev/null
    EVIL=$(engine volume inspect -f '{{.Mountpoint}}' evil)
    export EVIL
    engine run -d --name victim -e PASSWORD=hunter2 box sleep 100000 >/dev/null
}
teardown_file() {
    engine swarm leave --force || true
    local file
    for file in $LAB/*.pid; do kill "$(cat "$file")" || true; done
}

@test "the Engine is as new as these tests are asked for" {
    local version
    version=$(engine version -f '{{.Server.Version}}')
    echo "$version"
    [ "${ENGINE:-}" != sid ] || [ "${version%%.*}" -ge 28 ]
}

# ---- 1. A driver's name that is a path ----

# plugin NAME: serves a plugin in the client's volume; its name for the Engine, from its plugin directory on, is $PLUGIN. An
# Engine asks each name once for what it is, so each attack has a name of its own.
plugin() {
    PLUGIN=../../..$EVIL/$1
    in_background /usr/bin/python3 "$BATS_TEST_DIRNAME/plugin.py" "$EVIL/$1.sock" "$LAB/$1.log" $LAB/host
    : >"$LAB/$1.log"
    until_true test -S "$EVIL/$1.sock"
}
was_asked() { grep -q . "$LAB/$1.log"; }

CAT='"Image":"box","Cmd":["cat","/host/secret"]'
attack_volume_driver() {
    plugin "$N-$1"
    case $1 in
        binds) run_container "$N-$1" '{'"$CAT"',"HostConfig":{"Binds":["'"$N-$1"':/host"],"VolumeDriver":"'"$PLUGIN"'"}}' ;;
        mounts) run_container "$N-$1" '{'"$CAT"',"HostConfig":{"Mounts":[{"Type":"volume","Source":"'"$N-$1"'","Target":"/host",
            "VolumeOptions":{"DriverConfig":{"Name":"'"$PLUGIN"'"}}}]}}' ;;
        create)
            call POST /volumes/create '{"Name":"'"$N-$1"'","Driver":"'"$PLUGIN"'"}'
            run_container "$N-$1" '{'"$CAT"',"HostConfig":{"Binds":["'"$N-$1"':/host"]}}'
            ;;
    esac
}
effect_volume_driver() { [[ $(output_of "$N-$1") == *"the host's secret"* ]] || was_asked "$N-$1"; }
cleanup_volume_driver() {
    engine rm -f "$N-$1"
    engine volume rm -f "$N-$1"
}
@test "a volume's driver that is a socket of the client's: HostConfig.VolumeDriver" { attack HostConfig.VolumeDriver volume_driver binds; }
@test "a volume's driver that is a socket of the client's: Mounts" { attack 'HostConfig.Mounts.*DriverConfig.Name' volume_driver mounts; }
@test "a volume's driver that is a socket of the client's: VolumeCreate" { attack Driver volume_driver create; }
@test "with a volume of such a driver, the container sees the host" {
    # what the three above stand for
    API=$SOCKET N=whole
    attack_volume_driver binds
    [[ $(output_of whole-binds) == *"the host's secret"* ]]
    cleanup_volume_driver binds
}

attack_driver() {
    plugin "$N-$1"
    case $1 in
        log) run_container "$N-$1" '{"Image":"box","Cmd":["true"],"HostConfig":{"LogConfig":{"Type":"'"$PLUGIN"'"}}}' ;;
        ipam) call POST /networks/create '{"Name":"'"$N-$1"'","IPAM":{"Driver":"'"$PLUGIN"'"}}' ;;
        network) call POST /networks/create '{"Name":"'"$N-$1"'","Driver":"'"$PLUGIN"'"}' ;;
    esac
}
effect_driver() { was_asked "$N-$1"; }
cleanup_driver() {
    engine rm -f "$N-$1"
    engine network rm "$N-$1"
}
@test "a log driver that is a socket of the client's" { attack HostConfig.LogConfig.Type driver log; }
@test "an address management that is a socket of the client's" { attack IPAM.Driver driver ipam; }
@test "a network's driver that is a socket of the client's" { attack Driver driver network; }

@test "no driver's name is a path, wherever one is said" {
    local name
    for name in ../evil /evil ./evil evil/../x 'evil\u002fx' evil/x .. %2e%2e%2fevil 'a\nb' '\u0000'; do
        refuses HostConfig.VolumeDriver POST /containers/create '{"Image":"box","HostConfig":{"VolumeDriver":"'"$name"'"}}'
        refuses DriverConfig.Name POST /containers/create \
            '{"Image":"box","HostConfig":{"Mounts":[{"Type":"volume","Source":"x","Target":"/x","VolumeOptions":{"DriverConfig":{"Name":"'"$name"'"}}}]}}'
        refuses LogConfig.Type POST /containers/create '{"Image":"box","HostConfig":{"LogConfig":{"Type":"'"$name"'"}}}'
        refuses Driver POST /volumes/create '{"Name":"x","Driver":"'"$name"'"}'
        refuses Driver POST /networks/create '{"Name":"x","Driver":"'"$name"'"}'
        refuses IPAM.Driver POST /networks/create '{"Name":"x","IPAM":{"Driver":"'"$name"'"}}'
        refuses DriverConfig.Name POST /services/create '{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"box","Mounts":[{"Type":"volume",
            "Source":"x","Target":"/x","VolumeOptions":{"DriverConfig":{"Name":"'"$name"'"}}}]}}}'
        refuses LogDriver.Name POST /services/create '{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"box"},"LogDriver":{"Name":"'"$name"'"}}}'
        GUARDED=$LAB/secrets.sock refuses Driver POST /secrets/create '{"Name":"x","Driver":{"Name":"'"$name"'"}}'
        GUARDED=$LAB/secrets.sock refuses Templating POST /secrets/create '{"Name":"x","Data":"eA==","Templating":{"Name":"'"$name"'"}}'
        GUARDED=$LAB/secrets.sock refuses Templating POST /configs/create '{"Name":"x","Data":"eA==","Templating":{"Name":"'"$name"'"}}'
    done
}
@test "a driver that is not listed is refused, one that is listed is the Engine's business" {
    refuses 'HostConfig.VolumeDriver*; ALLOW_VOLUME_DRIVERS' POST /containers/create '{"Image":"box","HostConfig":{"VolumeDriver":"mine"}}'
    refuses 'Driver*; ALLOW_VOLUME_DRIVERS' POST /volumes/create '{"Name":"x","Driver":"mine"}'
    refuses 'Driver*; ALLOW_NETWORK_DRIVERS' POST /networks/create '{"Name":"x","Driver":"mine"}'
    refuses 'HostConfig.LogConfig.Type*; ALLOW_LOG_DRIVERS' POST /containers/create '{"Image":"box","HostConfig":{"LogConfig":{"Type":"mine"}}}'
    start_program drivers $SOCKET ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_START=1 ALLOW_VOLUMES=1 ALLOW_NETWORKS=1 \
        ALLOW_VOLUME_DRIVERS=mine ALLOW_NETWORK_DRIVERS=mine ALLOW_LOG_DRIVERS=mine
    GUARDED=$LAB/drivers.sock
    passes POST /volumes/create '{"Name":"x","Driver":"mine"}'
    passes POST /networks/create '{"Name":"x","Driver":"mine"}'
    passes POST /containers/create '{"Image":"box","HostConfig":{"LogConfig":{"Type":"mine"}}}'
    refuses HostConfig.LogConfig.Type POST /containers/create '{"Image":"box","HostConfig":{"LogConfig":{"Type":"../mine"}}}'
    refuses Driver POST /volumes/create '{"Name":"x","Driver":"mine2"}'
}
@test "the drivers that every Engine has pass" {
    succeeds POST /volumes/create '{"Name":"ordinary","Driver":"local"}'
    succeeds DELETE /volumes/ordinary
    succeeds POST /networks/create '{"Name":"ordinary","Driver":"bridge","IPAM":{"Driver":"default","Config":[{"Subnet":"10.77.0.0/24"}]}}'
    succeeds DELETE /networks/ordinary
    local type
    for type in json-file local none; do
        succeeds POST "/containers/create?name=log-$type" '{"Image":"box","Cmd":["true"],"HostConfig":{"LogConfig":{"Type":"'$type'"},"VolumeDriver":"local"}}'
        succeeds POST "/containers/log-$type/start"
        succeeds DELETE "/containers/log-$type?force=1"
    done
    succeeds POST '/containers/create?name=log-options' '{"Image":"box","Cmd":["true"],"HostConfig":{"LogConfig":{"Type":"json-file",
        "Config":{"max-size":"10m","max-file":"3","tag":"{{.Name}}","labels":"a","env":"B","compress":"true"}}}}'
    succeeds DELETE /containers/log-options
}

@test "only the volumes that are listed may be mounted, where a list is" {
    start_program named $SOCKET ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_DELETE=1 ALLOW_VOLUMES=1 'ALLOW_VOLUME_NAMES=app_*,shared'
    GUARDED=$LAB/named.sock
    local volume
    for volume in other app shared2 APP_x evil; do
        refuses ALLOW_VOLUME_NAMES POST /containers/create '{"Image":"box","HostConfig":{"Binds":["'$volume':/x"]}}'
        refuses ALLOW_VOLUME_NAMES POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"volume","Source":"'$volume'","Target":"/x"}]}}'
    done
    succeeds POST '/containers/create?name=named' '{"Image":"box","HostConfig":{"Binds":["app_data:/x"],"Mounts":[{"Type":"volume","Source":"shared","Target":"/y"}]}}'
    succeeds DELETE /containers/named
}

# ---- 4. A checkpoint that is a directory of the host ----

attack_checkpoint() {
    engine create --name $N-checkpoint box true >/dev/null
    call POST "/containers/$N-checkpoint/start?checkpoint=../../../../../../../../../..$LAB/host"
}
# The Engine has looked at the directory, and taken it for a checkpoint
effect_checkpoint() { [[ $ANSWER != 403* && $ANSWER != *"does not exist"* ]]; }
cleanup_checkpoint() { engine rm -f $N-checkpoint; }
@test "a start from a checkpoint that is a directory of the host" {
    # An Engine that does not look would say this of every directory
    engine create --name none box true >/dev/null
    API=$SOCKET
    call POST "/containers/none/start?checkpoint=../../../../../../../../../..$LAB/nothing"
    engine rm none
    [[ $ANSWER == *"does not exist"* ]]
    attack checkpoint checkpoint
}
@test "an ordinary start, with the keys to detach" {
    succeeds POST '/containers/create?name=started' '{"Image":"box","Cmd":["true"]}'
    succeeds POST '/containers/started/start?detachKeys=ctrl-p,ctrl-q'
    succeeds DELETE '/containers/started?force=1'
}

# ---- 6. The host's loopback ----

# listener NAME: a TCP port of 127.0.0.1 that writes what it gets to $LAB/NAME.got; the port is $PORT
listener() { listen_with "$1" -u "OPEN:$LAB/$1.got,append"; }
# answering_listener NAME: the same for a client of HTTP
answering_listener() { listen_with "$1" "SYSTEM:head -n 1 >>$LAB/$1.got; echo HTTP/1.0 404 Not Found; echo"; }
listen_with() {
    local name=$1
    shift
    PORT=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    : >"$LAB/$name.got"
    in_background socat "${@:1:$#-1}" "TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork" "${@: -1}"
    listening() { ss -xtlnH | grep -F "127.0.0.1:$PORT"; }
    until_true listening
}
attack_syslog() {
    listener $N-syslog
    run_container $N-syslog '{"Image":"box","Cmd":["echo","x"],"HostConfig":{"LogConfig":{"Type":"syslog","Config":
        {"syslog-address":"tcp://127.0.0.1:'"$PORT"'","tag":"harmless\r\nCONFIG SET dir /etc/cron.d\r\n"}}}}'
}
effect_syslog() { grep -a '^CONFIG SET dir' $LAB/$N-syslog.got; }
cleanup_syslog() { engine rm -f $N-syslog; }
@test "a log driver that speaks to what listens on the host's loopback" {
    attack HostConfig.LogConfig syslog
    [ ! -s $LAB/proxied-syslog.got ]
}
@test "log options with addresses, paths and control characters are refused, in every driver" {
    local options
    for options in '"syslog","Config":{"syslog-address":"udp://127.0.0.1:514"}' '"syslog","Config":{"syslog-tls-key":"x/../../../etc/shadow"}' \
        '"syslog"' '"gelf","Config":{"gelf-address":"tcp://127.0.0.1:12201"}' '"fluentd","Config":{"fluentd-address":"127.0.0.1:24224"}' \
        '"splunk","Config":{"splunk-url":"http://127.0.0.1","splunk-capath":"etc/shadow"}' '"awslogs","Config":{"awslogs-endpoint":"http://127.0.0.1"}' \
        '"json-file","Config":{"tag":"a\r\nb"}' '"json-file","Config":{"tag":"a\u000ab"}' '"local","Config":{"unheard-of":"x"}'; do
        refuses HostConfig.LogConfig POST /containers/create '{"Image":"box","HostConfig":{"LogConfig":{"Type":'"$options"'}}}'
    done
}
attack_nfs() {
    listener $N-nfs
    call POST /volumes/create '{"Name":"'$N-nfs'","Driver":"local","DriverOpts":{"type":"'"$1"'","device":"'"$2"'","o":"addr=127.0.0.1,port='"$PORT"'"}}'
    [[ $ANSWER != 403* ]] || return 0
    run_container $N-nfs '{"Image":"box","Cmd":["true"],"HostConfig":{"Binds":["'$N-nfs':/x"]}}'
}
# The Engine has asked the kernel to mount it from there; whether this machine's kernel can is not the question
effect_nfs() { [[ $ANSWER == *"failed to mount local volume"*"addr=127.0.0.1"* || $ANSWER == 20* ]]; }
cleanup_nfs() {
    engine rm -f $N-nfs
    engine volume rm -f $N-nfs
}
@test "a volume from a file server on the host's loopback: nfs" { attack DriverOpts nfs nfs :/x; }
@test "a volume from a file server on the host's loopback: cifs" { attack DriverOpts nfs cifs //127.0.0.1/x; }

# ---- 7. What a swarm has for others ----

# Only the tests of the swarm need one. It is left at the end of the file: a swarm changes the list of networks.
swarm() {
    [ "$(engine info -f '{{.Swarm.LocalNodeState}}')" != active ] || return 0
    ip link add swarm0 type veth peer name swarm1
    ip addr add 10.201.0.1/24 dev swarm0
    ip link set swarm0 up
    ip link set swarm1 up
    engine swarm init --advertise-addr 10.201.0.1 --listen-addr 10.201.0.1 >/dev/null
    printf "the service's secret" | engine secret create hidden - >/dev/null
    printf "the service's config" | engine config create hidden-config - >/dev/null
    # A client sees both ids here
    engine service create --detach --no-resolve-image --name owner --secret hidden --config hidden-config --network host box sleep 100000 >/dev/null
}
# of_owner KEY: ids in the service that the client may inspect
of_owner() { curl -s --unix-socket "$API" http://d/services/owner | grep -oE "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }
# run_service NAME TASK-TEMPLATE: until its task says something, or ends without it
run_service() {
    call POST /services/create '{"Name":"'"$1"'","TaskTemplate":{"RestartPolicy":{"Condition":"none"},'"$2"'}}'
    [[ $ANSWER != 403* ]] || return 0
    task_ended() { engine service ps --no-trunc --format '{{.CurrentState}}' "$1" | grep -E '^(Complete|Failed|Rejected)'; }
    until_true task_ended "$1"
    engine service logs --raw "$1" >"$LAB/$1.service" 2>&1
    engine service ps --no-trunc "$1"
    cat "$LAB/$1.service"
}
attack_secret() {
    swarm
    case $1 in
        secret) run_service $N-secret '"ContainerSpec":{"Image":"box","Command":["cat","/run/secrets/x"],"Secrets":[{"SecretID":"'"$(of_owner SecretID)"'",
            "SecretName":"hidden","File":{"Name":"x","UID":"0","GID":"0","Mode":292}}]}' ;;
        config) run_service $N-config '"ContainerSpec":{"Image":"box","Command":["cat","/x"],"Configs":[{"ConfigID":"'"$(of_owner ConfigID)"'",
            "ConfigName":"hidden-config","File":{"Name":"/x","UID":"0","GID":"0","Mode":292}}]}' ;;
    esac
}
effect_secret() { grep -F "the service's $1" "$LAB/$N-$1.service"; }
cleanup_secret() { engine service rm "$N-$1"; }
@test "a service with another one's secret, without ALLOW_SECRETS" { attack 'ContainerSpec.Secrets' secret secret; }
@test "a service with another one's config, without ALLOW_CONFIGS" { attack 'ContainerSpec.Configs' secret config; }
@test "secrets are for those who may have them" {
    swarm
    start_program deployer $SOCKET ALLOW_SERVICES=1 ALLOW_SECRETS=1 ALLOW_CONFIGS=1 ALLOW_CREATE=1 ALLOW_DELETE=1
    GUARDED=$LAB/deployer.sock
    succeeds POST /services/create '{"Name":"deployed","TaskTemplate":{"ContainerSpec":{"Image":"box","Command":["true"],"Secrets":[{"SecretID":"'"$(of_owner SecretID)"'",
        "SecretName":"hidden","File":{"Name":"x","UID":"0","GID":"0","Mode":292}}]}}}'
    succeeds DELETE /services/deployed
    GUARDED=$LAB/secrets.sock
    succeeds POST /secrets/create '{"Name":"new","Data":"eA==","Labels":{}}'
    succeeds POST /secrets/create '{"Name":"templated","Data":"eA==","Templating":{"Name":"golang"}}'
    engine secret rm new templated
}

attack_host_network() {
    local id
    swarm
    id=$(of_owner Target)
    # the shortest beginning that is nobody's name, and not hexadecimal
    TARGET=$(grep -oE '^[0-9a-f]*[^0-9a-f]' <<<"$id")
    [ ${#TARGET} -ge 2 ] || TARGET=${id:0:2}
    run_service $N-network '"ContainerSpec":{"Image":"box","Command":["ls","-l","/proc/self/ns/net"]},"Networks":[{"Target":"'"$TARGET"'"}]'
}
effect_host_network() { grep -F "$(readlink /proc/self/ns/net)" $LAB/$N-network.service; }
cleanup_host_network() { engine service rm $N-network; }
@test "a service in the host's network, by the beginning of its id" { attack 'Networks.*Target' host_network; }
@test "an ordinary service passes, on a network by name and by whole id" {
    local id which
    swarm
    # (a name without anything but small letters and digits might be the beginning of an id)
    id=$(engine network create --driver overlay stack_over)
    for which in stack_over "$id"; do
        succeeds POST /services/create '{"Name":"plain","TaskTemplate":{"ContainerSpec":{"Image":"box","Command":["true"],
            "Mounts":[{"Type":"volume","Source":"sv","Target":"/x"}]},"Networks":[{"Target":"'"$which"'"}],"RestartPolicy":{"Condition":"none"}}}'
        succeeds DELETE /services/plain
    done
    engine service rm owner
    network_gone() { engine network rm stack_over; }
    until_true network_gone
}

# ---- 8. Another container's environment ----

attack_links() { run_container $N-links '{"Image":"box","Cmd":["env"],"HostConfig":{"Links":["victim:v"]}}'; }
effect_links() { output_of $N-links | grep -F 'V_ENV_PASSWORD=hunter2'; }
cleanup_links() { engine rm -f $N-links; }
@test "links show another container's environment, to who may not inspect it" {
    start_program blind $SOCKET ALLOW_CREATE=1 ALLOW_START=1 ALLOW_CONTAINER_LIST=1
    GUARDED=$LAB/blind.sock attack HostConfig.Links links
}
@test "links of a network's endpoint, which are names only, pass" {
    succeeds POST /networks/create '{"Name":"linked"}'
    succeeds POST '/containers/create?name=linker' '{"Image":"box","Cmd":["true"],"HostConfig":{"NetworkMode":"linked","Links":null},
        "NetworkingConfig":{"EndpointsConfig":{"linked":{"Aliases":["a"]}}}}'
    succeeds DELETE /containers/linker
    succeeds DELETE /networks/linked
}

# ---- 10. Smaller ----

attack_blkio() {
    run_container $N-blkio '{"Image":"box","Cmd":["true"],"HostConfig":{"'"$1"'":[{"Path":"'$LAB/host/nothing'","Weight":100,"Rate":1000}]}}'
}
# The Engine says whether a file of the host is there
effect_blkio() { grep -E '(POST /containers/[^ ]*/start): .*(no such file|not such device|ENOENT)' "$BATS_TEST_TMPDIR/answers"; }
cleanup_blkio() { engine rm -f $N-blkio; }
@test "BlkioDeviceReadBps tells which files the host has" { attack HostConfig.BlkioDeviceReadBps blkio BlkioDeviceReadBps; }
@test "BlkioWeightDevice is the same" { refuses HostConfig.BlkioWeightDevice POST /containers/create '{"Image":"box","HostConfig":{"BlkioWeightDevice":[{"Path":"/etc/shadow","Weight":100}]}}'; }

@test "NVIDIA_VISIBLE_DEVICES is a device" {
    # No Engine here has that runtime: where it is the default one, it gives the container what the variable names.
    refuses Env POST /containers/create '{"Image":"box","Env":["A=1","NVIDIA_VISIBLE_DEVICES=all"]}'
    succeeds POST '/containers/create?name=novidia' '{"Image":"box","Env":["A=1","B=NVIDIA_VISIBLE_DEVICES=all"]}'
    succeeds DELETE /containers/novidia
}

attack_import() {
    answering_listener $N-import
    call POST "/images/create?fromSrc=http://127.0.0.1:$PORT/latest/credentials&repo=$N"
}
effect_import() { grep -a 'GET /latest/credentials' $LAB/$N-import.got; }
cleanup_import() { :; }
@test "an image from a URL of the host's loopback" { attack fromSrc import; }
attack_remote() {
    answering_listener $N-remote
    call POST "/build?remote=http://127.0.0.1:$PORT/latest/credentials"
}
effect_remote() { grep -a 'GET /latest/credentials' $LAB/$N-remote.got; }
cleanup_remote() { :; }
@test "a build from a URL of the host's loopback" { attack remote remote; }

@test "an image from the request's body passes" {
    tar -C /run/box-root -c . >"$BATS_TEST_TMPDIR/box.tar"
    run -0 curl -s --unix-socket $LAB/proxy.sock -X POST --data-binary @"$BATS_TEST_TMPDIR/box.tar" -H 'Content-Type: application/x-tar' \
        'http://d/images/create?fromSrc=-&repo=imported'
    echo "$output"
    engine image inspect imported
    engine rmi imported
}

@test "a build that writes to somewhere else" {
    refuses outputs POST '/build?outputs=%5B%7B%22Type%22%3A%22local%22%2C%22Attrs%22%3A%7B%22dest%22%3A%22%2Fx%22%7D%7D%5D'
    refuses outputs POST '/build?outputs=x'
    passes POST '/build?outputs='
}
@test "an ordinary build passes" {
    mkdir -p "$BATS_TEST_TMPDIR/context"
    printf 'FROM box\nRUN echo built >/tmp/x\n' >"$BATS_TEST_TMPDIR/context/Dockerfile"
    DOCKER_HOST=unix://$LAB/proxy.sock docker build -t built "$BATS_TEST_TMPDIR/context"
    engine rmi -f built
}

# ---- 10. What the log says ----

# log_line TEXT: the line of the log with it
log_line() {
    has() { grep -aF -- "$1" $LAB/"${NAME:-proxy}".log; }
    until_true has "$1" && has "$1" | tail -n 1
}
long() { head -c "$1" /dev/zero | tr '\0' a; }

@test "a long path hides nothing in the log" {
    local n line why
    start_program json $SOCKET LOG_FORMAT=json
    for n in 900 1000 1100 2000 4000 7000; do
        why='ALLOW_CONTAINER_ATTACH=true (or ALLOW_ATTACH=true) would allow it'
        [ "$n" -le 4000 ] || why='the path is too long'
        curl -s --unix-socket $LAB/proxy.sock -X POST "http://d/containers/$n$(long $n)/attach" | grep -F "is forbidden; $why"
        line=$(log_line "$n$(long 300)")
        echo "${line:0:300} ... ${line: -300}"
        [[ $line == *' POST '* && $line == *Forbidden* && $line == *"$why"* && $line == *403* ]]
        curl -s --unix-socket $LAB/json.sock -X POST "http://d/containers/$n$(long $n)/attach" >/dev/null
        NAME=json log_line "$n$(long 300)" >$LAB/line
        tail -c 300 $LAB/line
        /usr/bin/python3 -c '
import json, sys
line = json.load(open(sys.argv[1]))
text = json.dumps(line)
assert "POST" in text and "403" in text and sys.argv[2] in text, text' $LAB/line "$why"
    done
}
@test "a method that nobody knows is reported as it was sent, CONNECT with its target" {
    curl -s --unix-socket $LAB/proxy.sock -X BREW http://d/containers/pot/json | tee $LAB/brew | grep 'BREW /containers/pot/json is forbidden'
    [[ $(log_line /containers/pot/json) == *' BREW '* ]]
    # what HAProxy takes as CONNECT has no path
    run socat -t 5 STDIO UNIX-CONNECT:$LAB/proxy.sock < <(printf 'CONNECT pot.example:2375 HTTP/1.1\r\nHost: pot.example:2375\r\n\r\n')
    echo "$output"
    [[ $output == *'403 Forbidden'*'CONNECT '[!\ ]*' is forbidden; no permission covers it'* ]]
    [[ $(log_line ' CONNECT ') == 'Forbidden: '*' CONNECT '*' 403 '* ]]
}
@test "no environment value can write escapes to the terminal of who starts the proxy" {
    local escape=$'\e]0;owned\a\e[2J' value
    for value in "ALLOW_CONTAINERS=$escape" "ALLOW_$escape=1" "LISTEN=$escape" "ALLOW_BIND_MOUNTS=/$escape" "LOG_LEVEL=$escape" "SOCKET_PATH=/$escape" \
        "MAX_CREATE_BODY=$escape" "PROFILE_${escape}_FROM=a" "PROFILE_A_FROM=$escape" "REQUIRE_LABEL=$escape" "CONTAINERS=$escape"; do
        env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" "$value" "$ROOT/build/docker-socket-proxy" check >$LAB/escape 2>&1 || true
        cat -v $LAB/escape
        run ! grep -aP '[\x00-\x08\x0b-\x1f\x7f]' $LAB/escape
    done
}

# ---- 11. Lists of devices, namespaces, sysctls and commands ----

setup_lists() {
    [ -e $LAB/lists.pid ] || start_program lists $SOCKET ALLOW_CREATE=1 ALLOW_CONTAINERS=1 ALLOW_START=1 ALLOW_EXEC=1 ALLOW_DELETE=1 \
        ALLOW_DEVICES=/dev/lists,/dev/zero "ALLOW_HOST_NAMESPACES=network:host,pid:container:victim" ALLOW_SYSCTLS=net.ipv4.ip_forward \
        "ALLOW_EXEC_COMMANDS=cat /etc/*"
    GUARDED=$LAB/lists.sock
}
box() { printf '{"Image":"box","Cmd":["sh","-c","%s"],"HostConfig":{%s}}' "$1" "$2"; }
cleanup_container() { engine rm -f "$N-$1"; }

@test "a device that no list holds, by a path with dots" {
    setup_lists
    mkdir -p /dev/lists
    attack_dots() { run_container "$N-dots" "$(box 'test -c /dev/x && echo there' '"Devices":[{"PathOnHost":"/dev/lists/../full","PathInContainer":"/dev/x","CgroupPermissions":"rwm"}]')"; }
    effect_dots() { [[ $(output_of "$N-dots") == *there* ]]; }
    cleanup_dots() { cleanup_container dots; }
    attack HostConfig.Devices dots
}
@test "a device that no list holds, by a link outside of the listed paths" {
    setup_lists
    ln -sfn /dev/full $LAB/alias
    attack_link() { run_container "$N-link" "$(box 'test -c /dev/x && echo there' '"Devices":[{"PathOnHost":"'$LAB'/alias","PathInContainer":"/dev/x","CgroupPermissions":"rwm"}]')"; }
    effect_link() { [[ $(output_of "$N-link") == *there* ]]; }
    cleanup_link() { cleanup_container link; }
    attack HostConfig.Devices link
    # what is listed works, a link below a listed directory as well: the Engine follows it, see docs/guard.md
    mkdir -p /dev/lists
    ln -sfn ../zero /dev/lists/link
    succeeds POST "/containers/create?name=zero" "$(box 'test -c /dev/x' '"Devices":[{"PathOnHost":"/dev/lists/link","PathInContainer":"/dev/x","CgroupPermissions":"rwm"}]')"
    succeeds POST /containers/zero/start
    [ "$(timeout 60 docker -H "unix://$SOCKET" wait zero)" = 0 ]
    engine rm -f zero
    rm -r /dev/lists
}
@test "a container that the list does not hold, by the beginning of its id" {
    setup_lists
    OTHER=$(engine run -d --name other box sleep 100000)
    attack_id() { run_container "$N-id" "$(box 'test -d /proc/1 && ps' '"PidMode":"container:'"${OTHER:0:8}"'"')"; }
    effect_id() { [[ $(output_of "$N-id") == *"sleep 100000"* ]]; }
    cleanup_id() { cleanup_container id; }
    attack HostConfig.PidMode id
    refuses HostConfig.PidMode POST /containers/create "$(box true '"PidMode":"container:other"')"
    refuses HostConfig.PidMode POST /containers/create "$(box true '"PidMode":"host"')"
    refuses HostConfig.NetworkMode POST /containers/create "$(box true '"NetworkMode":"container:victim"')"
    N=listed
    succeeds POST "/containers/create?name=listed" "$(box ps '"PidMode":"container:victim","NetworkMode":"host"')"
    succeeds POST /containers/listed/start
    timeout 60 docker -H "unix://$SOCKET" wait listed
    [[ $(output_of listed) == *"sleep 100000"* ]]
    engine rm -f listed other
}
@test "a sysctl that the list does not hold, by its name with slashes" {
    setup_lists
    READ='cat /proc/sys/net/ipv4/ip_default_ttl'
    attack_sysctl() { run_container "$N-sysctl" "$(box "$READ" '"Sysctls":{"net/ipv4/ip_default_ttl":"77"}')"; }
    effect_sysctl() { [[ $(output_of "$N-sysctl") == 77 ]]; }
    cleanup_sysctl() { cleanup_container sysctl; }
    # (The runc of Engine 20.10 may know names with dots only.)
    # (Not one that the Engine sets itself, by its name with dots: runc sets both, in any order.)
    API=$SOCKET N=known
    attack_sysctl
    if effect_sysctl; then attack HostConfig.Sysctls sysctl; else through_proxy HostConfig.Sysctls sysctl; fi
    cleanup_container sysctl
    succeeds POST "/containers/create?name=forward" "$(box 'cat /proc/sys/net/ipv4/ip_forward' '"Sysctls":{"net.ipv4.ip_forward":"1"}')"
    succeeds POST /containers/forward/start
    timeout 60 docker -H "unix://$SOCKET" wait forward
    [[ $(output_of forward) == 1 ]]
    engine rm -f forward
}
@test "a command that the list does not hold" {
    setup_lists
    run_exec() { # run_exec JSON: makes and starts it
        local id
        call POST /containers/victim/exec "$1"
        id=$(sed -n 's/.*"Id":"\([0-9a-f]*\)".*/\1/p' <<<"$ANSWER")
        [ -z "$id" ] || call POST "/exec/$id/start" '{"Detach":true}'
    }
    attack_command() { run_exec '{"Cmd":["sh","-c","echo x >/'"$N"'-command"]}'; }
    effect_command() { engine exec victim cat "/$N-command"; }
    cleanup_command() { :; } # (each attack has a file of its own)
    attack Cmd command
    attack_words() { run_exec '{"Cmd":["cat","/etc/hostname"],"cmd":["sh","-c","echo x >/'"$N"'-words"]}'; }
    effect_words() { engine exec victim cat "/$N-words"; }
    cleanup_words() { :; }
    attack Cmd words
    refuses Cmd POST /containers/victim/exec '{"Cmd":["cat","/etc/../proc/1/environ"]}'
    refuses Env POST /containers/victim/exec '{"Cmd":["cat","/etc/hostname"],"Env":["LD_PRELOAD=/x"]}'
    refuses User POST /containers/victim/exec '{"Cmd":["cat","/etc/hostname"],"User":"nobody"}'
    API=$LAB/lists.sock
    run -0 docker -H "unix://$API" exec victim cat /etc/hostname
    [ "$output" = "$(engine exec victim cat /etc/hostname)" ]
}
