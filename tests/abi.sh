# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Our libpcsclite.so.1 takes the place of pcsc-lite's: its name, its symbols,
# libc and the loader, and no way from one exported function to another that a
# program could put its own in. Each of these prints what is wrong.

abi_names='SCardBeginTransaction SCardCancel SCardConnect SCardControl
SCardDisconnect SCardEndTransaction SCardEstablishContext SCardFreeMemory
SCardGetAttrib SCardGetStatusChange SCardIsValidContext SCardListReaderGroups
SCardListReaders SCardReconnect SCardReleaseContext SCardSetAttrib SCardStatus
SCardTransmit g_rgSCardRawPci g_rgSCardT0Pci g_rgSCardT1Pci
pcsc_stringify_error'

abi_soname() { # LIBRARY
	readelf --dynamic --wide "$1" |
		grep -q 'SONAME.*\[libpcsclite\.so\.1\]' ||
		readelf --dynamic --wide "$1"
}

abi_needed() { # LIBRARY
	readelf --dynamic --wide "$1" | grep NEEDED |
		grep -vE '\[(libc\.so|ld-linux)' || true
}

abi_symbols() { # LIBRARY: name, type and size of each that it shows
	readelf --dyn-syms --wide "$1" | awk '$7 != "UND" &&
		$5 == "GLOBAL" && $4 != "NOTYPE" { print $8, $4, $3 }'
}

abi_exports() { # LIBRARY
	diff <(tr ' ' '\n' <<<"$abi_names") \
		<(abi_symbols "$1" | cut -d' ' -f1 | sort) || true
}

abi_data() { # LIBRARY SIZE
	[ "$(abi_symbols "$1" | grep -c "^g_rgSCard.* OBJECT $2\$")" = 3 ] ||
		abi_symbols "$1"
}

abi_bound() { # LIBRARY
	readelf --relocs --wide "$1" | grep -E ' (SCard|pcsc_)' || true
}
