#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Nothing talks while nothing happens: no thread of pcscd or the bridge wakes
# up, with sixteen slots (one holds a card that was used, fifteen are empty), a
# card in a seventeenth reader that pcscd does not know, and a client waiting
# for a change. pcscd itself takes up to 10 s to power an unused card down, so
# the clock starts 15 s after the last use.
#
# CB_QUIET_SECONDS (30) and CB_QUIET_SETTLE (15) shorten it for a quick look.
. "$(dirname "$0")/lib.sh"
need awk
need_cardbridge
need_pcscd

bridge_start
for n in $(seq 0 16); do
	card_make "$T/card$n" --blank
	reader_add "r$n" "emu:$T/card$n"
done
for n in $(seq 1 15); do
	t "empty reader $n" "$CARDBRIDGE" reader eject "r$n"
done
reader_file --slots 16
pcscd_start
t "the card in slot 0 answers" pcsc apdu "cardbridge slots 00 00" 00A40000
t "the card in the seventeenth reader answers" \
	"$CARDBRIDGE" apdu r16 00A40000

start "$T/idle.log" "$CB_PYTHON" "$CB_SRC/tests/e2e/pcsc-client.py" idle 300
idle=$started
wait_until 10 grep -q waiting "$T/idle.log" || bail "the client does not wait"
sleep "${CB_QUIET_SETTLE:-15}"

before=$(wakeups "$PCSCD_PID") bridge=$(wakeups "$BRIDGE_PID")
client=$(wakeups "$idle")
sleep "${CB_QUIET_SECONDS:-30}"
is "$(($(wakeups "$PCSCD_PID") - before))" 0 "pcscd slept"
is "$(($(wakeups "$BRIDGE_PID") - bridge))" 0 "the bridge slept"
is "$(($(wakeups "$idle") - client))" 0 "the client slept"

t "a card can be put in" "$CARDBRIDGE" reader insert r7
t "the client hears of it" wait_until 2 gone "$idle"

bridge_kill
t "the cards are gone" pcsc wait-all 0 present 2
sleep 1
before=$(wakeups "$PCSCD_PID") begin=$(ms)
sleep 5
after=$(wakeups "$PCSCD_PID")
at_most "$((after - before))" "$((($(ms) - begin) / 1000 + 1))" \
	"one wake-up a second while there is no bridge"
lines=$(wc -l <"$PCSCD_LOG")
sleep 2
is "$(wc -l <"$PCSCD_LOG")" "$lines" "no log line for each try"
