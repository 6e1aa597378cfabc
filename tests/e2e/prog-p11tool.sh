#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# GnuTLS's p11tool and the card: tokens, objects, certificates, signatures.
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need p11tool

p11tool() { # [OPTION]...
	pc env p11tool --batch --provider "$module" "$@" 2>&1 </dev/null
}

# The type and the label of each key and certificate that is listed. (Gemalto's
# card has data objects besides.)
objects() { # [OPTION]...
	p11tool "$@" | awk -F ': ' '
		/^\tType:/ { type = $2 }
		/^\tLabel:/ && sub(/ \(RSA-2048\)$/, "", type) {
			print type ":" $2
		}' | sort
}

certificates=$(printf 'X.509 Certificate:%s\n' "${labels[@]}")
public_keys=$(printf 'Public key:%s\n' "${labels[@]}")
private_keys=$(printf 'Private key:%s\n' "${labels[@]}")

lists() {
	local tokens
	tokens=$(p11tool --list-tokens)
	like "$tokens" "Label: NHS Series 8 \(User PIN\)" \
		"$kind: the token is listed"
	like "${tokens,,}" $'\tserial: [0-9]*'"${serial,,}"$'\n' \
		"$kind: with the card's serial"
	like "$tokens" 'Flags: RNG, Requires login' "$kind: it wants a login"
	url=$(p11tool --list-token-urls | head -n 1)
	is "$(objects --list-all "$url")" "$public_keys"$'\n'"$certificates" \
		"$kind: what everybody may see is listed"
	is "$(objects --list-all --login --set-pin "$pin" "$url")" \
		"$private_keys"$'\n'"$public_keys"$'\n'"$certificates" \
		"$kind: and with a login the private keys"
	is "$(objects --list-all-certs "$url")" "$certificates" \
		"$kind: the certificates alone"
	like "$(p11tool --list-mechanisms "$url")" \
		'CKM_RSA_PKCS keysize range \(1024, 2048\) hw decrypt sign' \
		"$kind: mechanisms are listed"
}

as_hex() { # COMMAND-OF-OPENSSL FILE
	# shellcheck disable=SC2086 # a command and its option
	openssl $1 -in "$2" -outform DER | hex
}

exports() {
	local n
	for n in 1 2; do
		t "$kind: certificate $n is exported" p11tool --export \
			--outfile "$T/exported" "$(object_uri cert "$n")"
		is "$(as_hex x509 "$T/exported")" \
			"$(as_hex x509 "$T/cert$n.pem")" "$kind: the card's"
		p11tool --export-pubkey --login --set-pin "$pin" \
			--outfile "$T/exported" \
			"$(object_uri private "$n")" >/dev/null
		is "$(as_hex 'pkey -pubin' "$T/exported")" \
			"$(as_hex 'pkey -pubin' "$T/pub$n.pem")" \
			"$kind: so is its public key"
	done
}

# What p11tool signs it verifies itself, in software and by the token's public
# key.
test_sign() { # N PASSCODE [OPTION]...
	p11tool --test-sign --login --set-pin "$2" "${@:3}" \
		"$(object_uri private "$1")"
}

test_signs() {
	local n hash
	for n in 1 2; do
		for hash in SHA1 SHA256 SHA512; do
			is "$(test_sign "$n" "$pin" --hash "$hash" |
				grep -c '\.\.\. ok$')" 3 \
				"$kind: key $n signs $hash, p11tool verifies"
		done
	done
	sends "$kind: the card makes a signature" "$signature_apdu" \
		test_sign 1 "$pin"
	never_sends "$kind: for PSS no card is asked" "$signature_apdu" \
		test_sign 1 "$pin" --sign-params RSA-PSS
	like "$output" 'signature algorithm is not supported' \
		"$kind: p11tool says so"
	like "$(test_sign 1 999999)" 'Wrong PIN' \
		"$kind: a wrong passcode is refused"
}

random() {
	local n
	for n in 1 2; do
		p11tool --generate-random 48 --outfile "$T/random$n" "$url" \
			>/dev/null
		is "$(stat -c %s "$T/random$n")" 48 \
			"$kind: the card gives random bytes"
	done
	t_fails "$kind: never the same" cmp "$T/random1" "$T/random2"
}

tried gnutls-bin opensc-pkcs11
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	serial=$(sed -n 's/.*serial \([0-9A-F]*\),.*/\1/p' "$T/card-new.log")
	lists
	exports
	test_signs
	random
	card_remove
done
