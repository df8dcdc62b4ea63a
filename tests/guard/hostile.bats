#!/usr/bin/env bats
# Requests of an attacker, see hostile/README: the create guard refuses each, and the oracle calls each dangerous.

bats_require_minimum_version 1.5.0

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT JUDGE="$ROOT/build/guard/judge" ORACLE="$ROOT/build/guard/oracle" HOSTILE="$ROOT/tests/guard/hostile"
    "$ROOT/tests/support/oracle.sh" guard
}

# bodies FUNCTION: calls FUNCTION OPERATION FILE [NAME=value ...] for each body; its failures are counted and shown
bodies() {
    local file operation arguments wrong=0 count=0
    for file in "$HOSTILE"/*/*.json; do
        operation=$(basename "$(dirname "$file")")
        arguments=()
        if [ -e "${file%.json}.args" ]; then mapfile -t arguments <"${file%.json}.args"; fi
        count=$((count + 1))
        "$1" "$operation" "$file" "${arguments[@]}" || wrong=$((wrong + 1))
    done
    echo "$count bodies, $wrong wrong"
    [ "$count" -gt 0 ] && [ "$wrong" -eq 0 ]
}

# queries FUNCTION: the same for each query: FUNCTION OPERATION QUERY
queries() {
    local file operation query wrong=0 count=0
    for file in "$HOSTILE"/*.query; do
        operation=$(basename "$file" .query)
        while IFS= read -r query; do
            count=$((count + 1))
            "$1" "$operation" "$query" || wrong=$((wrong + 1))
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

@test "the guard refuses each hostile body" { bodies refused_by_guard; }

@test "the oracle calls each hostile body dangerous" { bodies dangerous_to_oracle; }

@test "the guard refuses each hostile query" { queries query_refused_by_guard; }

@test "the oracle calls each hostile query dangerous" { queries query_dangerous_to_oracle; }

@test "of 300 random queries not one that is dangerous passes" {
    run -0 "$ORACLE" queries "$JUDGE" 300 "$RANDOM"
    echo "$output"
}

@test "the search comes upon each kind of danger, so that it finds a hole where there is one" {
    local kind
    "$ORACLE" kinds 50000 1 "$ROOT/tests/guard/corpus" >"$BATS_TEST_TMPDIR/kinds"
    while IFS= read -r kind; do
        grep -F "$kind" "$BATS_TEST_TMPDIR/kinds" >/dev/null || { echo "never: $kind"; return 1; }
    done <<'END'
"the volume driver ../../../var/lib/docker/volumes/evil/_data/p
"the network driver ../../../var/lib/docker/volumes/evil/_data/p
"the address driver ../../../var/lib/docker/volumes/evil/_data/p
"the log driver ../../../var/lib/docker/volumes/evil/_data/p
"a secret's driver
"an unknown template driver
"an interface of the host
"network option com.docker.network.bridge.name
"network option com.docker.network.host_ipv4
"the proxy itself
"the volumes of the proxy itself
"a volume of the proxy itself
"a volume that is not listed
"log option syslog-address
"log option syslog-tls-key
"log option path
"log option driver
"control characters in log option tag
"a tag that may hold control characters
"a share of the host itself
"a secret"
"a config"
"the host's network
"a path that is a template
"a volume option that is a template
"a volume's name that is a template
"the environment of another container
"a comma in a mount
"a mount of all files that match
"a directory made on the host
"an overlay with a directory of the host
"a change of owners
"an option of mount(8)
"a mount option of mount(8)
"a device whose file system mount(8) finds out
"a file that goes with the container
"a variable of the service
"options of a program that runs on the host
"a look at /etc/shadow
"devices by the environment
"a checkpoint in a directory of the host
"a checkpoint outside its directory
"a label for the proxy
END
}
