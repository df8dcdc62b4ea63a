#!/bin/sh
# Runs the named suites (unit behaviour router compat docs guard e2e hostile e2e-engine28 streams-long) and prints one line of totals at the end; set-up is make's.
# Every suite speaks TAP. A suite that breaks off, runs nothing or ends with an error counts as a failed test, so that
# nothing can pass by not running.
set -u
cd "$(dirname -- "$0")/.." || exit 1
results=build/results
mkdir -p "$results"
passed=0
failed=0
skipped=0
: >"$results/failures"

note() { printf '# %s\n' "$*"; }

# record NAME STATUS: counts what the suite left in its TAP file
record() {
    tap=$results/$1.tap
    plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$tap" | awk '{ n += $1 } END { print n + 0 }')
    bad=$(grep -c '^not ok' "$tap")
    skip=$(grep -ciE '^ok .*# skip' "$tap")
    good=$(($(grep -c '^ok ' "$tap") - skip))
    grep '^not ok' "$tap" | sed "s|^|$1: |" >>"$results/failures"
    ran=$((good + bad + skip))
    if [ "$plan" -eq 0 ] || [ "$ran" -lt "$plan" ]; then
        echo "$1: ran $ran of $plan tests" >>"$results/failures"
        bad=$((bad + (plan > ran ? plan - ran : 1)))
    elif [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "$1: ended with status $2" >>"$results/failures"
        bad=1
    fi
    note "$1: $good passed, $bad failed, $skip skipped"
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + skip))
}

# run NAME COMMAND...: runs a suite whose command prints TAP, showing it as it comes
run() {
    name=$1
    shift
    rm -f "$results/$name.status"
    # Only so that a hanging test does not hang for ever
    { timeout 3000 "$@" 2>&1; echo $? >"$results/$name.status"; } | tee "$results/$name.tap"
    record "$name" "$(cat "$results/$name.status")"
}

suite_unit() {
    for program in build/unit/test_*; do
        case $program in *.d) continue ;; esac
        name=unit-${program##*/test_}
        rm -f "$results/$name.tap"
        CK_TAP_LOG_FILE_NAME=$results/$name.tap "$program" >"$results/$name.log" 2>&1
        status=$?
        [ -e "$results/$name.tap" ] || : >"$results/$name.tap"
        grep '^not ok' "$results/$name.tap"
        if [ $status -ne 0 ]; then cat "$results/$name.log"; fi
        record "$name" $status
    done
}

suite_behaviour() { run behaviour bats --tap --print-output-on-failure tests/behaviour; }
suite_streams_long() { run streams-long bats --tap --print-output-on-failure tests/behaviour/streams.bats; }
suite_compat() { run compat bats --tap --print-output-on-failure tests/compat; }
suite_router() { run router bats --tap --print-output-on-failure tests/router; }
suite_docs() { run docs bats --tap --print-output-on-failure tests/docs; }
suite_guard() { run guard bats --tap --print-output-on-failure tests/guard; }

# skip NAME REASON TESTS...: what this machine cannot do is said, and counted
skip() {
    name=$1
    why=$2
    shift 2
    count=$(bats --count "$@")
    note '==========================================================================='
    note "$name: SKIPPED, all $count tests: this machine cannot run $why (above)"
    note '==========================================================================='
    skipped=$((skipped + count))
}

# The Engine of these tests is their own, see scripts/with-dockerd.sh. The image is built first, by an Engine that has
# the machine's network. Its status is that of the build, which is made once.
image_status=''
image() {
    if [ -z "$image_status" ]; then
        note 'building the image'
        scripts/with-dockerd.sh --build build/dockerd tests/e2e/build.sh >"$results/image.log" 2>&1
        image_status=$?
        case $image_status in
            0) ;;
            75) tail -n 3 "$results/image.log" ;;
            *)
                tail -n 30 "$results/image.log"
                note 'the image could not be built'
                echo "image build, see $results/image.log" >>"$results/failures"
                failed=$((failed + 1))
                ;;
        esac
    fi
    return $image_status
}

suite_e2e() {
    image
    case $? in
        0) run e2e scripts/with-dockerd.sh build/dockerd bats --tap --print-output-on-failure tests/e2e tests/profiles ;;
        75) skip e2e 'a Docker Engine' tests/e2e tests/profiles ;;
    esac
}

# The attacks that the create guard stops, on an Engine (and a Podman) that no other test has
suite_hostile() {
    scripts/with-dockerd.sh --fresh build/dockerd-hostile true
    if [ $? -eq 75 ]; then
        skip hostile 'a Docker Engine' tests/hostile
        return
    fi
    ENGINE_FLAGS=--experimental run hostile scripts/with-dockerd.sh --fresh build/dockerd-hostile \
        bats --tap --print-output-on-failure tests/hostile
}

# The same attacks, and what ordinary clients do, on the newest Engine and Podman that Debian has, with their clients
suite_e2e_engine28() {
    tests='tests/hostile tests/e2e/guard.bats tests/e2e/hostile.bats'
    image
    status=$?
    if [ $status -eq 0 ]; then
        ENGINE=sid scripts/with-dockerd.sh --fresh build/dockerd-28 true
        status=$?
    fi
    # shellcheck disable=SC2086
    case $status in
        0)
            ENGINE=sid ENGINE_FLAGS=--experimental run e2e-engine28 scripts/with-dockerd.sh --fresh build/dockerd-28 \
                bats --tap --print-output-on-failure $tests
            ;;
        75) skip e2e-engine28 'a newer Docker Engine' $tests ;;
        *)
            [ $image_status -ne 0 ] || echo "e2e-engine28: the Engine did not start" >>"$results/failures"
            [ $image_status -ne 0 ] || failed=$((failed + 1))
            ;;
    esac
}

[ $# -gt 0 ] || set -- unit behaviour router compat docs guard e2e hostile e2e-engine28
if ! HAPROXY=$(scripts/get-haproxy.sh); then exit 1; fi
case " $* " in
    *' behaviour '* | *' streams-long '* | *' guard '*) if ! HAPROXY_TRIXIE=$(scripts/get-haproxy.sh trixie) || ! HAPROXY_SID=$(scripts/get-haproxy.sh sid); then exit 1; fi ;;
esac
HAPROXIES="${HAPROXY_TRIXIE:-} ${HAPROXY_SID:-}"
export HAPROXY HAPROXIES
for suite; do
    case $suite in
        unit | behaviour | router | compat | docs | guard | e2e | hostile) "suite_$suite" ;;
        e2e-engine28) suite_e2e_engine28 ;;
        streams-long) suite_streams_long ;;
        *) echo "no such suite: $suite" >&2; exit 2 ;;
    esac
done

if [ -s "$results/failures" ]; then
    echo 'Failed:'
    sed 's/^/  /' "$results/failures"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
