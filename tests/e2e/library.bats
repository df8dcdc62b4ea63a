#!/usr/bin/env bats
# docker-py, the library of many clients.

load helper

setup_file() {
    box_image
    remove_all
    start_proxy proxy "${DOCUMENT[@]}"
}
teardown_file() { remove_all; }

@test "docker-py: containers, logs, events, stats, networks, volumes; exec and files are refused" {
    through proxy
    run -0 /usr/bin/python3 "$ROOT/tests/e2e/library.py"
    [ "$(grep -c '^ok ' <<<"$output")" -eq 14 ]
}
