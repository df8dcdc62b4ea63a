#!/bin/sh
# The README's table of groups, made from the program's own table:
#   scripts/readme-table.sh          writes it into README.md
#   scripts/readme-table.sh --check  says whether README.md has it (exit status 1 if not)
set -eu
cd "$(dirname -- "$0")/.."
program=${DSP:-build/docker-socket-proxy}

table() {
    echo '| variable | opens |'
    echo '|---|---|'
    env -i DATA_DIR="$PWD" "$program" permissions | awk -F '\t' '
        /^#/ || $6 == "own variable only" || $4 ~ /Libpod$/ { next }
        {
            gsub(/ /, "", $6)
            count = split($6, alternatives, "|")
            for (i = 1; i <= count; i++) {
                key = alternatives[i]
                if (!(key in opens)) order[++keys] = key
                if (index(" " opens[key] " ", " " $4 " ") == 0) opens[key] = opens[key] (opens[key] == "" ? "" : " ") $4
                if ($7 == "on") preset[key] = " (on by default)"
            }
        }
        END {
            for (i = 1; i <= keys; i++) {
                names = order[i]
                gsub(/\+/, "` + `ALLOW_", names)
                list = opens[order[i]]
                gsub(/ /, ", ", list)
                printf "| `ALLOW_%s`%s | %s |\n", names, preset[order[i]], list
            }
        }' | LC_ALL=C sort
}

rewritten() {
    awk -v table="$1" '
        /^<!-- groups/ { print; while ((getline line < table) > 0) print line; skipping = 1; next }
        /^<!-- \/groups/ { skipping = 0 }
        !skipping { print }' README.md
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
table >"$scratch/table"
rewritten "$scratch/table" >"$scratch/README.md"
if [ "${1:-}" = --check ]; then
    diff -u README.md "$scratch/README.md"
else
    cat "$scratch/README.md" >README.md
fi
