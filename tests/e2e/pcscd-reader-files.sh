#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# No reader file of ours keeps pcscd from starting: 1.9.9 ends, with
# everybody's readers, on what it does not like in one of them.
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd

# Somebody else's reader, which must be there in every case. It is not in one
# of the first four slots: a card that is shown twice can be powered once.
bridge_start
for name in one two three four witness; do
	card_make "$T/card-$name" --blank
	reader_add "$name" "emu:$T/card-$name"
done
reader_file witness

conf() { # OPTION...: the file that the command itself writes
	"$CARDBRIDGE" --socket "$where" reader conf --print \
		--plugin "$T/libifdcardbridge.so" "$@" \
		>"$PCSCD_CONF/cardbridge-tested"
}

starts() { # WHAT, [READER]
	if pcscd_launch && pcsc state "cardbridge witness 00 00" | grep -q present
	then
		pass "pcscd starts: $1"
	else
		fail "pcscd starts: $1" "$(cat "$PCSCD_CONF/cardbridge-tested")"
	fi
	if [ -n "${2:-}" ]; then
		like "$(pcsc list)" "$2" "its reader is listed: $1"
	fi
	pcscd_stop
}

mkdir -p "$T/with blank" "$T/ümlaut, comma"
for where in "$CARDBRIDGE_SOCKET" "$T/nobody/listens" \
	"$T/with blank/socket" "$T/ümlaut, comma/söcket" \
	"/nowhere/$(printf '%0120d' 0)/socket"; do
	conf tested
	starts "reader, socket $where" "cardbridge tested 00 00"
	conf --slots 4
	starts "slots, socket $where" "cardbridge slots 00 03"
done

# The names do not depend on other files.
where=$CARDBRIDGE_SOCKET
rm "$PCSCD_CONF/cardbridge-tested"
for name in zebra aardvark middle; do
	reader_file "$name"
done
pcscd_start
is "$(pcsc list)" "cardbridge aardvark 00 00
cardbridge middle 00 00
cardbridge witness 00 00
cardbridge zebra 00 00" "every reader has its own name"
t "the witness has its card" pcsc apdu "cardbridge witness 00 00" 00A40000
t_fails "the others have none" pcsc apdu "cardbridge zebra 00 00" 00A40000
pcscd_stop
rm "$PCSCD_CONF"/cardbridge-{zebra,aardvark,middle}

# What a reader file of the command does not say: a missing plug-in.
t_fails "no file for a plug-in that is not there" \
	"$CARDBRIDGE" reader conf witness --dir "$PCSCD_CONF" \
	--plugin "$T/no-such.so"
starts "after a refused file"
