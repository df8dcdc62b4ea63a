#!/bin/sh
# What the proxy costs, measured side by side: scripts/bench.sh [ROUNDS [SECONDS]]
#   - an allowed request with one permission, and with all of them
#   - with one profile, and with fifty
#   - a new connection of a client that has a name, with one name, and with fifty
#   - through the proxy, and straight to the socket
#   - from exec to the first answer
#   - the memory of HAProxy after the start, with one profile and with fifty, without and with the create guard
# The two sides of a comparison run in turns, in alternating order, so that other load on the machine affects both
# alike. The processor time is that of HAProxy, from /proc. The ratios hold on other machines, the absolute figures do
# not. The Engine is a second HAProxy that answers at once, so that only the proxy is measured. Everything runs in a
# network namespace of its own, with a DNS server for the names; that needs root or sudo.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

if [ "${1:-}" != --inside ]; then
    have wrk || die 'wrk is missing (apt-get install wrk)'
    have curl || die 'curl is missing'
    [ -x "$BUILD/docker-socket-proxy" ] || die 'run make first'
    HAPROXY=${HAPROXY:-$("$ROOT/scripts/get-haproxy.sh")}
    as_root unshare --mount --net --pid --fork --kill-child --mount-proc -- env "HAPROXY=$HAPROXY" "$0" --inside "$@" || exit $?
    exit 0
fi
shift

rounds=${1:-7}
seconds=${2:-3}
starts=${STARTS:-20}
port=${PORT:-24700}
program=$BUILD/docker-socket-proxy
host=10.77.0.1 # a client that is not 127.0.0.1, which is the health check's

work=$(mktemp -d)
chmod 755 "$work"
pids=''
finish() {
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# fifty TEXT: TEXT for each number from 1 to 50, which replaces each &
fifty() { seq 50 | sed "s|.*|$1|"; }

mount --make-rprivate /
ip link set lo up
ip addr add $host/32 dev lo
echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
# shellcheck disable=SC2046
python3 "$ROOT/tests/support/dns.py" 127.0.0.1 client=$host $(fifty 'name&=10.78.0.&') &
pids=$!

cat >"$work/engine.cfg" <<END
global
    nbthread 1
defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 5s
frontend engine
    bind unix@$work/engine.sock mode 0666
    bind $host:$port
    http-request return status 200 content-type application/json string "[]"
END
"$HAPROXY" -db -f "$work/engine.cfg" >/dev/null 2>&1 &
engine=$!
pids="$pids $engine"
until [ -S "$work/engine.sock" ]; do sleep 0.1; done

# proxy NAME PORT VARIABLE=value...: starts one, and waits until it answers. NAME.haproxy gets HAProxy's process.
proxy() {
    name=$1
    at=$2
    shift 2
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH="$work/engine.sock" LISTEN="tcp://$host:$at" \
        LOG_LEVEL=err "$@" "$program" run >/dev/null 2>&1 &
    parent=$!
    pids="$pids $parent"
    until curl -fs -o /dev/null "http://$host:$at/_ping"; do
        kill -0 "$parent" 2>/dev/null || die "$name did not start"
        sleep 0.1
    done
    child=$(cat "/proc/$parent/task/$parent/children")
    printf '%s\n' "${child%% *}" >"$work/$name.haproxy"
    printf '%s\n' "$at" >"$work/$name.port"
}

# Processor time of a process so far, in clock ticks
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
hertz=$(getconf CLK_TCK)

# measure NAME: requests a second, and processor time of HAProxy for each in microseconds; appended to NAME.rates
measure() {
    process=$(cat "$work/$1.haproxy")
    before=$(ticks "$process")
    wrk -t1 -c4 -d"${seconds}s" ${header:+-H "$header"} "http://$host:$(cat "$work/$1.port")/containers/json" >"$work/out"
    after=$(ticks "$process")
    if grep -q 'Non-2xx' "$work/out"; then die "$1: $(grep Non-2xx "$work/out")"; fi
    awk -v ticks=$((after - before)) -v hertz="$hertz" '
        /requests in/ { n = $1 } /Requests\/sec/ { rate = $2 }
        END { printf "%s %.2f\n", rate, ticks / hertz * 1000000 / n }' "$work/out" >>"$work/$1.rates"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# compare TITLE A B: alternating rounds, then the medians, and the median of the rounds' ratios B/A
compare() {
    round=0
    rm -f "$work/$2.rates" "$work/$3.rates"
    while [ "$round" -lt "$rounds" ]; do
        if [ $((round % 2)) -eq 0 ]; then measure "$2"; measure "$3"; else measure "$3"; measure "$2"; fi
        round=$((round + 1))
    done
    paste -d ' ' "$work/$2.rates" "$work/$3.rates" >"$work/both"
    printf '%s\n' "$1"
    for side in "$2" "$3"; do
        printf '    %-22s %9.0f requests/s  %7.2f us of processor time each\n' "$side" \
            "$(cut -d' ' -f1 "$work/$side.rates" | median)" "$(cut -d' ' -f2 "$work/$side.rates" | median)"
    done
    printf '    ratio %s/%s: throughput %.3f, processor time %.3f (medians of %d rounds)\n' "$3" "$2" \
        "$(awk '{ print $3 / $1 }' "$work/both" | median)" "$(awk '$2 > 0 { print $4 / $2 }' "$work/both" | median)" "$rounds"
}

all=$("$program" map variables | awk '!/^#/ { print $2 "=true" }' | sort -u)
fifty=$(fifty 'PROFILE_P&_FROM=10.77.&.1,10.78.&.0/24 PROFILE_P&_ALLOW_CONTAINERS=true')

named=$(fifty 'PROFILE_P&_FROM=name& PROFILE_P&_ALLOW_CONTAINERS=true')
header=''

proxy one_permission $((port + 1)) ALLOW_CONTAINER_LIST=true
# shellcheck disable=SC2086
proxy all_permissions $((port + 2)) $all
compare 'An allowed request, GET /containers/json, with one permission and with all:' one_permission all_permissions

proxy one_profile $((port + 3)) PROFILE_P0_FROM=$host PROFILE_P0_ALLOW_CONTAINERS=true
# shellcheck disable=SC2086
proxy fifty_profiles $((port + 4)) PROFILE_ZZ_FROM=$host PROFILE_ZZ_ALLOW_CONTAINERS=true $fifty
compare 'The same with one profile, and as the last of 51:' one_profile fifty_profiles

proxy one_name $((port + 5)) PROFILE_P0_FROM=client PROFILE_P0_ALLOW_CONTAINERS=true
# shellcheck disable=SC2086
proxy fifty_names $((port + 6)) PROFILE_ZZ_FROM=client PROFILE_ZZ_ALLOW_CONTAINERS=true $named
header='Connection: close'
compare 'A new connection for each request, of a client that has a name, with one name and as the last of 51:' one_name fifty_names
header=''

# Without the proxy, the processor time is that of the stand-in.
printf '%s\n' "$port" >"$work/direct.port"
printf '%s\n' "$engine" >"$work/direct.haproxy"
compare 'Straight to the stand-in, and through the proxy (wrk has no Unix sockets, so both by TCP):' direct one_permission

# From exec to the first answer
n=0
while [ $n -lt "$starts" ]; do
    at=$((port + 10 + n))
    begin=$(date +%s%N)
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH="$work/engine.sock" LISTEN="tcp://$host:$at" \
        LOG_LEVEL=err "$program" run >/dev/null 2>&1 &
    parent=$!
    until curl -fs -o /dev/null "http://$host:$at/_ping"; do kill -0 $parent; done
    end=$(date +%s%N)
    echo $(((end - begin) / 1000)) >>"$work/starts"
    kill $parent
    wait $parent || true
    n=$((n + 1))
done
printf 'From exec to the first answer: %.1f ms (median of %d)\n' "$(median <"$work/starts" | awk '{ print $1 / 1000 }')" "$starts"

# shellcheck disable=SC2046
proxy fifty_guarded $((port + 7)) $(fifty 'PROFILE_P&_FROM=10.77.&.1 PROFILE_P&_ALLOW_CREATE=true')
for name in one_profile fifty_profiles fifty_guarded; do
    printf 'Memory after the start, %s: %.1f MB\n' "$name" "$(awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$(cat "$work/$name.haproxy")/status")"
done

# The time HAProxy takes to read and check a configuration
# shellcheck disable=SC2046
for set in "one_guarded ALLOW_CREATE=true" "fifty_guarded $(fifty 'PROFILE_P&_FROM=10.77.&.1 PROFILE_P&_ALLOW_CREATE=true')"; do
    name=${set%% *}
    # shellcheck disable=SC2086
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH="$work/engine.sock" ${set#* } "$program" render >"$work/$name.cfg" 2>/dev/null
    begin=$(date +%s%N)
    "$HAPROXY" -c -f "$work/$name.cfg" >/dev/null 2>&1
    end=$(date +%s%N)
    printf 'haproxy -c, %s: %.2f s, %d bytes of configuration\n' "$name" "$(awk "BEGIN { print ($end - $begin) / 1e9 }")" "$(wc -c <"$work/$name.cfg")"
done
