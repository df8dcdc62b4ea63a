#!/bin/sh
# The create guard against an oracle that reads bodies as the Docker Engine does: a million random bodies, or TRIES; a
# random start, or SEED. Prints what passes though the oracle calls it dangerous, and fails then.
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
