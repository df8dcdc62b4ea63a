#!/bin/sh
# Builds the oracle of a suite, without the network:
#   tests/support/oracle.sh guard|redact      tests/SUITE/oracle -> build/SUITE/oracle
set -eu
cd "$(dirname -- "$0")/../../tests/$1/oracle"
GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off go build -o "../../../build/$1/oracle" .
