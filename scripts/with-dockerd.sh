#!/bin/sh
# Runs a command with a Docker Engine of its own, which ends with the command:
#   scripts/with-dockerd.sh [--build|--fresh] DATA_DIR COMMAND...
# The Engine has mount, process and network namespaces of its own, so that it does not affect the machine's Engine,
# firewall and /run. When the command ends, the kernel ends all processes in them. The command runs in the namespaces
# too, with the Engine at the usual /var/run/docker.sock. DATA_DIR keeps the Engine's images.
# --build keeps the machine's network, for image builds that need the Internet; such an Engine makes no networks.
# --fresh removes the data of an earlier run from DATA_DIR first. ENGINE_FLAGS has further flags of dockerd.
# ENGINE=SUITE uses the Engine, the docker client and the podman of that Debian suite (sid: 28 or newer) instead of the
# machine's own, see scripts/get-engine.sh. Such an Engine has a root directory of its own; of this machine's files it
# sees only /run and DATA_DIR, so tests put files of "the host" there.
# Exit status 75: this machine cannot run an Engine (the reason is on stderr).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

cannot() { say "this machine cannot run a Docker Engine for the tests: $*"; exit 75; }

if [ "${1:-}" != --inside ]; then
    mode='test'
    case ${1:-} in --build | --fresh) mode=${1#--}; shift ;; esac
    [ $# -ge 2 ] || die 'usage: with-dockerd.sh [--build|--fresh] DATA_DIR COMMAND...'
    mkdir -p "$1"
    data=$(CDPATH='' cd -- "$1" && pwd)
    shift
    net=--net
    [ "$mode" != build ] || net=''
    [ "$(id -u)" -eq 0 ] || have sudo || cannot 'it needs root, or sudo'
    # shellcheck disable=SC2086
    as_root unshare --mount --pid --fork $net true 2>/dev/null || cannot 'it may not make namespaces (needs root with CAP_SYS_ADMIN)'
    if [ -n "${ENGINE:-}" ]; then
        "$ROOT/scripts/get-engine.sh" "$ENGINE" >/dev/null || exit $?
    else
        have dockerd || die 'dockerd is not installed (scripts/install-packages.sh test)'
    fi
    # The process that the caller knows is unshare itself: killing it ends everything, see --kill-child.
    sudo=''
    [ "$(id -u)" -eq 0 ] || sudo='sudo --'
    # shellcheck disable=SC2086
    exec $sudo unshare --mount --pid --fork --kill-child --mount-proc $net -- \
        env "ENGINE=${ENGINE:-}" "ENGINE_FLAGS=${ENGINE_FLAGS:-}" "$0" --inside "$mode" "$data" "$@"
fi
shift
mode=$1
data=$2
shift 2

# An empty /run hides the machine's Engine, its containerd and its services; only the resolver's configuration is
# copied.
resolver=$(readlink -f /etc/resolv.conf || true)
saved=''
case $resolver in /run/*) saved=$(cat "$resolver") ;; esac
mount -t tmpfs -o mode=0755 tmpfs /run
if [ -n "$saved" ]; then
    mkdir -p "${resolver%/*}"
    printf '%s\n' "$saved" >"$resolver"
fi
if [ "$(readlink -f /var/run)" != /run ]; then
    mount --bind /run /var/run
fi

# in_root COMMAND...: replaces the shell by a program of the Engine, in its root
in_root() { exec "$@"; }
engine_flags=''
if [ -n "${ENGINE:-}" ]; then
    root=$("$ROOT/scripts/get-engine.sh" "$ENGINE")
    mkdir -p "$root$data"
    mount --bind "$root" "$root"
    for place in /proc /sys /dev /run "$data"; do mount --rbind "$place" "$root$place"; done
    for place in /tmp /var/tmp /var/lib/containers; do mount -t tmpfs tmpfs "$root$place"; done
    for file in resolv.conf hosts; do cat "/etc/$file" >"$root/etc/$file"; done
    # Newer Engines refuse the API versions of older clients unless the environment allows them.
    in_root() { exec env DOCKER_MIN_API_VERSION=1.24 chroot "$root" "$@"; }
    # The default with cgroup v2, and so what clients of such an Engine usually see
    engine_flags=--default-cgroupns-mode=private
    PATH=${root%/*}/bin:$PATH
fi

unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY
mkdir -p /run/docker-config
export DOCKER_CONFIG=/run/docker-config
[ "$mode" != fresh ] || rm -rf "$data/engine"
log=$data/dockerd.log
# not $$, which is 1 in each process namespace
bridge=dsp-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
daemon=''

stop() {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
        daemon=''
    fi
    if [ "$mode" = build ]; then ip link del "$bridge" 2>/dev/null || true; fi
}

# start FLAG...: succeeds when the Engine answers
start() {
    rm -f /run/docker.pid /run/docker.sock
    # shellcheck disable=SC2086
    in_root dockerd --data-root "$data/engine" --exec-opt native.cgroupdriver=cgroupfs $engine_flags ${ENGINE_FLAGS:-} "$@" >"$log" 2>&1 &
    daemon=$!
    tries=0
    while [ $tries -lt 300 ]; do
        if docker version >/dev/null 2>&1; then return 0; fi
        kill -0 "$daemon" 2>/dev/null || break
        tries=$((tries + 1))
        sleep 0.2
    done
    stop
    return 1
}

trap 'stop; exit 143' TERM INT HUP
if [ "$mode" = build ]; then
    # Its own bridge: with the default one, or with none, dockerd would change or delete the machine's docker0.
    ip link add "$bridge" type bridge
    ip addr add 198.18.255.1/30 dev "$bridge"
    start --bridge="$bridge" --iptables=false --ip-forward=false || { tail -n 5 "$log" >&2; cannot 'dockerd does not start'; }
else
    ip link set lo up
    start || start --iptables=false || { tail -n 5 "$log" >&2; cannot 'dockerd does not start'; }
fi

status=0
"$@" || status=$?
# The namespaces end with this process, and all containers with them.
stop
exit $status
