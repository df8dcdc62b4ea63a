#!/bin/sh
# Runs the unit tests in a directory that `make coverage` built, and prints for each file of entrypoint/ how much of it ran:
# lines, and branches taken at least once, in percent and out of how many; the total is the last line.
#   tests/coverage.sh DIRECTORY
set -eu
cd "$(dirname -- "$0")/.."
directory=$1
find "$directory" -name '*.gcda' -delete
find "$directory/unit" -name 'test_*' -perm -u+x -print | sort |
    CK_FORK=yes CK_VERBOSITY=silent xargs -P "$(nproc)" -n 1 env >/dev/null || echo 'a unit test failed' >&2
find "$directory/sanitized" -name '*.gcda' -exec gcov --no-output --branch-probabilities {} + 2>/dev/null | awk '
    /^File / { file = $2; gsub(/\x27/, "", file); ours = file ~ /^entrypoint\/.*\.c$/ }
    ours && /^Lines executed/ { if (file == last) ours = 0; else take("lines"); last = file } # once more is the sum of all
    ours && /^Taken at least once/ { take("branches") }
    function take(what) {
        sub(/.*:/, "")
        percent[file, what] = $1 + 0
        of[file, what] = $3
        if (what == "lines") files[++count] = file
    }
    function row(name, lines, n, branches, m) {
        printf "%-40s %6.1f%% of %5d %9.1f%% of %5d\n", name, lines, n, branches, m
    }
    END {
        printf "%-40s %16s %19s\n", "", "lines", "branches"
        for (i = 1; i <= count; i++) {
            f = files[i]
            row(f, percent[f, "lines"], of[f, "lines"], percent[f, "branches"], of[f, "branches"])
            lines += percent[f, "lines"] * of[f, "lines"]; n += of[f, "lines"]
            branches += percent[f, "branches"] * of[f, "branches"]; m += of[f, "branches"]
        }
        row("total", lines / n, n, branches / m, m)
        exit count == 0
    }'
