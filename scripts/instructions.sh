#!/bin/sh
# How many instructions HAProxy takes for an allowed request, with one environment and with another:
#   scripts/instructions.sh 'ALLOW_CONTAINERS=1' 'ALLOW_CONTAINERS=1 METRICS_LISTEN=tcp://:9404'
# Counted by callgrind, as the difference between many and few requests on one connection, so that neither the start nor
# other load on the machine counts. It needs valgrind, and the HAProxy that scripts/get-haproxy.sh unpacks.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

have valgrind || die 'valgrind is missing (apt-get install valgrind)'
[ -x "$BUILD/docker-socket-proxy" ] || die 'run make first'
haproxy=${HAPROXY:-$("$ROOT/scripts/get-haproxy.sh")}
system=$(dirname -- "$haproxy")/root
few=500
many=2500
port=${PORT:-24790}

work=$(mktemp -d)
pids=''
finish() {
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# instructions REQUESTS: those of one HAProxy that has answered so many requests
instructions() {
    library=$system/usr/lib/x86_64-linux-gnu
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$library/ld-linux-x86-64.so.2" --library-path "$library" "$system/usr/sbin/haproxy" -db -f "$work/haproxy.cfg" \
        >"$work/log" 2>&1 &
    running=$!
    until curl -s -m 5 -o "$work/answer" "http://127.0.0.1:$port/_ping"; do sleep 0.2; done
    answered=$(curl -s -m 300 -o "$work/answer" -w '%{http_code}\n' "http://127.0.0.1:$port/v1.41/containers/json?[1-$1]" | grep -c 200)
    [ "$answered" -eq "$1" ] || die "only $answered of $1 requests were answered"
    kill -TERM $running
    wait $running || true
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$work/log"
}

python3 "$ROOT/tests/support/engine.py" "$work/docker.sock" >"$work/requests" &
pids=$!
until [ -S "$work/docker.sock" ]; do sleep 0.1; done
# Where profiles depend on containers: 200 of them, and the client has the profile A.
seq 200 | sed 's/.*/10.1.2.& b/' >"$work/profiles.map"
echo '127.0.0.1 a' >>"$work/profiles.map"
first=''
for variables; do
    # shellcheck disable=SC2086
    env "DATA_DIR=$ROOT" "SOCKET_PATH=$work/docker.sock" "LISTEN=tcp://127.0.0.1:$port" $variables "$BUILD/docker-socket-proxy" render |
        sed "s/^    nbthread .*/    nbthread 1/; s/proc.inventory int(0)/proc.inventory int(1)/; s|opt@virtual/profiles|$work/profiles.map|; s|virtual/profiles|$work/profiles.map|" \
            >"$work/haproxy.cfg"
    low=$(instructions $few)
    high=$(instructions $many)
    each=$(((high - low) / (many - few)))
    first=${first:-$each}
    awk -v each=$each -v "first=$first" -v "variables=$variables" 'BEGIN { printf "%d\t%+.1f %%\t%s\n", each, (each / first - 1) * 100, variables }'
done
