#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What programs were compiled to finds it in our libpcsclite.so.1: programs of
# 64 bits, ones that were linked to a fixed place and copy the data objects,
# ones that load the library by its path, and programs of 32 bits, which talk
# to the same bridge.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
# shellcheck source=tests/abi.sh
. "$CB_SRC/tests/abi.sh"
need readelf make
need_cardbridge
need_shim
programs=$CB_BUILD/tests/winscard

bridge_start
card_make "$T/one.card" --blank
# a card for T=0 and T=1
card_make "$T/both.card" --blank --profile authentic3 \
	--atr 3BDB960080B1FE451F830031C064C7FC100007900072
reader_add one "emu:$T/one.card"
reader_add both "emu:$T/both.card"
name="cardbridge one 00 00"

rows_of abi "$programs/abi" rows "$name"
is "$(readelf --relocs --wide "$programs/abi_fixed" |
	grep -c '_COPY .*g_rgSCard')" 3 "a program copies the data objects"
rows_of fixed "$programs/abi_fixed" rows "$name"
# no pcscd is there, so that nothing but ours can answer
rows_over delegate env PCSCLITE_CSOCK_NAME=/nonexistent \
	"$programs/abi" delegate "$name" "$shim/libpcsclite.so.1"

# ---- 32 bits -------------------------------------------------------------------

if [ "$(uname -m)" != x86_64 ]; then
	skip "32 bits" "a $(uname -m) has no gcc -m32"
	exit 0
fi
if shim_has_sanitizers; then
	skip "32 bits" "this build has sanitizers"
	exit 0
fi
t "the library is built for 32 bits" make -C "$CB_BUILD" m32
m32=$programs/m32
like "$(readelf --file-header "$m32/libpcsclite.so.1")" 'Class: *ELF32' \
	"it is of 32 bits"
is "$(abi_soname "$m32/libpcsclite.so.1")" "" "it has pcsc-lite's name"
is "$(abi_exports "$m32/libpcsclite.so.1")" "" "its symbols"
is "$(abi_data "$m32/libpcsclite.so.1" 8)" "" "data objects of 8 bytes"
is "$(abi_needed "$m32/libpcsclite.so.1")" "" "it needs libc only"
is "$(abi_bound "$m32/libpcsclite.so.1")" "" "its functions are its own"
shim=$m32
rows_of abi32 "$m32/abi" rows "$name"
rows_of conform32 "$m32/conform" cardbridge "$name" "cardbridge both 00 00"
