#!/usr/bin/env bats
# The Engine routes with gorilla/mux: what explain (and so the proxy) allows as an operation, it serves as that operation.

@test "each operation of the program has its route here" {
    root=$BATS_TEST_DIRNAME/../..
    diff <(env -i DATA_DIR="$root" "$root/build/docker-socket-proxy" permissions | awk -F '\t' '!/^#/ && $4 !~ /Libpod$/ { print $4 }' | sort) \
        <(sed -n 's|^[A-Z]* /[^ ]* \([A-Z][A-Za-z]*\)$|\1|p' "$BATS_TEST_DIRNAME/main.go" | sort -u)
}

@test "200,000 random requests: none that is allowed as one operation is served as another" {
    root=$BATS_TEST_DIRNAME/../..
    mkdir -p "$root/build"
    (cd "$BATS_TEST_DIRNAME" && go build -o "$root/build/router" .)
    python3 "$BATS_TEST_DIRNAME/requests.py" >"$BATS_TEST_TMPDIR/requests"
    "$root/build/router" <"$BATS_TEST_TMPDIR/requests"
}
