#!/bin/sh
# Prints a directory with the docker command, buildx and Compose of a Debian suite, which it downloads first if
# necessary:
#   scripts/get-builders.sh SUITE       those of that suite (sid: Docker 28, buildx and Compose 2 or newer)
# lib-suite.sh downloads the packages. In the directory, bin/docker is the command, and plugins/ is for
# DOCKER_CONFIG/cli-plugins; all of them run outside of the unpacked root.
# Exit status 75: this machine cannot get them (the reason is on stderr).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=scripts/lib-suite.sh
. "$(dirname -- "$0")/lib-suite.sh"

suite=${1:-}
case $suite in
    '' | *[!a-z]*) die 'usage: get-builders.sh SUITE (sid)' ;;
esac
home=$BUILD/builders-$suite
if [ -e "$home/ready" ]; then
    printf '%s\n' "$home"
    exit 0
fi
why=$(suite_possible) || { say "the builders of Debian $suite are needed, and $why"; exit 75; }
say "getting docker, buildx and Compose of Debian $suite into ${home#"$ROOT"/}"
suite_download "$suite" "$home" docker-cli docker-buildx docker-compose
root=$home/root
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$home/bin" "$home/plugins"
for name in lib lib64; do ln -sfn usr/$name "$root/$name"; done
for deb in "$home"/apt/cache/archives/*.deb; do dpkg -x "$deb" "$root"; done
suite_clean
suite_launcher "$home/bin/docker" docker /..
suite_launcher "$home/plugins/docker-buildx" docker-buildx /..
suite_launcher "$home/plugins/docker-compose" docker-compose /..
: >"$home/ready"
printf '%s\n' "$home"
