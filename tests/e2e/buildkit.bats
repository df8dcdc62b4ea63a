#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031
# Builds with BuildKit through the proxy: with a docker command of 20.10, which speaks BuildKit over POST /build and /session, and with
# a current one, whose buildx and Compose speak it over /grpc and /session.
#   IDLE_SECONDS (10), CONTEXT_MEGABYTES (100): how long a build says nothing, and how much it is sent

load helper

# The HAProxy of the image, which can forward Upgrade: h2c, whatever the machine has
HAPROXY=$("$ROOT/scripts/get-haproxy.sh" trixie)
export HAPROXY
OLD=/usr/bin/docker
BUILDERS=$ROOT/build/builders-sid
NARROW=2381 # BUILD and SESSION
WIDE=2382   # GRPC and SESSION
CLOSED=2383 # BUILD alone
CREATOR=2384 # what creates containers
JUDGED=2385  # BUILD and SESSION, judged by the guard on every Engine

serve() { # serve PORT VARIABLE=value...
    local port=$1
    shift
    env DATA_DIR="$ROOT" SOCKET_PATH="$SOCKET" "LISTEN=tcp://127.0.0.1:$port" "$@" "$ROOT/build/docker-socket-proxy" run \
        >"/run/proxy-$port.log" 2>&1 3>&- &
    echo $! >>/run/proxies
    until_true curl -fsS "http://127.0.0.1:$port/_ping"
}

# Whether the Engine's BuildKit checks all that builds ask for
sound() { [ "$(engine version -f '{{.Server.Version}}' | cut -d. -f1)" -ge 26 ]; }

setup_file() {
    box_image
    rm -f /run/proxies
    if sound; then
        serve $NARROW ALLOW_BUILD=1 ALLOW_SESSION=1
    else
        serve $NARROW ALLOW_BUILD=1 ALLOW_SESSION=1 ALLOW_PRIVILEGED=1
    fi
    serve $JUDGED ALLOW_BUILD=1 ALLOW_SESSION=1
    serve $WIDE ALLOW_GRPC=1 ALLOW_SESSION=1 ALLOW_HOST_NAMESPACES=1
    serve $CLOSED ALLOW_BUILD=1
    [ ! -d "$BUILDERS/plugins" ] || ln -sfn "$BUILDERS/plugins" "$DOCKER_CONFIG/cli-plugins"
}
teardown_file() {
    # shellcheck disable=SC2046
    kill $(cat /run/proxies)
    rm -f "$DOCKER_CONFIG/cli-plugins"
    engine rmi moby/buildkit:buildx-stable-1 >/dev/null 2>&1 || true # a tag of box, which other tests look at
    engine builder prune -af >/dev/null 2>&1 || true
}
setup() { cd "$BATS_TEST_TMPDIR" || return; }

old() { # the docker command of 20.10 with BuildKit, at a port
    [[ $("$OLD" --version) == *' 20.10.'* ]] || skip 'this machine has no docker command of 20.10'
    DOCKER_BUILDKIT=1 DOCKER_HOST=tcp://127.0.0.1:$1 timeout --signal=KILL 60 "$OLD" "${@:2}"
}
new() { # a current docker command, at a port
    [ -x "$BUILDERS/bin/docker" ] || skip 'this machine has no buildx (scripts/get-builders.sh sid)'
    env -u DOCKER_BUILDKIT BUILDX_NO_DEFAULT_ATTESTATIONS=1 DOCKER_HOST="tcp://127.0.0.1:$1" "$BUILDERS/bin/docker" "${@:2}"
}
# Both, each at the proxy that is as narrow as it can be: each FUNCTION...
each() {
    "$@" old $NARROW
    "$@" new $WIDE
}
# dockerfile LINE...: one whose steps are in no cache
dockerfile() {
    date +%s%N >unique
    printf '%s\n' 'FROM box' 'COPY unique /unique' "$@" >Dockerfile
}

simple() {
    local image=built-$1
    dockerfile 'RUN cat /unique && echo "ran $(id -u)"'
    run -0 "$1" "$2" build --progress=plain -t "$image" .
    [[ $output == *'ran 0'* ]]
    [ "$(engine run --rm "$image" cat /unique)" = "$(cat unique)" ]
}
@test "a build with COPY and RUN" { each simple; }

secret() {
    echo "hush $RANDOM" >hush
    dockerfile 'RUN --mount=type=secret,id=hush sha256sum /run/secrets/hush'
    run -0 "$1" "$2" build --progress=plain --secret id=hush,src=hush .
    [[ $output == *"$(sha256sum <hush | cut -d' ' -f1)"* ]]
}
@test "--secret" { each secret; }

agent() {
    dockerfile 'COPY agent /agent' 'RUN --mount=type=ssh /agent | grep -ao e2e-key'
    run -0 "$1" "$2" build --progress=plain --ssh default .
    [[ $output == *' e2e-key'* ]]
}
@test "--ssh" {
    command -v ssh-agent || skip 'this machine has no ssh-agent'
    eval "$(ssh-agent -a /run/agent.sock 3>&-)"
    ssh-keygen -q -t ed25519 -N '' -C e2e-key -f key
    ssh-add key
    cc -static -o agent "$ROOT/tests/e2e/agent.c"
    each agent
    kill "$SSH_AGENT_PID"
}

cached() {
    for text in first second; do
        dockerfile "RUN --mount=type=cache,id=c-$1,target=/c echo $text >>/c/log && cat /c/log"
        run -0 "$1" "$2" build --progress=plain .
    done
    [[ $output == *first* && $output == *second* ]]
}
@test "a cache mount" { each cached; }

staged() {
    head -c "${CONTEXT_MEGABYTES:-100}M" /dev/urandom >large
    printf '%s\n' 'FROM box AS one' 'COPY . /all' 'RUN sha256sum /all/large >/sum' 'FROM box AS two' 'RUN echo of-two >/two' \
        'FROM box' 'COPY --from=one /sum /sum' 'COPY --from=two /two /two' 'RUN cat /sum /two' >Dockerfile
    run -0 "$1" "$2" build --progress=plain .
    [[ $output == *"$(sha256sum <large | cut -d' ' -f1)"* && $output == *of-two* ]]
}
@test "a build of several stages with a large context" { each staged; }

cancelled() {
    dockerfile "RUN sleep 7654$3"
    "$1" "$2" build --progress=plain . >log 2>&1 3>&- &
    local build=$!
    until_true pgrep -f "sleep 7654$3"
    # (a shell in the background has SIGINT ignored in what it starts; TERM is what CI runners send, and does the same)
    pkill -TERM -P $build || kill -TERM $build
    wait $build || true
    gone() { ! pgrep -f "sleep 7654$1"; }
    until_true gone "$3"
}
@test "a build that is cancelled ends in the Engine as well" {
    cancelled old $NARROW 1
    cancelled new $WIDE 2
}

idle() {
    dockerfile "RUN sleep ${IDLE_SECONDS:-10} && echo awake"
    run -0 "$1" "$2" build --progress=plain .
    [[ $output == *awake* ]]
}
@test "a build that says nothing for a while" { each idle; }

@test "two builds at once" {
    mkdir a b
    for name in a b; do (cd $name && dockerfile "RUN sleep 3 && echo it-is-$name"); done
    old $NARROW build --progress=plain a >a.log 2>&1 3>&- &
    local first=$!
    new $WIDE build --progress=plain b >b.log 2>&1
    wait $first
    grep it-is-a a.log
    grep it-is-b b.log
}

@test "docker compose build" {
    dockerfile 'RUN echo composed'
    printf '%s\n' 'services: {web: {build: ., image: composed}}' >compose.yaml
    run -0 new $WIDE compose --progress=plain build
    [[ $output == *composed* ]]
    engine image inspect composed >/dev/null
}

@test "a current docker command without buildx, and DOCKER_BUILDKIT=0, need BUILD alone" {
    dockerfile 'RUN echo classic'
    run -0 env DOCKER_BUILDKIT=0 DOCKER_HOST=tcp://127.0.0.1:$CLOSED "$OLD" build .
    [[ $output == *classic* ]]
    [ -x "$BUILDERS/bin/docker" ] || return 0
    run -0 env DOCKER_BUILDKIT=0 DOCKER_HOST=tcp://127.0.0.1:$CLOSED "$BUILDERS/bin/docker" build .
}

# ---- what a grant does not give ----

# refused COMMAND...: the build fails, and its RUN has not run. A docker command of 20.10 whose build is refused before its
# session has begun sometimes waits for the session's end for ever: that says nothing about the proxy, so it is repeated.
refused() {
    for _ in 1 2 3; do
        run ! "$@"
        [ "$status" -eq 137 ] || break
    done
    [ "$status" -ne 137 ]
    echo "$output"
    [[ $output != *REACHED-2* ]]
}

@test "with BUILD and SESSION no step has the network of the host" {
    dockerfile 'RUN --network=host echo REACHED-$((1 + 1))'
    refused old $NARROW build --progress=plain .
    dockerfile 'RUN echo REACHED-$((1 + 1))'
    refused old $JUDGED build --progress=plain --network=host .
    [[ $output == *networkmode*ALLOW_HOST_NAMESPACES=network:host* ]]
}

@test "BuildKit that does not check what frontends ask for is refused" {
    if sound; then skip 'this Engine checks it'; fi
    dockerfile 'RUN echo REACHED-$((1 + 1))'
    refused old $JUDGED build --progress=plain .
    [[ $output == *'version \"2\"; ALLOW_PRIVILEGED=true'* || $output == *'version "2"; ALLOW_PRIVILEGED=true'* ]]
}

@test "with BUILD and SESSION no step is privileged" {
    dockerfile 'RUN --security=insecure echo REACHED-$((1 + 1))'
    refused old $NARROW build --progress=plain .
}

@test "with BUILD and SESSION nothing is exported or pushed" {
    dockerfile
    refused old $JUDGED build -o type=image,name=registry.test/x,push=true .
    [[ $output == *outputs*ALLOW_PRIVILEGED=true* ]]
}

@test "with BUILD and SESSION /grpc stays closed, and buildx is told which variable it lacks" {
    dockerfile
    refused new $NARROW build .
    [[ $output == *ALLOW_GRPC=true* ]]
    [[ $(cat /run/proxy-$NARROW.log) == *'Forbidden: /grpc POST'*'ALLOW_GRPC=true and ALLOW_HOST_NAMESPACES=true would allow it'* ]]
}

@test "the docker-container driver wants a privileged container, which the create guard refuses" {
    serve $CREATOR ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_START=1 ALLOW_EXEC=1 ALLOW_ARCHIVE=1 ALLOW_IMAGES=1 ALLOW_VOLUMES=1
    engine tag box moby/buildkit:buildx-stable-1
    dockerfile
    refused new $CREATOR build .
    [[ $output == *HostConfig.Privileged*ALLOW_PRIVILEGED=true* ]]
}

@test "without SESSION the log names it" {
    dockerfile
    refused old $CLOSED build .
    # (What is printed first, this or that POST /build is refused, is a race on an Engine whose BuildKit is refused.)
    if sound; then [[ $output == *'unable to upgrade to h2c, received 403'* ]]; fi
    until_true grep 'Forbidden: /session POST .*ALLOW_SESSION=true would allow it' /run/proxy-$CLOSED.log
}

# ---- what a grant gives: as docs/builders.md says ----

@test "with GRPC a step may have the network of the host" {
    dockerfile "RUN wget -qO- http://127.0.0.1:$WIDE/_ping && echo REACHED-\$((1 + 1))"
    refused new $WIDE build --progress=plain .
    run -0 new $WIDE build --progress=plain --network host --allow network.host .
    [[ $output == *REACHED-2* ]]
}

@test "with GRPC no step is privileged, as long as the Engine's configuration does not say so" {
    dockerfile 'RUN --security=insecure echo REACHED-$((1 + 1))'
    refused new $WIDE build --progress=plain --allow security.insecure .
    [[ $output == *'not allowed'* ]]
}
