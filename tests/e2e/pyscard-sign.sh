#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A signature made by a pyscard script verifies with openssl.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
"$CB_PYTHON" -c 'import smartcard' 2>/dev/null ||
	skip_all "pyscard is not installed"

sign() { # PASSCODE
	pc "$CB_PYTHON" "$CB_SRC/tests/e2e/pyscard-sign.py" \
		'cardbridge card 00 00' "$1" "$T/message" "$T/signature" 2>&1
}

echo -n 'sign me' >"$T/message"
reader_start
for proto in t1 t0; do
	options=()
	[ "$proto" = t1 ] || options=(--atr "$t0_atr")
	card_make "$T/$proto.card" "${options[@]}"
	card_insert "$T/$proto.card"
	card_certificate 1 "$T/cert.pem"
	openssl x509 -in "$T/cert.pem" -noout -pubkey >"$T/pub.pem"
	t "$proto: a pyscard script signs" sign "$pin"
	t "$proto: openssl verifies it" openssl sha256 -verify "$T/pub.pem" \
		-signature "$T/signature" "$T/message"
	is "$(sign 888888 || true)" 'VERIFY: 63C2' \
		"$proto: with a wrong passcode it does not"
	card_remove
done
