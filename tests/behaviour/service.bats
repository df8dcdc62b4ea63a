#!/usr/bin/env bats
# What a user sees of the running proxy.

check() { python3 "$BATS_TEST_DIRNAME/service.py" "$1"; }

@test "an idle event stream stays, and ends on both sides" { check event_stream; }
@test "attach and exec echo both ways, and one half may end first" { check attach; }
@test "streams have the longest timeout, everything else a finite one" { check timeouts; }
@test "a denied request is told which variable would open it" { check denied_answers; }
@test "HAProxy's own errors have the Engine's shape" { check error_answers; }
@test "a missing socket is told, answered with 503, and found once it is there" { check missing_socket; }
@test "healthcheck tells healthy from unhealthy and keeps out of the log" { check healthcheck; }
@test "as sh, wget and curl the program does the health check and nothing else" { check other_names; }
@test "LOG_FORMAT=json gives one object a line, LOG_LEVEL filters" { check logs; }
@test "a line of the log is whole, however long the path" { check long_lines; }
@test "unknown methods and targets that are no paths are shown as they were sent" { check odd_requests; }
@test "what is no request, or too large a one, has a line in the log that says so" { check unreadable; }
@test "SIGTERM and SIGINT stop gracefully with 0, open streams included" { check stop; }
@test "all mistakes in the environment are told at once, with exit 2" { check bad_input; }
@test "unreadable template, full or read-only directory, wrong HAProxy: one clear line, exit 2" { check bad_files; }
@test "RUNTIME_DIRECTORY gets the configuration that render prints" { check runtime_directory; }
@test "a Unix listener has the mode it was given and the same rules" { check unix_listener; }
@test "a reload takes place once the new HAProxy listens, however long that takes" { check reload_waits; }
@test "a reload whose HAProxy does not start changes nothing" { check reload_fails; }
@test "held streams do not keep reloads from taking place" { check reload_many; }
@test "a reload refuses and loses no connection, on no kind of listener" { check reload_refuses_nothing; }
@test "a HAProxy that does not hand over its listening sockets is replaced all the same" { check reload_without_handover; }
@test "signals are not lost on PID 1, and why HAProxy has ended is said" { check signals; }
@test "a reader of the log that goes or stops reading stops nothing" { check log_readers; }
@test "stdin, stdout and stderr may be closed" { check closed_descriptors; }
@test "nothing goes on serving when HAProxy ends" { check children_end; }
@test "what somebody listens on already is not shared, what is there not replaced" { check taken; }
@test "claims that clients could forge are warned of" { check claims; }
@test "what may not do what was meant is said at the start" { check told_at_start; }
@test "HAProxy runs as the least that may open the socket" { check least_privilege; }
@test "few or many file descriptors" { check descriptors; }
@test "the subcommands" { check commands; }
@test "permissions and explain for people" { check for_people; }
@test "permissions and explain for programs" { check for_programs; }
@test "a wrong word is named" { check wrong_words; }
@test "the program in build/ finds its templates, if they are its owner's" { check checkout; }
