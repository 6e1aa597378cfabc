#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the keys and passcodes of a card are for, with unmodified OpenSC and
# openssl at the other end: signatures verify, texts come back, wrong
# passcodes are counted, a blocked card is unblocked, a new key works.
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

echo -n 'sign me' >"$T/message"
echo -n 'only for the holder' >"$T/text"

p11() { pc pkcs11-tool "$@" 2>&1; }

# OpenSC refuses to sign with this card itself; it sends what it is given.
signatures() {
	local key answer
	for key in 1 2; do
		card_key "$key"
		t "$proto: certificate $key is by the test CA" openssl verify \
			-CAfile "$CB_SRC/data/test-ca/ca.crt" "$T/cert$key.pem"
		answer=$(raw_last "$select_5011" "$(verify_user "$pin")" \
			"$select_9002" "00A4000C02300$key" 002241B603800111 \
			"002A9E9A33$(digest_info "$T/message")00")
		is "${answer: -4}" 9000 "$proto: key $key signs"
		unhex <<<"${answer%9000}" >"$T/signature"
		t "$proto: openssl verifies it" openssl sha256 \
			-verify "$T/pub$key.pem" -signature "$T/signature" "$T/message"
	done
	answer=$(raw_last "$select_5011" "$select_9002" 00A4000C023001 \
		002241B603800111 "002A9E9A33$(digest_info "$T/message")00")
	is "$answer" 6982 "$proto: no signature without the passcode"
	like "$(p11 -l --pin "$pin" --sign --mechanism RSA-PKCS \
		-i "$T/message")" CKR_FUNCTION_NOT_SUPPORTED \
		"$proto: OpenSC itself refuses to sign"
}

decipherment() {
	openssl pkeyutl -encrypt -certin -inkey "$T/cert1.pem" -in "$T/text" \
		-out "$T/cryptogram"
	p11 -l --pin "$pin" --decrypt --mechanism RSA-PKCS --label Authentication \
		-i "$T/cryptogram" -o "$T/plain" >/dev/null || true
	is "$(cat "$T/plain")" "$(cat "$T/text")" \
		"$proto: what openssl encrypted to the certificate comes back"
	openssl pkeyutl -encrypt -certin -inkey "$T/cert2.pem" -in "$T/text" \
		-out "$T/cryptogram"
	is "$(raw_last "$select_5011" "$(verify_user "$pin")" "$select_9002" \
		00A4000C023002 002241B803800111 \
		"102A808608$(head -c 8 "$T/cryptogram" | hex)" \
		"002A8086F8$(tail -c 248 "$T/cryptogram" | hex)F8")" 6982 \
		"$proto: the other key is not for that"
}

# Section 6 of the card's description: 63Cx, then 6983 for the right one too.
blocking() {
	local unblock answer reset
	is "$(raw_last "$select_5011" "$(verify_user 888888)")" 63C2 \
		"$proto: a wrong passcode, two tries left"
	is "$(raw_last "$select_5011" "$(verify_user "$pin")")" 9000 \
		"$proto: the right one"
	is "$(raw_last "$select_5011" 00200081)" 63C3 \
		"$proto: gives all three tries back, and ends with the session"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$proto: wrong, once"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$proto: twice"
	like "$(pc pkcs15-tool --list-pins 2>&1)" 'Tries left  *: 1' \
		"$proto: OpenSC shows the try left"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_LOCKED "$proto: three times: blocked"
	is "$(raw_last "$select_5011" "$(verify_user "$pin")")" 6983 \
		"$proto: blocked for the right one"
	like "$(raw_last "$select_5011" 00200081)" '^(63C0|6983)$' \
		"$proto: and says so when asked"
	like "$(pc pkcs15-tool --list-pins 2>&1 || true)" 'Unsupported card' \
		"$proto: OpenSC does not know a blocked card"

	is "$(raw_last "$select_5011" 00A4000C022000 00B0000010)" 6982 \
		"$proto: the unblock value is not for everybody"
	answer=$(raw_last "$select_5011" "$(verify_so "$so_pin")" \
		00A4000C022000 00B0000010)
	unblock=${answer%9000}
	is "${#unblock}" 32 "$proto: the SO reads it"
	reset="002C000150$unblock$(pin_hex 222222)"
	is "$(raw_last "$select_5011" \
		"002C000150${unblock//[0-9A-F]/0}$(pin_hex 222222)")" 6982 \
		"$proto: RESET RETRY COUNTER is for the SO only"
	is "$(raw_last "$select_5011" "$(verify_so "$so_pin")" \
		"002C000150${unblock//[0-9A-F]/0}$(pin_hex 222222)")" 63C2 \
		"$proto: a wrong unblock value is counted"
	is "$(raw_last "$select_5011" "$(verify_so "$so_pin")" "$reset")" 9000 \
		"$proto: unblocked by raw APDU"
	is "$(raw_last "$select_5011" 00200081)" 63C3 "$proto: three tries again"
	is "$(raw_last "$select_5011" "$(verify_user "$pin")")" 63C2 \
		"$proto: the old passcode is gone"
	is "$(raw_last "$select_5011" "$(verify_user 222222)")" 9000 \
		"$proto: the new one opens"
	t "$proto: and OpenSC logs in with it" pc pkcs11-tool -l --pin 222222 -O
}

passcodes() {
	t "$proto: pkcs15-tool changes the passcode" pc pkcs15-tool --change-pin \
		--auth-id 53434D --pin 222222 --new-pin 7654321
	t_fails "$proto: the old one is refused" pc pkcs11-tool -l --pin 222222 -O
	t "$proto: pkcs11-tool changes it" pc pkcs11-tool -l --pin 7654321 \
		--change-pin --new-pin "$pin"
	t "$proto: the last one opens" pc pkcs11-tool -l --pin "$pin" -O
	t_fails "$proto: one too long for the card's policy is refused" \
		pc pkcs15-tool --change-pin --auth-id 53434D --pin "$pin" \
		--new-pin 12345678901234567
	t "$proto: and the old one stays" pc pkcs11-tool -l --pin "$pin" -O
}

new_key() {
	t "$proto: a key is generated" pc pkcs15-init --generate-key rsa/2048 \
		--auth-id 53434D --pin "$pin" --id 1001 --label 'New key'
	t "$proto: its public half is read" pc pkcs15-tool \
		--read-public-key 1001 -o "$T/new.pub"
	issue_certificate "$T/new.pub" 'New holder' "$T/new.pem"
	t "$proto: a certificate for it is stored" pc pkcs15-init \
		--store-certificate "$T/new.pem" --auth-id 53434D --id 1001 \
		--pin "$pin" --label 'New certificate'
	like "$(p11 -l --pin "$pin" -O)" 'New holder' "$proto: it is listed"
	openssl pkeyutl -encrypt -certin -inkey "$T/new.pem" -in "$T/text" \
		-out "$T/cryptogram"
	rm -f "$T/plain"
	p11 -l --pin "$pin" --decrypt --mechanism RSA-PKCS --id 1001 \
		-i "$T/cryptogram" -o "$T/plain" >/dev/null || true
	is "$(cat "$T/plain")" "$(cat "$T/text")" \
		"$proto: what was encrypted to it comes back"
}

reader_start
for proto in t1 t0; do
	options=()
	[ "$proto" = t1 ] || options=(--atr "$t0_atr")
	card_make "$T/$proto.card" "${options[@]}"
	card_insert "$T/$proto.card"
	signatures
	decipherment
	blocking
	passcodes
	new_key
	card_remove
done
