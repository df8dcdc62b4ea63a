#!/bin/sh
# Checks the includes in entrypoint/: a room may include only itself and the rooms below it, and includes have no
# cycles. The order of the rooms is in docs/development.md.
set -eu
cd "$(dirname -- "$0")/../entrypoint"
# What each room may include besides itself
rooms='base:
policy: base
guard: base
redact: base
environment: base policy guard redact
inventory: base policy guard redact environment
config: base policy guard redact environment inventory
process: base policy guard redact environment inventory config
command: base policy guard redact environment inventory config process'

status=0
for file in */*.[ch] */*.def; do
    [ -e "$file" ] || continue
    room=${file%%/*}
    allowed=$(printf '%s\n' "$rooms" | sed -n "s/^$room://p")
    if ! printf '%s\n' "$rooms" | grep -q "^$room:"; then
        echo "entrypoint/$file: $room is not one of the rooms, see scripts/check-includes.sh" >&2
        status=1
    fi
    # shellcheck disable=SC2013 # names of files, without blanks
    for included in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$file"); do
        case " $room $allowed " in
            *" ${included%%/*} "*) ;;
            *)
                echo "entrypoint/$file includes $included: $room may include only itself and:$allowed" >&2
                status=1
                ;;
        esac
    done
done
# Cycles: tsort(1) prints them
if ! for file in */*.h; do
    sed -n "s|^#include \"\(.*\)\".*|$file \1|p" "$file"
done | tsort >/dev/null; then
    status=1
fi
exit $status
