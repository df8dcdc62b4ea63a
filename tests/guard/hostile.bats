#!/usr/bin/env bats
# The create guard and its oracle against requests of an attacker, see hostile/README: each is refused by
# the guard and called dangerous by the oracle.

bats_require_minimum_version 1.5.0

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT JUDGE="$ROOT/build/guard/judge" ORACLE="$ROOT/build/guard/oracle" HOSTILE="$ROOT/tests/guard/hostile"
    (cd "$ROOT/tests/guard/oracle" && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off go build -o "$ORACLE" .)
}

# bodies PATTERN FUNCTION: calls FUNCTION OPERATION FILE [NAME=value ...] for each body; its failures are counted and shown
bodies() {
    local file operation arguments wrong=0 count=0
    for file in "$HOSTILE"/*/$1; do
        operation=$(basename "$(dirname "$file")")
        arguments=()
        if [ -e "${file%.json}.args" ]; then mapfile -t arguments <"${file%.json}.args"; fi
        count=$((count + 1))
        "$2" "$operation" "$file" "${arguments[@]}" || wrong=$((wrong + 1))
    done
    echo "$count bodies, $wrong wrong"
    [ "$count" -gt 0 ] && [ "$wrong" -eq 0 ]
}

# queries FUNCTION: the same for each query: FUNCTION OPERATION QUERY
queries() {
    local file query wrong=0 count=0
    for file in "$HOSTILE"/*.query; do
        while IFS= read -r query; do
            count=$((count + 1))
            "$1" "$(basename "$file" .query)" "$query" || wrong=$((wrong + 1))
        done <"$file"
    done
    echo "$count queries, $wrong wrong"
    [ "$count" -gt 0 ] && [ "$wrong" -eq 0 ]
}

# Exit status 3 is "refused"; another one, a crash among them, is no answer.
refused_by_guard() {
    local status=0 answer
    answer=$("$JUDGE" -v "$1" "$2" "${@:3}" 2>&1) || status=$?
    [ "$status" -eq 3 ] && [[ $answer == *"is forbidden"* ]] && return 0
    echo "${2#"$HOSTILE"/} ${*:3}: $answer ($status)"
    return 1
}

dangerous_to_oracle() {
    local status=0 answer
    answer=$("$ORACLE" judge "$1" "${@:3}" <"$2") || status=$?
    [ "$status" -eq 3 ] && [ -n "$answer" ] && return 0
    echo "${2#"$HOSTILE"/} ${*:3}: $answer ($status)"
    return 1
}

query_refused_by_guard() {
    local status=0 answer
    answer=$("$JUDGE" -q "$1" "$2" 2>&1) || status=$?
    [ "$status" -eq 3 ] && [[ $answer == *"is forbidden"* ]] && return 0
    echo "$1 $2: $answer ($status)"
    return 1
}

query_dangerous_to_oracle() {
    local status=0 answer
    answer=$("$ORACLE" query "$1" "$2") || status=$?
    [ "$status" -eq 3 ] && [ -n "$answer" ] && return 0
    echo "$1 $2: $answer ($status)"
    return 1
}

@test "the guard refuses each hostile body" { bodies '*.json' refused_by_guard; }

@test "the oracle calls each hostile body dangerous" { bodies '*.json' dangerous_to_oracle; }

@test "the guard refuses each hostile query" { queries query_refused_by_guard; }

@test "the oracle calls each hostile query dangerous" { queries query_dangerous_to_oracle; }

@test "of 300 random queries not one that is dangerous passes" {
    run -0 "$ORACLE" queries "$JUDGE" 300 "$RANDOM"
    echo "$output"
}
