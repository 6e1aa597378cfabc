#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Unmodified OpenSC 0.23: every command of opensc-counts.txt behaves as it says
# and takes exactly so many APDUs, in T=1 and T=0, on either road.
# time limit: 300
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/replay/plan.sh
. "$CB_SRC/tests/replay/plan.sh"

table=$CB_SRC/tests/e2e/opensc-counts.txt

# ---- what the table's commands need -----------------------------------------

published() { # NUMBER: the modulus of a published key, in hexadecimal
	sed -n 's/^n=//p' "$plan_vectors/test-keys.txt" | sed -n "$1p"
}

published_certificate() { # NUMBER
	sed -n 's/^cert=//p' "$plan_vectors/test-keys.txt" | sed -n "$1p" |
		unhex | openssl x509 -inform DER
}

echo -n 'hello world' >"$T/message"
echo -n 'some data object content' >"$T/data"
openssl genrsa -out "$T/imported.key" 2048 2>/dev/null
openssl req -x509 -key "$T/imported.key" -out "$T/imported.pem" -days 30 \
	-subj '/O=Test Trust/OU=Test Unit 3/CN=100012345678' 2>/dev/null
openssl pkeyutl -encrypt -inkey "$T/imported.key" -in "$T/message" \
	-out "$T/for-imported"
message_info=$(digest_info "$T/message")
openssl sha256 -binary "$T/message" >"$T/hash"
unhex <<<"$message_info" >"$T/info"

# What the two kinds of cards are told in one session: how to log in, then to
# sign and to decipher. The table uses them.
# shellcheck disable=SC2034
family_authentic5() {
	login=(00A40000025011 "0020008140$(pin_hex "$pin")")
	sign=(00A4000002900200 00A4000002300100 002241B603800111
		"002A9E9A33${message_info}00")
}
# shellcheck disable=SC2034
family_authentic3() {
	local text key
	text=$(hex <"$T/for-key-1")
	login=(00A4000002501500 0020000108313233343536FFFF)
	sign=(002241B606800111830101 "002A9E9A33${message_info}00")
	decipher=(002241B806800111830101 "102A8086FF${text:0:510}"
		"002A808601${text:510}00")
	for key in 2 3; do
		published_certificate "$key" >"$T/key-$key.pem"
		openssl x509 -in "$T/key-$key.pem" -outform DER \
			-out "$T/key-$key.der"
	done
}

# shellcheck disable=SC2034
family_iasecc() { # SELECT-APPLICATION
	local text p
	text=$(hex <"$T/for-key-1")
	login=("$1" 0020000106313233343536)
	# the host asks for both parts of the key before
	p=(00CB3FFF0B4D097007BF9001037F488000 00CB3FFF0A4D087006BF900102A08000)
	sign=("${p[@]}" 002241A406840181800102 "0088000033${message_info}00")
	decipher=("${p[@]}" 002241B80684018180011A "102A8086FF81${text:0:508}"
		"002A808602${text:508}00")
	own=(--card-profile "$ias_profile" --verify-pin --auth-id 01 --pin "$pin")
	published_certificate 2 >"$T/key-2.pem"
	openssl x509 -in "$T/key-2.pem" -outform DER -out "$T/key-2.der"
}
family_iasecc-oberthur() {
	family_iasecc 00A4040C0DE828BD080FF2504F5420415750
}
family_iasecc-gemalto() {
	family_iasecc 00A4040C0EE828BD080FD25047656E65726963
}

family_use() { # FAMILY
	plan_use "$1"
	# shellcheck disable=SC2034 # for the table
	id1=$(published 1 | unhex | sha1sum | cut -c1-40)
	published_certificate 1 >"$T/key-1.pem"
	openssl pkeyutl -encrypt -certin -inkey "$T/key-1.pem" \
		-in "$T/message" -out "$T/for-key-1"
	opensc_conf_for "$1" "$protocol"
	family_"$1"
}

certificate_for() { # ID CN FILE
	pkcs15-tool --read-public-key "$1" -o "$T/public.pem" &&
		issue_certificate "$T/public.pem" "$2" "$3"
}

recorded() { # NAME[:N-M]: the conversation, played through pcscd
	local part=
	[[ $1 != *:* ]] || part=:${1#*:}
	"$REPLAY" -r pcsc -w 'cardbridge card 00 00' \
		-m "$plan_vectors/masks.txt" \
		"$plan_vectors/$plan_family-$protocol-${1%:*}.txt$part"
}

# Logs in and does something, as raw APDUs in one session; what is left without
# the login's is counted.
in_session() { # APDU...
	local a before=() after=() rest
	for a in "${login[@]}"; do
		before+=(-s "$a")
	done
	for a; do
		after+=(-s "$a")
	done
	counted opensc-tool "${before[@]}"
	rest=$apdus
	counted opensc-tool "${before[@]}" "${after[@]}"
	apdus=$((apdus - rest))
	[ "$(grep -c 'Received (SW1=0x90, SW2=0x00)' <<<"$output")" = \
		$((${#login[@]} + $#)) ] || code=1
}

blocked() {
	local try
	for try in 1 2 3 4 5; do
		pkcs15-tool --verify-pin --auth-id 53434D --pin "99999$try" || true
	done
}

# ---- the table --------------------------------------------------------------

# The command is a line of our own table, with quotes and variables in it.
line_words() { eval "words=($1)"; } # COMMAND

line_run() { # EXPECTED CODE ERE COMMAND
	local expected=$1 words=() got
	# the bridge's log does not tell how many bytes there were
	[ "$CB_ROAD" = pcscd ] || expected=${expected%%/*}
	line_words "$4"
	if [ "${words[0]}" = in_session ]; then
		"${words[@]}"
	else
		counted "${words[@]}"
	fi
	got=$apdus
	[[ $expected != */* ]] || got=$apdus/$bytes_out/$bytes_in
	if [ "$expected" != - ] && [ "$got" != "$expected" ]; then
		fail "$plan_family, $protocol: $4" "APDUs: $got, expected: $expected" "$output"
	elif [ "$code" != "$2" ]; then
		fail "$plan_family, $protocol: $4" "exit code $code, expected: $2" "$output"
	elif [[ ! $output =~ $3 ]]; then
		fail "$plan_family, $protocol: $4" "expected to match: $3" "$output"
	else
		pass "$plan_family, $protocol: $4 ($got)"
	fi
}

trim() { # VARIABLE
	local v=${!1}
	v=${v#"${v%%[![:space:]]*}"}
	printf -v "$1" %s "${v%"${v##*[![:space:]]}"}"
}

table_play() { # PROTOCOL
	local t1 t0 rc ere command expected file='' words=() other=
	protocol=$1
	while IFS='|' read -r t1 t0 rc ere command; do
		trim t1
		trim t0
		case $t1 in
		'' | \#*) continue ;;
		family*)
			# some are for one protocol alone
			trim t0
			other=
			[ -z "$t0" ] || [ "$t0" = "$protocol" ] || other=1
			[ -n "$other" ] || family_use "${t1#family }"
			continue
			;;
		esac
		[ -z "$other" ] || continue
		case $t1 in
		card*)
			[ -z "$file" ] || card_remove
			file=$T/$protocol-$((++cards)).card
			plan_card "${t1#card }" "$protocol" "$file"
			card_insert "$file"
			continue
			;;
		prepare)
			line_words "$t0"
			"${words[@]}" >"$T/prepare.log" 2>&1 ||
				fail "$plan_family, $protocol: prepare: $t0" \
					"$(cat "$T/prepare.log")"
			continue
			;;
		esac
		trim rc
		trim ere
		trim command
		expected=$t1
		[ "$protocol" = t1 ] || expected=$t0
		line_run "$expected" "$rc" "$ere" "$command"
	done <"$table"
	card_remove
}

cards=0
reader_start
table_play t1
table_play t0
