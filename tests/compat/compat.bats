#!/usr/bin/env bats
# A drop-in for the images people come from.

check() { python3 "$BATS_TEST_DIRNAME/compat.py" "$1"; }

@test "hundreds of their settings, every operation: never wider, narrower only where the README says" { check differential; }
@test "without COMPAT nothing is open that either image kept closed" { check never_more_by_default; }
@test "the running proxy decides the same" { check running; }
@test "the environments of their documentation work as they are" { check readmes; }
@test "migrate says the same in ALLOW_ names, exactly" { check migrate; }
