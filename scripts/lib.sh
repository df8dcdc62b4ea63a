# shellcheck shell=sh disable=SC2034
# Functions and variables that the other scripts share; sourced, never run.

# A user's PATH often lacks these, and debootstrap, dockerd and haproxy live there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
BUILD=$ROOT/build

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, directly or with sudo. If neither is possible, ends with a message.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo -- "$@"
    else
        die "needs root for: $* (run it as root, or install sudo)"
    fi
}

# The Debian mirrors that this machine uses, as apt lists them, so that both formats of its sources work.
# debian_mirror main     -> the archive          debian_mirror security -> the security archive; nothing if unknown
# Other vendors use the names "stable" and "main" too, so the archive that looks most like Debian's own is chosen.
debian_mirror() {
    # $(REPO_URI) and its like belong to apt's format, not to the shell.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
        awk -v want="$1" -v codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-sid}")" '
            $3 != "main" { next }
            { security = ($2 ~ /[-\/]security$/ || $2 ~ /\/updates$/) }
            (want == "security") != security { next }
            {
                if (!($1 in score)) { order[++n] = $1; score[$1] = 0 }
                if ($4 == "Debian") score[$1] += 8
                if ($2 == codename) score[$1] += 4
                if ($2 == codename "-updates") score[$1] += 2
                if ($1 ~ /debian/) score[$1] += 1
            }
            END {
                for (i = 1; i <= n; i++) if (score[order[i]] > best) { best = score[order[i]]; uri = order[i] }
                if (uri != "") print uri
            }'
}

debian_keyring() {
    for k in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        if [ -r "$k" ]; then
            printf '%s\n' "$k"
            return 0
        fi
    done
    return 1
}
