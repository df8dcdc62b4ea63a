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

# through_env_file FILE: a proxy for one that renews containers, with these variables
through_env_file() {
    dsp run ENV_FILE="$1" ALLOW_CONTAINERS=true ALLOW_CREATE=true ALLOW_DELETE=true ALLOW_START=true ALLOW_CONTAINER_KILL=true \
        >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    PROGRAM=$!
    until_true curl -fsS --unix-socket "$PROXY" http://d/_ping
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
