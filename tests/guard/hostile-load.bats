#!/usr/bin/env bats
# Bodies made to cost: whatever a client sends, others are served and HAProxy lives. The Engine is a stand-in.

bats_require_minimum_version 1.5.0
load_test() { HAPROXY=${1:-$HAPROXY} /usr/bin/python3 "$BATS_TEST_DIRNAME/hostile_load.py" "$2"; }

@test "sixty-four hostile bodies at once, as large as they may be" { load_test "$HAPROXY" default; }
@test "sixty-four hostile bodies at once, with room for larger ones" { load_test "$HAPROXY" larger; }
@test "one hostile body, with much room" { load_test "$HAPROXY" one; }
@test "sixty-four bodies that end late, or never" { load_test "$HAPROXY" slow; }
