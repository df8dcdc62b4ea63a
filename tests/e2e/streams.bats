#!/usr/bin/env bats
# Everything that is a stream or a terminal, with the permissions for it.

# What runs in a container is written for the shell there.
# shellcheck disable=SC2016
load helper

setup_file() {
    box_image
    remove_all
    start_proxy proxy "${EVERYTHING[@]}"
    engine run -d --name test box sh -c 'n=0; while :; do echo tick $n; n=$((n+1)); sleep 0.2; done' >/dev/null
}
teardown_file() { remove_all; }
setup() { through proxy; }

@test "docker logs -f shows lines as they are written" {
    docker logs -f test >"$BATS_TEST_TMPDIR/log" 3>&- &
    local client=$!
    until_true file_has "$BATS_TEST_TMPDIR/log" 'tick 0'
    local before
    before=$(wc -l <"$BATS_TEST_TMPDIR/log")
    more() { [ "$(wc -l <"$BATS_TEST_TMPDIR/log")" -gt "$before" ]; }
    until_true more
    kill $client
}

@test "docker exec runs a command and hands on its exit status" {
    run -0 docker exec test echo through
    [ "$output" = through ]
    run -7 docker exec test sh -c 'exit 7'
}

@test "docker exec -i carries stdin, and its end" {
    run -0 sh -c 'echo into | docker exec -i test cat'
    [ "$output" = into ]
    # More than any buffer on the way holds, in both directions
    head -c 5000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
    docker exec -i test cat <"$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/back"
    cmp "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/back"
}

@test "docker exec -it has a terminal, and its size" {
    run -0 script -qec 'stty rows 33 cols 77; docker exec -it test sh -c "tty; sleep 1; stty size"' /dev/null
    [[ $output == */dev/pts/* ]]
    [[ $output == *'33 77'* ]]
}

@test "docker run -i --rm pipes through a new container" {
    run -0 sh -c 'echo piped | docker run -i --rm --name pipe box cat'
    [ "$output" = piped ]
    run ! engine inspect pipe
}

@test "docker run --rm hands on output and exit status" {
    run -3 docker run --rm box sh -c 'echo out; exit 3'
    [ "$output" = out ]
}

@test "docker run -it has a terminal" {
    run -0 script -qec 'docker run -it --rm box tty' /dev/null
    [[ $output == */dev/pts/* || $output == */dev/console* ]]
}

@test "docker attach sees the output of a running container" {
    docker attach --no-stdin test >"$BATS_TEST_TMPDIR/out" 3>&- &
    local client=$!
    until_true file_has "$BATS_TEST_TMPDIR/out" tick
    kill $client
}

@test "docker attach carries stdin" {
    engine run -d -i --name reader box sh -c 'read line; echo got $line; sleep 1000' >/dev/null
    (echo word; sleep 5) | docker attach reader >"$BATS_TEST_TMPDIR/out" 3>&- &
    local client=$!
    until_true file_has "$BATS_TEST_TMPDIR/out" 'got word'
    kill $client
    engine rm -f reader
}

@test "docker wait waits for the end" {
    engine run -d --name brief box sleep 2 >/dev/null
    run -0 docker wait brief
    [ "$output" = 0 ]
    engine rm brief
}

@test "docker events tells what happens, filters included" {
    docker events --filter event=create --format '{{.Actor.Attributes.name}}' >"$BATS_TEST_TMPDIR/events" 3>&- &
    local client=$!
    seen() { docker create --name "ev$RANDOM" box && [ -s "$BATS_TEST_TMPDIR/events" ]; }
    until_true seen
    kill $client
    grep -q '^ev' "$BATS_TEST_TMPDIR/events"
}

@test "an idle event stream ends at the Engine too when its client leaves" {
    local before where
    before=$(engine_connections proxy)
    where=$(url proxy '/events?filters=%7B%22event%22%3A%5B%22nothing%22%5D%7D')
    curl -sN "$where" >/dev/null 3>&- &
    local client=$!
    opened() { [ "$(engine_connections proxy)" -gt "$before" ]; }
    until_true opened
    kill $client
    closed() { [ "$(engine_connections proxy)" -le "$before" ]; }
    until_true closed
}

@test "an idle event stream ends at the client too when the Engine's container of it ends" {
    engine run -d --name short box sh -c 'echo first; sleep 2' >/dev/null
    # Returns only if the end of the log arrives
    run -0 docker logs -f short
    [ "$output" = first ]
    engine rm -f short
}

@test "docker stats works, once and as a stream" {
    run -0 docker stats --no-stream --format '{{.Name}}' test
    [ "$output" = test ]
    local where
    where=$(url proxy /containers/test/stats)
    curl -sN "$where" >"$BATS_TEST_TMPDIR/stats" 3>&- &
    local client=$!
    two() { [ "$(grep -c cpu_stats "$BATS_TEST_TMPDIR/stats")" -ge 2 ]; }
    until_true two
    kill $client
}

@test "docker build works with the classic builder" {
    printf 'FROM box\nCOPY file /file\nRUN ["/bin/cat", "/file"]\n' >"$BATS_TEST_TMPDIR/Dockerfile"
    echo content >"$BATS_TEST_TMPDIR/file"
    run -0 docker build --network none -t built "$BATS_TEST_TMPDIR"
    [[ $output == *content* ]]
    run -0 docker run --rm built cat /file
    [ "$output" = content ]
    docker rmi built
}

@test "a hundred streams at once leave room for an ordinary request" {
    local n where clients=()
    where=$(url proxy /events)
    for ((n = 0; n < 100; n++)); do
        curl -sN "$where" >/dev/null 3>&- &
        clients+=($!)
    done
    # (One more is the idle one by which the program watches the Engine.)
    open() { [ "$(engine_connections proxy)" -ge 101 ]; }
    until_true open
    docker ps
    kill "${clients[@]}"
}
