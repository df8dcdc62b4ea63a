# shellcheck shell=sh
# Downloads packages of another Debian suite with apt, which checks their signatures, to a directory below build/. They
# are unpacked there and not installed, so that nothing on the machine changes and root is not needed. Sourced after
# lib.sh, never run.

# apt with the machine's own configuration (proxy, credentials, validity checks), but other archives, and its state in
# another directory.
suite_apt() {
    suite_command=$1
    shift
    apt-get -q \
        -o Dir::Etc::sourcelist="$suite_home/apt/sources.list" -o Dir::Etc::sourceparts="$suite_home/apt/parts" \
        -o Dir::Etc::preferences="$suite_home/apt/none" -o Dir::Etc::preferencesparts="$suite_home/apt/parts" \
        -o Dir::State="$suite_home/apt" -o Dir::State::lists="$suite_home/apt/lists" \
        -o Dir::State::status="$suite_home/apt/status" -o Dir::Cache="$suite_home/apt/cache" -o Dir::Log="$suite_home/apt" \
        -o APT::Sandbox::User="$(id -un)" -o APT::Default-Release= -o APT::Architecture="$suite_arch" \
        -o APT::Architectures="$suite_arch" -o APT::Install-Recommends=false -o APT::Update::Post-Invoke::= \
        -o Debug::NoLocking=true -o APT::Update::Error-Mode=any \
        "$suite_command" "$@"
}

suite_sources() {
    {
        printf 'deb [signed-by=%s] %s %s main\n' "$1" "$suite_mirror" "$suite_name"
        case $suite_name in
            sid | unstable) ;;
            *) [ -z "$suite_security" ] || printf 'deb [signed-by=%s] %s %s-security main\n' "$1" "$suite_security" "$suite_name" ;;
        esac
    } >"$suite_home/apt/sources.list"
}

# Succeeds if suite_download can work here; otherwise prints the reason
suite_possible() {
    if ! have apt-get || ! have dpkg; then
        printf '%s\n' 'this machine has no apt-get to get it with'
        return 1
    fi
    if [ -z "$(debian_mirror main)" ]; then
        printf '%s\n' 'apt on this machine has no Debian mirror configured'
        return 1
    fi
}

# suite_download SUITE HOME PACKAGE...: downloads the packages and all their dependencies, including the C library, to
# HOME/apt/cache/archives/*.deb. Removes the content of HOME first. HOME/apt/log has apt's output.
suite_download() {
    suite_name=$1
    suite_home=$2
    shift 2
    suite_mirror=$(debian_mirror main)
    suite_security=$(debian_mirror security)
    suite_arch=$(dpkg --print-architecture)
    suite_log=$suite_home/apt/log

    rm -rf "$suite_home"
    mkdir -p "$suite_home/apt/lists/partial" "$suite_home/apt/cache/archives/partial" "$suite_home/apt/parts" "$suite_home/root"
    : >"$suite_home/apt/status"

    suite_ready=no
    if suite_keyring=$(debian_keyring); then
        suite_sources "$suite_keyring"
        if suite_apt update >"$suite_log" 2>&1; then suite_ready=yes; fi
    fi
    if [ $suite_ready = no ]; then
        # An old keyring lacks the suite's key. The newest keyring of this machine's own release, which apt checks with
        # the keys that the machine trusts already, has it.
        (cd "$suite_home/apt" && apt-get -q download debian-archive-keyring) >>"$suite_log" 2>&1 || suite_failed "read $suite_name from $suite_mirror"
        dpkg -x "$suite_home"/apt/debian-archive-keyring_*.deb "$suite_home/apt/keyring"
        for suite_keyring in "$suite_home"/apt/keyring/usr/share/keyrings/debian-archive-keyring.[gp][pg][gp]; do
            [ -r "$suite_keyring" ] && break
        done
        suite_sources "$suite_keyring"
        suite_apt update >>"$suite_log" 2>&1 || suite_failed "read $suite_name from $suite_mirror"
    fi
    suite_apt install -y --download-only "$@" >>"$suite_log" 2>&1 || suite_failed "download $*"
}

suite_failed() {
    tail -n 20 "$suite_log" >&2
    die "apt could not $1 (the whole output: $suite_log)"
}

# Removes what only the download needed
suite_clean() { rm -rf "$suite_home/apt/cache" "$suite_home/apt/lists" "$suite_home/root/usr/share"; }

# suite_launcher FILE NAME UP: writes FILE, which starts the program NAME of the unpacked suite with that suite's own loader
# and libraries, so that the home may be moved with it. UP is the way from FILE's directory to the home, such as /.. or nothing.
suite_launcher() {
    suite_loader=$(find "$suite_home/root" -name 'ld-linux*.so.*' -o -name 'ld64.so.*' | head -n 1)
    suite_libc=$(find "$suite_home/root" -name libc.so.6 | head -n 1)
    suite_program=$(find -L "$suite_home/root/usr" -name "$2" -type f | head -n 1)
    if [ -z "$suite_loader" ] || [ -z "$suite_libc" ] || [ -z "$suite_program" ]; then
        die "what apt downloaded for $suite_name is not complete: $2 cannot run (see $suite_log)"
    fi
    suite_libs=${suite_libc%/*}
    cat >"$1" <<END
#!/bin/sh
# Debian $suite_name's $2 with its own loader and libraries; written by scripts/${0##*/}.
here=\${0%/*}$3
exec "\$here/${suite_loader#"$suite_home"/}" --library-path "\$here/${suite_libs#"$suite_home"/}" "\$here/${suite_program#"$suite_home"/}" "\$@"
END
    chmod 0755 "$1"
}
