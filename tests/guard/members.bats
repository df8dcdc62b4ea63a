#!/usr/bin/env bats
# The table of members (entrypoint/guard/members.tsv) is complete, and the guard treats each member as the table
# describes. Bodies and queries are made from the table itself, see members.py.

bats_require_minimum_version 1.5.0

setup() { SOURCES=("$ROOT/entrypoint/guard/schema.c" "$ROOT/entrypoint/guard/lists.c" "$ROOT/entrypoint/base/variables.def"); }

setup_file() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export ROOT TABLE="$ROOT/entrypoint/guard/members.tsv"
}

# members CHECK [ARGUMENT ...], see members.py
members() { python3 "$ROOT/tests/guard/members.py" "$1" "$TABLE" "$ROOT/build/guard/judge" "${@:2}"; }

@test "each member that the guard knows has one row, and each row is a member" { members complete; }

@test "each row has a class that exists" { members classes "${SOURCES[@]}"; }

@test "each row says why, and names its evidence" { members harmless; }

@test "the guard does with each member what its class says" { members values; }

@test "the head of the table counts the members that take any value" { members number; }

# wrong EXPRESSION PART CHECK [ARGUMENT ...]: the check finds what sed's expression breaks in the table
wrong() {
    sed "$1" "$ROOT/entrypoint/guard/members.tsv" >"$BATS_TEST_TMPDIR/table"
    local answer status=0
    answer=$(TABLE="$BATS_TEST_TMPDIR/table" members "${@:3}") || status=$?
    echo "$1: $answer ($status)"
    [[ $status -eq 1 && $answer == *"$2"* ]]
}

@test "each of these checks finds what it looks for" {
    wrong '/^Mount	Target/d' 'no row: Mount	Target' complete
    wrong 's/^Mount	Target/Mount	Goal/' 'no such member: Mount	Goal' complete
    wrong 's/^\(Mount	Target	\)[^	]*/\1free/' 'Mount Target: free is not a class' classes "${SOURCES[@]}"
    wrong 's/^\(Mount	Type	\)[^	]*/\1judged-by-group nobody/' 'there is no nobody' classes "${SOURCES[@]}"
    wrong 's/^\(ContainerCreate	Cmd	.*	\)[^	]*$/\1/' 'ContainerCreate Cmd: evidence' harmless
    wrong 's/^\(ContainerCreate	Cmd	stored	\)[^	]*/\1/' 'ContainerCreate Cmd: say why' harmless
    wrong 's/^\(ContainerCreate	Cmd	\)stored/\1plain/' 'the head says' number
    wrong 's/^\(ContainerCreate	Cmd	\)stored/\1number/' 'ContainerCreate Cmd: number, and ../x passes' values ContainerCreate
    wrong 's/^\(Mount	Target	\)container-path/\1stored/' 'Mount Target: stored, and ../x is refused' values Mount
    wrong 's/^\(HostConfig	Sysctls	opened-by ALLOW_\)SYSCTLS/\1DEVICES/' 'HostConfig Sysctls: ALLOW_DEVICES does not open it' values HostConfig
    wrong 's/^\(ImageBuild?	dockerfile	\)container-path/\1stored/' 'ImageBuild? dockerfile: stored, and ../x is refused' values 'ImageBuild?'
}
