#!/bin/sh
# Prints the root directory of the Docker Engine and Podman of a Debian suite, which it downloads first if necessary:
#   scripts/get-engine.sh SUITE       those of that suite (sid: Docker 28 or newer, Podman 5 or newer)
# lib-suite.sh downloads the packages. The Engine's programs execute /proc/self/exe, so unlike HAProxy they have to run
# in the unpacked root; scripts/with-dockerd.sh does that, and makes the mounts that they need. Beside the root,
# bin/docker is the client of the same release, which runs outside of it; bin/podman runs inside. The root has some 400
# MB and is kept.
# Exit status 75: this machine cannot get it (the reason is on stderr).
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=scripts/lib-suite.sh
. "$(dirname -- "$0")/lib-suite.sh"

suite=${1:-}
case $suite in
    '' | *[!a-z]*) die 'usage: get-engine.sh SUITE (trixie, sid)' ;;
esac
home=$BUILD/engine-$suite
if [ -e "$home/ready" ]; then
    printf '%s\n' "$home/root"
    exit 0
fi
why=$(suite_possible) || { say "the Docker Engine of Debian $suite is needed, and $why"; exit 75; }
say "getting the Docker Engine of Debian $suite into ${home#"$ROOT"/}"
suite_download "$suite" "$home" docker.io docker-cli containerd runc iptables \
    podman conmon netavark aardvark-dns nftables mount procps
root=$home/root
# What the packages' installation scripts would do, as far as an Engine needs it
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
for name in bin sbin lib lib64; do ln -sfn usr/$name "$root/$name"; done
for deb in "$home"/apt/cache/archives/*.deb; do dpkg -x "$deb" "$root"; done
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    tool=${name%%-*}
    case $name in *-*) kind=-nft-${name#*-} ;; *) kind=-nft ;; esac
    ln -sf "$tool$kind" "$root/usr/sbin/$name"
done
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/var/tmp" "$root/var/lib/containers" "$root/etc/containers"
ln -sfn /run "$root/var/run"
printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\ndocker:x:999:\n' >"$root/etc/group"
# Podman needs a policy for the images that it may use
[ -e "$root/etc/containers/policy.json" ] || printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$root/etc/containers/policy.json"
[ -e "$root/etc/containers/registries.conf" ] ||
    printf 'unqualified-search-registries = ["docker.io"]\n' >"$root/etc/containers/registries.conf"
suite_clean
for name in dockerd docker containerd containerd-shim-runc-v2 runc iptables podman conmon mount; do
    [ -n "$(find -L "$root/usr/bin" "$root/usr/sbin" -maxdepth 1 -name "$name" -type f)" ] ||
        die "what apt downloaded for $suite is not complete: $name is missing (see $home/apt/log)"
done
mkdir -p "$home/bin"
suite_launcher "$home/bin/docker" docker /..
cat >"$home/bin/podman" <<END
#!/bin/sh
# Debian $suite's podman in its own root; written by scripts/get-engine.sh.
exec env PODMAN_IGNORE_CGROUPSV1_WARNING=1 chroot "\${0%/*}/../root" podman "\$@"
END
chmod 0755 "$home/bin/podman"
: >"$home/ready"
printf '%s\n' "$root"
