#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# One file with sixteen slots: readers come and go while pcscd runs, each
# within a second, and each card is its own.
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd

bridge_start
reader_file --slots 16
pcscd_start
is "$(pcsc list | wc -l)" 16 "pcscd shows sixteen readers"
t "all are empty" pcsc wait-all 0 present 1
for n in $(seq 0 15); do
	card_make "$T/card$n" --blank
done

# Fills or empties one slot and says how long pcscd took to see it.
slowest=0
timed() { # SLOT present|absent COMMAND...
	local slot wanted=$2 took begin
	slot=$(printf 'cardbridge slots 00 %02X' "$1")
	shift 2
	begin=$(ms)
	"$@" >/dev/null || bail "failed: $*"
	pcsc wait "$slot" "$wanted" 2 >/dev/null || bail "$slot is not $wanted"
	took=$(($(ms) - begin))
	[ "$took" -le "$slowest" ] || slowest=$took
}

for n in $(seq 0 15); do
	timed "$n" present "$CARDBRIDGE" reader add "r$n" "emu:$T/card$n"
done
at_most "$slowest" 1000 "each slot was filled within 1 s (slowest, ms)"
t "sixteen cards are there" pcsc wait-all 16 present 1

# CPLC names the chip, so sixteen cards must give sixteen serials.
serials=$(for n in $(seq 0 15); do
	pcsc apdu "$(printf 'cardbridge slots 00 %02X' "$n")" 80CA9F7F2D
done | sort -u | wc -l)
is "$serials" 16 "each card has its own serial"

slowest=0
for n in $(seq 15 -1 0); do
	timed "$n" absent "$CARDBRIDGE" reader remove "r$n"
done
at_most "$slowest" 1000 "each slot was emptied within 1 s (slowest, ms)"
t "all are empty again" pcsc wait-all 0 present 1

# The same name, another card, the same pcscd.
timed 0 present "$CARDBRIDGE" reader add r0 "emu:$T/card5"
t "a slot can be filled again" pcsc apdu "cardbridge slots 00 00" 00A40000
