#!/usr/bin/env bats
# `suggest --recreate`, and Watchtower's way to renew containers (inspect, kill, delete, create) with what it prints.

load helper

setup_file() { box_image; }
setup() {
    PROXY=/run/recreate-$BATS_TEST_NUMBER.sock # the same for an Engine in a root of its own
    remove_all
}
teardown() {
    if [ -n "${PROGRAM:-}" ]; then kill "$PROGRAM" || true; fi
    remove_all
}

# dsp COMMAND [VARIABLE=value...]
# shellcheck disable=SC2086
dsp() { env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" LISTEN="unix://$PROXY" "${@:2}" "$ROOT/build/docker-socket-proxy" $1; }

# through_env_file FILE [VARIABLE=value...]: a proxy for one that renews containers, with these variables
through_env_file() {
    # (Not by a function, whose shell would be what $! names.)
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" LISTEN="unix://$PROXY" ENV_FILE="$1" "${@:2}" ALLOW_CONTAINERS=true ALLOW_CREATE=true ALLOW_DELETE=true ALLOW_START=true ALLOW_CONTAINER_KILL=true \
        "$ROOT/build/docker-socket-proxy" run >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    PROGRAM=$!
    until_true curl -fsS --unix-socket "$PROXY" http://d/_ping || { cat "$BATS_TEST_TMPDIR/log"; return 1; }
}

# steps NAME METHOD PATH...: sends these requests as long as they succeed, {} is the id of the container. Prints what is
# refused.
steps() {
    local id answer
    id=$(engine inspect -f '{{.Id}}' "$1")
    shift
    while [ $# -gt 0 ]; do
        answer=$(curl -sS --unix-socket "$PROXY" -X "$1" -w ' %{http_code}' "http://d/v1.41${2//\{\}/$id}") || return
        case $answer in *' 2'?? | *' 304') ;; *) echo "$1 $2: $answer"; return 1 ;; esac
        shift 2
    done
}

# renew NAME...: as Watchtower does, those that depend on others last
renew() {
    /usr/bin/python3 - "$PROXY" "$@" <<'PYTHON'
import http.client
import json
import socket
import sys


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])


def call(method, path, body=None):
    connection = Connection("docker")
    connection.request(method, "/v1.41" + path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300, (method, path, answer.status, text)
    return json.loads(text or b"null")


bodies = {}
for name in sys.argv[2:]:
    old = call("GET", f"/containers/{name}/json")
    host, mode = old["HostConfig"], old["HostConfig"]["NetworkMode"]
    if mode.startswith("container:"):
        host["NetworkMode"] = "container:" + call("GET", f"/containers/{mode.split(':')[1]}/json")["Name"]
        for member in ("Hostname", "ExposedPorts"):
            old["Config"].pop(member, None)
    bodies[name] = dict(old["Config"], HostConfig=host, NetworkingConfig={"EndpointsConfig": old["NetworkSettings"]["Networks"]})
for name in reversed(bodies):
    call("POST", f"/containers/{name}/kill")
    call("DELETE", f"/containers/{name}?force=1")
for name, body in bodies.items():
    call("POST", f"/containers/create?name={name}", body)
    call("POST", f"/containers/{name}/start")
PYTHON
}

@test "with what suggest --recreate prints, every container survives being renewed" {
    local cgroup name
    cgroup=$(engine info -f '{{.CgroupVersion}}')
    echo "cgroup v$cgroup"
    mkdir -p /run/host/data
    engine run -d --name plain box sleep 1000
    engine run -d --name vpn --cap-add NET_ADMIN --device /dev/null:/dev/tun box sleep 1000
    engine run -d --name behind --network container:vpn box sleep 1000
    engine run -d --name tuned --sysctl net.ipv4.ip_unprivileged_port_start=0 box sleep 1000
    engine run -d --name files -v /run/host/data:/data -v named:/named --security-opt apparmor=unconfined box sleep 1000
    engine run -d --name below -v /run/host:/host:ro box sleep 1000
    engine create --name alone --privileged --label docker-socket-proxy.recreate=false box sleep 1000
    engine create --name other --privileged --label com.centurylinklabs.watchtower.enable=false box sleep 1000

    dsp 'suggest --recreate' >"$BATS_TEST_TMPDIR/env"
    cat "$BATS_TEST_TMPDIR/env"
    file_has "$BATS_TEST_TMPDIR/env" '# plain: nothing'
    file_has "$BATS_TEST_TMPDIR/env" 'ALLOW_CAP_ADD=NET_ADMIN'
    file_has "$BATS_TEST_TMPDIR/env" 'ALLOW_BIND_MOUNTS=/run/host'
    file_has "$BATS_TEST_TMPDIR/env" '# files: ALLOW_'
    run ! grep -E 'PRIVILEGED|alone|other:|ALLOW_BIND_MOUNTS=.*,' "$BATS_TEST_TMPDIR/env"

    # enough, and without any line of it something could not be created again
    run -0 dsp 'suggest --recreate' ENV_FILE="$BATS_TEST_TMPDIR/env"
    [[ $output == *'# All of them together: nothing.' ]]
    grep -v '^#' "$BATS_TEST_TMPDIR/env" >"$BATS_TEST_TMPDIR/lines"
    while read -r name; do
        grep -vxF -- "$name" "$BATS_TEST_TMPDIR/env" >"$BATS_TEST_TMPDIR/less"
        run -0 dsp 'suggest --recreate' ENV_FILE="$BATS_TEST_TMPDIR/less"
        [ "$(grep -v '^#' <<<"$output")" = "$name" ]
    done <"$BATS_TEST_TMPDIR/lines"

    through_env_file "$BATS_TEST_TMPDIR/env"
    run ! grep 'could not be created again' "$BATS_TEST_TMPDIR/log"
    renew plain vpn behind tuned files below
    for name in plain vpn behind tuned files below; do running $name; done
    run -0 engine exec behind cat /proc/net/dev
    run -0 engine inspect -f '{{.HostConfig.Sysctls}}' tuned
    [[ $output == *ip_unprivileged_port_start* ]]
}

@test "without it, the start warns of each container that would be lost" {
    engine run -d --name tuned --sysctl net.ipv4.ip_unprivileged_port_start=0 box sleep 1000
    engine create --name alone --privileged --label docker-socket-proxy.recreate=false box sleep 1000
    echo 'LOG_LEVEL=info' >"$BATS_TEST_TMPDIR/env"
    through_env_file "$BATS_TEST_TMPDIR/env"
    until_true file_has "$BATS_TEST_TMPDIR/log" 'warning: tuned could not be created again'
    run ! grep 'alone could not' "$BATS_TEST_TMPDIR/log"
}

@test "what is dangerous is said; an Engine that does not answer and a container that nothing allows are no success" {
    run -1 dsp 'suggest --recreate' SOCKET_PATH=/run/none.sock
    [[ $output == *'1 of 1 Engines have not listed their containers'* ]]
    engine run -d --name keys -v "$SOCKET:$SOCKET" box sleep 1000
    run -0 dsp 'suggest --recreate'
    [[ $output == *"a container that mounts it can take over this host"*ALLOW_BIND_MOUNTS=* ]]
    run -1 dsp 'suggest --recreate' REQUIRE_LABEL=team
    [[ $output == *'keys cannot be created again by any setting: '* ]]
}

@test "nothing is lost and nothing is stopped, whatever renews containers; with what it says all are renewed" {
    local name started
    mkdir -p /run/host/data
    engine run -d --name plain box sleep 1000
    engine run -d --name files -v /run/host/data:/data box sleep 1000
    engine run -d --name tun --device /dev/null:/dev/tun box sleep 1000
    engine run -d --name net --network host box sleep 1000
    engine run -d --rm --name once --cap-add NET_ADMIN box sleep 1000
    engine create --name stopped --privileged box sleep 1000
    started=$(engine inspect -f '{{.Id}} {{.State.StartedAt}} {{.Name}}' files tun net once stopped)
    echo 'LOG_LEVEL=info' >"$BATS_TEST_TMPDIR/env"
    through_env_file "$BATS_TEST_TMPDIR/env" ALLOW_CONTAINER_STOP=true ALLOW_CONTAINER_RESTART=true
    for name in files tun net once stopped; do
        # containrrr/watchtower; nicholas-fedor/watchtower, What's Up Docker and Dozzle; Portainer; Drydock
        run -1 steps $name POST '/containers/{}/kill?signal=SIGTERM' DELETE '/containers/{}?force=1'
        [[ $output == *"killing $name is forbidden: it could not be created again: HostConfig."*' would allow it'*'} 403' ]]
        run -1 steps $name POST '/containers/{}/stop?t=10' DELETE '/containers/{}?force=1'
        [[ $output == *"stopping $name is forbidden"* ]]
        run -1 steps $name POST "/containers/{}/rename?name=$name-old"
        [[ $output == *"renaming $name is forbidden"* ]]
        run -1 steps $name DELETE "/containers/$name?force=1&v=1"
    done
    run -1 steps stopped POST /containers/prune
    [ "$(engine inspect -f '{{.Id}} {{.State.StartedAt}} {{.Name}}' files tun net once stopped)" = "$started" ]
    for name in files tun net once; do running $name; done
    steps files POST '/containers/{}/restart?t=0' # loses nothing
    renew plain # as before

    # as the log and the answers say
    dsp 'suggest --recreate' >"$BATS_TEST_TMPDIR/env"
    cat "$BATS_TEST_TMPDIR/env"
    kill "$PROGRAM"
    wait "$PROGRAM" || true
    through_env_file "$BATS_TEST_TMPDIR/env" ALLOW_CONTAINER_STOP=true
    until_true curl -fsS --unix-socket "$PROXY" -X POST "http://d/containers/plain/stop?t=0"
    engine start plain
    renew plain files tun net
    for name in plain files tun net; do
        running $name
        [[ $started != *"$(engine inspect -f '{{.Id}}' $name)"* ]]
    done
    # what they have made is theirs to renew again
    renew plain files tun net
}
