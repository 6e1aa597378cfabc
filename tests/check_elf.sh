#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What was built is hardened, where configure was not told otherwise: position
# independent, bound at start, read-only relocations, no executable stack.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

if [ "${CB_HARDENING:-no}" != yes ] || ! have readelf; then
	skip "programs are hardened" "built without hardening, or no readelf"
	exit 0
fi
for file in cardbridge cardbridged \
	ifdhandler/.libs/libifdcardbridge.so \
	winscard-shim/.libs/libpcsclite.so.1; do
	path=$CB_BUILD/$file
	if [ ! -e "$path" ]; then
		verdict "$file is hardened" "it is not built"
		continue
	fi
	trouble=
	about=$(readelf --file-header --dynamic --program-headers --wide "$path")
	grep -q 'Type: *DYN' <<<"$about" || trouble+="not PIE"$'\n'
	grep -qE '\(FLAGS_1\).*NOW|BIND_NOW' <<<"$about" || trouble+="lazy"$'\n'
	grep -q GNU_RELRO <<<"$about" || trouble+="no RELRO"$'\n'
	! grep -qE 'GNU_STACK.* RWE' <<<"$about" || trouble+="stack"$'\n'
	verdict "$file is hardened" "${trouble%$'\n'}"
done

# The library takes the place of pcsc-lite's: its name, its symbols, libc and
# the loader, and no way from one exported function to another that a program
# could put its own in.
lib=$CB_BUILD/winscard-shim/.libs/libpcsclite.so.1
names='SCardBeginTransaction SCardCancel SCardConnect SCardControl
SCardDisconnect SCardEndTransaction SCardEstablishContext SCardFreeMemory
SCardGetAttrib SCardGetStatusChange SCardIsValidContext SCardListReaderGroups
SCardListReaders SCardReconnect SCardReleaseContext SCardSetAttrib SCardStatus
SCardTransmit g_rgSCardRawPci g_rgSCardT0Pci g_rgSCardT1Pci
pcsc_stringify_error'
about=$(readelf --dynamic --wide "$lib")
verdict "the library has pcsc-lite's name" "$(
	grep -q 'SONAME.*\[libpcsclite\.so\.1\]' <<<"$about" || echo "$about")"
verdict "it needs nothing but libc and the loader" "$(
	grep NEEDED <<<"$about" | grep -vE '\[(libc\.so|ld-linux)' || true)"
symbols=$(readelf --dyn-syms --wide "$lib" | awk '$7 != "UND" &&
	$5 == "GLOBAL" && $4 != "NOTYPE" { print $8, $4, $3 }')
verdict "it has pcsc-lite's symbols, without versions, and no other" "$(
	diff <(tr ' ' '\n' <<<"$names") <(cut -d' ' -f1 <<<"$symbols" |
		sort) || true)"
verdict "its data objects have their size" "$(
	[ "$(grep -c '^g_rgSCard.* OBJECT 16$' <<<"$symbols")" = 3 ] ||
		echo "$symbols")"
verdict "none of its functions can be replaced from outside" "$(
	readelf --relocs --wide "$lib" | grep -E ' (SCard|pcsc_)' || true)"
