# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the tests with everyday programs (prog-*.sh) share: a card of each kind
# that OpenSC signs with, in the reader "card", under OpenSC's PKCS #11 module
# and without any configuration of it. Sourced after lib.sh and lib-opensc.sh.

need_module

# The kinds of card that a program meets, one after another.
card_kinds=(authentic3 iasecc-oberthur iasecc-gemalto)

# The token as PKCS #11 shows it, and the labels that the first and the second
# key share with their certificates.
token="NHS Series 8 (User PIN)"
labels=([1]=Authentication [2]='Content Commitment')

test_ca=$CB_SRC/data/test-ca/ca.crt

# The versions of what a test tries, for the table in the README.
tried() { # PACKAGE...
	local package
	for package; do
		diag "$(dpkg-query -W -f '${Package} ${Version}' "$package")"
	done
}

# For programs of openssl: its PKCS #11 engine is told of the module.
need_engine() {
	openssl engine pkcs11 >/dev/null 2>&1 ||
		skip_all "libengine-pkcs11-openssl is not installed"
	export PKCS11_MODULE_PATH=$module
}

# A fresh card in the reader. Its certificates are in $T/cert1.pem and
# $T/cert2.pem, their public keys in $T/pub1.pem and $T/pub2.pem.
kind_insert() { # KIND
	local n
	unset OPENSC_CONF
	rm -f "$T/$1.card"
	card_make "$T/$1.card" --profile "$1"
	card_insert "$T/$1.card"
	for n in 1 2; do
		card_key "$n"
	done
}

# The PKCS #11 URI (RFC 7512) of an object that belongs to the card's Nth key,
# with the passcode where one is given.
object_uri() { # TYPE N [PASSCODE]
	echo "pkcs11:object=${labels[$2]// /%20};type=$1${3:+?pin-value=$3}"
}

# What is left of a kind's three tries; a card that is logged into would not
# tell before it was reset.
tries_left() {
	reset
	raw_last 00200001 | sed -n 's/^63C//p'
}

costs_a_try() { # DESCRIPTION COMMAND...: its output in $output
	local before
	before=$(tries_left)
	output=$("${@:2}" 2>&1 </dev/null) || true
	is "$(tries_left)" $((before - 1)) "$1"
}
