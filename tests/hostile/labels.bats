#!/usr/bin/env bats
# A label gives a container a profile, unless its image has that label: whoever can build, pull, load, import or commit
# an image would choose the profile of a container made from it.

load helper

setup_file() { box_image; }
teardown_file() { remove_all; }

# from CONTAINER: prints which profile it has
from() {
    env -i PATH="$PATH" DATA_DIR="$ROOT" HAPROXY="$HAPROXY" PROFILES_FROM_LABELS=true PROFILE_ADMIN_FROM=nobody PROFILE_ADMIN_ALLOW_EXEC=true \
        ALLOW_INFO=true "$ROOT/build/docker-socket-proxy" explain --from "$1" GET /info 2>&1 || true
}

has_no_profile() {
    local said
    said=$(from "$1")
    echo "$said"
    [[ $said == *"$1 has no profile: "*"because its image has that label too"* ]]
}

@test "a label of the container gives it a profile" {
    engine run -d --name own --label docker-socket-proxy.profile=admin box sleep 1d
    from own
    [[ $(from own) == *"own has profile ADMIN: its label docker-socket-proxy.profile=admin"* ]]
}

@test "a label of the image does not, by whatever way the image came" {
    local directory=$BATS_TEST_TMPDIR
    printf 'FROM box\nLABEL docker-socket-proxy.profile=admin\n' >"$directory/Dockerfile"
    engine build -t built "$directory"
    engine tag built renamed
    engine run -d --name built built sleep 1d
    engine run -d --name renamed renamed sleep 1d
    has_no_profile built
    has_no_profile renamed
    engine commit --change 'LABEL docker-socket-proxy.profile=admin' built committed
    engine run -d --name committed committed sleep 1d
    has_no_profile committed
    # a container with a label of its own makes an image with that label
    engine commit own of-own
    engine run -d --name of-own of-own sleep 1d
    has_no_profile of-own
    engine save built | engine load
    engine export built | engine import --change 'LABEL docker-socket-proxy.profile=admin' - imported
    engine run -d --name imported imported sleep 1d
    has_no_profile imported
    # both have the label
    engine run -d --name both --label docker-socket-proxy.profile=admin built sleep 1d
    has_no_profile both
}

@test "the container of an image that is gone, or has another name now, has what its own image had" {
    engine tag box moved
    engine tag built moved
    engine run -d --name moved moved sleep 1d
    engine tag box moved
    has_no_profile moved
    engine stop -t 0 moved
    engine rmi -f built renamed committed of-own imported moved
    from moved
    [[ $(from moved) == *"moved has no profile: "* ]]
}
