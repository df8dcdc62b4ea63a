#!/usr/bin/env bats
# HAProxy accepts the golden files (tests/fixtures/cfg) without a warning.

bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR" || exit 1
    ln -s "$BATS_TEST_DIRNAME/../../haproxy" haproxy
    mkdir certificates
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout certificates/key.pem -out certificates/cert.pem 2>openssl.log
    cp certificates/cert.pem certificates/ca.pem
}

@test "haproxy -c has nothing to say about any golden file" {
    cd "$BATS_FILE_TMPDIR"
    count=0
    for file in "$BATS_TEST_DIRNAME"/../fixtures/cfg/*.cfg; do
        for haproxy in ${HAPROXIES:-$HAPROXY}; do
            run "$haproxy" -c -q -f "$file"
            [ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$haproxy $file"; "$haproxy" -c -f "$file"; false; }
            count=$((count + 1))
        done
    done
    [ $count -ge 8 ]
}

@test "a name server that cannot be reached yet does not stop a start" {
    [ "$(id -u)" -eq 0 ] || skip 'needs root'
    cd "$BATS_FILE_TMPDIR"
    for name in names tls upstreams; do
        for haproxy in ${HAPROXIES:-$HAPROXY}; do
            run unshare --net "$haproxy" -c -f "$BATS_TEST_DIRNAME/../fixtures/cfg/$name.cfg"
            [ "$status" -eq 0 ] && [[ $output == *"can't connect socket for nameserver"* ]] || { echo "$haproxy $name: $output"; false; }
        done
    done
}

# Of an answer with one of these, the log would say that the Engine cannot be reached.
@test "each refusal with 502, 503 or 504 has its verdict" {
    # shellcheck disable=SC2016
    run -0 awk '
        /^(frontend|backend)/ { delete has }
        { condition = / if / ? substr($0, index($0, " if ")) : "" }
        /http-request set-var\(txn.verdict\)/ { has[condition] = 1 }
        /http-request return status 50[234]/ {
            count++
            sub(/.* if /, " if ", condition)
            if (!(condition in has) && !("" in has)) { print FILENAME ": " $0; bad = 1 }
        }
        END { print count + 0; exit bad }' "$BATS_TEST_DIRNAME"/../fixtures/cfg/*.cfg
    [ "${lines[-1]}" -ge 15 ]
}
