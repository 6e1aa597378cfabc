#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# card probe and card describe with IAS ECC, Oberthur's and Gemalto's:
# lib-probe.sh says what is looked at.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-probe.sh
. "$CB_SRC/tests/e2e/lib-probe.sh"

probe_start
card_profile=iasecc-oberthur
card_keys=fresh
there_and_back oberthur 'iasecc-oberthur 100' --serial 1A2B3C4D --label 'Jo Doe'
there oberthur-other 'iasecc-oberthur 100' --serial 5E6F7081 \
	--label 'A. N. '
card_keys=published
t0_atr=3B5D180080F9A000000077010800079000
there_and_back oberthur-t0 'iasecc-oberthur 100' --atr $t0_atr
there_and_back oberthur-blank 'iasecc-oberthur 100'
there_and_back oberthur-blank-t0 'iasecc-oberthur 100' --atr $t0_atr
card_profile=iasecc-gemalto
card_keys=fresh
there_and_back gemalto 'iasecc-gemalto 100' --serial 1A2B3C4D \
	--label 'Jo Doe of Leeds'
there gemalto-other 'iasecc-gemalto 100' --serial 5E6F7081 \
	--label 'A. N. Other Own'
card_keys=published
t1_atr=3BDF96008131FE450031B8644070141073940180829000EF
there_and_back gemalto-t1 'iasecc-gemalto 100' --tries 5 --atr $t1_atr
there_and_back gemalto-blank 'iasecc-gemalto 100'
there_and_back gemalto-blank-t1 'iasecc-gemalto 100' --atr $t1_atr

like "$(cat "$T/gemalto.report")" $'\nprotocol T=0\n' 'the protocol is reported'
like "$(cat "$T/gemalto-t1.report")" $'\nprotocol T=1\n' 'and the other'
like "$(cat "$T/gemalto-t1.profile")" 'policy.live.tries is 5' \
	'more tries than the shipped profile has raise its policy'
only_harmless '01|02|81|82'
at_most "$(wc -l <"$T/oberthur.sent")" 190 "commands in T=1"
at_most "$(wc -l <"$T/gemalto.sent")" 290 "commands in T=0"

for card in oberthur gemalto; do
	shipped=$CARDBRIDGE_PROFILES/iasecc-$card.profile
	for sort in "$card" "$card-blank"; do
		t "$sort: files, keys and passcodes as in the shipped profile" \
			same_rights "$shipped" "$T/$sort.profile"
	done
	tells $card ';aid - 9000 from-reset;file 3F00 df;' \
		"what is there from reset"
	tells $card ';file 3F00/D003 transparent;size 12;sfi 28;' \
		"short EF identifiers"
	tells $card ';aid E828[^;]* 9000 [^;]*;[^;]*;within iasecc-'$card';' \
		"the application is in the root's tree"
	tells $card ';file 3F00/5015 df;name E828BD080F' "and has a name"
	pin=';pin 01 3F00;tries 3;limit 3;length 4 8;access 730000151500;'
	tells $card "$pin" "what GET DATA tells of the holder's passcode"
	key=';file 3F00/5015/9002 rsa-private;size 2048;access 611.1.00;'
	tells $card "${key}commits;" "key objects"
	key=';file 3F00/5015/A001 rsa-public;size 2048;access 2B1.1.1.00;'
	tells $card "${key}filled yes;" "their public halves"
	tells $card ';file 3F00/5015/FB0[23] object;content A406950108830101;' \
		"security environments"
	is "$(grep -c 'rsa-' "$T/$card-blank.report" || true)" 0 \
		"$card: a blank one has no keys"
done

tells_nobody oberthur oberthur-other 1A2B3C4D 'Jo Doe' \
	3F00/5015/3401 3F00/5015/3402
tells_nobody gemalto gemalto-other 1A2B3C4D 'Jo Doe of Leeds' \
	3F00/5015/B001 3F00/5015/B002
is "$(told "$(of 3F00/5015/B101)" "$(of 3F00/5015/B102)" \
	"$(of 3F00/5015/B103)")" '' "gemalto: no eight bytes of containers"
hidden "$(of 3F00/5015/B103)" "gemalto: the GUID of a container"

# The copies are cards that work: PIN 01 opens their keys.
verify=0020000106$(printf 123456 | hex)
sign=(002241A406840181800102 "0088000020$(printf %064d 0)00")
declare -A select=(
	[oberthur]=00A404040DE828BD080FF2504F5420415750
	[gemalto]=00A404040EE828BD080FD25047656E65726963
)
declare -A copy=([oberthur]=oberthur-copy [gemalto]=gemalto-t1-copy)
for card in oberthur gemalto; do
	file=$T/${copy[$card]}.card
	app=${select[$card]}
	is "$(last_answer "$file" "$app" "${sign[@]}")" 6982 \
		"$card: the copy does not sign without the passcode"
	like "$(last_answer "$file" "$app" "$verify" "${sign[@]}")" \
		'^[0-9A-F]{512}9000$' "$card: and signs with it"
done
