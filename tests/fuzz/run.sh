#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Fuzzes one target for a while and says how it went, as TAP, in PROGRAM.tap.
# What it learns stays in PROGRAM.corpus of the build directory; what breaks
# it in PROGRAM.crash-*, with the command that shows it again.
#
# usage: run.sh SECONDS PROGRAM
set -euo pipefail
seconds=$1
program=$2
name=${program##*/fuzz_}
seeds=$(dirname "$0")/seeds/$name
log=$program.fuzz-log

mkdir -p "$program.corpus"
dirs=("$program.corpus")
[ ! -d "$seeds" ] || dirs+=("$seeds")
rm -f "$program".crash-* "$program.tap"
dict=$(dirname "$0")/$name.dict
options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048
	-artifact_prefix="$program.crash-" -print_final_stats=1 -close_fd_mask=1)
[ ! -e "$dict" ] || options+=(-dict="$dict")

rc=0
"$program" "${options[@]}" "${dirs[@]}" >"$log" 2>&1 </dev/null || rc=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
{
	if [ "$rc" = 0 ]; then
		echo "ok 1 - fuzz_$name, $seconds s, ${runs:-?} inputs"
	else
		echo "not ok 1 - fuzz_$name, $seconds s (exit code $rc)"
		grep -aE 'ERROR|SUMMARY|runtime error|Test unit' "$log" |
			head -20 | sed 's/^/# /' || true
		for crash in "$program".crash-*; do
			[ ! -e "$crash" ] || echo "# again: $program $crash"
		done
	fi
	echo 1..1
} >"$program.tap"
cat "$program.tap"
exit "$rc"
