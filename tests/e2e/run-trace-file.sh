#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The file of cardbridge run --trace: what is in it, who may have it, where it
# is not made, and that no program is hurt by it.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need opensc-tool
need_cardbridge
unset CARDBRIDGE_SOCKET

trace=$T/trace
# The exit code of a run, in $code; what it said, in $said.
run() { # ARGUMENT...
	code=0
	said=$(timeout 60 "$CARDBRIDGE" run "$@" 2>&1 </dev/null) || code=$?
}
traced() { run --trace "$trace" --test-card series8 "$@"; }
told() { grep -qE "$1" "$trace"; } # ERE
lines() { grep -cE "$1" "$trace" || true; } # ERE

# ---- what is in it ------------------------------------------------------------

traced -- opensc-tool --send-apdu 00A40000023F0000
is "$code" 0 "a run with a trace"
is "$(stat -c '%a %h' "$trace")" '600 1' "makes a file of one's own"
is "$(head -n 1 "$trace")" \
	"# cardbridge run, opensc-tool, $(date -u +%F); times are UTC" \
	"it begins with what and when"
line='[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} [a-z-]+\[[0-9]+\]'
is "$(grep -vcE "^#|^$line (SCard[A-Za-z]+\(.*\) = .*  [0-9]+\.[0-9]{2} ms|card1 .*)\$" \
	"$trace")" 0 "each line says when and who"
t "a call, with arguments, result and time" told \
	' opensc-tool\[.* SCardConnect\(context [0-9A-F]+, "cardbridge card1 00 00", shared, T=0\|T=1\) = ok, card [0-9A-F]+, T=1  '
t "a call that failed, with its code" told \
	'SCardGetStatusChange\(.* PRESENT #1\) = SCARD_E_TIMEOUT  '
t "the card" told ' cardbridged\[.* card1 has a card: authentic3, test, ATR 3B'
t "its power" told ' opensc-tool\[[0-9]+\] card1 power on$'
is "$(grep -A 1 ' card1 > SELECT 3F00: 00A40000023F0000$' "$trace" |
	grep -cE ' card1 < success: ([0-9A-F]{2})*9000$')" 1 \
	"a command and its answer"
is "$(sort -c <(grep -v '^#' "$trace" | cut -d ' ' -f 1) 2>&1)" '' \
	"one after another"

# two programs, two cards
# shellcheck disable=SC2016 # for the inner shell
run --trace "$trace" --test-card series8 --test-card authentic5 -- sh -c '
	opensc-tool -r 0 -n & opensc-tool -r 1 -n & cardbridge apdu card2 \
		0020008105313233; wait'
t "a first card" told ' card1 > '
t "a second card" told ' card2 > '
t "what comes on another road, too" told \
	' cardbridge\[[0-9]+\] card2 > no command: <8 bytes>$'
is "$(lines '^# ')" 2 "the file begins anew each time"
# shellcheck disable=SC2016 # for the inner shell
traced -- sh -c 'cardbridge reader eject card1
	cardbridge reader insert card1; opensc-tool -n --pin 4711'
t "a card that is taken out" told ' card1 has no card any more$'
is "$(lines 'card1 has a card')" 2 "and put in"
is "$(lines 4711)" 0 "no argument of a program is in it"

# shellcheck disable=SC2016 # for the inner shell
traced -- sh -c 'cardbridge run --test-card series8 -- sh -c "
	echo \"[\$CARDBRIDGE_TRACE]\"; opensc-tool -l >/dev/null"'
is "${said%%]*}" '[' "a run inside of it is not traced"
is "$(lines SCardListReaders)" 0 "nor are its calls"

# ---- where it is not made -------------------------------------------------------

refused() { # DESCRIPTION ERE ARGUMENT...
	local what=$1 why=$2
	shift 2
	run "$@" -- touch "$T/started"
	is "$code" 125 "$what"
	like "$said" "$why" "$what: which is said"
	[ ! -e "$T/started" ] || fail "$what: the program was started"
	rm -f "$T/started"
}
echo precious >"$T/precious"
ln -s "$T/precious" "$T/link"
refused "a symbolic link" 'symbolic link' --trace "$T/link"
ln "$T/precious" "$T/second"
refused "a file with two names" 'another name' --trace "$T/second"
rm "$T/second"
mkfifo "$T/fifo"
refused "a pipe" 'no ordinary file' --trace "$T/fifo"
refused "a directory" 'irectory' --trace "$T"
refused "a place that is not there" 'No such file' --trace "$T/none/trace"
if [ "$(id -u)" = 0 ]; then
	cp "$T/precious" "$T/theirs"
	chown 1 "$T/theirs"
	refused "another user's file" "another user" --trace "$T/theirs"
	is "$(cat "$T/theirs")" precious "which stays"
fi
is "$(cat "$T/precious")" precious "nobody's file was written over"
chmod 0644 "$T/precious"
run --trace "$T/precious" -- true
is "$(stat -c %a "$T/precious"):$(grep -c precious "$T/precious")" 600:0 \
	"one's own is, and nobody else reads it then"
traced -- "$CARDBRIDGE" run --trace "$trace" -- true
is "$code" 125 "a file that is in use"
like "$said" 'another run' "a file that is in use: which is said"

# ---- --full ----------------------------------------------------------------------

refused "--full without a trace" -- --full
said=
"$CARDBRIDGE" card new --test "$T/test.card" >/dev/null
echo 24681357 >"$T/pin"
"$CARDBRIDGE" card new --pin-file "$T/pin" --so-pin-file "$T/pin" \
	"$T/live.card" >/dev/null
full=(--trace "$trace" --full --card "$T/test.card")
run "${full[@]}" -- opensc-tool --send-apdu 0020000108313233343536FFFF
t "--full shows all of a test card" told 'VERIFY 01: 0020000108313233343536FFFF$'
t "and says so first" told '^# everything is shown'
refused "--full with a live card" 'card2: .*test card' \
	"${full[@]}" --card "$T/live.card"
refused "--full with an empty reader" 'none: .*test card' "${full[@]}" \
	--keep-going --reader "none=emu:$T/none"
# a live card that comes later
run "${full[@]}" -- sh -c "
	cardbridge reader add live emu:$T/live.card
	opensc-tool -r 1 -s 0020000108$(printf 24681357 | od -An -tx1 | tr -d ' \n')"
t "a live card that comes later is blotted all the same" told \
	'live > VERIFY 01: 0020000108<8 bytes>$'
is "$(lines 3234363831333537)" 0 "its passcode is not there"

# ---- programs --------------------------------------------------------------------

calls() { # WHAT DESCRIPTION
	traced -- "$CB_PYTHON" "$CB_SRC/tests/e2e/run-trace-calls.py" "$1"
	is "$code$said" 0 "$2"
}
calls streams "closed standard streams stay free"
t "their program is traced" told 'SCardIsValidContext.* = ok'
calls fork "a fork"
is "$(grep -o 'python3\[[0-9]*\] SCardEstablishContext' "$trace" |
	sort | uniq -c | awk '{ print $1 }' | sort | tr '\n' ' ')" '1 2 ' \
	"parent and child have their lines"
calls limit "a file that may not grow"
calls gone "a file that is gone, or not what it was"
calls names "names with control characters"
is "$(LC_ALL=C grep -c $'[\x01-\x08\x0B-\x1F\x7F]' "$trace" || true)" 0 \
	"are not in the trace"
t "but what is printable of them" told ' a\[[0-9]+\] .*"no\?such \?\]0;reader\?"'
calls pad "data for a PIN pad"
is "$(lines '24681357|3234363831333537')" 0 "are not in the trace"
t "but how long they are" told 'SCardControl\(card [0-9A-F]+, 42000D48, 8 bytes\) = ok, 6 bytes  '
calls nonsense "arguments that are none"
