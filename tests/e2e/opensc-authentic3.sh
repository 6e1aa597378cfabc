#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# AuthentIC v3 in the hands of unmodified OpenSC, with openssl at the other
# end: what this card is for, and where the host itself stops. Facts that need
# a host bear the numbers of tests/emulator/test_a3_facts.c.
# time limit: 300
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

card_profile=authentic3
need_module

echo -n 'sign me' >"$T/message"
echo -n 'only for the holder' >"$T/text"
unhex <<<"$(digest_info "$T/message")" >"$T/info"
openssl genrsa -traditional -out "$T/imported.key" 2048 2>/dev/null

select_5015=00A4000002501500
verify_1=0020000108313233343536FFFF

signatures() {
	local key id
	for key in 1 2; do
		card_key "$key"
		t "$proto: certificate $key is by the test CA" openssl verify \
			-CAfile "$CB_SRC/data/test-ca/ca.crt" "$T/cert$key.pem"
		id=$(key_ids | sed -n "$key"p)
		t "$proto: fact 1: key $key signs (RSA-PKCS)" p11 -l --pin "$pin" \
			--sign --mechanism RSA-PKCS --id "$id" -i "$T/info" \
			-o "$T/signature"
		t "$proto: openssl verifies it" verifies sha256 "$T/pub$key.pem"
		for digest in SHA1 SHA256; do
			rm -f "$T/signature"
			t "$proto: facts 1 and 4: key $key signs ($digest)" p11 -l \
				--pin "$pin" --sign --mechanism "$digest-RSA-PKCS" \
				--id "$id" -i "$T/message" -o "$T/signature"
			t "$proto: openssl verifies it" verifies \
				"${digest,,}" "$T/pub$key.pem"
		done
	done
	id=$(key_ids | head -n 1)
	signs_infos "$proto: fact 4" "$id" "$T/pub1.pem"
	offers_no_other "$proto" "$id"
	openssl sha256 -binary "$T/message" >"$T/hash"
	rm -f "$T/signature"
	t "$proto: pkcs15-crypt signs" pc pkcs15-crypt -s --pkcs1 --sha-256 \
		--pin "$pin" --key "$id" -i "$T/hash" -o "$T/signature" -f openssl
	t "$proto: openssl verifies it" verifies sha256 "$T/pub1.pem"
	reset
	is "$(raw_last "$select_5015" 002241B606800111830101 \
		"002A9E9A33$(digest_info "$T/message")00")" 6982 \
		"$proto: no signature without the passcode"
	like "$(p11 -l --pin "$pin" -t)" 'No errors' \
		"$proto: fact 1: pkcs11-tool's own tests find nothing"
}

decipherment() {
	deciphers "$proto: fact 1" "$(key_ids | head -n 1)"
	openssl pkeyutl -encrypt -certin -inkey "$T/cert2.pem" -in "$T/text" \
		-out "$T/cryptogram"
	is "$(raw_last "$select_5015" "$verify_1" 002241B806800111830102 \
		"102A8086FF$(head -c 255 "$T/cryptogram" | hex)" \
		"002A808601$(tail -c 1 "$T/cryptogram" | hex)00")" 6982 \
		"$proto: the other key is not for that"
}

refused_by_the_host() {
	never_sends "$proto: fact 2: a key is not even asked for" '00 (DB|47)' \
		pc pkcs15-init --generate-key rsa/2048 --auth-id 01 \
		--pin "$pin" --id 1001
	like "$output" 'Invalid data' "$proto: the host says so"
	never_sends "$proto: fact 2: nor is one brought" '[01]0 DB' \
		pc pkcs15-init --store-private-key "$T/imported.key" \
		--auth-id 01 --pin "$pin" --id 3003
	never_sends "$proto: fact 2: nor through PKCS#11" '00 (DB|47)' \
		pc pkcs11-tool -l --pin "$pin" --keypairgen \
		--key-type rsa:2048 --id 2002
	t_fails "$proto: fact 3: no card is made by --create-pkcs15" \
		pc pkcs15-init --create-pkcs15 --no-so-pin --label X
	t_fails "$proto: fact 3: nor by --init-token" pc pkcs11-tool \
		--init-token --slot 0 --so-pin "$so_pin" --label X
	t_fails "$proto: fact 3: nor a passcode by --init-pin" pc pkcs11-tool \
		--login --login-type so --so-pin "$so_pin" --init-pin \
		--new-pin 1111
	t_fails "$proto: fact 8: data are not stored" pc pkcs15-init \
		--store-data "$T/text" --label X --application-id 1.2.3.4 \
		--application-name app --pin "$pin"
	like "$(p15 -D)" 'Content Commitment' "$proto: fact 8: nothing is lost"
	reset
	t_fails "$proto: fact 11: a card is not erased" pc pkcs15-init --erase-card
	like "$(p15 -D)" 'Content Commitment' "$proto: fact 11: nothing is lost"
}

passcodes() {
	local puk=$so_pin
	t "$proto: pkcs15-tool changes the passcode" pc pkcs15-tool --change-pin \
		--auth-id 01 --pin "$pin" --new-pin 7654321
	t_fails "$proto: the old one is refused" p11 -l --pin "$pin" -O
	t "$proto: pkcs11-tool changes it" p11 -l --pin 7654321 --change-pin \
		--new-pin "$pin"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$proto: wrong, once"
	like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT "$proto: twice"
	like "$(p11 -l --pin 888888 -O)" 'CKR_PIN_(INCORRECT|LOCKED)' \
		"$proto: three times"
	like "$(p11 -l --pin "$pin" -O)" CKR_PIN_LOCKED \
		"$proto: blocked for the right one"
	like "$(p11 -O)" 'Certificate Object' \
		"$proto: fact 13: listing works nevertheless"
	is "$(raw_last 00200001)" 6983 "$proto: and the card says so when asked"
	t_fails "$proto: a wrong PUK" pc pkcs15-tool --unblock-pin --auth-id 01 \
		--puk 11111111 --new-pin 222222
	is "$(raw_last 00200002)" 63C2 "$proto: is counted"
	t "$proto: fact 13: the PUK unblocks" pc pkcs15-tool --unblock-pin \
		--auth-id 01 --puk "$puk" --new-pin 222222
	rm -f "$T/signature"
	t "$proto: and the keys are there" p11 -l --pin 222222 --sign \
		--mechanism RSA-PKCS --label Authentication -i "$T/info" \
		-o "$T/signature"
	t "$proto: the same as before" verifies sha256 "$T/pub1.pem"
	t "$proto: changed back" pc pkcs15-tool --change-pin --auth-id 01 \
		--pin 222222 --new-pin "$pin"
}

certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/own.key" \
		-subj '/CN=Stored here' -out "$T/own.pem" -days 30 2>/dev/null
	t "$proto: a certificate is stored" pc pkcs15-init --store-certificate \
		"$T/own.pem" --auth-id 01 --id 1001 --pin "$pin" --label Stored
	like "$(p11 -O)" 'Stored here' "$proto: it is listed"
	p15 --read-certificate 1001 -o "$T/read.pem" >/dev/null
	t "$proto: and read" cmp "$T/read.pem" "$T/own.pem"
	t "$proto: it is deleted" pc pkcs15-init --delete-objects cert --id 1001 \
		--auth-id 01 --pin "$pin"
	[[ $(p11 -O) = *'Stored here'* ]] && fail "$proto: it is gone" ||
		pass "$proto: it is gone"
	t_fails "$proto: the card's own keys are not deleted" pc pkcs11-tool -l \
		--pin "$pin" --delete-object --type privkey --label Authentication
}

# ---- what the host would do and does not, by raw APDUs ------------------------

# A public key file of modulus and exponent.
public_key() { # MODULUS EXPONENT FILE
	tlv 30 "$(tlv 30 "$(tlv 06 2A864886F70D010101)0500")$(tlv 03 \
		"00$(tlv 30 "$(tlv 02 "00$1")$(tlv 02 "$2")")")" | unhex |
		openssl pkey -pubin -inform DER -out "$3"
}

raw_sign() { # NUMBER
	raw_last "$select_5015" "$verify_1" "002241B6068001118301$1" \
		"002A9E9A33$(digest_info "$T/message")00"
}

new_keys() {
	local rules=000100010001000000010001 answer blocks
	answer=$(raw "$select_5015" "$verify_1" \
		"00DB3FFF16A11480010C830103860C$rules" \
		0047000008AC0680010C83010300 | tail -n +3 |
		sed 's/61..$//; s/9000$//' | tr -d '\n')
	[[ $answer =~ 7F4982010981820100([0-9A-F]{512})8203010001$ ]] ||
		fail "$proto: GENERATE answers the public key" "$answer"
	public_key "${BASH_REMATCH[1]}" 010001 "$T/generated.pem"
	raw_sign 03 | sed 's/9000$//' | unhex >"$T/signature"
	t "$proto: a key made by raw APDUs signs, and openssl verifies it" \
		verifies sha256 "$T/generated.pem"

	mapfile -t blocks < <(a3_key_blocks "$T/imported.key")
	is "$(raw_last "$select_5015" "$verify_1" \
		"00DB3FFF16A11480010C830104860C$rules" "${blocks[@]}")" 9000 \
		"$proto: a key is brought by raw APDUs"
	openssl pkey -in "$T/imported.key" -pubout -out "$T/imported.pub"
	raw_sign 04 | sed 's/9000$//' | unhex >"$T/signature"
	t "$proto: it signs, and openssl verifies it" \
		verifies sha256 "$T/imported.pub"
	is "$(raw_last "$select_5015" "$verify_1" 00DB3FFF08A10680010C830103)" \
		9000 "$proto: the other is deleted"
	is "$(raw_last "$select_5015" "$verify_1" 002241B606800111830103)" 6A88 \
		"$proto: and gone"
}

# ---- a process that stays -------------------------------------------------------

session_start() {
	coproc SESSION { exec "$CB_PYTHON" "$CB_SRC/tests/e2e/pkcs11-session.py" \
		"$module" 2>"$T/session.log"; }
	# both are gone with the process, which may end before we are done
	session_in=${SESSION[1]} session_out=${SESSION[0]}
	[ "$(session_read)" = ready ] || bail "the session does not start"
}
session_read() {
	local line
	IFS= read -r -t 60 line <&"$session_out" && echo "$line"
}
# The return value of a call, and in $apdus how many APDUs it took.
session() { # WORD [ARGUMENT]
	local mark
	mark=$(apdu_mark)
	echo "$*" >&"$session_in"
	session_answer=$(session_read)
	apdus=$(apdus_since "$mark")
	session_rv=${session_answer%% *}
}
session_is() { # RV APDUS DESCRIPTION WORD [ARGUMENT]
	session "${@:4}"
	is "$session_rv/$apdus" "$1/$2" "$proto: $3"
}

long_session() {
	local info n
	n=2
	[ "$proto" = t1 ] || n=3
	info=$(hex <"$T/info")
	session_start
	session login "$pin"
	is "$session_rv" 0x0 "$proto: fact 5: a process logs in"
	session_is 0x0 $n "and signs" sign "$info"
	t "$proto: another process comes and goes" pc pkcs15-tool --list-pins
	session_is 0x0 $n "fact 5: the first one signs on" sign "$info"
	session_is 0x0 0 "fact 6: logging out sends nothing" logout
	session_is 0x0 0 "fact 5: nor does logging in again" login "$pin"
	session_is 0x0 $n "it signs" sign "$info"
	t "$proto: somebody resets the card" pc opensc-tool --reset
	session sign "$info"
	is "$session_rv" 0x101 "$proto: fact 5: then it is not logged in any more"
	session logout
	session_is 0x0 0 "fact 5: which the right passcode does not change" \
		login "$pin"
	session sign "$info"
	is "$session_rv" 0x101 "$proto: it is never sent again"
	session logout
	session login 999999
	is "$session_rv" 0xa0 "$proto: fact 5: until a wrong one was"
	session login "$pin"
	is "$session_rv" 0x0 "$proto: after which the right one is"
	session_is 0x0 $n "and it signs" sign "$info"
	eval "exec $session_in>&-"
	wait "$SESSION_PID" 2>/dev/null || true
}

# The reader announces short APDUs. One that does not, simulated:
extended() {
	cat >"$T/extended.conf" <<-'END'
		app default {
			reader_driver pcsc {
				max_send_size = 65535;
				max_recv_size = 65536;
			}
		}
	END
	rm -f "$T/signature"
	t "fact 7: a host that takes extended APDUs for granted signs" \
		env OPENSC_CONF="$T/extended.conf" timeout 60 pkcs11-tool -l \
		--pin "$pin" --sign --mechanism SHA256-RSA-PKCS \
		--label Authentication -i "$T/message" -o "$T/signature"
	t "openssl verifies it" verifies sha256 "$T/pub1.pem"
	openssl pkeyutl -encrypt -certin -inkey "$T/cert1.pem" -in "$T/text" \
		-out "$T/cryptogram"
	never_sends "fact 7: and does not even try to decipher" '.. 2A 80' \
		env OPENSC_CONF="$T/extended.conf" timeout 60 pkcs11-tool -l \
		--pin "$pin" --decrypt --mechanism RSA-PKCS \
		--label Authentication -i "$T/cryptogram"
	like "$output" CKR_ARGUMENTS_BAD "it says so"
}

# The reference promises both sizes of key that the host knows.
short_keys() {
	local digest id
	sed 's/rsa_min = 2048/rsa_min = 1024/
		s/bits = 2048; published = "[^"]*"/bits = 1024/' \
		"$CB_SRC/data/profiles/authentic3.profile" >"$T/short.profile"
	card_make "$T/short.card" --profile "$T/short.profile"
	card_insert "$T/short.card"
	card_key 1
	like "$(openssl pkey -pubin -in "$T/pub1.pem" -noout -text)" \
		'\(1024 bit\)' "1024 bits: a card with short keys"
	id=$(key_ids | head -n 1)
	for digest in SHA1 SHA256; do
		rm -f "$T/signature"
		t "1024 bits: fact 1: it signs ($digest)" p11 -l \
			--pin "$pin" --sign --mechanism "$digest-RSA-PKCS" \
			--id "$id" -i "$T/message" -o "$T/signature"
		t "1024 bits: openssl verifies it" verifies \
			"${digest,,}" "$T/pub1.pem"
	done
	signs_infos "1024 bits: fact 4" "$id" "$T/pub1.pem"
	deciphers "1024 bits: fact 1" "$id"
	card_remove
}

# A card whose ATR offers both protocols and is not in OpenSC's list.
both_protocols() {
	proto=both
	opensc_conf_for authentic3 t1
	card_make "$T/both.card" --atr "$a3_both_atr"
	card_insert "$T/both.card"
	counted pkcs15-tool -D
	like "$output" 'Card is invalid' "$proto: OpenSC does not know this ATR"
	is "$apdus" 47 "$proto: which takes it 47 APDUs"
	opensc_conf_for authentic3 both
	like "$(p11 -l --pin "$pin" -O)" 'Content Commitment' \
		"$proto: told what it is, OpenSC lists it"
	signatures
	decipherment
	card_remove
}

reader_start
for proto in t1 t0; do
	options=()
	[ "$proto" = t1 ] ||
		options=(--atr "$a3_t0_atr")
	opensc_conf_for authentic3 "$proto"
	card_make "$T/$proto.card" "${options[@]}"
	card_insert "$T/$proto.card"
	signatures
	decipherment
	refused_by_the_host
	passcodes
	certificates
	new_keys
	long_session
	[ "$proto" = t0 ] || extended
	card_remove
done
opensc_conf_for authentic3 t1
short_keys
both_protocols
