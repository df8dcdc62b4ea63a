#!/usr/bin/env bash
# Runs suites of tests, or single files of them, and prints one line of totals at the end; set-up is make's:
#   tests/run.sh [SUITE|FILE|DIRECTORY...] [OPTION...]      without a name: every suite
# The first word with a dash begins the options, which are those of bats (-f REGEX, -T), see tests/README.md.
# All tests print TAP. A suite that stops early, runs no test or ends with an error counts as a failed test.
# The suites that need the image run in parallel with the others; LANES=1 runs all one after the other.
set -u
cd "$(dirname -- "$0")/.." || exit 1
results=build/results
declare -A needs files
suites=()
suite() {
    suites+=("$1")
    needs[$1]=$2
    files[$1]=${*:3}
}

# needs: haproxy, or haproxies for every HAProxy at hand; image; engine=DIRECTORY, a Docker Engine with its data in
# build/DIRECTORY: fresh each time, with experimental operations, of Debian sid; clients, or quick for those of them whose
# tests take seconds (scripts/get-clients.sh). A file belongs to the first suite that has it.
#     name          needs                                                       tests
suite unit          ''                                                          tests/unit
suite behaviour     'haproxies'                                                 tests/behaviour
suite router        'haproxy'                                                   tests/router
suite compat        'haproxy'                                                   tests/compat
suite docs          'haproxy'                                                   tests/docs
suite guard         'haproxies'                                                 tests/guard
suite redact        'haproxies'                                                 tests/redact
suite load          'haproxies'                                                 tests/load
suite e2e           'haproxy image engine=dockerd'                              tests/e2e
suite profiles      'haproxy image engine=dockerd'                              tests/profiles
# The attacks that the create guard stops, on an Engine (and a Podman) that no other test has
suite hostile       'haproxy engine=dockerd-hostile fresh experimental'         tests/hostile
# The same, and ordinary clients, on the newest Engine and Podman in Debian, with their own clients
suite e2e-engine28  'haproxy image engine=dockerd-28 fresh experimental sid'    tests/hostile tests/e2e/guard.bats \
                                                                                tests/e2e/hostile.bats \
                                                                                tests/e2e/buildkit.bats \
                                                                                tests/e2e/follow.bats
# Real clients, each with its preset
suite clients-quick 'haproxy engine=dockerd-clients quick'                      tests/clients
# On demand: all of them, on an old Engine and on the newest
suite clients       'haproxy engine=dockerd-clients clients'                    tests/clients
suite clients-engine28 'haproxy engine=dockerd-clients-28 sid clients'          tests/clients
# On demand only: the tests of streams, with more runs and larger transfers
suite streams-long  'haproxies'                                                 tests/behaviour/streams.py
# The tests of the load, with more of everything
suite soak          'haproxies'                                                 tests/load/load.py
suite reload-long   'haproxies'                                                 tests/behaviour/reload.py
# Profiles by the Engine's names, with many containers
suite starts-long   'haproxy image engine=dockerd'                              tests/profiles/network.bats
# On demand only: the metrics with a real Prometheus, and the status page in a browser
suite observability 'haproxy'                                                   tests/observability

has() { [[ " ${needs[$1]} " == *" $2 "* ]]; }
note() { printf '# %s\n' "$*"; }

# in_directory DIRECTORY: prints its files of tests
in_directory() {
    local file
    for file in "$1"/*.bats "$1"/*.py "$1"/test_*.c; do
        case $file in
            *.py) [ ! -x "$file" ] || echo "$file" ;;
            *) [ ! -e "$file" ] || echo "$file" ;;
        esac
    done
}

# tests_of SUITE: prints its chosen files of tests, or all if none was chosen
tests_of() {
    local place
    for place in ${chosen[$1]:-${files[$1]}}; do
        if [ -d "$place" ]; then in_directory "$place"; else echo "$place"; fi
    done
}

# ---- what is to run ----

declare -A chosen # files of a suite, where not all of it is to run
selected=()
options=()

unknown() {
    {
        echo "no such suite or file of tests: $1. There are the suites"
        echo "  ${suites[*]}"
        echo "and files in the directories"
        echo "  $(tr ' ' '\n' <<<"${files[*]}" | grep -v '\.' | sort -u | tr '\n' ' ')"
    } >&2
    exit 2
}

# choose WORD: a suite, a file or a directory
choose() {
    local name place found=${1%/}
    found=${found#./}
    if [ -n "${needs[$found]+known}" ]; then
        selected+=("$found")
        return
    fi
    for name in "${suites[@]}"; do
        for place in ${files[$name]}; do
            if [ "$found" = "$place" ] || in_directory "$place" | grep -qxF -- "$found"; then
                [ -n "${chosen[$name]:-}" ] || selected+=("$name")
                chosen[$name]+=" $found"
                return
            fi
        done
    done
    unknown "$1"
}

while [ $# -gt 0 ] && [[ $1 != -* ]]; do
    choose "$1"
    shift
done
options=("$@")
[ ${#selected[@]} -gt 0 ] || selected=(unit behaviour router compat docs guard redact load clients-quick e2e profiles hostile e2e-engine28)

# ---- running it ----

# unit_program PROGRAM: runs it and prints its TAP. If it stops early, that is a failed test. (xargs calls it.)
# shellcheck disable=SC2317
unit_program() {
    local name=${1##*/} status=0 tap
    tap=$results/$name.tap
    : >"$tap"
    CK_TAP_LOG_FILE_NAME=$tap "$1" >"$results/$name.log" 2>&1 || status=$?
    cat "$tap"
    if ! grep -q '^1\.\.[1-9]' "$tap" || { [ "$status" -ne 0 ] && ! grep -q '^not ok' "$tap"; }; then
        echo "not ok - $name ended with status $status"
    fi
    if [ "$status" -ne 0 ]; then sed 's/^/# /' "$results/$name.log"; fi
    return "$status"
}

# builders: gets buildx and Compose for tests/e2e/buildkit.bats, which skips the tests that need them if it cannot
builders() { "${limit[@]}" scripts/get-builders.sh sid >/dev/null || note 'no buildx and no Compose: builds with them are not tried'; }

# clients [NAME...]: gets the clients once; the tests of those that cannot be had are skipped
got_clients=''
clients() {
    [ -n "$got_clients" ] || flock "$results/builders" scripts/get-clients.sh "$@" >/dev/null
    got_clients=yes
}

# image: builds the image once, with an Engine that has the machine's network (scripts/with-dockerd.sh --build). The
# status is that of the build.
image_status=''
image() {
    if [ -z "$image_status" ]; then
        image_status=0
        "${limit[@]}" scripts/with-dockerd.sh --build build/dockerd tests/e2e/build.sh >"$results/image.log" 2>&1 || image_status=$?
    fi
    return "$image_status"
}

# skip SUITE: reports that this machine cannot run the suite, and counts its tests as skipped
skip() {
    local count file
    mapfile -t tests < <(tests_of "$1")
    count=$(for file in "${tests[@]}"; do case $file in *.py) "$file" -c ;; *) bats --count "$file" ;; esac; done |
        awk '{ n += $1 } END { print n + 0 }')
    note '==========================================================================='
    note "$1: SKIPPED, all $count tests: this machine cannot run its Docker Engine (above)"
    note '==========================================================================='
    echo "0 0 $count" >"$results/$1.count"
}

# within SUITE: sets `around`, the command that runs the tests. The status is 0, that of a failed image build, or 75 if
# that shows that no Engine can run here (a suite without the image finds that out when it runs)
within() {
    local word directory='' fresh='' clients=''
    around=()
    for word in ${needs[$1]}; do
        case $word in
            engine=*) directory=build/${word#engine=} ;;
            fresh) fresh=--fresh ;;
            experimental) around+=(ENGINE_FLAGS=--experimental) ;;
            sid) around+=(ENGINE=sid) ;;
            clients) clients=all ;;
            quick) clients=quick ;;
        esac
    done
    [ -n "$directory" ] || return 0
    around=(env "${around[@]}" scripts/with-dockerd.sh ${fresh:+"$fresh"} "$directory")
    case $clients in
        all) clients ;;
        quick) clients docker-28 compose-2 docker-py dockerode ;;
    esac
    # (behind with-dockerd.sh, which may become root by sudo, without this environment)
    if [ -n "$clients" ]; then
        around+=(env "HAPROXY=$HAPROXY" "CLIENTS=${CLIENTS:-${clients#all}}" "CLIENTS_UNTIL=${CLIENTS_UNTIL:-}")
    fi
    case " $(tests_of "$1" | tr '\n' ' ') " in *' tests/e2e/buildkit.bats '*) builders ;; esac
    if has "$1" image; then
        image || { tail -n 30 "$results/image.log"; return "$image_status"; }
    fi
}

# A test that hangs fails and is named (tests/support/suite.py has the same limit). bats ends only a test's own children,
# and by TERM, so what they have started is ended first. The limit of a whole suite is for what hangs beside its tests;
# with KILL, as the processes that with-dockerd.sh waits for do not end by TERM.
TEST_TIMEOUT=${TEST_TIMEOUT:-300}
export BATS_TEST_TIMEOUT=$((TEST_TIMEOUT + 30))
export CK_DEFAULT_TIMEOUT=60 # Check's own, 4 s, is too short for a busy machine with sanitizers
limit=(timeout --foreground --kill-after=10 "${SUITE_TIMEOUT:-1500}")

# overdue PID: the processes that those tests beneath PID have started whose time is over
overdue() {
    ps -eo pid=,ppid=,etimes=,args= | awk -v root="$1" -v limit="$TEST_TIMEOUT" '
        { parent[$1] = $2; age[$1] = $3; test[$1] = / [^ ]*\/bats-exec-test / }
        END {
            for (pid in parent) {
                late = beneath = 0
                for (above = parent[pid]; above in parent; above = parent[above]) {
                    if (test[above] && age[above] > limit) { late = 1 }
                    if (above == root) { beneath = 1 }
                }
                if (late && beneath) { print pid }
            }
        }'
}

# watch PID: ends those, for as long as PID lives
watch() {
    local pids
    while sleep 5 && kill -0 "$1"; do
        mapfile -t pids < <(overdue "$1")
        [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}"
    done 2>/dev/null
}

# tap SUITE: runs its tests and prints their TAP
tap() {
    local bats=() file status=0 limit=("${limit[@]}")
    if has "$1" clients; then limit[3]=${SUITE_TIMEOUT:-7200}; fi # all clients take an hour
    mapfile -t tests < <(tests_of "$1")
    for file in "${tests[@]}"; do
        case $file in *.bats) bats+=("$file") ;; esac
    done
    if [ ${#bats[@]} -gt 0 ]; then
        "${limit[@]}" "${around[@]}" bats --tap --timing --print-output-on-failure "${options[@]}" "${bats[@]}" || status=$?
    fi
    for file in "${tests[@]}"; do
        case $file in *.py) "${limit[@]}" "${around[@]}" "$file" --timing "${options[@]}" || status=$? ;; esac
    done
    if [ "$1" = unit ]; then
        printf '%s\n' "${tests[@]}" | sed 's|^tests/\(.*\)\.c$|build/\1|' |
            "${limit[@]}" xargs -P "$(nproc)" -I{} bash -c 'unit_program {}' || status=$?
    fi
    return $status
}

# record SUITE STATUS: counts the results in the suite's TAP file
record() {
    local tap=$results/$1.tap plan bad skip good ran
    plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$tap" | awk '{ n += $1 } END { print n + 0 }')
    bad=$(grep -c '^not ok' "$tap")
    skip=$(grep -ciE '^ok .*# skip' "$tap")
    good=$(($(grep -c '^ok ' "$tap") - skip))
    grep '^not ok' "$tap" | sed "s|^|$1: |" >>"$results/$1.failures"
    ran=$((good + bad + skip))
    if [ "$plan" -eq 0 ] || [ "$ran" -lt "$plan" ]; then
        echo "$1: ran $ran of $plan tests" >>"$results/$1.failures"
        bad=$((bad + (plan > ran ? plan - ran : 1)))
    elif [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "$1: ended with status $2" >>"$results/$1.failures"
        bad=1
    fi
    echo "$good $bad $skip" >"$results/$1.count"
    note "$1: $good passed, $bad failed, $skip skipped, ${SECONDS} s"
}

# run SUITE: runs it, with its output on stdout
run() {
    local status=0 suite
    SECONDS=0
    within "$1" || status=$?
    case $status in
        0) ;;
        75) skip "$1"; return ;;
        *)
            echo "$1: the image could not be built, see $results/image.log" >>"$results/$1.failures"
            echo '0 1 0' >"$results/$1.count"
            return
            ;;
    esac
    # (tail ends with the suite; a pipe would stay open as long as anything that a test has left behind)
    : >"$results/$1.tap"
    tap "$1" >"$results/$1.tap" 2>&1 &
    suite=$!
    watch "$suite" &
    tail --lines=+1 --follow --sleep-interval=0.2 --pid=$suite "$results/$1.tap"
    wait "$suite" || status=$?
    if [ "$status" -eq 75 ] && ! grep -q '^1\.\.' "$results/$1.tap"; then skip "$1"; else record "$1" "$status"; fi
}

# lane SUITE...: runs them one after the other, and prints the output of each when it has ended
lane() {
    local name
    for name; do
        note "$name: begins"
        run "$name" >"$results/$name.shown" 2>&1
        flock "$results/lock" cat "$results/$name.shown"
    done
}

# (A function, so that the shell has read the whole file before it runs anything.)
main() {
    exec </dev/null # nothing may wait for a terminal, or for whatever started this
    mkdir -p "$results"
    for name in "${selected[@]}"; do
        rm -f "$results/$name".*
        : >"$results/$name.failures"
    done
    export results
    export -f unit_program

    wanted=''
    for name in "${selected[@]}"; do wanted+=" ${needs[$name]}"; done
    case $wanted in
        *haproxies*)
            HAPROXY_TRIXIE=$(scripts/get-haproxy.sh trixie) && HAPROXY_SID=$(scripts/get-haproxy.sh sid) || exit 1
            export HAPROXIES="$HAPROXY_TRIXIE $HAPROXY_SID"
            ;;
    esac
    case $wanted in
        *haprox*)
            HAPROXY=$(scripts/get-haproxy.sh) || exit 1
            export HAPROXY
            ;;
    esac

    with_image=()
    others=()
    for name in "${selected[@]}"; do
        if has "$name" image; then with_image+=("$name"); else others+=("$name"); fi
    done
    trap 'trap - TERM; kill -TERM 0; exit 130' INT
    if [ ${#with_image[@]} -gt 0 ] && [ ${#others[@]} -gt 0 ] && [ "${LANES:-2}" -gt 1 ]; then
        lane "${with_image[@]}" &
        lane "${others[@]}" &
        wait
    else
        for name in "${selected[@]}"; do run "$name"; done
    fi

    failures=$(for name in "${selected[@]}"; do cat "$results/$name.failures"; done)
    if [ -n "$failures" ]; then
        echo 'Failed:'
        printf '%s\n' "$failures" | sed 's/^/  /'
    fi
    for name in "${selected[@]}"; do cat "$results/$name.count"; done |
        awk -v suites=${#selected[@]} '{ passed += $1; failed += $2; skipped += $3 }
            END { failed += suites - NR; print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
                  exit failed != 0 }'
}
main
exit
