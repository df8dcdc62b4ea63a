#!/usr/bin/env bats
# The Engine routes with gorilla/mux: what explain (and so the proxy) allows as an operation, it serves as that operation.

@test "200,000 random requests: none that is allowed as one operation is served as another" {
    root=$BATS_TEST_DIRNAME/../..
    mkdir -p "$root/build"
    (cd "$BATS_TEST_DIRNAME" && go build -o "$root/build/router" .)
    python3 "$BATS_TEST_DIRNAME/requests.py" >"$BATS_TEST_TMPDIR/requests"
    "$root/build/router" <"$BATS_TEST_TMPDIR/requests"
}
