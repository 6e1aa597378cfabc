# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Plays tests/vectors/FAMILY/plan: makes the card of each line and plays to
# it. Sourced after tests/e2e/lib.sh by the replay tests, which say where the
# card goes: plan_insert FILE puts it there, and sets $where to what replay -w
# takes; plan_remove takes it away. A test that makes the cards itself, all of
# them before, has a plan_card of its own, and calls plan_walk.
#
#   REPLAY        the player
#   REPLAY_WRAP   what it runs under (valgrind ..., on the road emu)
#   REPLAY_ONLY   only the lines that contain this
#
# A family of cards is a profile, and tests/vectors/FAMILY with its recorded
# conversations, its plan, and cards.sh, which says
#
#   plan_t0_atr        an answer-to-reset for T=0
#   plan_options       what `card new` is given for every card
#   plan_vary CARD     edits of the profile and further options for one

REPLAY=${REPLAY:-$CB_BUILD/tests/replay/replay}
read -ra plan_wrap <<<"${REPLAY_WRAP:-}"

plan_use() { # FAMILY
	plan_family=$1
	plan_vectors=$CB_SRC/tests/vectors/$1
	# shellcheck source=/dev/null # one for each family
	. "$plan_vectors/cards.sh"
}

# One edit of the profile at hand, which must take place.
plan_edit() { # SED-PROGRAM
	cp "$T/plan.profile" "$T/plan.before"
	sed -i "$1" "$T/plan.profile"
	if cmp -s "$T/plan.before" "$T/plan.profile"; then
		bail "the profile has nothing that matches: $1"
	fi
}

# What `card new` is given for it, in $options, the caller's.
plan_wish() { # CARD PROTOCOL
	options=("${plan_options[@]}" --profile "$T/plan.profile")
	cp "$CB_SRC/data/profiles/$plan_family.profile" "$T/plan.profile"
	# sixty cards are made, and no passcode of theirs is worth guarding
	plan_edit '/test = {/,/}/s/scrypt_log2n = 15/scrypt_log2n = 10/'
	plan_vary "$1"
	[ "$2" = t1 ] || options+=(--atr "$plan_t0_atr")
}

plan_card() { # CARD PROTOCOL FILE
	local options
	plan_wish "$1" "$2"
	card_make "$3" "${options[@]}"
}

# A line's words as arguments of replay, in $plan_args.
plan_words() { # PROTOCOL WORD...
	local t=$1 word bang rest name part
	shift
	plan_args=()
	for word; do
		if [[ $word = skip=* ]]; then
			plan_args=(-x "${word#skip=}" "${plan_args[@]}")
			continue
		fi
		bang='' rest=$word part=
		[[ $rest != !* ]] || { bang=! rest=${rest#!}; }
		[[ $rest != *:* ]] || { part=:${rest#*:} rest=${rest%%:*}; }
		case $rest in
		prepare-*) name=$rest.txt ;;
		t[01]-*) name=$plan_family-$rest.txt ;;
		*) name=$plan_family-$t-$rest.txt ;;
		esac
		plan_args+=("$bang$plan_vectors/$name$part")
		[ -n "$bang" ] || plan_played+=("$name")
	done
}

plan_line() { # PROTOCOL CARD WORD...
	local t=$1 card=$2 file out rc=0
	shift 2
	file=$T/plan-$((++plan_no)).card
	plan_words "$t" "$@"
	plan_card "$card" "$t" "$file"
	plan_insert "$file"
	# shellcheck disable=SC2154 # set by plan_insert
	out=$(timeout 120 "${plan_wrap[@]}" "$REPLAY" -r "$plan_road" \
		-w "$where" -m "$plan_vectors/masks.txt" "${plan_args[@]}" 2>&1) ||
		rc=$?
	plan_remove
	rm -f "$file"
	if [ "$rc" = 0 ]; then
		pass "$plan_family, $t, $card card: $*"
	else
		fail "$plan_family, $t, $card card: $*" "exit code $rc" "$out"
	fi
}

# Each recording must be in the plan, or the plan has lost one.
plan_complete() {
	local f name missing=
	[ -z "${REPLAY_ONLY:-}" ] || return 0
	for f in "$plan_vectors/$plan_family"-t?-*.txt; do
		name=${f##*/}
		[[ " ${plan_played[*]} " = *" $name "* ]] || missing+=" $name"
	done
	is "$missing" "" "$plan_family: every recording was played"
}

# Each line, for each of its protocols.
plan_walk_family() { # FUNCTION, which is given PROTOCOL CARD WORD...
	local protocols card words t
	while IFS='|' read -r protocols card words; do
		[[ -n $card && $protocols != \#* ]] || continue
		[[ $words = *${REPLAY_ONLY:-}* ]] || continue
		read -r card <<<"$card"
		read -ra words <<<"$words"
		for t in $protocols; do
			"$1" "$t" "$card" "${words[@]}"
		done
	done <"$plan_vectors/plan"
}

plan_play_family() {
	local plan_played=() plan_args=()
	plan_walk_family plan_line
	plan_complete
}

plan_walk() { # COMMAND..., for each family
	local plan
	for plan in "$CB_SRC"/tests/vectors/*/plan; do
		plan_use "$(basename "$(dirname "$plan")")"
		"$@"
	done
}

plan_play() { # ROAD
	local plan_no=0
	plan_road=$1
	[ -x "$REPLAY" ] || skip_all "the player of recordings is not built"
	plan_walk plan_play_family
}
