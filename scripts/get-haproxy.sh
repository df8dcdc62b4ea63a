#!/bin/sh
# Prints the path of an HAProxy that is new enough, and gets one first when the machine has none:
#   scripts/get-haproxy.sh            the machine's own if it is 3.0 or newer, else Debian trixie's
#   scripts/get-haproxy.sh SUITE      the one of that Debian suite (trixie, sid)
# A foreign suite's packages are downloaded by apt into a private root below build/, with apt's own signature checks,
# and only unpacked there. Nothing on the machine changes and no privilege is needed: the wrapper beside the unpacked
# files starts HAProxy with that suite's own loader and libraries.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

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

if ! have apt-get || ! have dpkg; then
    die "HAProxy 3.0 or newer is needed, and this machine has no apt-get to get it with; set HAPROXY to one"
fi
mirror=$(debian_mirror main)
[ -n "$mirror" ] || die "HAProxy 3.0 or newer is needed, and apt on this machine has no Debian mirror configured; set HAPROXY to one"
security=$(debian_mirror security)
arch=$(dpkg --print-architecture)

rm -rf "$home"
mkdir -p "$home/apt/lists/partial" "$home/apt/cache/archives/partial" "$home/apt/parts" "$home/root"
: >"$home/apt/status"

# The machine's own apt configuration stays in force (proxy, credentials, validity checks); only where apt keeps its
# state and which archive it asks is different.
apt() {
    command=$1
    shift
    apt-get -q \
        -o Dir::Etc::sourcelist="$home/apt/sources.list" -o Dir::Etc::sourceparts="$home/apt/parts" \
        -o Dir::Etc::preferences="$home/apt/none" -o Dir::Etc::preferencesparts="$home/apt/parts" \
        -o Dir::State="$home/apt" -o Dir::State::lists="$home/apt/lists" -o Dir::State::status="$home/apt/status" \
        -o Dir::Cache="$home/apt/cache" -o Dir::Log="$home/apt" \
        -o APT::Sandbox::User="$(id -un)" -o APT::Default-Release= -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o APT::Install-Recommends=false -o APT::Update::Post-Invoke::= -o Debug::NoLocking=true \
        -o APT::Update::Error-Mode=any \
        "$command" "$@"
}

write_sources() {
    {
        printf 'deb [signed-by=%s] %s %s main\n' "$1" "$mirror" "$suite"
        case $suite in
            sid | unstable) ;;
            *) [ -z "$security" ] || printf 'deb [signed-by=%s] %s %s-security main\n' "$1" "$security" "$suite" ;;
        esac
    } >"$home/apt/sources.list"
}

log=$home/apt/log
say "getting HAProxy of Debian $suite into ${home#"$ROOT"/}"
ready=no
if keyring=$(debian_keyring); then
    write_sources "$keyring"
    if apt update >"$log" 2>&1; then ready=yes; fi
fi
if [ $ready = no ]; then
    # An old keyring does not know the suite's key. The newest keyring this machine's own release offers, checked by
    # the keys the machine trusts already, does.
    (cd "$home/apt" && apt-get -q download debian-archive-keyring) >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; die "apt could not read $suite from $mirror (the whole output: $log)"; }
    dpkg -x "$home"/apt/debian-archive-keyring_*.deb "$home/apt/keyring"
    for keyring in "$home"/apt/keyring/usr/share/keyrings/debian-archive-keyring.[gp][pg][gp]; do
        [ -r "$keyring" ] && break
    done
    write_sources "$keyring"
    apt update >>"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt could not read $suite from $mirror (the whole output: $log)"; }
fi

# With an empty package database, apt resolves everything HAProxy needs, down to the C library.
apt install -y --download-only haproxy >>"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt could not download haproxy (the whole output: $log)"; }
for deb in "$home"/apt/cache/archives/*.deb; do
    case ${deb##*/} in
        haproxy_* | lib*) dpkg -x "$deb" "$home/root" ;;
    esac
done
rm -rf "$home/apt/cache" "$home/apt/lists" "$home/root/usr/share"

loader=$(find "$home/root" -name 'ld-linux*.so.*' -o -name 'ld64.so.*' | head -n 1)
libc=$(find "$home/root" -name libc.so.6 | head -n 1)
if [ -z "$loader" ] || [ -z "$libc" ] || [ ! -x "$home/root/usr/sbin/haproxy" ]; then
    die "what apt downloaded for $suite is not complete (see $log)"
fi
loader=${loader#"$home"/}
libs=${libc#"$home"/}
cat >"$wrapper.new" <<END
#!/bin/sh
# Debian $suite's HAProxy with its own loader and libraries; written by scripts/get-haproxy.sh.
here=\${0%/*}
exec "\$here/$loader" --library-path "\$here/${libs%/*}" "\$here/root/usr/sbin/haproxy" "\$@"
END
chmod 0755 "$wrapper.new"
mv "$wrapper.new" "$wrapper"
new_enough "$wrapper" || { "$wrapper" -v >&2 || true; die "HAProxy of $suite does not run here, or is older than 3.0"; }
printf '%s\n' "$wrapper"
