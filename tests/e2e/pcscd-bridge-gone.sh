#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The bridge is killed, comes back, is stopped, or is not there at all; pcscd
# runs on and is never touched, and a reader with another bridge does not
# notice.
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd

# the other reader: a bridge of its own
other_socket=$T/other/socket
mkdir -m 0700 "$T/other" "$T/other-state"
card_make "$T/other-card" --blank
start "$T/other.log" "$CARDBRIDGED" --foreground --socket "$other_socket" \
	--state-dir "$T/other-state" --reader "other=emu:$T/other-card"
reader_file other "$other_socket"

card_make "$T/card" --blank
reader_file mine
one="cardbridge mine 00 00" two="cardbridge other 00 00"

# Calls on the other reader, one after the other, until the file $T/enough is
# there; fails when one of them was refused or took longer than 500 ms.
watch_other() {
	rm -f "$T/enough" "$T/slow"
	while [ ! -e "$T/enough" ]; do
		pcsc timed "$two" 00A40000 | awk '
			$1 !~ /9000$|6[0-9A-F][0-9A-F][0-9A-F]$/ || $2 > 500' \
			>>"$T/slow"
	done
}
other_was_fine() {
	touch "$T/enough"
	wait "$1"
	is "$(cat "$T/slow")" "" "$2"
}

bridge_up() { bridge_start --reader "mine=emu:$T/card"; }

# ---- start order --------------------------------------------------------

wait_until 10 test -S "$other_socket" || bail "the other bridge is not there"
pcscd_start
t "pcscd starts without the bridge" pcsc list
is "$(pcsc state "$one")" absent "its reader is there and empty"
like "$(pcsc state "$two")" present "the other one is not"
bridge_up
t "the card is there within 1 s" pcsc wait "$one" present 1
pid=$PCSCD_PID

# ---- killed and back ----------------------------------------------------

for round in 1 2 3; do
	t "round $round: the card answers" pcsc apdu "$one" 00A40000
	bridge_kill
	t "round $round: killed, removed within 1 s" \
		pcsc wait "$one" absent 1
	like "$(pcsc timed "$one" 00A40000)" '^No ' \
		"round $round: there is no card"
	bridge_up
	t "round $round: back, present within 1 s" \
		pcsc wait "$one" present 1
done

# A handle opened before must not reach the new bridge's card.
mkfifo "$T/in"
start "$T/session.log" bash -c 'exec "$@" <"$0"' "$T/in" \
	"$CB_PYTHON" "$CB_SRC/tests/e2e/pcsc-client.py" session "$one"
exec 8>"$T/in"
said() { [ "$(wc -l <"$T/session.log")" -ge "$1" ]; }
wait_until 5 said 1 || bail "no session"
echo 00A40000 >&8
wait_until 5 said 2 || bail "no answer"
bridge_kill
bridge_up
t "the card is back" pcsc wait "$one" present 2
echo 00A40000 >&8
wait_until 8 said 3 || bail "no answer"
like "$(sed -n 3p "$T/session.log")" 'failed' "an old handle stays useless"
echo reconnect >&8
wait_until 8 said 4 || bail "no answer"
like "$(sed -n 4p "$T/session.log")" 'reconnected' "until it is reconnected"

# ---- stopped ------------------------------------------------------------

watch_other &
watcher=$!
bridge_signal STOP
begin=$(ms)
echo 00A40000 >&8
wait_until 8 said 5 || fail "a call on a stopped bridge ends"
at_most "$(($(ms) - begin))" 5600 "it ends by the deadline of 5 s (ms)"
like "$(sed -n 5p "$T/session.log")" 'failed' "and as a failure"
t "the card counts as removed" pcsc wait "$one" absent 1
begin=$(ms)
pcsc timed "$one" 00A40000 >/dev/null
at_most "$(($(ms) - begin))" 1000 "further calls fail at once (ms)"
other_was_fine $watcher "the other reader was not delayed"
exec 8>&-
bridge_signal CONT
t "continued, present within 2 s" pcsc wait "$one" present 2
t "and the card answers" pcsc apdu "$one" 00A40000
is "$PCSCD_PID" "$pid" "pcscd was not touched"
t "and still runs" alive "$pid"

# ---- pcscd starts beside a stopped bridge -------------------------------

pcscd_stop
bridge_signal STOP
begin=$(ms)
pcscd_start
like "$(pcsc timed "$two" 00A40000)" '^[0-9A-F]+ ' "the other reader answers"
at_most "$(($(ms) - begin))" 1500 "soon after pcscd was started (ms)"
is "$(pcsc state "$one")" absent "the stopped one's reader is empty"
bridge_signal CONT
t "it appears when the bridge goes on" pcsc wait "$one" present 2

# ---- pcscd gone, the bridge stays ---------------------------------------

t "the card answers" pcsc apdu "$one" 00A40000
slay "$PCSCD_PID"
PCSCD_PID=
t "the bridge carries on without pcscd" "$CARDBRIDGE" apdu mine 00A40000
pcscd_start
t "and is there for the next" pcsc wait "$one" present 1
