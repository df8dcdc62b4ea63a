#!/usr/bin/env bats
# Attacks on what the proxy's own container has. Attacks that do not need that container are in tests/hostile.

load helper

# Clients of the network may create containers; those of the socket on the volume may do more
setup_file() {
    proxy_image
    box_image
    remove_all
    start_proxy shared --env ALLOW_CREATE=1 --env ALLOW_START=1 --env ALLOW_ATTACH=1 --env ALLOW_CONTAINERS=1 --env ALLOW_DELETE=1 --env ALLOW_VOLUMES=1 -v filtered:/run/filtered \
        --env LISTEN=tcp://:2375 --env PROFILE_ADMIN_LISTEN=unix:///run/filtered/docker.sock --env PROFILE_ADMIN_ALLOW_CREATE=1 \
        --env PROFILE_ADMIN_ALLOW_START=1 --env PROFILE_ADMIN_ALLOW_PRIVILEGED=1
}
teardown_file() {
    remove_all
    engine volume prune -f >/dev/null
}
setup() { through shared; }

# A container that has the volume finds the socket in it
mounts() { docker run --rm "$@" box ls /x; }
refused_mount() {
    run mounts "$@"
    echo "$output"
    [[ $status -ne 0 && $output != *docker.sock* ]]
    [[ $output == *"docker-socket-proxy: "*" is forbidden: HostConfig."* ]]
}

@test "the volume of a profile's socket is bound by nobody else: -v" {
    run -0 env DOCKER_HOST="unix://$SOCKET" docker run --rm -v filtered:/x box ls /x
    [[ $output == *docker.sock* ]]
    refused_mount -v filtered:/x
}
@test "the volume of a profile's socket is bound by nobody else: --mount" {
    refused_mount --mount type=volume,source=filtered,target=/x
}
@test "nor is it seen through another container's volumes" {
    run mounts --volumes-from shared
    [[ $status -ne 0 && $output == *"is forbidden: HostConfig.VolumesFrom"* ]]
}
@test "other volumes are, whatever their names look like" {
    mounts -v filtered2:/x
    mounts -v my-filtered:/x
    mounts --mount type=volume,source=Filtered,target=/x
}
@test "the start says that the volume of a listener is kept from clients" {
    run -0 engine logs shared
    grep -F 'PROFILE_ADMIN_LISTEN: /run/filtered/docker.sock is in the volume filtered; clients that create containers may not mount it' <<<"$output"
}
