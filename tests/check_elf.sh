#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What was built is hardened, where configure was not told otherwise: position
# independent, bound at start, read-only relocations, no executable stack.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/abi.sh
. "$CB_SRC/tests/abi.sh"

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

lib=$CB_BUILD/winscard-shim/.libs/libpcsclite.so.1
verdict "the library has pcsc-lite's name" "$(abi_soname "$lib")"
verdict "it needs nothing but libc and the loader" "$(abi_needed "$lib")"
verdict "it has pcsc-lite's symbols, without versions, and no other" \
	"$(abi_exports "$lib")"
verdict "its data objects have their size" \
	"$(abi_data "$lib" $((2 * $(getconf LONG_BIT) / 8)))"
verdict "none of its functions can be replaced from outside" \
	"$(abi_bound "$lib")"
