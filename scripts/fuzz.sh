#!/bin/sh
# Compares the create guard with an oracle that reads bodies as the Docker Engine does, and the redaction with one that
# decodes answers, on a million random bodies and answers (TRIES= changes that) from a random seed (SEED=):
#   scripts/fuzz.sh [guard|redact]      without a name: both
# Prints the bodies that the guard passes and the oracle calls dangerous, and the first answer that is not redacted as
# the oracle does it; the exit status is 1 if there are any.
set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"

cd "$(dirname -- "$0")/.."
tries=${TRIES:-1000000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
judge=${JUDGE:-build/guard/judge}
mkdir -p build/guard build/redact

if [ "${1:-guard}" = guard ]; then
    tests/support/oracle.sh guard
    build/guard/oracle fuzz "$judge" "$tries" "$seed" tests/guard/corpus
fi
if [ "${1:-redact}" = redact ]; then
    tests/support/oracle.sh redact
    build/redact/oracle fuzz build/redact/judge "$tries" "$seed" entrypoint/redact/members.def tests/redact/answers
fi
