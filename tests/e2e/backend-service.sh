#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend as its systemd unit runs it: root without all but three of its
# capabilities, the unit's own filter of system calls, and a service manager
# that hears when it stands and when it ends. What each role needs works there,
# and each of the capabilities is needed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-unit.sh
. "$CB_SRC/tests/e2e/lib-unit.sh"
need_unit
backend=${CARDBRIDGE_BACKEND:-$CB_BUILD/cardbridge-backend}
[ -x "$backend" ] || skip_all "the backend is not built"

unit=$CB_BUILD/data/systemd/cardbridge-backend.service
dir=$T/backend
chmod 711 "$T"

# ---- the unit -------------------------------------------------------------

unit_verify "$unit"
unit_filter "$unit"
security=$(systemd-analyze security --offline=yes --no-pager \
	"$T/cardbridge-backend.service" 2>&1) || true
like "$security" 'exposure level for [^ ]*: ([0-9])\.[0-9]' \
	"systemd says how exposed it is"
diag "$(tail -n 1 <<<"$security")"
at_most "${BASH_REMATCH[1]:-9}" 3 "which is little"
like "$(sed -n 's/^LimitCORE=//p' "$unit")" '^0$' "no core dumps"
like "$(sed -n 's/^LimitMEMLOCK=//p' "$unit")" '^infinity$' \
	"memory can be locked"
read -ra bounds < <(sed -n 's/^CapabilityBoundingSet=//p' "$unit" |
	sed 's/CAP_//g' | tr '[:upper:]' '[:lower:]')
is "${bounds[*]}" "setuid setgid kill" "three capabilities"

# ---- the service ----------------------------------------------------------

# Writes down what the service manager is told.
cat >"$T/manager.py" <<'END'
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listens", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
END
start "$T/heard" "$CB_PYTHON" "$T/manager.py" "$T/manager"
wait_until 5 grep -q listens "$T/heard" || bail "no service manager"

# As the unit would, with these capabilities.
runs_with() { # LOG CAPABILITY...
	local log=$1 set=-all cap
	shift
	for cap; do
		set+=,+$cap
	done
	start "$log" env NOTIFY_SOCKET="$T/manager" bash -c '
		ulimit -c 0; ulimit -l unlimited 2>/dev/null; exec "$@"' bash \
		setpriv --no-new-privs --bounding-set "$set" --inh-caps -all \
		"$CB_PYTHON" "$T/confined.py" "$T/allowed" \
		"$backend" run --dir "$dir" --listen 127.0.0.1:0
	parent=$started
}
heard() { grep -qx "$1" "$T/heard"; } # WHAT
stands() { heard READY=1 || ! alive "$parent"; }
roles() { pgrep -P "$parent" -f "cardbridge-backend role $1" || true; }
uid() { ps -o uid= -p "$1" | tr -d ' '; } # PID
caps() { sed -n 's/^CapEff:[[:space:]]*0*//p' "/proc/$1/status"; } # PID
again() { # ROLE PID
	local now
	now=$(roles "$1")
	[ -n "$now" ] && [ "$now" != "$2" ] && [ "$(caps "$now")" = "" ]
}

"$backend" init --dir "$dir" --test >"$T/init.log" 2>&1 ||
	bail "no backend: $(cat "$T/init.log")"
runs_with "$T/log" "${bounds[@]}"
t_fails "nobody is told before it stands" heard READY=1
t "the service manager hears that it stands" wait_until 20 heard READY=1
like "$(cat "$T/log")" ' ready' "and so does the log"
is "$(caps "$parent")" e0 "the parent has its three capabilities"
for role in door worker store vault; do
	pid=$(roles "$role")
	is "$(caps "$pid")" "" "the $role has none"
	t_fails "nor is it root" test "$(uid "$pid")" = 0
	# the limit is systemd's to raise; not everybody may
	! grep -q 'max locked memory.*unlimited' "/proc/$pid/limits" ||
		like "$(sed -n 's/^VmLck:[[:space:]]*//p' "/proc/$pid/status")" \
			'^[1-9]' "its memory is locked"
	is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status")" 2 \
		"its calls are filtered"
done
for role in store door; do
	pid=$(roles "$role")
	kill -KILL "$pid"
	t "a $role that was killed comes again" \
		wait_until 10 again "$role" "$pid"
done
# who does not end when told is ended
pid=$(roles vault)
kill -STOP "$pid"
kill -TERM "$parent"
t "the service manager hears that it ends" wait_until 5 heard STOPPING=1
t "it ends, with a role that does not" wait_until 20 gone "$parent"
t "whom it has killed" wait_until 5 gone "$pid"
t_fails "nothing was refused that it needs" \
	grep -E 'signal 31|not permitted' "$T/log"

# ---- without one of them --------------------------------------------------

for without in setuid setgid; do
	: >"$T/heard"
	some=()
	for cap in "${bounds[@]}"; do
		[ "$cap" = "$without" ] || some+=("$cap")
	done
	runs_with "$T/log.$without" "${some[@]}"
	wait_until 20 stands || bail "neither stands nor ends"
	t_fails "it does not stand without CAP_${without^^}" heard READY=1
	finish "$parent"
done
