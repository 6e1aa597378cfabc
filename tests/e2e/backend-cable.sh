#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Exactly once, under TLS: a conversation of wrong and right passcode, key
# generation, signature and writing, over a cable that is cut or slow at each
# place in turn. Programs see nothing of it, and the backend has kept and
# entered what it does undisturbed (tests/road/disturb.c).
# time limit: 300
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

disturb=$CB_BUILD/tests/road/disturb
need_cardbridge
[ -x "$disturb" ] || bail "tests/road/disturb is not built: make check TESTS="
# In rounds of so many bytes each, cut before each one, too: CB_BYTES=24 takes
# half an hour.
rounds=${CB_BYTES:-0}
devices=8

# Its cards are fresh ones: N of each of the devices.
backend_begin() { # N
	local n
	backend_make
	quick_profile "$T/quick.profile"
	backend_seed "$T/seed.txt" "$T/quick.profile" -d $devices \
		-c $((devices * $1)) \
		-k "$CB_SRC/data/test-keys/authentic3.txt"
	backend_start "$T/backend.log"
	for n in $(seq $devices); do
		enrolled "$T/identity-$n" "$n"
	done
	bridge_start
}
backend_end() {
	bridge_stop
	backend_stop
	rm -rf "$dir" "$T"/identity-*
}

# The lines of seed.txt with N cards of each device, behind the first FROM.
cards_of() { # FROM N
	grep -v '^card' "$T/seed.txt"
	grep '^card' "$T/seed.txt" |
		sed -n "$((devices * $1 + 1)),$((devices * ($1 + $2)))p"
}

disturb() { # HOW LANES CARDS-FILE
	"$disturb" "$1" "$2" "$CARDBRIDGE_SOCKET" "$port" \
		"$dir/store/backend.db" "$T/identity" "$3" \
		>"$T/disturb-$1.log" 2>&1
}
disturbed() { # DESCRIPTION EXIT-CODE HOW
	is "$2" 0 "$1: $(tail -n 1 "$T/disturb-$3.log")"
	[ "$2" = 0 ] || diag "$(head -n 60 "$T/disturb-$3.log")"
}

backend_begin 48
cards_of 0 8 >"$T/delays.txt"
cards_of 8 35 >"$T/boundaries.txt"
cards_of 43 5 >"$T/outages.txt"
# most of this is waiting
disturb delays 40 "$T/delays.txt" &
waiting=$!
rc=0
disturb boundaries 3 "$T/boundaries.txt" || rc=$?
disturbed "cut at each record, a byte less, a byte more, or late" \
	$rc boundaries
rc=0
disturb outages 8 "$T/outages.txt" || rc=$?
disturbed "cut in the middle of a record, and out for a moment" $rc outages
rc=0
wait "$waiting" || rc=$?
disturbed "nothing passes for longer than the bridge waits" $rc delays
backend_end

for n in $(seq 0 $((rounds - 1))); do
	backend_begin $((24000 / rounds / devices))
	rc=0
	disturb "bytes:$rounds:$n" 8 "$T/seed.txt" || rc=$?
	disturbed "cut before each byte, part $n" $rc "bytes:$rounds:$n"
	backend_end
done
