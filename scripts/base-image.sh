#!/bin/sh
# Makes sure that the Docker Engine has the base image of the Dockerfile. Pulls it, or if that fails makes it with
# debootstrap from this machine's Debian mirror; the result is kept in build/base/.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

suite=trixie
image=debian:$suite-slim
rootfs=$BUILD/base/$suite.tar

docker version >/dev/null 2>&1 || die "no Docker Engine answers at ${DOCKER_HOST:-the default socket}"
if docker image inspect "$image" >/dev/null 2>&1; then
    exit 0
fi
if timeout "${PULL_TIMEOUT:-60}" docker pull "$image" >/dev/null 2>&1; then
    exit 0
fi

if [ ! -s "$rootfs" ]; then
    say "$image cannot be pulled here; making it with debootstrap"
    have debootstrap || "$ROOT/scripts/install-packages.sh" base
    mirror=$(debian_mirror main)
    [ -n "$mirror" ] || die 'apt on this machine has no Debian mirror configured'
    security=$(debian_mirror security)
    keyring=$(debian_keyring) || die 'the package debian-archive-keyring is missing'
    mkdir -p "$BUILD/base"
    work=$BUILD/base/work
    log=$BUILD/base/debootstrap.log
    as_root rm -rf "$work"

    include=''
    case "$mirror $security" in *https:*) include=--include=ca-certificates ;; esac
    # shellcheck disable=SC2086
    as_root debootstrap --variant=minbase --keyring="$keyring" $include "$suite" "$work" "$mirror" >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; die "debootstrap of $suite from $mirror failed (the whole output: $log)"; }

    settings=$(mktemp -d)
    trap 'rm -rf "$settings"' EXIT
    signed=/usr/share/keyrings/debian-archive-keyring
    if [ -e "$work$signed.pgp" ]; then signed=$signed.pgp; else signed=$signed.gpg; fi
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: %s\n' "$mirror" $suite $suite "$signed"
        [ -z "$security" ] ||
            printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: %s\n' "$security" $suite "$signed"
    } >"$settings/debian.sources"
    # The apt in the image needs the same settings as this machine's to reach the mirror (a proxy, a mirror whose
    # signatures have expired). Credentials are not copied: they do not belong in an image.
    apt-config dump | grep -E '^Acquire::(https?::[Pp]roxy|Check-Valid-Until|Check-Date|Retries)[ :]' >"$settings/90machine" || true
    # As in the official slim image: no manuals and translations, also in packages that are installed later.
    cat >"$settings/docker-slim" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
END
    as_root rm -f "$work/etc/apt/sources.list"
    as_root cp "$settings/debian.sources" "$work/etc/apt/sources.list.d/debian.sources"
    as_root cp "$settings/90machine" "$work/etc/apt/apt.conf.d/90machine"
    as_root cp "$settings/docker-slim" "$work/etc/dpkg/dpkg.cfg.d/docker-slim"
    as_root find "$work/usr/share/doc" -type f ! -name copyright -delete
    as_root find "$work/usr/share/man" "$work/usr/share/info" "$work/usr/share/locale" "$work/var/log" "$work/var/cache/apt" \
        "$work/var/lib/apt/lists" -type f -delete
    as_root rm -f "$work/etc/resolv.conf" "$work/etc/hostname" "$work/etc/machine-id"
    as_root tar --numeric-owner --one-file-system -C "$work" --exclude './dev/*' --exclude './proc/*' --exclude './sys/*' -cf "$rootfs.new" .
    as_root rm -rf "$work"
    as_root chmod 0644 "$rootfs.new"
    mv "$rootfs.new" "$rootfs"
fi
docker import --change 'CMD ["bash"]' "$rootfs" "$image" >/dev/null
say "$image was made here from the Debian mirror this machine uses"
