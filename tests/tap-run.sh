#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Runs one test with a time limit and no standard input, counts what it says
# in TAP, and shows what went wrong. Whatever it leaves running in its session
# is ended. The counts are added to a file, one line "PASSED FAILED SKIPPED".
#
# usage: tap-run.sh SECONDS COUNTS LOG NAME COMMAND...
# Exit code 1 where anything failed.
set -uo pipefail
seconds=$1
counts=$2
log=$3
name=$4
shift 4

# A session of its own, whose number is the shell's: setsid forks only where
# it must, and a shell of ours is never the leader of a group here.
mkdir -p "$(dirname "$log")"
setsid --fork --wait bash -c 'echo $$ >"$1"; shift; exec timeout -k 10 "$@"' \
	tap-run "$log.session" "$seconds" "$@" >"$log" 2>&1 </dev/null
rc=$?
session=$(cat "$log.session" 2>/dev/null) && [ -n "$session" ] &&
	pkill -KILL --session "$session" 2>/dev/null
rm -f "$log.session"

# TAP knows failures that are expected; here there are none
read -r passed failed skipped planned < <(awk '
	/^not ok([ \t]|$)/ { failed++ }
	/^ok([ \t]|$)/ { if (/# *[Ss][Kk][Ii][Pp]/) skipped++; else passed++ }
	/^Bail out!/ { failed++ }
	/^1\.\.[0-9]+/ {
		planned = substr($1, 4) + 0
		if (planned == 0 && /# *[Ss][Kk][Ii][Pp]/)
			skipped++
	}
	END { print passed + 0, failed + 0, skipped + 0,
		planned == "" ? -1 : planned }' "$log")

trouble=
if [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
	trouble="no end after $seconds s"
elif [ "$planned" = -1 ]; then
	trouble="no plan (exit code $rc)"
elif [ "$planned" -gt 0 ] && [ "$planned" != $((passed + failed + skipped)) ]; then
	trouble="$planned tests planned, $((passed + failed + skipped)) run"
elif [ "$rc" != 0 ] && [ "$failed" = 0 ]; then
	trouble="exit code $rc, though no test failed"
fi
[ -z "$trouble" ] || failed=$((failed + 1))
echo "$passed $failed $skipped" >>"$counts"

if [ "$failed" -gt 0 ]; then
	echo "FAIL $name: $passed passed, $failed failed, $skipped skipped"
	[ -z "$trouble" ] || echo "     $trouble; the end of $log:"
	awk '/^not ok/ { show = 1 } /^ok/ { show = 0 } show && n++ < 60 {
		print "     " $0 }' "$log"
	[ -z "$trouble" ] || tail -n 20 "$log" | sed 's/^/     /'
	exit 1
fi
echo "ok   $name: $passed passed, $skipped skipped ($SECONDS s)"
grep -iE '^(ok|1\.\.0).*# *skip' "$log" | sed 's/^/     /'
exit 0
