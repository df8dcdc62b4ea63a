#!/usr/bin/env bats
# Every operation of the Engine API on real HAProxy, in front of a stand-in Engine that records what reaches it.

check() { python3 "$BATS_TEST_DIRNAME/operations.py" "$1"; }

@test "with nothing set, PING, VERSION and EVENTS are open and nothing else" { check defaults; }
@test "each own variable opens its operation and no other (all operations against all)" { check own_variables; }
@test "each group, and each pair of groups, opens what the specification says" { check groups; }
@test "an own variable that is false closes its operation whatever the groups say" { check own_variable_closes; }
@test "haproxy -c has nothing to say about the rendered configurations, on every HAProxy at hand" { check configurations; }
