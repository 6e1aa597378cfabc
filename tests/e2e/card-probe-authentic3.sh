#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# card probe and card describe with AuthentIC v3: lib-probe.sh says what is
# looked at.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-probe.sh
. "$CB_SRC/tests/e2e/lib-probe.sh"

card_profile=authentic3
t0_atr=3B5D180080F9A0000000770100700A9000
shipped=$CARDBRIDGE_PROFILES/authentic3.profile

probe_start
card_keys=fresh
there_and_back t1 'authentic3 100' --serial 1A2B3C4D --label 'Jo Doe of Leeds'
there other 'authentic3 100' --serial 5E6F7081 --label 'A. N. Other Own'
card_keys=published
there_and_back t0 'authentic3 90' --atr $t0_atr --tries 5
there_and_back blank 'authentic3 100'
there_and_back blank-t0 'authentic3 90' --atr $t0_atr
for card in t1 blank; do
	t "$card: files, keys and passcodes as in the shipped profile" \
		same_rights "$shipped" "$T/$card.profile"
done
like "$(cat "$T/t0.report")" $'\nprotocol T=0\n' 'the protocol is reported'
like "$(cat "$T/t0.profile")" 'policy.live.tries is 5' \
	'more tries than the shipped profile has raise its policy'

# VERIFY without data: the host never sends it to this card.
only_harmless none
at_most "$(wc -l <"$T/t1.sent")" 90 "commands in T=1"

tells t1 ';pin 01 3F00;limit 3;length 4 8;access 000000020000FF00FF00;' \
	"what GET DATA tells of the holder's passcode"
tells t1 ';object 5F02 9000;data 5F021D800100830102860A0000FF000000FF00FF00' \
	"and of the PUK, in its own words"
tells t1 ';file 3F00/5015/0002 rsa-private;size 2048;filled yes;' \
	"keys that the PKCS#15 files tell of"
tells t1 ';remark "keys do not show on this card' "that they do not show"
is "$(grep -c rsa-private "$T/blank.report" || true)" 0 "a blank card has none"

tells_nobody t1 other 1A2B3C4D 'Jo Doe of Leeds' \
	3F00/5015/3401 3F00/5015/3402

# The copy is a card that works: PIN 1 opens its keys.
printf -v verify '0020000108%sFFFF' "$(printf 123456 | hex)"
select=00A4040010A0000000770100700A1000F100000100
sign=(002241B606800111830101 "002A9E9A20$(printf %064d 0)00")
is "$(last_answer "$T/t1-copy.card" $select "${sign[@]}")" 6982 \
	"the copy does not sign without the passcode"
like "$(last_answer "$T/t1-copy.card" $select "$verify" "${sign[@]}")" \
	'^[0-9A-F]{512}9000$' "and signs with it"
