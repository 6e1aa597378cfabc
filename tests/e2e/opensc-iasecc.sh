#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# IAS ECC in the hands of unmodified OpenSC, Oberthur's in T=1 and Gemalto's in
# T=0, with openssl at the other end: what these cards are for, and where the
# host itself stops. Facts that need a host bear the numbers of
# tests/emulator/test_ias_facts.c.
# time limit: 300
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

echo -n 'sign me' >"$T/message"
echo -n 'only for the holder' >"$T/text"
unhex <<<"$(digest_info "$T/message")" >"$T/info"
openssl genrsa -out "$T/imported.key" 2048 2>/dev/null
openssl req -x509 -key "$T/imported.key" -subj '/CN=Stored here' \
	-out "$T/imported.pem" -days 30 2>/dev/null
openssl x509 -in "$T/imported.pem" -noout -pubkey >"$T/imported.pub"

verify_1=0020000106313233343536

signatures() {
	local key id
	for key in 1 2; do
		card_key "$key"
		t "$flavour: certificate $key is by the test CA" openssl verify \
			-CAfile "$CB_SRC/data/test-ca/ca.crt" "$T/cert$key.pem"
		id=$(key_ids | sed -n "$key"p)
		rm -f "$T/signature"
		t "$flavour: facts 1 and 2: key $key signs (RSA-PKCS)" p11 -l \
			--pin "$pin" --sign --mechanism RSA-PKCS --id "$id" \
			-i "$T/info" -o "$T/signature"
		t "$flavour: openssl verifies it" verifies sha256 "$T/pub$key.pem"
		never_sends "$flavour: fact 1: with a hash of its own, nothing" \
			'00 (2A|88)' pc pkcs11-tool -l --pin "$pin" --sign \
			--mechanism SHA256-RSA-PKCS --id "$id" -i "$T/message"
	done
	id=$(key_ids | head -n 1)
	signs_infos "$flavour: fact 1" "$id" "$T/pub1.pem"
	offers_no_other "$flavour" "$id"
	rm -f "$T/signature"
	t "$flavour: pkcs15-crypt signs" pc pkcs15-crypt --sign --pkcs1 \
		--pin "$pin" --key "$id" -i "$T/info" -o "$T/signature"
	t "$flavour: openssl verifies it" verifies sha256 "$T/pub1.pem"
	reset
	is "$(raw_last "$select" 002241A406840181800102 \
		"0088000033$(digest_info "$T/message")00")" 6982 \
		"$flavour: no signature without the passcode"
}

# The card hashes the end of the bytes 00, 01, ..., 150 or 13 of them.
card_hash() {
	local n state rest blocks bytes
	for n in 150 13; do
		mapfile -t bytes < <(seq 0 $((n - 1)))
		rest=$(printf %02X "${bytes[@]}")
		unhex <<<"$rest" >"$T/message"
		rest=${rest:n / 64 * 128}
		blocks=
		# of SHA-256 after 128 of them, and the number of bits
		state=593253ADFB4CC018BE611395485E47C15A5B271DFB8DA14FE8F77FB4D05EACBC
		[ $n = 13 ] || blocks=${state}0000000000000400
		raw_last "$select" "$verify_1" 002241AA03800140 \
			002241B606840182800142 "002A90A0$(printf %02X \
			$((4 + ${#blocks} / 2 + n % 64)))90$(printf %02X \
			$((${#blocks} / 2)))${blocks}80$(printf %02X \
			$((n % 64)))$rest" 002A9E9A00 | sed 's/9000$//' | unhex \
			>"$T/signature"
		t "$flavour: the card finishes a hash of $n bytes, and signs it" \
			verifies sha256 "$T/pub2.pem"
	done
	echo -n 'sign me' >"$T/message"
}

decipherment() {
	deciphers "$flavour" "$(key_ids | head -n 1)"
	like "$(p11 -l --pin "$pin" -t)" 'No errors' \
		"$flavour: pkcs11-tool's own tests find nothing"
}

passcodes() {
	t "$flavour: pkcs15-tool changes the passcode" pc pkcs15-tool \
		--change-pin --pin "$pin" --new-pin 7654
	t_fails "$flavour: the old one is refused" p11 -l --pin "$pin" -O
	t "$flavour: pkcs11-tool changes it" p11 -l --pin 7654 --change-pin \
		--new-pin "$pin"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$flavour: wrong, once"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$flavour: twice"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_LOCKED "$flavour: three times"
	like "$(p11 -l --pin "$pin" -O)" CKR_PIN_LOCKED \
		"$flavour: blocked for the right one"
	like "$(p11 -O)" 'Certificate Object' \
		"$flavour: listing works nevertheless"
	t_fails "$flavour: a wrong PUK" pc pkcs15-tool --unblock-pin \
		--auth-id 01 --puk 11111111 --new-pin 222222
	is "$(raw_last 00200002)" 63C2 "$flavour: is counted"
	t "$flavour: fact 7: the PUK unblocks" pc pkcs15-tool --unblock-pin \
		--auth-id 01 --puk "$so_pin" --new-pin 222222
	rm -f "$T/signature"
	t "$flavour: and the keys are there" p11 -l --pin 222222 --sign \
		--mechanism RSA-PKCS --label Authentication -i "$T/info" \
		-o "$T/signature"
	t "$flavour: the same as before" verifies sha256 "$T/pub1.pem"
	t "$flavour: changed back" pc pkcs15-tool --change-pin \
		--pin 222222 --new-pin "$pin"
}

refused_by_the_host() {
	never_sends "$flavour: fact 3: with the profile as it was, no key" \
		'00 (DB|47)' pc pkcs15-init --aid "$aid" --card-profile \
		"${ias_profile#own_}" --verify-pin --auth-id 01 --pin "$pin" \
		--generate-key rsa/2048 --id 45
	t_fails "$flavour: the card's own keys are not deleted" pc pkcs11-tool \
		-l --pin "$pin" --delete-object --type privkey \
		--label Authentication
	like "$(p11 -O)" 'Content Commitment' "$flavour: nothing is lost"
}

# With one line of OpenSC's profile changed, and room in the directory files.
objects() {
	local own=(--card-profile "$ias_profile" --verify-pin --auth-id 01
		--pin "$pin")
	t "$flavour: a key pair is made" p11 -l --pin "$pin" --keypairgen \
		--key-type rsa:2048 --id 47 --label made
	t "$flavour: facts 9 and 11: its public half is read" \
		pc pkcs15-tool --read-public-key 47 -o "$T/made.pem"
	rm -f "$T/signature"
	p11 -l --pin "$pin" --sign --mechanism RSA-PKCS --id 47 -i "$T/info" \
		-o "$T/signature" >/dev/null
	t "$flavour: it signs, and openssl verifies it" \
		verifies sha256 "$T/made.pem"
	t "$flavour: a key is brought" pc pkcs15-init "${own[@]}" \
		--store-private-key "$T/imported.key" --id 48 --label brought \
		--key-usage sign,decrypt
	t "$flavour: and its certificate" pc pkcs15-init "${own[@]}" \
		--store-certificate "$T/imported.pem" --id 48 --label brought
	rm -f "$T/signature"
	p11 -l --pin "$pin" --sign --mechanism RSA-PKCS --id 48 -i "$T/info" \
		-o "$T/signature" >/dev/null
	t "$flavour: it signs, and openssl verifies it" \
		verifies sha256 "$T/imported.pub"
	p15 --read-certificate 48 -o "$T/read.pem" >/dev/null
	t "$flavour: fact 10: the certificate is read" cmp "$T/read.pem" \
		"$T/imported.pem"
	like "$(p11 -O)" 'Stored here' "$flavour: and listed"
	t "$flavour: both are deleted" pc pkcs15-init "${own[@]}" \
		--delete-objects cert,privkey,pubkey --id 48
	[[ $(p11 -O) = *'Stored here'* ]] && fail "$flavour: they are gone" ||
		pass "$flavour: they are gone"
}

reader_start
for flavour in iasecc-oberthur iasecc-gemalto; do
	aid=E828BD080FF2504F5420415750
	[ "$flavour" = iasecc-oberthur ] || aid=E828BD080FD25047656E65726963
	select=00A4040C$(printf %02X $((${#aid} / 2)))$aid
	opensc_conf_for "$flavour" any
	roomy "$flavour"
	card_make "$T/$flavour.card" --profile "$T/roomy.profile"
	card_insert "$T/$flavour.card"
	signatures
	card_hash
	decipherment
	passcodes
	refused_by_the_host
	objects
	card_remove
done
