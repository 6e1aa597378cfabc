#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# S/MIME by openssl with the card behind its PKCS #11 engine: the card signs,
# and software verifies against the test CA; software encrypts, and the card
# decrypts.
# time limit: 180
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need_engine

printf 'Dear reader,\r\nthis is the text.\r\n' >"$T/text"

# openssl with the Nth key of the card behind it.
by_card() { # N PASSCODE COMMAND [OPTION]...
	pc openssl "$3" -engine pkcs11 -keyform engine \
		-inkey "$(object_uri private "$1" "$2")" "${@:4}" 2>&1
}

sign() { # N COMMAND [OPTION]...
	rm -f "$T/signed"
	by_card "$1" "$pin" "$2" -sign -signer "$T/cert$1.pem" "${@:3}" \
		-text -in "$T/text" -out "$T/signed"
}

# What is verified is the text, and a letter of it more is not.
verifies_against_ca() { # COMMAND
	openssl "$1" -verify -CAfile "$test_ca" -text -in "$T/signed" \
		-out "$T/back" && cmp "$T/back" "$T/text"
}
forged_is_refused() { # COMMAND
	sed 's/this is the text/this is the test/' "$T/signed" >"$T/forged"
	! cmp -s "$T/forged" "$T/signed" &&
		! openssl "$1" -verify -CAfile "$test_ca" -text \
			-in "$T/forged" -out "$T/back"
}

signed_mail() { # COMMAND
	local n digest
	for n in 1 2; do
		for digest in sha1 sha256 sha512; do
			t "$kind: $1 signs with key $n, $digest" \
				sign "$n" "$1" -md "$digest"
			t "$kind: software verifies it" verifies_against_ca "$1"
		done
	done
	t "$kind: a changed text is refused" forged_is_refused "$1"
}

encrypt() { # N COMMAND [OPTION]...
	rm -f "$T/plain"
	openssl "$2" -encrypt -aes-256-cbc -in "$T/text" -out "$T/encrypted" \
		"${@:3}" "$T/cert$1.pem"
}
decrypt() { # N PASSCODE COMMAND
	by_card "$1" "$2" "$3" -decrypt -recip "$T/cert$1.pem" \
		-in "$T/encrypted" -out "$T/plain"
}

encrypted_mail() { # COMMAND
	encrypt 1 "$1"
	sends "$kind: $1 has the card decipher with key 1" "$decipher_apdu" \
		decrypt 1 "$pin" "$1"
	t "$kind: it is the text" cmp "$T/plain" "$T/text"
	rm -f "$T/plain"
	t_fails "$kind: not with a wrong passcode" decrypt 1 999999 "$1"
	[ ! -s "$T/plain" ] && pass "$kind: nothing is decrypted" ||
		fail "$kind: nothing is decrypted"
	encrypt 2 "$1"
	never_sends "$kind: key 2 is not for that: no card is asked" \
		"$decipher_apdu" decrypt 2 "$pin" "$1"
	# openssl goes on with a random key, of which the padding looks right
	# once in 256 times: only the text tells
	t_fails "$kind: and the text stays secret" cmp "$T/plain" "$T/text"
}

# What the module does not offer.
refused_by_the_host() {
	sends "$kind: the card makes a signature" "$signature_apdu" \
		sign 1 cms
	never_sends "$kind: for PSS no card is asked" "$signature_apdu" \
		sign 1 cms -keyopt rsa_padding_mode:pss
	like "$output" 'Mechanism invalid' "$kind: openssl says so"
	openssl cms -encrypt -aes-256-cbc -in "$T/text" -out "$T/encrypted" \
		-recip "$T/cert1.pem" -keyopt rsa_padding_mode:oaep
	rm -f "$T/plain"
	never_sends "$kind: nor for OAEP" "$decipher_apdu" decrypt 1 "$pin" cms
	like "$output" 'bad decrypt' "$kind: openssl says so"
}

tried openssl libengine-pkcs11-openssl opensc-pkcs11
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	for command in cms smime; do
		signed_mail "$command"
		encrypted_mail "$command"
	done
	refused_by_the_host
	card_remove
done
