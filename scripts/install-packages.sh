#!/bin/sh
# Installs the Debian packages that the named jobs need and that are missing:
#   scripts/install-packages.sh build|base|test|observability|lint...
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

missing=''
add() { case " $missing " in *" $1 "*) ;; *) missing="$missing $1" ;; esac; }
need() { have "$1" || add "$2"; }
need_file() { [ -e "$1" ] || add "$2"; }
need_lib() { { have pkg-config && pkg-config --exists "$1"; } || add "$2"; }
need_python() { /usr/bin/python3 -c "import $1" 2>/dev/null || add "$2"; }

needs_build() {
    need make make
    need gcc gcc
    need_file /usr/include/stdlib.h libc6-dev
    need pkg-config pkg-config
    need_lib libpcre2-8 libpcre2-dev
    need_lib jansson libjansson-dev
    need_lib openssl libssl-dev
    need_lib yaml-0.1 libyaml-dev
}

needs_base() {
    need debootstrap debootstrap
    debian_keyring >/dev/null || add debian-archive-keyring
}

needs_test() {
    needs_build
    needs_base
    need_lib check check
    need bats bats
    need shellcheck shellcheck
    need curl curl
    need git git
    need socat socat
    need openssl openssl
    need ps procps
    need ip iproute2
    need iptables iptables
    need_file /bin/busybox busybox-static
    need_file /usr/bin/python3 python3
    need_python docker python3-docker
    need_python yaml python3-yaml
    need mandoc mandoc
    need go golang-go
    need podman podman
    need wrk wrk
    need valgrind valgrind
    need unshare util-linux
    need docker-registry docker-registry
    # An Engine and a client that are installed already are used, whatever package they are from.
    need dockerd docker.io
    need docker "$(if apt-cache show docker-cli >/dev/null 2>&1; then echo docker-cli; else echo docker.io; fi)"
    docker compose version >/dev/null 2>&1 || need docker-compose docker-compose
}

needs_observability() {
    need prometheus prometheus
    need promtool prometheus
    need chromium chromium
    need_file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
}

needs_lint() {
    needs_build
    need clang-tidy clang-tidy
    need clang-format clang-format
    need cppcheck cppcheck
    need shellcheck shellcheck
    need_lib check check
}

[ $# -gt 0 ] || die 'usage: install-packages.sh build|base|test|observability|lint...'
for job; do
    case $job in
        build | base | test | observability | lint) "needs_$job" ;;
        *) die "no such job: $job" ;;
    esac
done
[ -n "$missing" ] || exit 0

have apt-get || die "missing:$missing (this machine has no apt-get; install their equivalents)"
if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    die "missing packages:$missing (as root: apt-get install$missing)"
fi
say "installing:$missing"

# The tests need the programs of the Engine and the registry, but their services must not start on this machine.
# Debian's policy-rc.d prevents that; it exists only during this installation.
policy=/usr/sbin/policy-rc.d
placed=no
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 0755 $policy
    placed=yes
fi
cleanup() { if [ $placed = yes ]; then as_root rm -f $policy; fi; }
trap cleanup EXIT
trap 'exit 130' INT TERM

log=$(mktemp)
# shellcheck disable=SC2086
if ! { as_root apt-get -q update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "apt-get could not install:$missing"
fi
rm -f "$log"
