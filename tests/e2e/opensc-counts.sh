#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Unmodified OpenSC 0.23 through pcscd: every command of opensc-counts.txt
# behaves as it says and takes exactly so many APDUs, in T=1 and T=0.
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

# shellcheck disable=SC2034 # for the table
id1=$(published 1 | unhex | sha1sum | cut -c1-40)
echo -n 'hello world' >"$T/message"
echo -n 'some data object content' >"$T/data"
published_certificate 1 >"$T/key-1.pem"
openssl pkeyutl -encrypt -certin -inkey "$T/key-1.pem" -in "$T/message" \
	-out "$T/for-key-1"
openssl genrsa -out "$T/imported.key" 2048 2>/dev/null
openssl pkeyutl -encrypt -inkey "$T/imported.key" -in "$T/message" \
	-out "$T/for-imported"

certificate_for() { # ID CN FILE
	pkcs15-tool --read-public-key "$1" -o "$T/public.pem" &&
		issue_certificate "$T/public.pem" "$2" "$3"
}

recorded() { # NAME: the conversation, played through pcscd
	"$REPLAY" -r pcsc -w 'cardbridge card 00 00' \
		-m "$plan_vectors/masks.txt" \
		"$plan_vectors/authentic5-$protocol-$1.txt"
}

# Logs in and signs, as raw APDUs in one session; the four of a signature and
# their GET RESPONSEs are what is left without the login's.
signature_in_session() {
	local login=(-s 00A40000025011 -s "0020008140$(pin_hex "$pin")") rest
	local digest=3031300D060960864801650304020105000420
	digest+=$(openssl sha256 -binary "$T/message" | hex)
	counted opensc-tool "${login[@]}"
	rest=$apdus
	counted opensc-tool "${login[@]}" \
		-s 00A4000002900200 -s 00A4000002300100 \
		-s 002241B603800111 -s "002A9E9A33${digest}00"
	apdus=$((apdus - rest))
	[[ $output = *'Received (SW1=0x90, SW2=0x00)'* ]] || code=1
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
	line_words "$4"
	if [ "${words[0]}" = signature_in_session ]; then
		signature_in_session
	else
		counted "${words[@]}"
	fi
	got=$apdus
	[[ $expected != */* ]] || got=$apdus/$bytes_out/$bytes_in
	if [ "$expected" != - ] && [ "$got" != "$expected" ]; then
		fail "$protocol: $4" "APDUs: $got, expected: $expected" "$output"
	elif [ "$code" != "$2" ]; then
		fail "$protocol: $4" "exit code $code, expected: $2" "$output"
	elif [[ ! $output =~ $3 ]]; then
		fail "$protocol: $4" "expected to match: $3" "$output"
	else
		pass "$protocol: $4 ($got)"
	fi
}

trim() { # VARIABLE
	local v=${!1}
	v=${v#"${v%%[![:space:]]*}"}
	printf -v "$1" %s "${v%"${v##*[![:space:]]}"}"
}

table_play() { # PROTOCOL
	local t1 t0 rc ere command expected file='' words=()
	protocol=$1
	while IFS='|' read -r t1 t0 rc ere command; do
		trim t1
		trim t0
		case $t1 in
		'' | \#*) continue ;;
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
				fail "$protocol: prepare: $t0" \
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
