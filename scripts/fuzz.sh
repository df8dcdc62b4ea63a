#!/bin/sh
# Compares the create guard with an oracle that reads bodies as the Docker Engine does, on a million random bodies
# (TRIES= changes that) from a random seed (SEED=). Prints the bodies that the guard passes and the oracle calls
# dangerous; the exit status is 1 if there are any.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

cd "$(dirname -- "$0")/.."
tries=${TRIES:-1000000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
judge=${JUDGE:-build/guard/judge}
mkdir -p build/guard
(cd tests/guard/oracle && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off go build -o ../../../build/guard/oracle .)
exec build/guard/oracle fuzz "$judge" "$tries" "$seed" tests/guard/corpus
