# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What people order at a backend's desk, as commands. Sourced after lib.sh and
# lib-backend.sh; $who is the identity that orders.

who=$T/operator

admin() { "$CARDBRIDGE" admin --server "$url" --identity "$who" "$@"; }

# A member of an object of JSON, or an expression of `it`, from standard input.
of_json() { # EXPRESSION
	"$CB_PYTHON" -c '
import json, sys
it = json.load(sys.stdin)
print(it[sys.argv[1]] if sys.argv[1] in it and isinstance(it, dict)
	else eval(sys.argv[1]))' "$1"
}

# What an order made: its answer is in $T/made.
make() { # DESCRIPTION ORDER...
	local what=$1
	shift
	if admin --json "$@" >"$T/made" 2>"$T/said"; then
		pass "$what"
	else
		fail "$what" "$(cat "$T/said")"
	fi
}
made() { of_json "$1" <"$T/made"; } # MEMBER

# An order that is refused, with this exit code and in such words.
refused() { # DESCRIPTION CODE ERE ORDER...
	local what=$1 code=$2 words=$3 rc=0
	shift 3
	admin "$@" >"$T/said" 2>&1 || rc=$?
	if [ "$rc" = "$code" ] && grep -qE -- "$words" "$T/said"; then
		pass "$what"
	else
		fail "$what" "exit code $rc" "$(cat "$T/said")"
	fi
}

# Somebody else's identity, for the token that was made last.
enrol_made() { # DESCRIPTION DIR
	made token >"$T/token"
	t "$1" "$CARDBRIDGE" enrol "$url" "@$T/token" --identity "$2"
}

# The reader "card" has it, or has not.
is_present() {
	[ "$("$CARDBRIDGE" reader list --json | of_json 'it[0]["present"]')" = \
		True ]
}
is_absent() { ! is_present; }

# How long it took since $since, at most.
gone_within() { # MILLISECONDS DESCRIPTION
	local took
	wait_until 10 is_absent || {
		fail "$2" "it is still there"
		return
	}
	took=$(($(ms) - since))
	at_most "$took" "$1" "$2: milliseconds"
}
