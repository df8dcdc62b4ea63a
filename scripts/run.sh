#!/bin/sh
# Runs the proxy on this machine (`make run`), after installing and building what is missing. Its variables are those of
# the environment, as in the container: ALLOW_*, SOCKET_PATH, LISTEN, ...
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

LISTEN=${LISTEN:-tcp://127.0.0.1:2375}
SOCKET_PATH=${SOCKET_PATH:-/var/run/docker.sock}
DATA_DIR=${DATA_DIR:-$ROOT}

"$ROOT/scripts/install-packages.sh" build
make --no-print-directory -s -C "$ROOT" all
HAPROXY=$("$ROOT/scripts/get-haproxy.sh")
export LISTEN SOCKET_PATH DATA_DIR HAPROXY

# The variables of make are not for the proxy.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
say "listening on $LISTEN, in front of $SOCKET_PATH ($HAPROXY)"
exec "$ROOT/build/docker-socket-proxy" run
