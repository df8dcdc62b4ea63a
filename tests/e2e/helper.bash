# shellcheck shell=bash disable=SC2034
# What the end-to-end tests share. They run inside scripts/with-dockerd.sh, so the Engine at /var/run/docker.sock, the
# network and everything in /run are theirs alone. `engine` talks to it past the proxy, `docker` through it once
# DOCKER_HOST is set.

bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
IMAGE=docker-socket-proxy
SOCKET=/var/run/docker.sock
export DOCKER_BUILDKIT=0
export HAPROXY=${HAPROXY:-$("$ROOT/scripts/get-haproxy.sh")}

engine() { DOCKER_HOST=unix://$SOCKET command docker "$@"; }

# The environment of the Compose example, as arguments of docker run
DOCUMENT=()
for name in CONTAINERS START STOP RESTARTS CREATE DELETE IMAGES INFO EVENTS LOGS NETWORKS VOLUMES; do
    DOCUMENT+=(--env "ALLOW_$name=true")
done
for name in TASKS SERVICES NODES SECRETS CONFIGS SESSION EXEC ATTACH; do
    DOCUMENT+=(--env "ALLOW_$name=false")
done

# Everything a person at a terminal does
EVERYTHING=()
for name in CONTAINERS START STOP RESTARTS CREATE DELETE IMAGES INFO EVENTS LOGS NETWORKS VOLUMES EXEC ATTACH BUILD TOP; do
    EVERYTHING+=(--env "ALLOW_$name=true")
done

# until_true COMMAND...: repeats it until it succeeds. The limit only keeps a broken build from hanging for ever.
until_true() {
    local n
    for ((n = 0; n < 300; n++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "still not: $*" >&2
    return 1
}

# The image under test, where the Engine is not the one that built it
proxy_image() { engine image inspect $IMAGE >/dev/null 2>&1 || engine load -i "$ROOT/build/image.tar" >/dev/null; }

# A tiny image for the containers under test, made of the machine's static busybox
box_image() {
    engine image inspect box >/dev/null 2>&1 && return 0
    local root=/run/box-root
    mkdir -p $root/bin $root/tmp $root/etc
    cp /bin/busybox $root/bin/busybox
    for name in sh cat echo sleep ls wget tty env true stty nc id; do ln -sf busybox $root/bin/$name; done
    tar -C $root -c . | engine import --change 'CMD ["sh"]' - box
}

remove_all() {
    local ids
    ids=$(engine ps -aq)
    # shellcheck disable=SC2086
    if [ -n "$ids" ]; then engine rm -f $ids >/dev/null; fi
}

# begin_anew: an Engine with the image box, and with nothing else that a test has left
begin_anew() {
    box_image >/dev/null
    remove_all
    engine network prune -f >/dev/null
}

address_of() { engine inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }

# start_proxy NAME [docker run argument...]: starts the image and waits until it answers
start_proxy() {
    local name=$1
    shift
    engine run -d --name "$name" -v "$SOCKET:$SOCKET:ro" "$@" "$IMAGE" >/dev/null
    until_true answers "$name"
}
answers() { curl -fsS "http://$(address_of "$1"):2375/_ping"; }

through() { DOCKER_HOST=tcp://$(address_of "$1"):2375; export DOCKER_HOST; }
url() { printf 'http://%s:2375%s' "$(address_of "$1")" "$2"; }

# status METHOD URL [curl argument...]
status() {
    local method=$1 where=$2
    shift 2
    curl -s -o /dev/null -w '%{http_code}' --path-as-is -X "$method" "$@" "$where"
}

running() { [ "$(engine inspect -f '{{.State.Running}}' "$1")" = true ]; }
exited() { [ "$(engine inspect -f '{{.State.Status}}' "$1")" = exited ]; }
logs_have() { engine logs "$1" 2>&1 | grep -F -- "$2"; }
file_has() { grep -F -- "$2" "$1"; }
healthy() { [ "$(engine inspect -f '{{.State.Health.Status}}' "$1")" = healthy ]; }

# The Engine's open connections with the container, which the kernel lists in the container's network namespace
engine_connections() {
    nsenter --net --target "$(engine inspect -f '{{.State.Pid}}' "$1")" ss -xH state established | grep -cE '[ /]docker\.sock ' || true
}
