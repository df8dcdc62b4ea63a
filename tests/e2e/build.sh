#!/bin/sh
# Builds the image for the tests. The stages get names as well, so that what earlier builds left can be removed without
# losing the layers that the next build starts from.
set -eu
cd "$(dirname -- "$0")/../.."
export DOCKER_BUILDKIT=0
scripts/base-image.sh
for stage in build collect; do
    docker build --network host --target $stage --tag docker-socket-proxy-$stage .
done
docker build --network host --tag docker-socket-proxy .
docker image prune --force
# For the tests' other Engines
docker save --output build/image.tar.new docker-socket-proxy
mv build/image.tar.new build/image.tar
