#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# NSS, as Firefox and Thunderbird have it: the module is added to a database
# by modutil, certutil lists what is on the card and finds it valid, cmsutil
# signs a file, which openssl verifies, and decrypts what openssl encrypted.
# time limit: 180
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need modutil certutil cmsutil

printf '%s\n' "$pin" >"$T/passcode"
printf '999999\n' >"$T/wrong-passcode"
printf 'Dear reader,\nthis is the text.\n' >"$T/text"

nss() { # PROGRAM [OPTION]...: with the database of this kind
	pc "$1" -d "sql:$db" "${@:2}"
}
with_passcode() { nss "$@" -f "$T/passcode"; }

# ---- the database -----------------------------------------------------------

database() {
	db=$T/$kind.db
	mkdir "$db"
	nss certutil -N --empty-password
	nss certutil -A -n 'test CA' -t CT,C,C -i "$test_ca"
	like "$(pc modutil -dbdir "sql:$db" -force -add OpenSC \
		-libfile "$module" 2>&1)" 'added to database' \
		"$kind: modutil adds the module"
	like "$(pc modutil -dbdir "sql:$db" -list 2>&1)" \
		"OpenSC.*slot: cardbridge card 00 00.*token: $token_ere" \
		"$kind: modutil lists the reader and the card"
}

# To NSS the certificates of a card are for its holder only, unless it is told
# that a module is "friendly".
befriend() {
	like "$(pc modutil -dbdir "sql:$db" -force -delete OpenSC 2>&1)" \
		'deleted from database' "$kind: modutil removes the module"
	like "$(pc modutil -dbdir "sql:$db" -force -add OpenSC \
		-libfile "$module" -mechanisms FRIENDLY 2>&1)" \
		'added to database' "$kind: and adds it again, as friendly"
}

# ---- what is on the card ----------------------------------------------------

lists_both() { # DESCRIPTION: $output is certutil's list
	local n
	for n in 1 2; do
		like "$output" "$token_ere:${labels[n]} +u,u,u" \
			"$kind: $1 ${labels[n]}, with a private key"
	done
}

listing() {
	local n
	output=$(with_passcode certutil -L -h all 2>&1)
	lists_both "certutil -L lists"
	like "$output" 'test CA +CT,C,C' "$kind: beside the trusted CA"
	output=$(with_passcode certutil -K -h all 2>&1 || true)
	for n in 1 2; do
		like "$output" "rsa +[0-9a-f]{40} +${labels[n]}" \
			"$kind: certutil -K lists the key ${labels[n]}"
	done
	costs_a_try "$kind: certutil with a wrong passcode costs a try" \
		nss certutil -K -h "$token" -f "$T/wrong-passcode"
	like "$output" SEC_ERROR_BAD_PASSWORD "$kind: and says so"
}

validity() {
	local n
	output=$(nss certutil -L -h all 2>&1)
	lists_both "without any passcode certutil now lists"
	for n in 1 2; do
		is "$(nss certutil -V -e -u S -n "$token:${labels[n]}" 2>&1)" \
			'certutil: certificate is valid' \
			"$kind: ${labels[n]} is valid for a signer of mail"
	done
	is "$(nss certutil -V -e -u C -n "$token:${labels[1]}" 2>&1)" \
		'certutil: certificate is valid' \
		"$kind: ${labels[1]} is valid for a TLS client"
	nss certutil -M -n 'test CA' -t ,,
	like "$(nss certutil -V -e -u S -n "$token:${labels[1]}" 2>&1)" \
		'issuer has been marked as not trusted' \
		"$kind: but not once the CA is none"
	nss certutil -M -n 'test CA' -t CT,C,C
}

# ---- a signed file ----------------------------------------------------------

sign() { # N DIGEST PASSCODE-FILE
	rm -f "$T/signed"
	nss cmsutil -S -N "$token:${labels[$1]}" -H "$2" -f "$3" \
		-i "$T/text" -o "$T/signed"
}

verifies_with_openssl() { # N FILE: by the card's Nth certificate
	openssl cms -verify -binary -inform DER -in "$2" -CAfile "$test_ca" \
		-purpose any -signer "$T/signer.pem" -out "$T/back" &&
		cmp "$T/back" "$T/text" && same_certificate "$T/signer.pem" "$1"
}
same_certificate() { # FILE N
	[ "$(openssl x509 -in "$1" -outform DER | hex)" = \
		"$(openssl x509 -in "$T/cert$2.pem" -outform DER | hex)" ]
}
verifies_with_nss() { # FILE
	nss cmsutil -D -i "$1" -o "$T/back" && cmp "$T/back" "$T/text"
}

signed_files() {
	local n digest
	while read -r n digest; do
		sends "$kind: cmsutil signs with key $n, $digest" \
			"$signature_apdu" sign "$n" "$digest" "$T/passcode"
		t "$kind: openssl verifies it" \
			verifies_with_openssl "$n" "$T/signed"
		t "$kind: cmsutil verifies it" verifies_with_nss "$T/signed"
	done <<-'END'
		1 SHA1
		1 SHA256
		2 SHA512
	END
	LC_ALL=C sed 's/this is the text/this is the test/' "$T/signed" \
		>"$T/forged"
	t_fails "$kind: openssl refuses a changed text" openssl cms -verify \
		-binary -inform DER -in "$T/forged" -CAfile "$test_ca" \
		-purpose any -out "$T/back"
	t_fails "$kind: so does cmsutil" nss cmsutil -D -i "$T/forged" \
		-o "$T/back"
	costs_a_try "$kind: a wrong passcode costs a try" \
		sign 1 SHA256 "$T/wrong-passcode"
	like "$output" SEC_ERROR_BAD_PASSWORD "$kind: and nothing is signed"
}

# ---- an encrypted file ------------------------------------------------------

decrypt() {
	rm -f "$T/plain"
	with_passcode cmsutil -D -i "$T/encrypted" -o "$T/plain"
}

encrypted_files() {
	openssl cms -encrypt -binary -aes-256-cbc -outform DER -in "$T/text" \
		-out "$T/encrypted" "$T/cert1.pem"
	sends "$kind: cmsutil has the card decipher" "$decipher_apdu" decrypt
	t "$kind: what openssl encrypted comes back" cmp "$T/plain" "$T/text"
	openssl cms -encrypt -binary -aes-256-cbc -outform DER -in "$T/text" \
		-out "$T/encrypted" "$T/cert2.pem"
	never_sends "$kind: key 2 is not asked" "$decipher_apdu" decrypt
	like "$output" SEC_ERROR_INVALID_KEY "$kind: as it is not for that"
	t "$kind: cmsutil encrypts for the card's certificate" nss cmsutil -E \
		-r "$token:${labels[1]}" -i "$T/text" -o "$T/encrypted"
	sends "$kind: and has the card decipher it" "$decipher_apdu" decrypt
	t "$kind: it comes back" cmp "$T/plain" "$T/text"
}

token_ere=${token//[()]/.}
tried libnss3 libnss3-tools openssl opensc-pkcs11
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	database
	listing
	befriend
	validity
	signed_files
	encrypted_files
	card_remove
done
