#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Nothing is lost: power cuts under records, under a card, and kill -9. Each
# program first shows that it can find a loss (syncs that do nothing), and
# says how much it looked at.
#
# usage: run.sh [nvm|card|kill]... KILLS, SEED, ROUNDS from the environment
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
export srcdir=$CB_SRC
seed=${SEED:-1}

run() { # NAME PROGRAM ARGUMENT...
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" = 0 ]; then
		verdict "$name: $(tail -n 1 <<<"$out")" ""
	else
		verdict "$name" "exit code $rc: $*"$'\n'"$(tail -n 30 <<<"$out")"
	fi
}

[ $# -gt 0 ] || set -- nvm card kill
cd "$CB_BUILD"
for what; do
	case $what in
	nvm) run "power cuts under records" \
		tests/powercut/powercut_nvm "$seed" ;;
	card) run "power cuts under a card" \
		tests/powercut/powercut_card "$seed" ${ROUNDS:+"$ROUNDS"} ;;
	kill) run "kill -9" tests/kill/kill_card "${KILLS:-200}" "$seed" ;;
	*) verdict "$what" "no such test" ;;
	esac
done
