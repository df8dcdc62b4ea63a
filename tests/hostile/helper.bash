# shellcheck shell=bash disable=SC2034,SC2086
# What the tests of attacks share. Each attack is first made at the Engine's own socket, where it has to work (else the
# test would prove nothing), and then through the proxy, which has to refuse it and name the member.
# They run inside scripts/with-dockerd.sh, see tests/run.sh.

# shellcheck source=tests/e2e/helper.bash
source "$BATS_TEST_DIRNAME/../e2e/helper.bash"
LAB=/run/hostile # the same for an Engine in a root of its own
API=$SOCKET      # where the attack goes

# start_program NAME SOCKET-OF-ENGINE VARIABLE=value...: a proxy at $LAB/NAME.sock
start_program() {
    local name=$1 upstream=$2
    shift 2
    mkdir -p $LAB
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" SOCKET_PATH="$upstream" LISTEN="unix://$LAB/$name.sock" "$@" \
        "$ROOT/build/docker-socket-proxy" run >$LAB/"$name".log 2>&1 3>&- &
    echo $! >$LAB/"$name".pid
    pings() { curl -fsS --unix-socket $LAB/"$name".sock http://d/_ping; }
    until_true pings
}

# in_background COMMAND...: runs until the namespaces end
in_background() { "$@" >>$LAB/background.log 2>&1 3>&- & }

# ask METHOD PATH [JSON]: prints status and body
ask() {
    curl -s --max-time 60 --path-as-is --unix-socket "$API" -X "$1" -w '\n%{http_code}' "http://d$2" ${3:+-H 'Content-Type: application/json' -d "$3"} |
        tr '\n' ' ' | sed -E 's/^(.*) ([0-9]{3})$/\2 \1/'
    echo
}
# call METHOD PATH [JSON]: asks, and keeps the answer for the attack's verdict. Never fails: attacks go on.
call() {
    ANSWER=$(ask "$@")
    echo "$1 $2: $ANSWER" | tee -a "$BATS_TEST_TMPDIR/answers"
}
# run_container NAME JSON: creates and starts it, and waits for its end
run_container() {
    call POST "/containers/create?name=$1" "$2"
    call POST "/containers/$1/start"
    case $ANSWER in 20*) timeout 60 docker -H "unix://$SOCKET" wait "$1" >/dev/null || true ;; esac
}
# output_of NAME: what the container said, "" if there is none
output_of() { engine logs "$1" 2>&1 || true; }

# attack MEMBER ATTACK [ARGUMENT...]: the function attack_ATTACK makes it, named $N; effect_ATTACK tells whether it worked
attack() {
    local member=$1 kind=$2
    shift 2
    : >"$BATS_TEST_TMPDIR/answers"
    API=$SOCKET N=direct
    "attack_$kind" "$@"
    # an effect may show a little after the answer
    if ! until_true "effect_$kind" "$@"; then
        echo "it does not work without the proxy either, so this test shows nothing"
        return 1
    fi
    "cleanup_$kind" "$@" || true
    through_proxy "$member" "$kind" "$@"
}
# through_proxy MEMBER ATTACK [ARGUMENT...]: only the second half, for what no Engine here can be shown to do
through_proxy() {
    local member=$1 kind=$2 worked=no
    shift 2
    : >"$BATS_TEST_TMPDIR/answers"
    API=${GUARDED:-$LAB/proxy.sock} N=proxied
    "attack_$kind" "$@"
    if "effect_$kind" "$@"; then worked=yes; fi
    "cleanup_$kind" "$@" || true
    if [ $worked = yes ]; then
        echo "THE ATTACK WORKS THROUGH THE PROXY"
        return 1
    fi
    if ! grep -E "403 .*is forbidden: .*$member" "$BATS_TEST_TMPDIR/answers"; then
        echo "NOT REFUSED BY THE PROXY with the member's name: $member"
        return 1
    fi
}
# passes METHOD PATH [JSON]: the proxy lets it through (what the Engine says to it is another matter)
passes() {
    API=${GUARDED:-$LAB/proxy.sock}
    call "$@"
    [[ $ANSWER != *docker-socket-proxy:* && $ANSWER == [2-5]* ]]
}
# succeeds METHOD PATH [JSON]: and the Engine does it
succeeds() {
    passes "$@"
    [[ $ANSWER == 2* ]]
}
# refuses PATTERN METHOD PATH [JSON]: the message is of the member, and what else the pattern says
refuses() {
    local member=$1
    shift
    API=${GUARDED:-$LAB/proxy.sock}
    call "$@"
    [[ $ANSWER == "403 "*"is forbidden: "*$member* ]]
}
