#!/usr/bin/env bats
# The benchmark itself works: each request of each contender is counted, and answered as it should be.

bats_require_minimum_version 1.5.0

@test "bench-instructions.py counts the instructions of allowed and refused requests" {
    command -v valgrind >/dev/null || skip "valgrind is missing"
    table=$BATS_TEST_TMPDIR/table.tsv
    run "$BATS_TEST_DIRNAME/../../scripts/bench-instructions.py" -n 5 -o "$table" "read only"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    # one line for each request of "bare" and of the contender
    [ "$(wc -l <"$table")" -eq 41 ]
    awk -F '\t' 'NR > 1 && $4 < 1000 { exit 1 }' "$table"
    [ "$(awk -F '\t' '$1 == "read only" && $3 == 200 { print $2 }' "$table" | tr '\n' ' ')" = "one path containers images volumes encoded " ]
    [ "$(awk -F '\t' '$1 == "read only" && $3 == 403 { print $2 }' "$table" | tr '\n' ' ')" = "system exec distribution networks plugins swarm nodes services tasks secrets configs start create refused unknown " ]
    run ! "$BATS_TEST_DIRNAME/../../scripts/bench-instructions.py" nobody
}

@test "bench-load.py measures contenders, and makes the tables and the picture of them" {
    command -v wrk >/dev/null || skip "wrk is missing"
    run "$BATS_TEST_DIRNAME/../../scripts/bench-load.py" -m 0 -c refused -o "$BATS_TEST_TMPDIR" "one permission"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    [ "$(cut -f 1,2,3,8 "$BATS_TEST_TMPDIR/load.tsv" | tail -n +2)" = "$(printf 'bare\trefused\t1\t0.00\none permission\trefused\t1\t1.00')" ]
    [ "$(cut -f 1 "$BATS_TEST_TMPDIR/memory.tsv" | tail -n +2)" = "$(printf 'bare\none permission')" ]
    [[ $output == *'| ours, one permission | '[0-9]*' ('* && $output == *'exec to first answer'* ]]
    [ -s "$BATS_TEST_TMPDIR/load.svg" ]
}
