#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The life of a card in the hands of pkcs15-init: from a blank card through
# keys, certificates and data to a blank card again.
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

echo -n 'only for the holder' >"$T/text"
echo -n 'some data object content' >"$T/data"
openssl genrsa -out "$T/imported.key" 2048 2>/dev/null

init() { pc pkcs15-init "$@"; }
dump() { pc pkcs15-tool -D 2>&1; }
files() { pc opensc-tool -f 2>/dev/null | grep -c 'type: ' || true; }
p15_init_pin=(--auth-id 53434D --pin "$pin")

create() {
	is "$(files)" 1 "$proto: a blank card has its MF and nothing else"
	like "$(dump || true)" 'Unsupported card' "$proto: OpenSC sees no PKCS#15"
	t "$proto: --create-pkcs15 with a passcode" on_a_terminal '' \
		pkcs15-init --create-pkcs15 --so-pin "$so_pin" --label 'Made here' \
		--store-pin "${p15_init_pin[@]}"
	like "$(pc pkcs11-tool -L 2>&1)" 'Made here .SCM.' "$proto: has its label"
	like "$("$CARDBRIDGE" card show "$T/$proto.card")" \
		'2000 .*read: always' "$proto: its unblock value lies open"
}

decrypts() { # ID PUBLIC-KEY
	openssl pkeyutl -encrypt -pubin -inkey "$2" -in "$T/text" \
		-out "$T/cryptogram"
	rm -f "$T/plain"
	pc pkcs11-tool -l --pin "$pin" --decrypt --mechanism RSA-PKCS \
		--id "$1" -i "$T/cryptogram" -o "$T/plain" >/dev/null 2>&1 &&
		cmp "$T/plain" "$T/text"
}

keys() {
	local bits
	for bits in 0512 1024 2048; do
		t "$proto: a key of $bits bits is generated" init \
			--generate-key "rsa/${bits#0}" "${p15_init_pin[@]}" \
			--id "$bits" --label "Key $bits"
		t "$proto: its public half is read" pc pkcs15-tool \
			--read-public-key "$bits" -o "$T/$bits.pub"
	done
	t "$proto: the key of 1024 bits decrypts" decrypts 1024 "$T/1024.pub"
	t "$proto: the key of 2048 bits decrypts" decrypts 2048 "$T/2048.pub"
	issue_certificate "$T/2048.pub" 'Life Cycle' "$T/2048.pem"
	t "$proto: a certificate is stored" init --store-certificate \
		"$T/2048.pem" "${p15_init_pin[@]}" --id 2048 --label 'Life'
	like "$(pc pkcs11-tool -O 2>&1)" 'Life Cycle' "$proto: it is listed"
	t "$proto: a key is imported" init --store-private-key \
		"$T/imported.key" "${p15_init_pin[@]}" --id 3003 --label Imported
	openssl pkey -in "$T/imported.key" -pubout -out "$T/imported.pub"
	t "$proto: it decrypts" decrypts 3003 "$T/imported.pub"
	t "$proto: the others still do" decrypts 2048 "$T/2048.pub"
}

data() {
	t "$proto: public data is stored" init --store-data "$T/data" \
		--label 'Pub data' --application-id 1.2.3.4 \
		--application-name app1 --pin "$pin"
	t "$proto: private data is stored" init --store-data "$T/data" \
		--label 'Priv data' --application-id 1.2.3.5 \
		--application-name app2 "${p15_init_pin[@]}"
	is "$(pc pkcs15-tool --read-data-object 'Pub data' --raw 2>/dev/null)" \
		"$(cat "$T/data")" "$proto: public data is read"
	is "$(pc pkcs15-tool --read-data-object 'Priv data' --raw \
		--verify-pin --pin "$pin" 2>/dev/null)" \
		"$(cat "$T/data")" "$proto: private data is read"
	t "$proto: public data is deleted" init --delete-objects data \
		--application-id 1.2.3.4 --pin "$pin"
	like "$(dump | grep -c 'Data object')" '^1$' "$proto: and gone"
}

erase() {
	t "$proto: a key pair is deleted" init --delete-objects privkey,pubkey \
		--id 1024 "${p15_init_pin[@]}"
	t_fails "$proto: a wrong SO passcode erases nothing" on_a_terminal \
		11111111 pkcs15-init --erase-card
	t "$proto: the card is erased" on_a_terminal "$so_pin" \
		pkcs15-init --erase-card
	is "$(files)" 1 "$proto: nothing but the MF is left"
	like "$("$CARDBRIDGE" card show "$T/$proto.card")" \
		'3F00/04 .*3 of 3' "$proto: the SO passcode stays"
}

reader_start
for proto in t1 t0; do
	options=(--blank)
	[ "$proto" = t1 ] || options+=(--atr "$t0_atr")
	card_make "$T/$proto.card" "${options[@]}"
	card_insert "$T/$proto.card"
	create
	keys
	data
	erase
	t "$proto: and it can be made again" on_a_terminal '' \
		pkcs15-init --create-pkcs15 --so-pin "$so_pin" \
		--label Again --store-pin "${p15_init_pin[@]}"
	card_remove
done
