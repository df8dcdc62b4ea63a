#!/bin/sh
# Makes the tables of the documents from the program's own data, and those of docs/performance.md from docs/*.tsv:
#   scripts/tables.sh          writes them into the documents
#   scripts/tables.sh --check  prints the differences of outdated ones (exit status 1 if there are any)
# A table stands between the lines "<!-- NAME: made by scripts/tables.sh -->" and "<!-- /NAME -->".
set -eu
cd "$(dirname -- "$0")/.."
program=${DSP:-build/docker-socket-proxy}

permissions() { env -i DATA_DIR="$PWD" "$program" permissions; }

# The operations that each group opens. Podman's own are left out: only PING and VERSION open any, which are their like.
table_groups() {
    echo '| variable | opens |'
    echo '|---|---|'
    permissions | awk -F '\t' '
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

table_operations() {
    echo '| operation | request | own variable | groups |'
    echo '|---|---|---|---|'
    permissions | awk -F '\t' '
        /^#/ || $4 ~ /Libpod$/ { next }
        {
            groups = $6
            if (groups == "own variable only") groups = ""
            else {
                gsub(/ *\| */, "` or `ALLOW_", groups)
                gsub(/\+/, "` + `ALLOW_", groups)
                groups = "`ALLOW_" groups "`"
            }
            printf "| %s | `%s %s` | `%s` | %s |\n", $4, $2, $3, $5, groups
        }'
}

# The variables that are not permissions
table_settings() {
    echo '| variable | in a profile | value | default | meaning |'
    echo '|---|---|---|---|---|'
    env -i DATA_DIR="$PWD" "$program" map settings | awk -F '\t' '
        {
            name = ($2 == "profile" ? "PROFILE_<NAME>_" : "") $1
            profile = $2 == "both" ? "yes" : $2 == "profile" ? "only" : ""
            preset = $4
            if (preset ~ /^\(/) preset = substr(preset, 2, length(preset) - 2)
            else preset = "`" preset "`"
            sub(/^none(: )?/, "", preset)
            printf "| `%s` | %s | %s | %s | %s |\n", name, profile, $3, preset, $5
        }'
}

# The presets. A mode stands below its client.
table_clients() {
    echo '| preset | for | opens | create guard | remark |'
    echo '|---|---|---|---|---|'
    env -i DATA_DIR="$PWD" "$program" presets | awk -F '\t' '
        /^#/ { next }
        {
            opens = " " $3 " "
            gsub(/ System(PingHead|Ping|Version) /, " ", opens)
            gsub(/ System(PingHead|Ping|Version) /, " ", opens) # neighbours
            sub(/ SystemEvents /, " events ", opens)
            gsub(/^ +| +$/, "", opens)
            gsub(/ /, ", ", opens)
            guard = $4 == "" ? "" : "`" $4 "`"
            if ($5 != "") guard = guard (guard == "" ? "" : " ") "(`" $5 "`)"
            gsub(/ ALLOW/, "` `ALLOW", guard)
            printf "| `%s` | %s | %s | %s | %s |\n", $1, $2, opens, guard, $6
        }'
}

# What REDACT hides: a line for each operation and word
table_redactions() {
    echo '| word | operation | hidden in its answer |'
    echo '|---|---|---|'
    env -i DATA_DIR="$PWD" "$program" map redactions | awk -F '\t' '
        {
            count = split($3, words, ", ")
            for (i = 1; i <= count; i++) {
                key = words[i] " | " $1
                if (!(key in list)) order[++keys] = key
                list[key] = list[key] (list[key] == "" ? "" : ", ") ($4 == "refused" ? "refused as a whole" : $4 ~ /^refused/ ? $4 : "`" $2 "`" ($4 == "names" ? " (names stay)" : ""))
            }
        }
        END { for (i = 1; i <= keys; i++) printf "| %s | %s |\n", order[i], list[order[i]] }' | LC_ALL=C sort
}

# The operations by the containers that they reach
table_targets() {
    echo '| with targets | operations |'
    echo '|---|---|'
    env -i DATA_DIR="$PWD" "$program" map targets | awk -F '\t' '
        BEGIN {
            said["one"] = "reach only targets, which the path names"
            said["rename"] = "the same; with `ALLOW_CONTAINER_NAMES` also refused unless their own variable is set"
            said["exec"] = "reach only exec instances of targets"
            said["list"] = "show only targets"
            said["labels"] = "show or delete only targets; with `ALLOW_CONTAINER_NAMES` refused unless their own variable is set"
            said["many"] = "refused unless their own variable is set, and then not limited to targets"
            said["none"] = "show and change no container, and are as without targets"
            count = split("one rename exec list labels many none", order, " ")
        }
        { list[$1] = list[$1] (list[$1] == "" ? "" : ", ") $2 }
        END { for (i = 1; i <= count; i++) printf "| %s | %s |\n", said[order[i]], list[order[i]] }'
}

# replace FILE NAME: prints the file with a new table NAME
replace() {
    case $2 in
        groups) table_groups ;;
        operations) table_operations ;;
        clients) table_clients ;;
        settings) table_settings ;;
        redactions) table_redactions ;;
        targets) table_targets ;;
        wanted | load | speed | memory | container | instructions) scripts/bench/report.py docs "$2" ;;
        *) echo "$1: no such table: $2" >&2; exit 1 ;;
    esac >"$scratch/table"
    awk -v table="$scratch/table" -v name="$2" '
        index($0, "<!-- " name ":") == 1 { print; while ((getline line < table) > 0) print line; skipping = 1; next }
        index($0, "<!-- /" name) == 1 { skipping = 0 }
        !skipping { print }' "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stale=0
for document in docs/*.md; do
    cp "$document" "$scratch/document"
    names=$(sed -n 's|^<!-- \([a-z]*\): made by scripts/tables.sh -->$|\1|p' "$document")
    for name in $names; do
        replace "$scratch/document" "$name" >"$scratch/replaced"
        mv "$scratch/replaced" "$scratch/document"
    done
    if [ "${1:-}" = --check ]; then
        diff -u "$document" "$scratch/document" || stale=1
    elif ! cmp -s "$document" "$scratch/document"; then
        cat "$scratch/document" >"$document"
    fi
done
exit $stale
