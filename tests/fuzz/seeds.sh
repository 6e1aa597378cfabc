#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What fuzzing starts from, and what it once found, given to every target in a
# build without a fuzzer: a target that crashes ends early.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

for dir in tests/fuzz/seeds/*/; do
	name=${dir%/}
	name=${name##*/}
	program=$CB_BUILD/tests/fuzz/fuzz_$name
	# there are no roles where the backend's libraries are not
	[[ $name != @(door|roles) ]] || [ -e "$program" ] || continue
	rc=0
	out=$("$program" "$dir"* 2>&1) || rc=$?
	wanted=$(find "$dir" -maxdepth 1 -type f ! -name '.*' | wc -l)
	if [ "$rc" = 0 ] && [ "$(grep -c '^ok' <<<"$out")" = "$wanted" ]; then
		out=
	fi
	verdict "fuzz_$name takes its seeds" "$(tail -n 40 <<<"$out")"
done
