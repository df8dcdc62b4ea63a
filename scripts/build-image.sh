#!/bin/sh
# Builds the image with the Docker Engine that the docker command talks to: scripts/build-image.sh [IMAGE[:TAG]]
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

image=${1:-docker-socket-proxy}
"$ROOT/scripts/base-image.sh"
# Where there is BuildKit, docker uses it; the Dockerfile needs nothing of it.
docker build --network host --tag "$image" "$ROOT"
