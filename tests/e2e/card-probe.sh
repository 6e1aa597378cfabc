#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# card probe and card describe, through a real pcscd: what is reported of our
# own cards, that nothing of it says which card or whose, that only harmless
# commands are sent and nothing changes, and that a card made of the report is
# reported alike.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd
need openssl basenc

t0_atr=3B7B1800000031C06477E30300829000
serial=1A2B3C4D
label='Jo Doe of Leeds'
reader='cardbridge card 00 00'

# ---- helpers ----------------------------------------------------------------

# One row of upper-case digits, without the breaks that a report makes.
row() { tr -d ' +\n' <"$1"; } # FILE
hex() { basenc --base16 --wrap=0; }

wait_card() { pcsc wait "$@" >/dev/null; } # READER STATE SECONDS
insert() { # FILE
	reader_add card "emu:$1" || bail "the bridge does not take $1"
	wait_card "$reader" present 10 || bail "pcscd does not see the card"
}
take_out() {
	reader_remove card
	wait_card "$reader" absent 10 || bail "pcscd still sees the card"
}

run() { # WANTED-CODE ARGUMENT...: the command, its words in $T/said
	local want=$1 code=0
	shift
	timeout 60 "$CARDBRIDGE" "$@" >"$T/said" 2>&1 || code=$?
	[ "$code" = "$want" ] && return
	echo "exit code $code, not $want: $(cat "$T/said")"
	return 1
}
says() { like "$(cat "$T/said")" "$1" "$2"; } # ERE DESCRIPTION

same() { # REPORT REPORT: but for the reader's name
	local out
	out=$(diff <(grep -v '^reader ' "$1") <(grep -v '^reader ' "$2"))
	echo "$out"
	[ -z "$out" ]
}

# What the card's files hold, as the report with --full has it: path, digits.
# A run such as 30*6 (in a certificate until midnight, say) is written out;
# one of zeros also stands apart, for it is no content, and nobody's secret.
contents() { # REPORT
	awk 'function row(from,  i, n, run) {
			for (i = from; i <= NF; i++) {
				if (split($i, run, "*") < 2) {
					text[path] = text[path] $i
					continue
				}
				$i = ""
				for (n = 0; n < run[2]; n++)
					$i = $i run[1]
				if (run[1] == "00")
					$i = " " $i " "
				text[path] = text[path] $i
			}
		}
		$1 != "+" { on = 0 }
		$1 == "file" { path = $2 }
		$1 == "content" { on = 1; row(2) }
		$1 == "record" { on = 1; row(3) }
		$1 == "+" && on { row(2) }
		END { for (p in text) print p, text[p] }' "$1"
}

# Every eight bytes in a row that stand somewhere in these contents.
windows() { # DIGITS...
	printf '%s\n' "$@" | tr -s ' ' '\n' | awk '
		!/^0*$/ { for (i = 1; i + 15 <= length($0); i += 2)
			print substr($0, i, 16) }' | sort -u
}

too_wide() { expand "$1" | awk 'length($0) > 80'; } # FILE

# ---- the cards --------------------------------------------------------------

bridge_start
reader_file card
reader_file other
pcscd_start --apdu
card_make "$T/t1.card" --serial $serial --label "$label"
card_make "$T/t0.card" --atr $t0_atr --tries 5
card_make "$T/blank.card" --blank
card_make "$T/blank-t0.card" --blank --atr $t0_atr
card_make "$T/other.card" --blank
reader_add other "emu:$T/other.card"

for card in t1 t0 blank blank-t0; do
	options=()
	[[ $card != blank* ]] || options=(--blank)
	insert "$T/$card.card"
	sum=$(sha256sum <"$T/$card.card")
	before=$(wc -l <"$PCSCD_LOG")
	t "$card: probe" run 0 card probe "$reader" -o "$T/$card.report"
	tail -n "+$((before + 1))" "$PCSCD_LOG" >"$T/$card.log2"
	is "$(sha256sum <"$T/$card.card")" "$sum" "$card: nothing changed on it"
	take_out
	like "$(cat "$T/$card.report")" $'\nguess authentic5 (90|100)\n' \
		"$card: it is recognised"
	t "$card: describe" run 0 card describe "$T/$card.report" \
		-o "$T/$card.profile"
	says 'its key pairs, certificates and passcodes are new' \
		"$card: what was assumed is said"
	like "$(cat "$T/$card.profile")" '# - its key pairs, certificates' \
		"$card: in the profile too"
	t "$card: card new takes the profile" run 0 card new --test \
		"${options[@]}" --profile "$T/$card.profile" "$T/$card-copy.card"
	insert "$T/$card-copy.card"
	t "$card: probe of the copy" run 0 card probe "$reader" \
		-o "$T/$card-copy.report"
	take_out
	t "$card: both reports are alike" \
		same "$T/$card.report" "$T/$card-copy.report"
	is "$(too_wide "$T/$card.profile")" '' "$card: a profile of 80 columns"
done
like "$(cat "$T/t0.report")" $'\nprotocol T=0\n' 'the protocol is reported'
like "$(cat "$T/t0.profile")" 'policy.live.tries is 5' \
	'more tries than the shipped profile has raise its policy'
like "$(tr '\n' ' ' <"$T/blank.profile")" 'the card is blank' \
	'a blank card is described as one'

# ---- only what is harmless --------------------------------------------------

sent=$(sed -n 's/.* APDU: //p' "$T"/*.log2)
is "$(grep -cvE '^(00 A4|00 B0|00 B2|00 C0|00 CA|80 CA|00 CB 3F FF|80 34|00 20)' \
	<<<"$sent")" 0 "no command but those of the list is sent"
is "$(grep '^00 20' <<<"$sent" | grep -cvE '^00 20 00 (04|81|84)( 00)? *$')" 0 \
	"tries are asked without data, of these passcodes only"
at_most "$(sed -n 's/.* APDU: //p' "$T/t1.log2" | wc -l)" 160 \
	"commands for a personalised card"

# ---- nothing that says which card, or whose ---------------------------------

insert "$T/t1.card"
t "probe --full" run 0 card probe "$reader" --full -o "$T/full.report"
contents "$T/full.report" >"$T/contents"
full=$(row "$T/full.report")
blotted=$(row "$T/t1.report")
hidden() { # DIGITS DESCRIPTION
	if [[ $full != *"$1"* ]]; then
		fail "$2" "$1 is not even in the full report"
	elif [[ $blotted = *"$1"* ]]; then
		fail "$2" "$1 is told"
	else
		pass "$2"
	fi
}
of() { sed -n "s|^$1 ||p" "$T/contents" | tr -d ' '; } # PATH
hidden $serial "the serial number is blotted"
hidden "${serial}1234" "and the batch"
hidden "$(printf %s "$label" | hex)" "and the label"
for n in 1 2; do
	of "3F00/5011/9001/200$n" | basenc --base16 --decode >"$T/$n.der"
	facts=$(openssl x509 -inform der -in "$T/$n.der" -noout -serial \
		-modulus -subject -nameopt sep_multiline)
	key=$(sed -n 's/^Modulus=//p' <<<"$facts")
	hidden "$(sed -n 's/^serial=//p' <<<"$facts")" \
		"certificate $n: its serial number"
	hidden "$(sed -n 's/.*CN=//p' <<<"$facts" | tr -d '\n' | hex)" \
		"certificate $n: whose it is"
	hidden "${key:0:32}" "certificate $n: its key"
	hidden "$(unhexed=$(basenc --base16 --decode <<<"$key" |
		openssl sha1 -binary | hex) && echo "$unhexed")" \
		"certificate $n: the identifier of the key"
done
guid=$(of 3F00/5011/3000 | grep -o '267B[0-9A-F]*7D' | head -n 1)
hidden "${guid:2:76}" "the GUID of a container"
told=$(windows "$(sed -n '/9001\/[12]\|9002/s/^[^ ]* //p' "$T/contents")" |
	while read -r part; do
		[[ $blotted != *"$part"* ]] || echo "$part"
	done)
# "Authentication" and "Content Commitment" with their lengths and flags, and
# the dates that are not set, are the only eight bytes that may be told
words=$(printf '%s%s%s' 04B5000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 034D000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 0001000E "$(printf Authentication | hex)" 0014
	printf '%s%s%s' 00A50012 "$(printf 'Content Commitment' | hex)" 0014
	printf '%s%s%s' 01450012 "$(printf 'Content Commitment' | hex)" 0014
	printf '%s%s%s' 00010012 "$(printf 'Content Commitment' | hex)" 0014)
is "$(while read -r part; do
	[[ -z $part || $words = *"$part"* ]] || echo "$part"
done <<<"$told")" '' "no eight bytes of certificates and of what describes them"
is "$(grep -c 'content.*6F*47D988\|unblock' "$T/full.report")" 1 \
	"the unblock value is never read, and that is said"

# ---- readers ----------------------------------------------------------------

t "part of a reader's name" run 0 card probe 'RIDGE CARD 00'
t "a name of the bridge" run 0 card probe card
t "a name that several have in theirs" run 2 card probe cardbridge
says "cardbridge card 00 00.*cardbridge other 00 00" \
	"and the readers are told"
t "a name that none has" run 2 card probe nosuch
t "a report is never written over a file" run 2 card probe card \
	-o "$T/full.report"

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
t "a full report" run 0 card describe "$T/full.report" -o "$T/full.profile"
says "9001/2001: the card's own bytes" "keeps the certificates"
is "$(too_wide "$T/full.profile")" '' "also in a profile of 80 columns"
t "makes a card with the same serial number" run 0 card new --test \
	--serial $serial --profile "$T/full.profile" "$T/full.card"
