#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Programs other than OpenSC's under `cardbridge run` with two test cards; this
# script is its program. (What OpenSC, ssh, curl and others do with a card they
# show on both roads: opensc-*.sh, prog-*.sh.)
# roads: run
#
[ "${CB_ROAD:-}" = inside ] || export CB_ROAD=run
export CB_RUN_OPTIONS="--test-card series8 --test-card iasecc-oberthur"
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
need pcsc_scan stdbuf gpg-connect-agent gpgconf java p11-kit p11tool pgrep

seen() { [ "$(grep -c "$1" "$2")" -ge "$3" ]; } # ERE FILE TIMES
eject() { "$CARDBRIDGE" reader eject "$1"; }    # READER
insert() { "$CARDBRIDGE" reader insert "$1"; }  # READER
client() { # FILE NAME [ARGUMENT]...
	start "$1" "$CB_PYTHON" "$CB_SRC/tests/e2e/winscard-$2.py" "${@:3}"
}

# How the application of each is selected; how from there one of two files of
# its PKCS #15 directory, and what these begin with.
declare -A application=(
	[card1]=00A4040010A0000000770100700A1000F100000100
	[card2]=00A4040C0DE828BD080FF2504F5420415750
)
directory=00A40000025015
declare -A select=([card1]=00A400000250%s00 [card2]=00A4000C0250%s)
declare -A begins=(
	[card1-31]=A00A300804063F00 [card1-32]=302E02010004
	[card2-31]=A806300404027001 [card2-32]=3081E8020101
)

# ---- pcsc_scan --------------------------------------------------------------

# How often it said this of a reader.
said_of() { # READER STATE TIMES
	[ "$(grep -A2 "Reader .: cardbridge $1 00 00" "$T/scan.log" |
		grep -c "Card $2")" -ge "$3" ]
}

like "$(pc pcsc_scan -r)" 'cardbridge card1 00 00.*cardbridge card2 00 00' \
	"pcsc_scan -r lists both readers"
start "$T/scan.log" stdbuf -oL pcsc_scan -n -q
scan=$started
for card in card1 card2; do
	t "pcsc_scan sees $card" wait_until 10 said_of "$card" inserted 1
done
for card in card1 card2; do
	t "$card is ejected" eject "$card"
	t "pcsc_scan sees it go" wait_until 10 said_of "$card" removed 1
	t "it is put back" insert "$card"
	t "pcsc_scan sees it come" wait_until 10 said_of "$card" inserted 2
done
card_make "$T/third.card"
reader_add third "emu:$T/third.card"
t "pcsc_scan sees a third reader" wait_until 10 said_of third inserted 1
reader_remove third
finish "$scan"

# ---- pyscard, Java ----------------------------------------------------------

for card in card1 card2; do
	client "$T/monitor.log" monitor "cardbridge $card 00 00" \
		"${application[$card]}"
	monitor=$started
	t "$card: pyscard's monitor sees the card" \
		wait_until 20 seen added "$T/monitor.log" 1
	eject "$card"
	t "$card: pyscard sees it go" \
		wait_until 20 seen removed "$T/monitor.log" 1
	insert "$card"
	t "$card: pyscard's monitor ends" wait_until 20 gone "$monitor"
	is "$(tr '\n' ' ' <"$T/monitor.log")" \
		'9000 alone added removed added ' \
		"$card: an exclusive connection, and what the monitor saw"

	start "$T/java.log" java -Xshare:auto -XX:TieredStopAtLevel=1 \
		"$CB_SRC/tests/winscard/Terminals.java" \
		"cardbridge $card 00 00" "${application[$card]}"
	java=$started
	t "$card: Java waits for a change" \
		wait_until 40 seen waiting "$T/java.log" 1
	eject "$card"
	t "$card: Java sees the card go" \
		wait_until 20 seen removal "$T/java.log" 1
	insert "$card"
	t "$card: Java ends" wait_until 20 gone "$java"
	is "$(tr '\n' ' ' <"$T/java.log")" "cardbridge card1 00 00 \
cardbridge card2 00 00 present true T=1 9000 waits done waiting \
removal cardbridge $card 00 00 insertion cardbridge $card 00 00 " \
		"$card: terminals, an exclusive command, changes"
done

# ---- scdaemon ---------------------------------------------------------------

# In a run within this one: its end is that of the agent, which nobody else
# tells to go.
export GNUPGHOME=$T/gnupg
mkdir -m 0700 "$GNUPGHOME"
no_daemons() { ! pgrep -f "homedir $GNUPGHOME"; }
for card in card1 card2; do
	cat >"$GNUPGHOME/scdaemon.conf" <<-END
		disable-ccid
		pcsc-shared
		reader-port "cardbridge $card 00 00"
		log-file $T/scdaemon.log
		debug ipc
	END
	# shellcheck disable=SC2086 # words
	said=$(pc "$CARDBRIDGE" run $CB_RUN_OPTIONS -- gpg-connect-agent \
		'SCD SERIALNO undefined' "SCD APDU ${application[$card]}" /bye \
		2>"$T/agent.log" | tr '\n\220' ' .' | tr -d '\0') || true
	like "$said" "^S SERIALNO [0-9A-F]+ OK D \\. OK \$" \
		"$card: scdaemon finds the card, and sends an APDU"
	t "$card: scdaemon was there" grep -q . "$T/scdaemon.log"
	rm -f "$T/scdaemon.log"
	t "$card: it and its agent are gone with the run" no_daemons
done

# ---- modules of PKCS #11 ----------------------------------------------------

like "$(pc p11-kit list-modules 2>&1)" "$(printf '%s.*' 'opensc-pkcs11\.so' \
	'NHS Series 8' COSMO 'NHS Series 8' 'Oberthur Technologies')" \
	"p11-kit lists both cards below OpenSC's module"
urls=$(pc p11tool --list-token-urls 2>&1 | grep 'token=NHS%20Series%208')
is "$(wc -l <<<"$urls")" 2 "p11tool finds both"
n=0
while IFS= read -r url; do
	n=$((n + 1))
	like "$(pc p11tool --batch --list-all-certs "$url" 2>&1)" \
		'Label: Authentication.*Label: Content Commitment' \
		"card$n: p11tool lists its certificates"
done <<<"$urls"

# ---- two programs, one card -------------------------------------------------

# Each selects a file and reads it, which the other would spoil.
reads() { # CARD FILE
	# shellcheck disable=SC2059 # a format of ours
	client "$T/$1-$2.log" share "cardbridge $1 00 00" \
		"${application[$1]}" "$directory" "$(printf "${select[$1]}" \
		"$2")" 00B0000008
}
for card in card1 card2; do
	reads "$card" 31
	first=$started
	reads "$card" 32
	second=$started
	t "$card: one of two programs ends" wait_until 60 gone "$first"
	t "$card: the other, too" wait_until 60 gone "$second"
	for file in 31 32; do
		like "$(cat "$T/$card-$file.log")" \
			" ${begins[$card-$file]}.*9000\$" \
			"$card: each has read its own file: $file"
	done
done

# OpenSC's own let go of the card after each step and take for granted that
# nobody else selects anything before the next: the bridge lets them come back
# first. Without that every sixth of these fails. On a machine that is so busy
# that a program loses its turn for longer, one may.
listings=25
# A number in it is nothing but an address.
list() { "$1" "$2" | grep -v 'Profile object'; }
lists() { # NAME COMMAND OPTION: counts in $T/NAME what is not as before
	local i
	: >"$T/$1"
	for ((i = 0; i < listings; i++)); do
		list "$2" "$3" | cmp -s - "$T/$1.alone" || echo >>"$T/$1"
	done
}
list p15 -D >"$T/list1.alone"
list p11 -O >"$T/list2.alone"
lists list1 p15 -D &
lists list2 p11 -O
wait $!
spoiled=$(cat "$T/list1" "$T/list2" | wc -l)
like "$(cat "$T/list1.alone")" 'Private RSA Key' "there is something to list"
t "two programs list the card $listings times each: $spoiled are spoiled" \
	test "$spoiled" -le 1
