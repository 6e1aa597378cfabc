#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The same recorded conversations, with cards in a backend: bridge, TLS, door,
# worker, and all of them as card files answer.
# time limit: 240
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/replay/plan.sh
. "$CB_SRC/tests/replay/plan.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

need_cardbridge

# ---- the cards --------------------------------------------------------------

# One line of those that tests/backend/seed takes, which keeps the profile.
wish() { # PROTOCOL CARD ...
	local options profile line=
	plan_wish "$2" "$1"
	profile=$T/$(wc -l <"$T/wishes").profile
	cp "$T/plan.profile" "$profile"
	set -- "${options[@]}"
	while [ $# -gt 0 ]; do
		case $1 in
		--blank)
			line+=" blank=yes"
			shift
			continue
			;;
		--profile) line+=" profile=$profile" ;;
		--keys-from) line+=" keys=$2" ;;
		--so-pin-file) line+=" puk=$(cat "$2")" ;;
		--atr | --serial | --tries) line+=" ${1#--}=$2" ;;
		*) bail "no card in a backend has $1" ;;
		esac
		shift 2
	done
	echo "$line" >>"$T/wishes"
}

[ -x "$REPLAY" ] || skip_all "the player of recordings is not built"
backend_in_memory
backend_make
: >"$T/wishes"
plan_walk plan_walk_family wish
"$seed" -l "$T/wishes" "$dir" >"$T/seed.txt" 2>"$T/seed.log" ||
	bail "nothing founded: $(cat "$T/seed.log")"
backend_start "$T/backend.log"
enrolled "$T/identity"
bridge_start
mapfile -t cards < <(of_seed card)

# ---- what is played ---------------------------------------------------------

plan_card() { :; } # it is there
plan_insert() {
	# shellcheck disable=SC2154 # counted by plan_line
	reader_add recorded \
		"$url/cards/${cards[plan_no - 1]}?identity=$T/identity" ||
		bail "the bridge takes no reader"
	# shellcheck disable=SC2034 # for plan_line
	where=$CARDBRIDGE_SOCKET,recorded
}
plan_remove() { reader_remove recorded; }

plan_play bridge
