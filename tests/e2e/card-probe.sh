#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# card probe and card describe with AuthentIC v5 (lib-probe.sh says what is
# looked at), and what is the same for all cards: readers, reports, mistakes.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-probe.sh
. "$CB_SRC/tests/e2e/lib-probe.sh"

t0_atr=3B7B1800000031C06477E30300829000
serial=1A2B3C4D
label='Jo Doe of Leeds'

# ---- the cards --------------------------------------------------------------

reader_file other
probe_start
card_make "$T/other.card" --blank
reader_add other "emu:$T/other.card"
card_keys=fresh
there_and_back t1 'authentic5 100' --serial $serial --label "$label"
card_keys=published
there_and_back t0 'authentic5 (90|100)' --atr $t0_atr --tries 5
there_and_back blank 'authentic5 (90|100)'
there_and_back blank-t0 'authentic5 (90|100)' --atr $t0_atr
like "$(cat "$T/t0.report")" $'\nprotocol T=0\n' 'the protocol is reported'
like "$(cat "$T/t0.profile")" 'policy.live.tries is 5' \
	'more tries than the shipped profile has raise its policy'
only_harmless '04|81|84'
at_most "$(wc -l <"$T/t1.sent")" 160 "commands for a personalised card"

# ---- nothing that says which card, or whose ---------------------------------

insert "$T/t1.card"
probe_whole t1
hidden $serial "the serial number is blotted"
hidden "${serial}1234" "and the batch"
hidden "$(printf %s "$label" | hex)" "and the label"
for n in 1 2; do
	hidden_certificate "$(of "3F00/5011/9001/200$n")" $n
done
guid=$(of 3F00/5011/3000 | grep -o '267B[0-9A-F]*7D' | head -n 1)
hidden "${guid:2:76}" "the GUID of a container"
# "Authentication" and "Content Commitment" with their lengths and flags, and
# the dates that are not set, are the only eight bytes that may be told
may_be_told=$(printf '%s%s%s' 04B5000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 034D000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 0001000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 00A50012 "$(printf 'Content Commitment' | hex)" 0014
	printf '%s%s%s' 01450012 "$(printf 'Content Commitment' | hex)" 0014
	printf '%s%s%s' 00010012 "$(printf 'Content Commitment' | hex)" 0014)
is "$(told "$(sed -n '/9001\/[12]\|9002/s/^[^ ]* //p' "$T/contents")")" '' \
	"no eight bytes of what describes them"
is "$(grep -c 'content.*6F*47D988\|unblock' "$T/t1-full.report")" 1 \
	"the unblock value is never read, and that is said"

# ---- readers ----------------------------------------------------------------

t "part of a reader's name" run 0 card probe 'RIDGE CARD 00'
t "a name of the bridge" run 0 card probe card
t "a name that several have in theirs" run 2 card probe cardbridge
says "cardbridge card 00 00.*cardbridge other 00 00" \
	"and the readers are told"
t "a name that none has" run 2 card probe nosuch
t "a report is never written over a file" run 2 card probe card \
	-o "$T/t1-full.report"

mkfifo "$T/say"
start "$T/session.log" bash -c "exec '$CB_PYTHON' \
	'$CB_SRC/tests/e2e/pcsc-client.py' session '$reader' <'$T/say'"
session=$started
exec {say}>"$T/say"
in_use() { [ -s "$T/session.log" ]; }
wait_until 10 in_use || bail "no session through pcscd"
t "a card that another program uses" run 4 card probe "$reader"
says 'another program uses the card' "is left alone"
exec {say}>&-
finish "$session"

"$CARDBRIDGE" reader eject card
wait_card "$reader" absent 10 || bail "the card does not go"
t "a reader without a card" run 4 card probe "$reader"
says 'no card in the reader' "says so"
"$CARDBRIDGE" reader insert card
wait_card "$reader" present 10 || bail "the card does not come"

kill -STOP "$PCSCD_PID"
from=$(ms)
t "a pcscd that does not answer" run 4 card probe "$reader"
says 'no answer from pcscd within 5 s' "is waited for no longer"
at_most $(($(ms) - from)) 8000 "milliseconds"
kill -CONT "$PCSCD_PID"

pcscd_stop
released() { run 0 card probe card -o "$T/bridge-$RANDOM.report"; }
t "without pcscd, over the bridge" wait_until 10 released
t "and the report is alike" same "$T/t1.report" "$(
	find "$T" -name 'bridge-*.report' -size +1k | head -n 1)"
t "another's reader without pcscd" run 4 card probe "$reader"
says 'pcscd is not running: start it' "says what to do"

# ---- reports that are none --------------------------------------------------

sed 's/size 36$/size 36x/' "$T/t1.report" >"$T/bad.report"
line=$(grep -n 'size 36x' "$T/bad.report" | cut -d : -f 1)
t "a mistake in a report" run 4 card describe "$T/bad.report"
says "bad.report:$line: size" "is told with its line"
sed 's/^guess .*/guess unknown 0/' "$T/t1.report" >"$T/unknown.report"
t "a card that nobody knows" run 1 card describe "$T/unknown.report"
t "a full report" run 0 card describe "$T/t1-full.report" -o "$T/full.profile"
says "9001/2001: the card's own bytes" "keeps the certificates"
is "$(too_wide "$T/full.profile")" '' "also in a profile of 80 columns"
t "makes a card with the same serial number" run 0 card new --test \
	--serial $serial --profile "$T/full.profile" "$T/full.card"
