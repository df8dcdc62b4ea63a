#!/bin/sh
# Builds the image with the Docker Engine that the docker command talks to: scripts/build-image.sh [IMAGE[:TAG]]
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

image=${1:-docker-socket-proxy}
"$ROOT/scripts/base-image.sh"
# docker uses BuildKit where it has it; the Dockerfile does not need it.
docker build --network host --tag "$image" "$ROOT"
