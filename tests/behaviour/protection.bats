#!/usr/bin/env bats
# The proxy protects itself, and the containers that hold the Engine's socket.

check() { python3 "$BATS_TEST_DIRNAME/protection.py" "$1"; }

@test "its own container is refused by every name and every beginning of its id" { check own; }
@test "containers that hold the Engine's socket are protected from commands, others are not" { check holders; }
@test "references that Podman would take for wildcards are refused" { check podman; }
@test "its own Swarm service is not updated" { check service; }
@test "whatever is opened, all that could change it is refused" { check operations; }
@test "outside a container nothing of this applies" { check outside; }
@test "as long as the Engine has not answered, what could be meant is refused; once it does, it is known" { check unknown; }
@test "an Engine that comes back is asked again, and only what is new is taken up" { check comes_back; }
@test "an Engine behind TLS is asked as well" { check tls; }
@test "a reload takes up what holds the socket now" { check reload; }
@test "a reload that is asked for during another one follows it" { check reload_twice; }
@test "an Engine that answers nonsense, or not at all, does not keep the proxy from starting" { check hostile; }
@test "an Engine that is restarted keeps what is known protected" { check restarted; }
@test "a container that has the network of another one finds itself" { check shared_network; }
@test "the rules are valid on every HAProxy, with many holders and strange names" { check valid; }
@test "what the Engine says of cgroups and of the host network is taken up by the guard" { check facts; }
@test "the start warns of containers that could be deleted and not be created again" { check recreation; }
@test "the start tells of the own container, of holders, and of sockets in volumes" { check told; }
