#!/usr/bin/env bats
# A drop-in for the images people come from.

check() { python3 "$BATS_TEST_DIRNAME/compat.py" "$1"; }

@test "hundreds of their settings, every operation: the differences are those of the README's table, and all of them" { check differential; }
@test "the differences in how requests and values are written" { check other_differences; }
@test "the start log says what one of the images opens and we do not" { check told_at_start; }
@test "without COMPAT nothing is open that either image kept closed" { check never_more_by_default; }
@test "the running proxy decides the same" { check running; }
@test "the environments of their documentation work as they are" { check readmes; }
@test "migrate says the same in ALLOW_ names, exactly" { check migrate; }
