#!/usr/bin/env bats
# explain is the proxy's own word: the two may never disagree.

@test "explain and the running proxy agree on thousands of random requests" {
    for haproxy in ${HAPROXIES:-$HAPROXY}; do
        HAPROXY=$haproxy python3 "$BATS_TEST_DIRNAME/property.py" agreement
    done
}
