#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Two roads, one reader: nobody rides on a passcode that came by another road.
# While pcscd has the card, a tool gets a sharing violation; while a tool has
# it, pcscd sees an empty reader.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

reader='cardbridge card 00 00'
violation='sharing violation|is in use by'
echo -n 'sign me' >"$T/message"
pso=002A9E9A33$(digest_info "$T/message")00
select_aid=00A4040C10A000000077010303000000F100000002
use_key=("$select_9002" 00A4000C023001 002241B603800111)
log_in=("$select_aid" "$select_5011" "$(verify_user "$pin")")
ride=("$select_aid" "$select_5011" "${use_key[@]}" "$pso")

reader_start
card_make "$T/roads.card"
card_insert "$T/roads.card"

# ---- logged in through pcscd ------------------------------------------------

mkfifo "$T/say"
start "$T/session.log" bash -c "exec '$CB_PYTHON' \
	'$CB_SRC/tests/e2e/pcsc-client.py' session '$reader' <'$T/say'"
session=$started
exec {say}>"$T/say"

ask() { # APDU: its answer in the session
	local lines
	lines=$(wc -l <"$T/session.log")
	echo "$1" >&"$say"
	wait_until 10 more_than "$lines" || return 1
	sed -n "$((lines + 1))s/^[0-9]* //p" "$T/session.log"
}
more_than() { [ "$(wc -l <"$T/session.log")" -gt "$1" ]; } # LINES

wait_until 10 more_than 0 || bail "no session through pcscd"
for apdu in "${log_in[@]}" "${use_key[@]}"; do
	is "$(ask "$apdu")" 9000 "through pcscd: ${apdu:0:8}"
done
like "$(ask "$pso")" '9000$' "logged in through pcscd, the card signs"

code=0
out=$("$CARDBRIDGE" apdu card "$pso" 2>&1) || code=$?
like "$out" "$violation" "the command gets a sharing violation"
isnt_zero() { [ "$code" != 0 ]; }
t "and says so with its exit code" isnt_zero
is "$(grep -cE '^[0-9A-F]{4,} ' <<<"$out")" 0 "and no answer of the card"
code=0
out=$("$CARDBRIDGE" apdu card "$select_aid" 2>&1) || code=$?
like "$out" "$violation" "also when it only asks for the applet"
like "$("$CARDBRIDGE" reader list)" 'pcscd' "the list of readers says who has it"
like "$(ask "$pso")" '9000$' "the session through pcscd felt nothing of it"

exec {say}>&-
finish "$session"
# pcscd leaves a card powered for some seconds after its last use
alone() { "$CARDBRIDGE" apdu card "${ride[@]}" >"$T/alone"; }
t "when pcscd is done with the card, the command gets it" wait_until 30 alone
is "$(tail -n 1 "$T/alone" | cut -c1-4)" 6982 "and finds nobody logged in"

# ---- and the other way ------------------------------------------------------

mkfifo "$T/feed"
exec 9<>"$T/feed"
# pcscd looks at the card that came back, and lets go of it after a while
tool_in() {
	start "$T/apdu.log" bash -c \
		"exec '$CARDBRIDGE' apdu card - <'$T/feed' 9>&-"
	tool=$started
	wait_until 5 tool_settled && alive "$tool"
}
tool_settled() { gone "$tool" || "$CARDBRIDGE" reader list | grep -q "$tool"; }
wait_until 30 tool_in || bail "pcscd keeps the card"
for apdu in "${log_in[@]}" "${use_key[@]}"; do
	echo "$apdu" >&9
done
tool_is_in() { [ "$(grep -c '^9000' "$T/apdu.log")" = 6 ]; }
t "logged in by a tool" wait_until 10 tool_is_in
t "pcscd sees the card go" pcsc wait "$reader" absent 10
is "$(pcsc state "$reader")" absent "and sees an empty reader"
like "$(pcsc apdu "$reader" "$pso" 2>&1 || true)" 'No smart card|no smart card' \
	"a program cannot connect"
like "$("$CARDBRIDGE" apdu card "$pso" 2>&1 || true)" "$violation" \
	"nor another tool"
echo "$pso" >&9
tool_signed() { grep -qE '^[0-9A-F]{512} 9000' "$T/apdu.log"; }
t "the tool signs" wait_until 10 tool_signed
exec 9>&-
finish "$tool"
t "when it is done, pcscd sees the card again" pcsc wait "$reader" present 10
is "$(pcsc apdu "$reader" "${ride[@]}" | tail -n 1)" 6982 \
	"with nobody logged in"
