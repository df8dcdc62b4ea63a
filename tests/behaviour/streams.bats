#!/usr/bin/env bats
# Nothing that flows is cut. `make test-streams-long` runs the same with more of it.

check() { python3 "$BATS_TEST_DIRNAME/streams.py" "$1"; }

@test "the end of a client's input does not overtake the input, with a slow client, on each HAProxy" { check half_close; }
@test "large input to exec comes back whole, many at once" { check exec_input; }
@test "a large body goes up whole, with a length or in chunks, and with Expect: 100-continue" { check upload; }
@test "a large answer comes down whole" { check download; }
@test "an Engine whose client left is freed: before the answer, within it, in a tunnel" { check hang_up; }
