#!/usr/bin/env bats
# Evasions: on every HAProxy at hand.

check() {
    for haproxy in ${HAPROXIES:-$HAPROXY}; do
        HAPROXY=$haproxy python3 "$BATS_TEST_DIRNAME/evasions.py" "$1"
    done
}

@test "paths that could be read in two ways are refused, plain ones pass" { check paths; }
@test "ContainerStart with a HostConfig below API 1.24 is refused, however the version is written" { check start_with_a_host_config; }
@test "a target that is not an absolute path is refused" { check targets; }
@test "every other method is refused, HEAD counts as GET, override headers count for nothing" { check methods; }
@test "a second request on the connection is judged, wherever it hides" { check second_requests; }
@test "an operation that does not upgrade gets no upgrade and no tunnel" { check upgrades; }
@test "other protocols reach nothing" { check other_protocols; }
@test "neither answer nor log can be written into" { check injection; }
