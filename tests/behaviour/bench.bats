#!/usr/bin/env bats
# The benchmark itself works: each request of each contender is counted, and answered as it should be.

bats_require_minimum_version 1.5.0

@test "bench-instructions.py counts the instructions of allowed and refused requests" {
    command -v valgrind >/dev/null || skip "valgrind is missing"
    table=$BATS_TEST_TMPDIR/table.tsv
    run "$BATS_TEST_DIRNAME/../../scripts/bench-instructions.py" -n 5 -o "$table" "read only"
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    # one line for each request of "bare" and of the contender
    [ "$(wc -l <"$table")" -eq 17 ]
    awk -F '\t' 'NR > 1 && $4 < 1000 { exit 1 }' "$table"
    [ "$(awk -F '\t' '$1 == "read only" && $3 == 200 { print $2 }' "$table" | tr '\n' ' ')" = "one path container volume image encoded " ]
    [ "$(awk -F '\t' '$1 == "read only" && $3 == 403 { print $2 }' "$table" | tr '\n' ' ')" = "start closed unknown " ]
    run ! "$BATS_TEST_DIRNAME/../../scripts/bench-instructions.py" nobody
}
