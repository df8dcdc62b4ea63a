#!/bin/sh
# Prints the path of an HAProxy that is new enough, which it downloads first if the machine has none:
#   scripts/get-haproxy.sh            the machine's own if it is 3.0 or newer, else Debian trixie's
#   scripts/get-haproxy.sh SUITE      the one of that Debian suite (trixie, sid)
# lib-suite.sh downloads the packages. The wrapper beside the unpacked files starts HAProxy with the loader and the
# libraries of that suite.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=scripts/lib-suite.sh
. "$(dirname -- "$0")/lib-suite.sh"

new_enough() {
    "$1" -v 2>/dev/null | awk 'NR == 1 { split($3, v, "."); exit !(v[1] >= 3) }'
}

suite=${1:-}
if [ -z "$suite" ]; then
    host=$(command -v "${HAPROXY:-haproxy}" || true)
    if [ -n "$host" ] && new_enough "$host"; then
        printf '%s\n' "$host"
        exit 0
    fi
    suite=trixie
fi

home=$BUILD/haproxy-$suite
wrapper=$home/haproxy
if [ -x "$wrapper" ] && new_enough "$wrapper"; then
    printf '%s\n' "$wrapper"
    exit 0
fi

why=$(suite_possible) || die "HAProxy 3.0 or newer is needed, and $why; set HAPROXY to one"
say "getting HAProxy of Debian $suite into ${home#"$ROOT"/}"
suite_download "$suite" "$home" haproxy
for deb in "$home"/apt/cache/archives/*.deb; do
    case ${deb##*/} in
        haproxy_* | lib*) dpkg -x "$deb" "$home/root" ;;
    esac
done
suite_clean

suite_launcher "$wrapper.new" haproxy ""
mv "$wrapper.new" "$wrapper"
new_enough "$wrapper" || { "$wrapper" -v >&2 || true; die "HAProxy of $suite does not run here, or is older than 3.0"; }
printf '%s\n' "$wrapper"
