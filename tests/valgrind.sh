#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Runs a unit test under valgrind. Leaks are the sanitizers' part: to search
# each test's process at its end would take longer than the test.
#
# Of the emulator's suites, which take minutes, every sixth; WHOLE=yes: all, in
# two parts, one for each core, whose results are put one behind the other.
#
# usage: valgrind.sh PROGRAM
export CK_TIMEOUT_MULTIPLIER=20 CK_EXCLUDE_TAGS=slow

under_valgrind() { valgrind -q --error-exitcode=99 --leak-check=no "$@"; }

# These tests leave nothing behind them, so that they need no process each;
# valgrind then translates OpenSSL (and SQLite) once and not 600 times.
case $1 in
*/test_emulator)
	export CK_FORK=no
	if [ "${WHOLE:-no}" = no ]; then
		CB_PART=0/6 under_valgrind "$@"
		exit
	fi
	;;
*/test_store | */test_vault | */test_wire | */test_cli)
	export CK_FORK=no
	under_valgrind "$@"
	exit
	;;
*)
	under_valgrind "$@"
	exit
	;;
esac
second=$(mktemp)
trap 'rm -f "$second"' EXIT
rc=0
{
	CB_PART=1/2 under_valgrind "$@" >"$second" 2>&1 &
	CB_PART=0/2 under_valgrind "$@" || rc=$?
	wait $! || rc=$?
	cat "$second"
	exit "$rc"
} 2>&1 | awk '
	/^1\.\.[0-9]+/ { planned += substr($1, 4); next }
	/^ok [0-9]/ { $2 = ++n }
	/^not ok [0-9]/ { $3 = ++n }
	{ print; fflush() }
	END { print "1.." planned }'
exit "${PIPESTATUS[0]}"
