#!/usr/bin/env bats
# Attacks that the create guard has to stop, on Podman. Podman joins members to strings with commas and runs mount(8);
# what the Engine keeps as text may be a path here.

# $LAB, $SOCKET and $N hold no spaces; what runs in a container is written for the shell there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2206,SC2231
load helper
PODMAN=$LAB/podman
SOCKET=$PODMAN/podman.sock
# runc, since crun refuses to run with both versions of cgroups
OPTIONS=(--root $PODMAN/root --runroot $PODMAN/run --storage-driver vfs --cgroup-manager cgroupfs --runtime runc)

setup_file() {
    mkdir -p $PODMAN $LAB/host $LAB/allowed /var/lib/containers
    mount -t tmpfs tmpfs /var/lib/containers # what Podman caches there ends with this namespace
    echo "the host's secret" >$LAB/host/secret
    echo "allowed" >$LAB/allowed/secret
    printf 'FROM box\nSECRETLINE x\n' >$LAB/host/passwd
    SERVICE_PASSWORD=hunter2 podman "${OPTIONS[@]}" system service --time=0 unix://$SOCKET >$PODMAN/service.log 2>&1 3>&- &
    echo $! >$LAB/service.pid
    serves() { curl -fsS --unix-socket $SOCKET http://d/_ping; }
    until_true serves
    box_image
    tar -C /run/box-root -c . >$LAB/host/box.tar
    start_program proxy $SOCKET ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_START=1 ALLOW_STOP=1 ALLOW_DELETE=1 ALLOW_IMAGES=1 ALLOW_BUILD=1 \
        ALLOW_VOLUMES=1 ALLOW_LOGS=1 ALLOW_INFO=1 ALLOW_NETWORKS=1
    # Podman builds in the host's network, and so builds need this
    start_program builder $SOCKET ALLOW_IMAGES=1 ALLOW_BUILD=1 ALLOW_HOST_NAMESPACES=1
    start_program binds $SOCKET ALLOW_CONTAINERS=1 ALLOW_CREATE=1 ALLOW_START=1 ALLOW_BIND_MOUNTS=$LAB/allowed
}
teardown_file() {
    local file
    for file in $LAB/*.pid; do kill "$(cat "$file")" || true; done
}

# ---- The same at both: members that become one string ----

attack_mount() { run_container $N-mount '{"Image":"box","Cmd":["cat","/x/secret"],"HostConfig":{"Mounts":['"$1"']}}'; }
effect_mount() { [[ $(output_of $N-mount) == *"the host's secret"* ]]; }
cleanup_mount() { engine rm -f $N-mount; }
@test "a mount's Target that goes on" { attack HostConfig.Mounts mount '{"Target":"/x,type=bind,src='$LAB/host'"}'; }
@test "a mount's Consistency that goes on" { attack HostConfig.Mounts mount '{"Target":"/x","Consistency":"default,type=bind,src='$LAB/host'"}'; }
# Podman 4 takes the last source there is; 5 says itself that there are two
twice() { if [[ $(podman --version) == *' 4.'* ]]; then attack "$@"; else through_proxy "$@"; fi; }
@test "a mount's Propagation that goes on, past the directories that may be bound" {
    GUARDED=$LAB/binds.sock twice HostConfig.Mounts mount \
        '{"Type":"bind","Source":"'$LAB/allowed'","Target":"/x","BindOptions":{"Propagation":"rprivate,src='$LAB/host'"}}'
}
@test "a mount's Target that goes on, past the directories that may be bound" {
    GUARDED=$LAB/binds.sock twice HostConfig.Mounts mount '{"Type":"bind","Source":"'$LAB/allowed'","Target":"/x,src='$LAB/host'"}'
}
@test "no text of a mount goes on" {
    local text
    for text in '/x,src=/' '/x\u002csrc=/' '/x,type=bind' '/x,'; do
        refuses Target POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"volume","Source":"vol","Target":"'"$text"'"}]}}'
        refuses Target POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"'"$text"'"}]}}'
        refuses Consistency POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"volume","Source":"vol","Target":"/x","Consistency":"'"$text"'"}]}}'
        refuses Subpath POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"volume","Source":"vol","Target":"/x","VolumeOptions":{"Subpath":"'"$text"'"}}]}}'
        GUARDED=$LAB/binds.sock refuses Propagation POST /containers/create \
            '{"Image":"box","HostConfig":{"Mounts":[{"BindOptions":{"Propagation":"'"$text"'"},"Type":"bind","Source":"'$LAB/allowed'","Target":"/x"}]}}'
    done
}
@test "ordinary mounts pass" {
    succeeds POST '/containers/create?name=mounted' '{"Image":"box","Cmd":["true"],"HostConfig":{"Mounts":[
        {"Type":"volume","Source":"vol","Target":"/x/y-z_1.d","Consistency":"default","ReadOnly":true},{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":65536}}],
        "Binds":["wol:/w:ro"],"Tmpfs":{"/u":"size=1m"}}}'
    succeeds POST /containers/mounted/start
    succeeds DELETE '/containers/mounted?force=1'
    GUARDED=$LAB/binds.sock
    succeeds POST '/containers/create?name=bound' '{"Image":"box","Cmd":["cat","/x/secret"],"HostConfig":{"Binds":["'$LAB/allowed':/x:ro,rprivate"]}}'
    succeeds POST /containers/bound/start
    engine wait bound
    [[ $(output_of bound) == *allowed* ]]
    engine rm -f bound
}

# Podman makes a path of whatever a mount of type bind has for its source: "etc" may be /etc
@test "a bind mount of a relative path, beside the directories that may be bound" {
    GUARDED=$LAB/binds.sock refuses Type POST /containers/create '{"Image":"box","HostConfig":{"Mounts":[{"Type":"bind","Source":"etc","Target":"/x"}]}}'
    GUARDED=$LAB/binds.sock refuses Binds POST /containers/create '{"Image":"box","HostConfig":{"Binds":["./etc:/x"]}}'
}

# ---- mount(8) on a device of the client's choice ----

# A file in the client's own volume tells mount(8) what to mount: anything, anywhere
attack_device() {
    local fstab where
    call POST /volumes/create '{"Name":"'$N-fstab'"}'
    fstab=$(engine volume inspect -f '{{.Mountpoint}}' $N-fstab)/fstab
    where=${fstab%/"$N"-fstab/*}/$N-device/_data
    echo "$LAB/host $where none bind 0 0" >"$fstab"
    call POST /volumes/create '{"Name":"'$N-device'","DriverOpts":{"device":"-T'"$fstab"'"}}'
    run_container $N-device '{"Image":"box","Cmd":["cat","/x/secret"],"HostConfig":{"Binds":["'$N-device':/x"]}}'
}
effect_device() { [[ $(output_of $N-device) == *"the host's secret"* ]]; }
cleanup_device() {
    engine rm -f $N-device
    engine volume rm -f $N-device $N-fstab
}
@test "a volume whose device are options of mount(8)" { attack DriverOpts device; }
@test "a volume with a device and no type, or of the host's" {
    local options
    for options in '"device":"/dev/vda"' '"device":"/dev/sda1","o":"ro"' '"device":"-T/x/fstab"' '"type":"","device":"/dev/vda"' '"type":"ext4","device":"/dev/vda"' \
        '"type":"tmpfs","device":"-T/x/fstab"' '"type":"tmpfs","device":"tmpfs","o":"size=1m,bind"' '"TYPE":"bind"' '"device":"LABEL=root"'; do
        refuses DriverOpts POST /volumes/create '{"Name":"never","DriverOpts":{'"$options"'}}'
    done
    succeeds POST /volumes/create '{"Name":"memory","DriverOpts":{"type":"tmpfs","device":"tmpfs","o":"mode=0700"}}'
    engine volume rm memory
}
@test "a volume of another driver: image, or a plugin's" {
    # 4.3.1 makes the volume of an image; it has plugins in the machine's containers.conf only
    refuses Driver POST /volumes/create '{"Name":"never","Driver":"image","DriverOpts":{"image":"box"}}'
    refuses Driver POST /volumes/create '{"Name":"never","Driver":"../x"}'
}

# ---- Files of the host ----

attack_log_path() {
    run_container $N-log '{"Image":"box","Cmd":["echo","* * * * * root id"],"HostConfig":{"LogConfig":{"Type":"k8s-file","Config":{"path":"'$1/$N-written'"}}}}'
}
effect_log_path() { grep -F 'root id' $LAB/host/$N-written; }
cleanup_log_path() {
    engine rm -f $N-log
    rm -f $LAB/host/$N-written
}
@test "a log's path" {
    attack HostConfig.LogConfig log_path $LAB/host
    [ ! -e $LAB/host/proxied-written ]
}
@test "a log's path, from where the service runs" {
    attack HostConfig.LogConfig log_path ../../../../../../../../../..$LAB/host
    [ ! -e $LAB/host/proxied-written ]
}

attack_cid_file() {
    echo precious >$LAB/host/$N-precious
    run_container $N-cid '{"Image":"box","Cmd":["true"],"HostConfig":{"ContainerIDFile":"'$LAB/host/$N-precious'"}}'
    call DELETE "/containers/$N-cid?force=1"
}
effect_cid_file() { [ ! -e $LAB/host/$N-precious ]; }
cleanup_cid_file() { :; }
@test "a file for the container's id, which is removed with the container" {
    # Podman 4 only remembers its name
    if [[ $(podman --version) == *' 4.'* ]]; then
        through_proxy HostConfig.ContainerIDFile cid_file
    else
        attack HostConfig.ContainerIDFile cid_file
    fi
}
@test "an empty one, as clients send it, passes" {
    succeeds POST '/containers/create?name=noid' '{"Image":"box","Cmd":["true"],"HostConfig":{"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{"max-size":"1m","tag":"x"}}}}'
    succeeds DELETE '/containers/noid?force=1'
}

attack_import() { call POST "/images/create?fromSrc=$LAB/host/box.tar&repo=$N-imported"; }
effect_import() { engine image inspect $N-imported >/dev/null; }
cleanup_import() { engine rmi -f $N-imported; }
@test "an image made of a file of the host" { attack fromSrc import; }
@test "an image made of the request's body passes" {
    run -0 curl -s --unix-socket $LAB/proxy.sock -X POST --data-binary @$LAB/host/box.tar -H 'Content-Type: application/x-tar' 'http://d/images/create?fromSrc=-&repo=imported'
    engine image inspect imported
    engine rmi imported
}
# ---- The service's environment ----

attack_env() { run_container $N-env '{"Image":"box","Cmd":["env"],"Env":['"$1"']}'; }
effect_env() { output_of $N-env | grep -F hunter2; }
cleanup_env() { engine rm -f $N-env; }
@test "an environment variable without a value is the service's own" { attack Env env '"SERVICE_PASSWORD"'; }
@test "one that ends with * is all of them" { attack Env env '"SERVICE_*"'; }
@test "ordinary ones pass, the empty value included" {
    succeeds POST '/containers/create?name=env' '{"Image":"box","Cmd":["env"],"Env":["A=1","B=","C=x=y","d.e-f=1"]}'
    succeeds DELETE '/containers/env?force=1'
}

# ---- Builds ----

context() {
    mkdir -p "$BATS_TEST_TMPDIR/context"
    printf 'FROM box\n' >"$BATS_TEST_TMPDIR/context/Dockerfile"
    tar -C "$BATS_TEST_TMPDIR/context" -c . >"$BATS_TEST_TMPDIR/context.tar"
}
# build QUERY: through the socket of the attack
build() {
    context
    {
        echo "POST /build?$1: $(curl -s --max-time 60 --path-as-is --unix-socket "$API" -X POST --data-binary @"$BATS_TEST_TMPDIR/context.tar" \
            -H 'Content-Type: application/x-tar' -w '\n%{http_code}' "http://d/build?$1" | tr '\n' ' ' | sed -E 's/^(.*) ([0-9]{3})$/\2 \1/')"
    } | tee -a "$BATS_TEST_TMPDIR/answers"
}
attack_build() { build "$1"; }
effect_build() { grep -F SECRETLINE "$BATS_TEST_TMPDIR/answers"; }
cleanup_build() { :; }
@test "a build whose Dockerfile is a file of the host" { GUARDED=$LAB/builder.sock attack dockerfile build "dockerfile=../../../../../../../..$LAB/host/passwd"; }
@test "a build whose Dockerfiles are files of the host" { GUARDED=$LAB/builder.sock attack dockerfile build "dockerfile=%5B%22$LAB/host/passwd%22%5D"; }
@test "other parameters of a build that are the host's" {
    local query
    for query in dockerfile=/etc/passwd dockerfile=../x dockerfile=a/../../x dockerfile=%2e%2e/x rusagelogfile=/x 'secrets=%5B%22id=x,src=/etc/shadow%22%5D' \
        'additionalbuildcontexts=x' nsoptions=x devices=x addcaps=x seccomp=/x volume=/:/x outputs=x; do
        context
        run curl -s --unix-socket $LAB/builder.sock -X POST --data-binary @"$BATS_TEST_TMPDIR/context.tar" -H 'Content-Type: application/x-tar' "http://d/build?$query"
        echo "$query: $output"
        [[ $output == *'is forbidden: '* ]]
    done
}
@test "an ordinary build passes, with a Dockerfile of the context" {
    API=$LAB/builder.sock
    build 'dockerfile=Dockerfile&t=built'
    engine image inspect built
    engine rmi -f built
    mkdir -p "$BATS_TEST_TMPDIR/context/sub"
    printf 'FROM box\nLABEL a=b\n' >"$BATS_TEST_TMPDIR/context/sub/Dockerfile.x"
    build 'dockerfile=sub/Dockerfile.x&t=built2'
    engine image inspect built2
    engine rmi -f built2
}
@test "namespaces of other processes, by path" {
    local mode
    for mode in ns:/proc/1/ns/net slirp4netns:allow_host_loopback=true pasta:--map-gw bridge:ip=1; do
        refuses NetworkMode POST /containers/create '{"Image":"box","HostConfig":{"NetworkMode":"'$mode'"}}'
    done
    for mode in PidMode IpcMode UTSMode UsernsMode CgroupnsMode; do
        refuses $mode POST /containers/create '{"Image":"box","HostConfig":{"'$mode'":"ns:/proc/1/ns/x"}}'
    done
}
