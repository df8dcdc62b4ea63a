#!/usr/bin/env bats
# REDACT: what has to be hidden is not in an answer, what has not is the same, and what cannot be judged is refused.
# HAPROXIES holds the HAProxy programs to try, see tests/run.sh.

bats_require_minimum_version 1.5.0
load ../support/haproxy

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT JUDGE="$ROOT/build/redact/judge" ORACLE="$ROOT/build/redact/oracle" ANSWERS="$ROOT/tests/redact/answers"
    export PROGRAM="$ROOT/build/docker-socket-proxy" MEMBERS="$ROOT/entrypoint/redact/members.def"
    export HAPROXIES="${HAPROXIES:-${HAPROXY:-haproxy}}" ALL=environment,commands,labels,mounts,networks,swarm
    "$ROOT/tests/support/oracle.sh" redact
    # METHOD PATH OPERATION of every operation, and the variables that open those whose answers are redacted
    OPERATIONS=$BATS_FILE_TMPDIR/operations
    env -i "$PROGRAM" permissions | awk -F '\t' '!/^#/ { print $2, $3, $4 }' >"$OPERATIONS"
    env -i "$PROGRAM" map redactions | cut -f 1 >"$BATS_FILE_TMPDIR/redacted"
    OPEN=$(env -i "$PROGRAM" permissions |
        awk -F '\t' 'NR == FNR { redacted[$1] = 1; next } $4 in redacted { print $5 "=true" }' "$BATS_FILE_TMPDIR/redacted" -)
    export OPERATIONS OPEN
}

# start_proxy WORDS [NAME=value...]: everything open, in front of $HERE/engine.sock; its address is in ADDRESS
start_proxy() {
    local port
    port=$(free_port)
    # shellcheck disable=SC2086
    env -i PATH="$PATH" HAPROXY="$haproxy" DATA_DIR="$ROOT" SOCKET_PATH="$HERE/engine.sock" LISTEN="tcp://127.0.0.1:$port" \
        LOG_LEVEL=warning ALLOW_PRIVILEGED=true REDACT="$1" $OPEN "${@:2}" "$PROGRAM" render >"$HERE/haproxy.cfg" 2>"$HERE/render.log"
    run -0 "$haproxy" -c -f "$HERE/haproxy.cfg"
    [[ $output != *WARNING* && $output != *ALERT* && $output != *NOTICE* ]]
    run_haproxy "$port"
}

# engine_answers FILE: an Engine at $HERE/engine.sock that sends this file for each request but GET /_ping; what it was
# asked is in $HERE/asked
engine_answers() {
    python3 - "$HERE" "$1" 3>&- <<'PYTHON' &
import socket, sys, threading
here, answer = sys.argv[1], sys.argv[2]
listener = socket.socket(socket.AF_UNIX)
listener.bind(here + "/engine.sock")
listener.listen(16)
def serve(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536) or b"\r\n\r\n"
    if head.startswith(b"GET /_ping"):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")
    else:
        with open(here + "/asked", "wb") as asked:
            asked.write(head)
        with open(answer, "rb") as file:
            connection.sendall(file.read())
    connection.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
PYTHON
    mkdir -p "$HERE/engine"
    echo $! >"$HERE/engine/pid"
    mkdir -p "$BATS_TEST_TMPDIR/engine-$!"
    echo $! >"$BATS_TEST_TMPDIR/engine-$!/pid"
}

# answer HEAD BODY: what the Engine sends, with a line break between the lines of the head
answer() {
    printf '%b' "$1" | sed 's/$/\r/' >"$HERE/answer"
    printf '\r\n' >>"$HERE/answer"
    printf '%s' "$2" >>"$HERE/answer"
}

# get [curl argument...]: the answer of the proxy, with its head
get() { curl -s -i --max-time 10 "http://$ADDRESS/containers/x/json" "$@"; }

# withheld WHY [curl argument...]
withheld() {
    run get "${@:2}"
    echo "$output"
    [[ $output == "HTTP/1.1 502 "*'{"message":"docker-socket-proxy: the answer to ContainerInspect cannot be redacted: '*"$1"* ]]
    [[ $output != *s3kr1t* ]]
}

@test "random answers and those of real Engines: what an oracle that decodes them hides is hidden, the rest is the same" {
    run -0 "$ORACLE" fuzz "$JUDGE" 3000 "$RANDOM" "$MEMBERS" "$ANSWERS"
    echo "$output"
}

@test "the same through the proxy, which does what explain --response says" {
    local haproxy words
    for haproxy in $HAPROXIES; do
        for words in environment "$ALL"; do
            HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
            start_proxy "$words"
            "$ORACLE" proxy "$ADDRESS" "$HERE/engine.sock" "$OPERATIONS" "$words" "$JUDGE" 25 "$RANDOM" "$MEMBERS" "$ANSWERS"
            kill "$(cat "$HERE/pid")"
        done
    done
}

@test "what cannot be judged is refused with a message and a line of the log, whatever the client asks for" {
    local haproxy body='{"Config":{"Env":["A=s3kr1t"]}}' json='Content-Type: application/json' n
    for haproxy in $HAPROXIES; do
        HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
        answer "HTTP/1.1 200 OK\n$json\nApi-Version: 1.44\nContent-Length: ${#body}\nConnection: close\n" "$body"
        engine_answers "$HERE/answer"
        start_proxy environment MAX_REDACT_BODY=2000
        # redacted, whatever is asked for; the Engine is asked for all of it
        for n in --http1.0 '-HAccept-Encoding: gzip, br' '-HRange: bytes=0-20' '-HIf-None-Match: x' '-HIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT' -HTE:trailers -HExpect:100-continue; do
            run get "$n"
            echo "$output"
            [[ $output == "HTTP/1.1 200 "*"api-version: 1.44"*'{"Config":{"Env":["A=***"]}}' ]]
            run -1 grep -iE '^(accept-encoding|range|if-|te:|expect)' "$HERE/asked"
        done
        # HEAD: neither a body nor its length
        run get -I
        [[ $output == "HTTP/1.1 200 "* && ${output,,} != *content-length* && $output != *s3kr1t* ]]
        # an error of the Engine
        answer "HTTP/1.1 404 Not Found\n$json\nConnection: close\n" '{"message":"No such container: x"}'
        run get
        [[ $output == "HTTP/1.1 404 "*'{"message":"No such container: x"}' ]]
        answer "HTTP/1.1 500 x\n$json\nConnection: close\n" '{"cause":"a","message":"b","response":500}'
        run get
        [[ $output == "HTTP/1.1 500 "*'{"cause":"a","message":"b","response":500}' ]]
        # no error, an error of another form, and statuses that are not expected
        answer "HTTP/1.1 404 Not Found\n$json\nConnection: close\n" '{"message":"x","Config":{"Env":["A=s3kr1t"]}}'
        withheld 'not the JSON'
        for n in 200 201 202 206 299 301 404 500; do
            answer "HTTP/1.1 $n x\n$json\nConnection: close\n" '{"Config":{"Env":[["A=s3kr1t"]]}}'
            withheld ''
        done
        answer "HTTP/1.1 200 OK\nContent-Type: text/html\nConnection: close\n" '<p>s3kr1t</p>'
        withheld 'not the JSON'
        answer "HTTP/1.1 200 OK\n$json\nContent-Encoding: gzip\nConnection: close\n" 's3kr1t'
        withheld 'it is compressed'
        # cut off, empty, more than one value
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" '{"Config":{"Env":["A=s3kr1t"'
        withheld 'not the JSON'
        answer "HTTP/1.1 200 OK\n$json\nTransfer-Encoding: chunked\n" $'1f\r\n{"Config":{"Env":["A=s3kr1t"]}}\r\n0\r\nX: s3kr1t\r\n\r\n'
        run get
        [[ $output != *s3kr1t* ]]
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" ''
        withheld 'not the JSON'
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" "$body$body"
        withheld 'not the JSON'
        # DEL is allowed in JSON: it stays, as an escape of six bytes, also in an error
        n=$(printf '{"Config":{"Env":["A=s3kr1t\177"]},"x":"%s\177"}' "$(head -c 1950 /dev/zero | tr '\0' x)")
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" "$n"
        run get
        [[ $output == "HTTP/1.1 200 "*'"A=***"'*'xx\u007f"}' && $output != *s3kr1t* ]]
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" "${n/xxxxx/$'xxxx\177'}"
        withheld 'larger than the 2000 bytes of MAX_REDACT_BODY'
        answer "HTTP/1.1 404 x\n$json\nConnection: close\n" "$(printf '{"message":"a\177b\\\\\177"}')"
        run get
        [[ $output == *'{"message":"a\u007fb\\\u007f"}' ]]
        # the largest one, and one byte more, with and without a length
        n=$(printf '{"Config":{"Env":["A=s3kr1t"]},"x":"%s"}' "$(head -c 1962 /dev/zero | tr '\0' x)")
        answer "HTTP/1.1 200 OK\n$json\nContent-Length: ${#n}\nConnection: close\n" "$n"
        run get
        [[ ${#n} -eq 2000 && $output == "HTTP/1.1 200 "* && $output != *s3kr1t* ]]
        n=${n/xxx/xxxx}
        answer "HTTP/1.1 200 OK\n$json\nContent-Length: ${#n}\nConnection: close\n" "$n"
        withheld 'larger than the 2000 bytes of MAX_REDACT_BODY'
        answer "HTTP/1.1 200 OK\n$json\nConnection: close\n" "$n"
        withheld 'larger than the 2000 bytes of MAX_REDACT_BODY'
        grep -F 'Withheld: /containers/x/json GET ' "$HERE/haproxy.log" | grep -F 'the answer to ContainerInspect cannot be redacted: it is larger than the 2000 bytes of MAX_REDACT_BODY 502'
        kill "$(cat "$HERE/pid")" "$(cat "$HERE/engine/pid")"
    done
}

@test "a query of top, which chooses what is shown even in errors, is refused, in an audit too" {
    local haproxy mode words
    for haproxy in $HAPROXIES; do
        for mode in enforce audit; do
            for words in environment "environment, commands"; do
                HERE=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
                answer "HTTP/1.1 200 OK\nContent-Type: application/json\nConnection: close\n" '{"Processes":[["a"]],"Titles":["CMD"]}'
                engine_answers "$HERE/answer"
                start_proxy "$words" MODE=$mode
                for path in /containers/x/top /v1.41/containers/x/top /v5.0.0/libpod/containers/x/top; do
                    run curl -s "http://$ADDRESS$path"
                    if [ "$words" = environment ]; then
                        [ "$output" = '{"Processes":[["a"]],"Titles":["CMD"]}' ]
                    else
                        [ "$output" = '{"Processes":[],"Titles":["CMD"]}' ]
                    fi
                    rm "$HERE/asked"
                    for query in ps_args=eoargs=A%0cPID ps_args=aux stream=true x; do
                        run curl -s "http://$ADDRESS$path?$query"
                        echo "$output"
                        [[ $output == *"$path is forbidden; its query may ask for what is hidden: REDACT without $words"'"}' ]]
                        [ ! -e "$HERE/asked" ]
                    done
                done
                kill "$(cat "$HERE/pid")" "$(cat "$HERE/engine/pid")"
            done
        done
    done
}
