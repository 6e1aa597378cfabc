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
there_and_back oberthur-t0 'iasecc-oberthur 100' \
	--atr 3B5D180080F9A000000077010800079000
there_and_back oberthur-blank 'iasecc-oberthur 100'
card_profile=iasecc-gemalto
card_keys=fresh
there_and_back gemalto 'iasecc-gemalto 100' --serial 1A2B3C4D \
	--label 'Jo Doe of Leeds'
there gemalto-other 'iasecc-gemalto 100' --serial 5E6F7081 \
	--label 'A. N. Other Own'
card_keys=published
there_and_back gemalto-t1 'iasecc-gemalto 100' --tries 5 \
	--atr 3BDF96008131FE450031B8644070141073940180829000EF
there_and_back gemalto-blank 'iasecc-gemalto 100'

like "$(cat "$T/gemalto.report")" $'\nprotocol T=0\n' 'the protocol is reported'
like "$(cat "$T/gemalto-t1.report")" $'\nprotocol T=1\n' 'and the other'
like "$(cat "$T/gemalto-t1.profile")" 'policy.live.tries is 5' \
	'more tries than the shipped profile has raise its policy'
only_harmless '01|02|81|82'
at_most "$(wc -l <"$T/oberthur.sent")" 190 "commands in T=1"
at_most "$(wc -l <"$T/gemalto.sent")" 290 "commands in T=0"

for card in oberthur gemalto; do
	for sort in "$card" "$card-blank"; do
		t "$sort: files, keys and passcodes as in the shipped profile" \
			same_rights "$CARDBRIDGE_PROFILES/iasecc-$card.profile" \
			"$T/$sort.profile"
	done
	report=$(cat "$T/$card.report")
	like "$report" $'aid - 9000 from-reset\n  file 3F00 df\n' \
		"$card: what is there from reset"
	like "$report" $'file 3F00/D003 transparent\n    size 12\n    sfi 28\n' \
		"$card: short EF identifiers"
	like "$report" $'9000 iasecc-[a-z]*\n  fci [0-9A-F]*\n  within iasecc-'$card$'\n' \
		"$card: the application is in the root's tree"
	like "$report" $'file 3F00/5015 df\n    name E828BD080F' \
		"$card: and has a name"
	like "$report" $'pin 01 3F00\n    tries 3\n    limit 3\n    length 4 8\n    access 730000151500\n' \
		"$card: what GET DATA tells of the holder's passcode"
	like "$report" $'file 3F00/5015/9002 rsa-private\n    size 2048\n    access 611.1.00\n    commits\n' \
		"$card: key objects"
	like "$report" $'file 3F00/5015/A001 rsa-public\n    size 2048\n    access 2B1.1.1.00\n    filled yes\n' \
		"$card: their public halves"
	like "$report" $'file 3F00/5015/FB0[23] object\n    content A406950108830101\n' \
		"$card: security environments"
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
	is "$(last_answer "$T/${copy[$card]}.card" "${select[$card]}" "${sign[@]}")" 6982 \
		"$card: the copy does not sign without the passcode"
	like "$(last_answer "$T/${copy[$card]}.card" "${select[$card]}" "$verify" \
		"${sign[@]}")" '^[0-9A-F]{512}9000$' "$card: and signs with it"
done
