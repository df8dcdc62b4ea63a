#!/usr/bin/env bats
# explain is the proxy's own word: the two may never disagree.

check() { for haproxy in ${HAPROXIES:-$HAPROXY}; do HAPROXY=$haproxy python3 "$BATS_TEST_DIRNAME/property.py" "$1"; done; }

@test "explain and the running proxy agree on thousands of random requests" { check agreement; }
@test "explain --profile and the running proxy agree, whichever way a client gets its profile" { check agreement_of_profiles; }
@test "what a refusal names allows the request" { check hints_are_true; }
