#!/bin/sh
# Gets the clients of the Engine that tests/clients runs, and prints the directory that they are in:
#   scripts/get-clients.sh [NAME...]      without a name: all in tests/clients/clients.tsv, which pins their versions
# Go builds its programs from modules, which it checks against the checksum database; npm checks package-lock.json, also
# for a program that git gets from GitHub; pip
# and apt check what they download against their index. What a test does not use is left out of the builds: web front
# ends are an empty page, Traefik has no DNS providers for certificates, Telegraf one input and one output.
# In the directory, bin/NAME is the program (a link to it) and bin/NAME.version what its version is; python/ and npm/
# hold libraries. A program that is there already is used as it is, so one that was built by other means can be put
# there. A client that cannot be had is reported, and bin/NAME.missing has the reason; the exit status is 0 all the same.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=scripts/lib-suite.sh
. "$(dirname -- "$0")/lib-suite.sh"

home=$BUILD/clients
bin=$home/bin
table=$ROOT/tests/clients/clients.tsv
limit=${CLIENT_LIMIT:-900} # seconds that the build of one client may take
until=${CLIENTS_UNTIL:-}   # seconds since 1970: no build begins later, or goes on later
mkdir -p "$bin"

# ---- by the kind of package: each makes $bin/$name, and its output goes to $home/$name.log ----

# Where a module's directory has to have something that the module's archive lacks, or needs what cannot be had
prepare() {
    case $1 in
        traefik)
            printf 'stub\n' >webui/static/index.html
            # A module of its own inside of Traefik's tree, which its archive leaves out
            mkdir -p pkg/config/dynamic/ext pkg/provider/acme/dns
            printf 'module github.com/traefik/traefik/dynamic/ext\n\ngo 1.21\n' >pkg/config/dynamic/ext/go.mod
            printf 'package ext\n\ntype HTTP struct{}\n\ntype Router struct{}\n' >pkg/config/dynamic/ext/ext.go
            cat >pkg/provider/acme/dns/dns.go <<'GO'
package dns

import (
	"errors"

	"github.com/go-acme/lego/v5/challenge"
)

func NewDNSChallengeProviderByName(string) (challenge.Provider, error) {
	return nil, errors.New("built without DNS providers")
}
GO
            sed -i 's|"github.com/go-acme/lego/v5/providers/dns"|"github.com/traefik/traefik/v3/pkg/provider/acme/dns"|' \
                pkg/provider/acme/provider.go
            # Only for the passwords of routes: the library in its original, without what Traefik's fork adds
            sed -i 's/goauth.CheckSecret,/func(string, string) bool { return false },/' pkg/middlewares/auth/basic_auth.go
            sed -i 's/RequireAuthStale/RequireAuth/' pkg/middlewares/auth/digest_auth.go
            go mod edit -dropreplace github.com/abbot/go-http-auth -require github.com/abbot/go-http-auth@v0.4.0
            ;;
        dozzle)
            mkdir -p dist/.vite
            printf '{}\n' >dist/.vite/manifest.json
            printf '<html></html>\n' >dist/index.html
            openssl req -x509 -newkey rsa:2048 -nodes -keyout shared_key.pem -out shared_cert.pem -days 3650 -subj /CN=dozzle
            ;;
        caddy-docker-proxy)
            mkdir -p cmd/caddy
            cat >cmd/caddy/main.go <<'GO'
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/standard"
	_ "github.com/lucaslorentz/caddy-docker-proxy/v2"
)

func main() { caddycmd.Main() }
GO
            ;;
    esac
}

# get_go MODULE PACKAGE [TAGS]
get_go() {
    have go || { say 'go is not installed'; return 1; }
    source=$home/src/$name
    mkdir -p "$home/src"
    rm -rf "$source"
    module=$(cd "$home/src" && GOFLAGS=-mod=mod go mod download -json "$1@$version") || true
    directory=$(printf '%s\n' "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    if [ ! -d "$directory" ]; then
        printf '%s\n' "$module" | sed -n 's/^\t"Error": "\(.*\)".*/\1/p'
        return 1
    fi
    cp -r "$directory" "$source"
    chmod -R u+w "$source"
    (
        cd "$source"
        prepare "$name"
        GOFLAGS='-buildvcs=false -mod=mod' timeout "$limit" go build -tags "${3:-}" -o "$bin/$name.new" "$2"
    ) || return 1
    mv "$bin/$name.new" "$bin/$name"
    rm -rf "$source"
}

# get_npm: the packages of tests/clients/npm, all at once
get_npm() {
    have npm || { say 'npm is not installed'; return 1; }
    mkdir -p "$home/npm"
    cp "$ROOT"/tests/clients/npm/package*.json "$home/npm"
    (cd "$home/npm" && timeout "$limit" npm ci --ignore-scripts --no-audit --no-fund) || return 1
    ln -sfn "../npm/node_modules/$1" "$bin/$name"
}

# get_node REPOSITORY DIRECTORY: a program in TypeScript that is in no registry, from its tag on GitHub
get_node() {
    have npm || { say 'npm is not installed'; return 1; }
    have git || { say 'git is not installed'; return 1; }
    rm -rf "${home:?}/$name"
    timeout "$limit" git clone -q -c advice.detachedHead=false --depth 1 --branch "$version" "https://github.com/$1" "$home/$name" || return 1
    (
        cd "$home/$name/$2"
        timeout "$limit" npm ci --ignore-scripts --no-audit --no-fund
        npx tsc
        npm prune --omit=dev --no-audit --no-fund
    ) || return 1
    # shellcheck disable=SC2016 # the shell that starts it expands that
    printf '#!/bin/sh\nexec node "${0%%/*}/../%s/dist/index.js" "$@"\n' "$name/$2" >"$bin/$name"
    chmod 0755 "$bin/$name"
}

# get_pip PACKAGE PROGRAM [PACKAGE==VERSION...]: the program in Python, and what it needs that the package leaves optional
get_pip() {
    if [ ! -x "$home/python/bin/pip" ]; then
        rm -rf "$home/python"
        /usr/bin/python3 -m venv "$home/python" || return 1
    fi
    timeout "$limit" "$home/python/bin/pip" install -q --disable-pip-version-check \
        "$1==$version" "${3:-pip}" || return 1
    ln -sfn "../python/bin/$2" "$bin/$name"
}

# get_debian SUITE PROGRAM PACKAGE...: a program of that suite, with its own loader and libraries
get_debian() {
    suite=$1
    program=$2
    shift 2
    why=$(suite_possible) || { say "$why"; return 1; }
    suite_name=$suite
    suite_home=$home/$name
    suite_download "$suite" "$suite_home" "$@" || return 1
    root=$suite_home/root
    mkdir -p "$root/usr/lib" "$root/usr/lib64"
    for place in lib lib64; do ln -sfn usr/$place "$root/$place"; done
    for deb in "$suite_home"/apt/cache/archives/*.deb; do dpkg -x "$deb" "$root" || return 1; done
    suite_clean
    case $program in
        *.py) # a program in Python, whose interpreter is python3.VERSION
            suite_launcher "$suite_home/python" "$(cd "$root/usr/bin" && echo python3.[0-9]*[0-9])" '' || return 1
            # shellcheck disable=SC2016 # the shell that starts it expands that
            printf '#!/bin/sh\nexec "${0%%/*}/python" "${0%%/*}/root/usr/bin/%s" "$@"\n' "${program%.py}" >"$suite_home/$name"
            chmod 0755 "$suite_home/$name"
            ;;
        *) suite_launcher "$suite_home/$name" "$program" '' || return 1 ;;
    esac
    launcher "../$name/$name"
}

# get_builders SUITE PROGRAM: one of those that scripts/get-builders.sh gets
get_builders() {
    builders=$("$ROOT/scripts/get-builders.sh" "$1") || return 1
    launcher "../../${builders##*/}/$2"
}

# launcher PATH: makes $bin/$name, which starts the launcher at that path, itself relative to bin/
launcher() {
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec "${0%%/*}/%s" "$@"\n' "$1" >"$bin/$name"
    chmod 0755 "$bin/$name"
}

get() {
    case $kind in
        go | npm | node | pip | debian | builders) "get_$kind" "$@" ;;
        *) die "$table: unknown kind $kind" ;;
    esac
}

tab=$(printf '\t')
wanted=" $* "
grep -v '^#' "$table" >"$home/table"
while IFS=$tab read -r name version kind arguments; do
    case $wanted in '  ' | *" $name "*) ;; *) continue ;; esac
    [ ! -e "$bin/$name" ] || continue
    if [ "$kind" = none ]; then
        printf '%s\n' "$arguments" >"$bin/$name.missing"
        continue
    fi
    if [ -n "$until" ]; then
        left=$((until - $(date +%s)))
        if [ $left -le 0 ]; then
            echo 'no time is left (CLIENTS_UNTIL)' >"$bin/$name.missing"
            continue
        fi
        [ $left -ge "$limit" ] || limit=$left
    fi
    say "getting $name $version"
    # In a subshell, so that a client that cannot be had leaves the others.
    # shellcheck disable=SC2086
    if (get $arguments) >"$home/$name.log" 2>&1 </dev/null; then
        printf '%s\n' "$version" >"$bin/$name.version"
        rm -f "$bin/$name.missing"
    else
        grep -vE 'downloading|^$' "$home/$name.log" | tail -n 1 >"$bin/$name.missing"
        say "NOT TO BE HAD HERE: $name $version: $(cat "$bin/$name.missing") (the whole output: $home/$name.log)"
    fi
done <"$home/table"
printf '%s\n' "$home"
