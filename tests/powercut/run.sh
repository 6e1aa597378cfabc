#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Nothing is lost: power cuts under records, under a card of each kind, and
# kill -9. Each program first shows that it can find a loss (syncs that do
# nothing), and says how much it looked at.
#
# usage: run.sh [nvm|card[/KIND]|kill[/KIND]]...
# KILLS, SEED, ROUNDS, TORN from the environment
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
export srcdir=$CB_SRC
seed=${SEED:-1}
kinds=(authentic5 authentic3 iasecc-oberthur iasecc-gemalto)

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

# The flavours of IAS ECC write the same to the disk: one of them is not torn.
card() { # KIND
	local torn=2
	[ "$1" != iasecc-gemalto ] || torn=0
	run "power cuts under a card" tests/powercut/powercut_card "$1" \
		"$seed" "${ROUNDS:-1}" "${TORN:-$torn}"
}

[ $# -gt 0 ] || set -- nvm card kill
cd "$CB_BUILD"
for what; do
	case $what in
	nvm) run "power cuts under records" \
		tests/powercut/powercut_nvm "$seed" ;;
	card) for kind in "${kinds[@]}"; do card "$kind"; done ;;
	card/*) card "${what#*/}" ;;
	kill | kill/*)
		[ "$what" != kill ] || what="kill/${kinds[*]}"
		for kind in ${what#*/}; do
			run "kill -9" tests/kill/kill_card "$kind" \
				"${KILLS:-200}" "$seed"
		done
		;;
	*) verdict "$what" "no such test" ;;
	esac
done
