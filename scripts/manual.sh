#!/bin/sh
# Prints the manual page: docs/docker-socket-proxy.8.in, with the commands, groups and variables of the program.
#   scripts/manual.sh PROGRAM DATA_DIR
set -eu
cd "$(dirname -- "$0")/.."
program=$1
data=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

dsp() { env -i DATA_DIR="$PWD" "$program" "$@"; }

# Text of the program as mdoc: breaks lines after 78 characters and escapes what is special. Leaves items of lists
# unchanged.
lines() {
    awk '
        /^\.It / { print; next }
        {
            gsub(/\\/, "\\e")
            while (length($0) > 78 && match(substr($0, 1, 79), /.* /)) {
                put(substr($0, 1, RLENGTH - 1))
                $0 = substr($0, RLENGTH + 1)
            }
            put($0)
        }
        function put(line) { print (line ~ /^[.\047]/ ? "\\&" : "") line }'
}

# names: turns names, one per line, into one paragraph
names() { LC_ALL=C sort -u | sed 's/^/.Ev /; $!s/$/ ,/'; }

# --help indents a command by two blanks, and its text by more.
dsp --help | awk '
    /^  --/ { exit }
    /^  [a-z]/ {
        call = substr($0, 3)
        text = ""
        if (match(call, /   +/)) {
            text = substr(call, RSTART + RLENGTH)
            call = substr(call, 1, RSTART - 1)
        }
        name = call
        sub(/ .*/, "", name)
        words = substr(call, length(name) + 2)
        print ".It Cm " name (words == "" ? "" : " Li \"" words "\"")
        if (text != "") print text
        next
    }
    /^   +/ { sub(/^ +/, ""); print }' | lines >"$scratch/COMMANDS"
dsp permissions | awk -F '\t' '
    !/^#/ && $6 != "own variable only" {
        count = split($6, groups, /[ |+]+/)
        for (i = 1; i <= count; i++) print "ALLOW_" groups[i]
    }' | names >"$scratch/GROUPS"
dsp permissions | awk -F '\t' '!/^#/ && $6 == "own variable only" && $4 !~ /Libpod$/ { print $5 }' | names >"$scratch/OWN"
dsp map settings | awk -F '\t' '
    {
        print ".It Ev " ($2 == "profile" ? "PROFILE_<NAME>_" : "") $1 " Pq " ($2 == "both" ? "P, " : "") $3
        preset = $4
        gsub(/^\(|\)$/, "", preset)
        sub(/^none: /, "", preset)
        print $5 (preset == "none" ? "" : "; default: " preset)
    }' | lines >"$scratch/SETTINGS"

awk -v scratch="$scratch" -v data="$data" '
    /^\.\\"/ { $0 = ".\\\" Made by scripts/manual.sh from docs/docker-socket-proxy.8.in." }
    /^@[A-Z]+@$/ {
        file = scratch "/" substr($0, 2, length($0) - 2)
        while ((getline line < file) > 0) print line
        close(file)
        next
    }
    { sub(/@DATADIR@/, data); print }' docs/docker-socket-proxy.8.in
