# shellcheck shell=bash disable=SC2034,SC2086,SC2059
# What the tests of listeners, profiles, TLS, upstreams and limits share, in addition to e2e/helper.bash. They run
# inside scripts/with-dockerd.sh.

# shellcheck source=tests/e2e/helper.bash
source "$BATS_TEST_DIRNAME/../e2e/helper.bash"
PROGRAM=$ROOT/build/docker-socket-proxy
LAB=/run/profiles # only the namespaces of the test see it

# ---- the program on this machine ----

# variables NAME=value...: the environment of the program, and of nothing else
dsp() { env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" "${VARIABLES[@]}" "$PROGRAM" "$@"; }

# run_dsp NAME VARIABLE=value...: starts the program; its log is $LAB/NAME.log, its process $LAB/NAME.pid
run_dsp() {
    local name=$1
    shift
    mkdir -p $LAB
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" "$@" "$PROGRAM" run >$LAB/"$name".log 2>&1 3>&- &
    echo $! >$LAB/"$name".pid
}
stop_dsp() {
    local pid
    [ -e $LAB/"$1".pid ] || return 0
    pid=$(cat $LAB/"$1".pid)
    rm $LAB/"$1".pid
    kill "$pid" 2>/dev/null || return 0
    gone() { ! kill -0 "$pid"; }
    until_true gone
}
log_has() { grep -F -- "$2" $LAB/"$1".log; }

# What should not start must not run for ever if it does
dsp_started() {
    timeout 20 env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" "${VARIABLES[@]}" "$PROGRAM" run
}

# refused VARIABLE=value...: the program does not start, with exit status 2; $output says why
refused() {
    VARIABLES=("$@")
    run -2 dsp_started
}

# ---- containers ----

# inside CONTAINER COMMAND...: runs a command of this machine in the container's network, with the container's address
inside() {
    local pid
    pid=$(engine inspect -f '{{.State.Pid}}' "$1")
    shift
    nsenter --net --target "$pid" "$@"
}

# ask CONTAINER METHOD URL [curl argument...]: prints status line, headers and body
ask() {
    local container=$1 method=$2 where=$3
    shift 3
    inside "$container" curl -s -i --path-as-is -X "$method" "$@" "$where"
}
# code CONTAINER METHOD URL [curl argument...]: prints the status
code() { ask "$@" -o /dev/null -w '%{http_code}'; }
# code_is STATUS CONTAINER METHOD URL...
code_is() {
    local wanted=$1 got
    shift
    got=$(code "$@")
    [ "$got" = "$wanted" ] || { echo "$got instead of $wanted: $*"; return 1; }
}

# raw CONTAINER ADDRESS PORT FORMAT: sends the bytes that printf makes, and prints what comes back
raw() { { printf "$4"; sleep 1; } | inside "$1" socat -t 5 STDIO "TCP:$2:$3" | tr -d '\0'; }

# box NAME [docker run argument...]: a container that waits
box() {
    local name=$1
    shift
    engine run -d --name "$name" "$@" box sleep 100000 >/dev/null
}

# ---- a proxy on a bridge network ----

PROXY=http://10.99.0.2:2375

# begin_on_lan [docker run argument...]: the network lan with the proxy at $PROXY and the containers admin, reader and other;
# lan2; and test, which has a log
begin_on_lan() {
    mkdir -p $LAB
    begin_anew
    engine network create --subnet 10.99.0.0/24 --ip-range 10.99.0.16/28 lan >/dev/null
    engine network create --subnet 10.94.0.0/24 lan2 >/dev/null
    # (A host name that no DNS knows.)
    engine run -d --name proxy --hostname nowhere.invalid --network lan --ip 10.99.0.2 -v "$SOCKET:$SOCKET:ro" "$@" $IMAGE >/dev/null
    until_true answers proxy
    box admin --network lan
    box reader --network lan
    box other --network lan
    engine run -d --name test box sh -c 'echo of test; sleep 100000' >/dev/null
}
end_on_lan() {
    remove_all
    engine network rm lan lan2 >/dev/null
}

# ---- certificates ----

# make_ca DIRECTORY NAME
make_ca() {
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$2" \
        -keyout "$1/ca-key.pem" -out "$1/ca.pem" 2>/dev/null
}
# make_certificate CA DIRECTORY CN SERVER-OR-CLIENT [SAN [DAYS]]: ca.pem, cert.pem and key.pem as Docker names them; a
# negative number of days makes one that has expired
make_certificate() {
    local ca=$1 to=$2 cn=$3 use=$4 san=${5:-} days=${6:-30} new
    new=$(mktemp -d)
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/O=test/CN=$cn" -keyout "$new/key.pem" \
        -out "$new/csr" 2>/dev/null
    {
        echo "extendedKeyUsage=${use}Auth"
        [ -z "$san" ] || echo "subjectAltName=$san"
    } >"$new/ext"
    if [ "$days" -gt 0 ]; then
        openssl x509 -req -in "$new/csr" -CA "$ca/ca.pem" -CAkey "$ca/ca-key.pem" -set_serial "0x$(openssl rand -hex 8)" \
            -days "$days" -extfile "$new/ext" -out "$new/cert.pem" 2>/dev/null
    else
        # x509 has no way to end in the past; ca has
        mkdir "$new/db"
        : >"$new/db/index.txt"
        printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s\nnew_certs_dir=%s\nserial=%s\ndefault_md=sha256\npolicy=p\n[p]\nO=optional\nCN=supplied\n' \
            "$new/db/index.txt" "$new/db" "$new/db/serial" >"$new/ca.cnf"
        openssl rand -hex 8 >"$new/db/serial"
        openssl ca -batch -config "$new/ca.cnf" -cert "$ca/ca.pem" -keyfile "$ca/ca-key.pem" -in "$new/csr" -notext \
            -startdate 20200101000000Z -enddate 20200201000000Z -extfile "$new/ext" -out "$new/cert.pem" 2>/dev/null
    fi
    mkdir -p "$to"
    cp "$ca/ca.pem" "$new/cert.pem" "$new/key.pem" "$to/"
    rm -r "$new"
}
