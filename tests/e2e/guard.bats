#!/usr/bin/env bats
# The create guard in front of a real Engine: an attacker who gets Portainer does not get the host.

load helper

setup_file() {
    proxy_image
    box_image
    remove_all
    start_proxy proxy "${EVERYTHING[@]}"
    start_proxy opened "${EVERYTHING[@]}" --env ALLOW_BIND_MOUNTS=/run/shared --env ALLOW_CAP_ADD=NET_ADMIN --env ALLOW_PRIVILEGED=false
    mkdir -p /run/shared/data
    engine run -d --name victim -v secret:/secret box sleep 1000 >/dev/null
}
teardown_file() {
    remove_all
    engine volume prune -f >/dev/null
}
setup() { through proxy; }

# refused FIELD COMMAND...: the docker command fails with a message that names the field and what would open it, and
# nothing is made
refused() {
    local field=$1 before
    shift
    before=$(engine ps -aq | sort; engine volume ls -q | sort)
    run "$@"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *"docker-socket-proxy: "*" is forbidden: $field"*"; ALLOW_"* ]]
    [ "$before" = "$(engine ps -aq | sort; engine volume ls -q | sort)" ]
}

@test "--privileged" { refused HostConfig.Privileged docker run --rm --privileged box true; }
@test "a bind mount of /" { refused HostConfig.Binds docker run --rm -v /:/mnt box true; }
@test "a bind mount of / as --mount" { refused HostConfig.Mounts docker run --rm --mount type=bind,source=/,target=/mnt box true; }
@test "the Docker socket" { refused HostConfig.Binds docker run --rm -v /var/run/docker.sock:/var/run/docker.sock box true; }
@test "--pid=host" { refused HostConfig.PidMode docker run --rm --pid=host box true; }
@test "--network=host" { refused HostConfig.NetworkMode docker run --rm --network=host box true; }
@test "--ipc=container:victim" { refused HostConfig.IpcMode docker run --rm --ipc=container:victim box true; }
@test "--cap-add SYS_ADMIN" { refused HostConfig.CapAdd docker run --rm --cap-add SYS_ADMIN box true; }
@test "--device" { refused HostConfig.Devices docker run --rm --device /dev/null:/dev/x box true; }
@test "--volumes-from" { refused HostConfig.VolumesFrom docker run --rm --volumes-from victim box true; }
@test "--security-opt apparmor=unconfined" { refused HostConfig.SecurityOpt docker run --rm --security-opt apparmor=unconfined box true; }
@test "--cgroup-parent" { refused HostConfig.CgroupParent docker run --rm --cgroup-parent /x box true; }
@test "--sysctl" { refused HostConfig.Sysctls docker run --rm --sysctl net.ipv4.ip_forward=1 box true; }
@test "a volume that is a bind mount" { refused DriverOpts docker volume create -o type=none -o o=bind -o device=/ evil; }
@test "a volume that is a bind mount, made by the container" {
    refused HostConfig.Mounts docker run --rm --mount 'type=volume,target=/mnt,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/' box true
}
@test "exec --privileged" { refused Privileged docker exec --privileged victim true; }
@test "members at the top level, as old clients sent them" {
    run curl -s -X POST -H 'Content-Type: application/json' -d '{"Image":"box","Privileged":true}' "$(url proxy /v1.41/containers/create)"
    [[ $output == *'is forbidden: '*'Privileged'* ]]
}
@test "keys as only Go's decoder reads them" {
    for key in privileged PRIVILEGED 'Privi\u006ceged' 'PrivileGed'; do
        run curl -s -X POST -H 'Content-Type: application/json' -d "{\"Image\":\"box\",\"hostCONFIG\":{\"$key\":true}}" "$(url proxy /containers/create)"
        echo "$key: $output"
        [[ $output == *'is forbidden: '* ]]
    done
}
@test "the log has the same" {
    docker run --rm --privileged box true || true
    until_true logs_have proxy 'Forbidden: /v1.41/containers/create POST'
    until_true logs_have proxy 'HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it 403'
}

@test "an ordinary container passes" {
    docker run -d --name ordinary -v data:/data -e X=1 -e 'Y={"HostConfig":{"Privileged":true}}' --label 'a=--privileged' -p 8080:80 \
        --restart unless-stopped --memory 64m --cpus 0.5 --user 1000 --read-only --tmpfs /tmp --cap-drop ALL \
        --security-opt no-new-privileges --health-cmd true box sleep 1000
    docker exec ordinary true
    [ "$(docker exec ordinary sh -c 'echo $X')" = 1 ]
    docker update --memory 65m --memory-swap 130m ordinary
    docker rename ordinary renamed
    docker rm -f renamed
    docker network create plain
    docker run --rm --network plain --network-alias a box true
    docker network rm plain
    docker volume rm data
}

@test "what a variable opens passes, and only that" {
    through opened
    docker run --rm -v /run/shared/data:/data:ro box true
    docker run --rm --cap-add NET_ADMIN box true
    refused HostConfig.Binds docker run --rm -v /run/shared2:/data box true
    refused HostConfig.Binds docker run --rm -v /run/shared/../:/data box true
    refused HostConfig.Binds docker run --rm -v /run:/data box true
    refused HostConfig.CapAdd docker run --rm --cap-add SYS_ADMIN box true
}

@test "a container is recreated from its inspection, as Watchtower does" {
    local version
    # as the client of an old Engine asks, and as the newest does
    for version in v1.41 "v$(engine version -f '{{.Server.APIVersion}}')"; do recreate "$version"; done
}
recreate() {
    engine run -d --name old -e A=1 -v data2:/d -p 8081:80 --label x=y box sleep 1000
    /usr/bin/python3 - "$DOCKER_HOST" "$1" <<'PYTHON'
import json
import sys
import urllib.request

base = sys.argv[1].replace("tcp", "http") + "/" + sys.argv[2]


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    return json.loads(urllib.request.urlopen(request).read() or b"null")


old = call("GET", "/containers/old/json")
body = dict(old["Config"], HostConfig=old["HostConfig"])
call("POST", "/containers/old/kill")
call("DELETE", "/containers/old?force=1")
new = call("POST", "/containers/create?name=old", body)
call("POST", f"/containers/{new['Id']}/start")
assert call("GET", "/containers/old/json")["Config"]["Labels"]["x"] == "y"
PYTHON
    running old
    engine rm -f old
}
