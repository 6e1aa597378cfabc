# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Plays tests/vectors/authentic5/plan: makes the card of each line and plays
# to it. Sourced after tests/e2e/lib.sh by the three replay tests, which say
# where the card goes: plan_insert FILE puts it there, and sets $where to what
# replay -w takes; plan_remove takes it away.
#
#   REPLAY        the player
#   REPLAY_WRAP   what it runs under (valgrind ..., on the road emu)
#   REPLAY_ONLY   only the lines that contain this

plan_vectors=$CB_SRC/tests/vectors/authentic5
plan_profile=$CB_SRC/data/profiles/authentic5.profile
plan_t0_atr=3B7B1800000031C06477E30300829000
REPLAY=${REPLAY:-$CB_BUILD/tests/replay/replay}
read -ra plan_wrap <<<"${REPLAY_WRAP:-}"

# The GUIDs of the recorded card's containers; in the profile they are drawn.
plan_guid_1='{B9FBDAB2-EC99-6BAB-27F6-F2DA624571E5}'
plan_guid_2='{BDB55E4A-3557-C6DA-B871-90DB009A6C7E}'

# One edit of the profile at hand, which must take place.
plan_edit() { # SED-PROGRAM
	cp "$T/plan.profile" "$T/plan.before"
	sed -i "$1" "$T/plan.profile"
	if cmp -s "$T/plan.before" "$T/plan.profile"; then
		bail "the profile has nothing that matches: $1"
	fi
}

# $T/plan.profile: the card's kind, as the recorded one was.
plan_profile_for() { # CARD
	cp "$plan_profile" "$T/plan.profile"
	plan_edit "s/(\"pad(1001 .*guid()/(\"pad(1001 3001 2001 zeros(6) lv8('$plan_guid_1'/"
	plan_edit "s/(\"pad(1002 .*guid()/(\"pad(1002 3002 2002 zeros(6) lv8('$plan_guid_2'/"
	# sixty cards are made, and no passcode of theirs is worth guarding
	plan_edit '/test = {/,/}/s/scrypt_log2n = 15/scrypt_log2n = 10/'
	case $1 in
	open-2000)
		plan_edit '/path = "3F00\/5011\/2000"/,/content/{
			s/access = "FF 24 24/access = "FF 24 00/
			s/content = .*/content = ("6F47D9884B6F9DC57833798F5B7DE1A5"); },/
		}'
		;;
	puk)
		plan_edit 's/owner = "3F00"; reference = 0x04/owner = "3F00\/5011"; reference = 0x04/'
		plan_edit 's/tries = 3; blank = true;/tries = 5;/'
		;;
	esac
}

plan_card() { # CARD PROTOCOL FILE
	local options=(--tries 5 --serial 1A2B3C4D)
	plan_profile_for "$1"
	options+=(--profile "$T/plan.profile")
	[ "$2" = t1 ] || options+=(--atr "$plan_t0_atr")
	case $1 in
	blank)
		options+=(--blank)
		;;
	puk)
		echo 11223344 >"$T/plan.so-pin"
		options+=(--so-pin-file "$T/plan.so-pin")
		;&
	*)
		options+=(--keys-from "$plan_vectors/test-keys.txt")
		;;
	esac
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
		t[01]-*) name=authentic5-$rest.txt ;;
		*) name=authentic5-$t-$rest.txt ;;
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
		pass "$t, $card card: $*"
	else
		fail "$t, $card card: $*" "exit code $rc" "$out"
	fi
}

# Each recording must be in the plan, or the plan has lost one.
plan_complete() {
	local f name missing=
	[ -z "${REPLAY_ONLY:-}" ] || return 0
	for f in "$plan_vectors"/authentic5-t?-*.txt; do
		name=${f##*/}
		[[ " ${plan_played[*]} " = *" $name "* ]] || missing+=" $name"
	done
	is "$missing" "" "every recording was played"
}

plan_play() { # ROAD
	local protocols card words t plan_no=0 plan_played=() plan_args=()
	plan_road=$1
	[ -x "$REPLAY" ] || skip_all "the player of recordings is not built"
	while IFS='|' read -r protocols card words; do
		[[ -n $card && $protocols != \#* ]] || continue
		[[ $words = *${REPLAY_ONLY:-}* ]] || continue
		read -r card <<<"$card"
		read -ra words <<<"$words"
		for t in $protocols; do
			plan_line "$t" "$card" "${words[@]}"
		done
	done <"$plan_vectors/plan"
	plan_complete
}
