#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What pcscd loads: it needs libc and nothing else, and shows the names of an
# IFD handler and nothing else.
. "$(dirname "$0")/lib.sh"
need readelf
[ -e "$CARDBRIDGE_PLUGIN" ] || skip_all "the plug-in is not built"

needed=$(readelf --dynamic --wide "$CARDBRIDGE_PLUGIN" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	grep -v -e '^libasan' -e '^libubsan' -e '^ld-linux')
is "$needed" libc.so.6 "needs libc only"

shown=$(readelf --dyn-syms --wide "$CARDBRIDGE_PLUGIN" |
	awk '$5 ~ /GLOBAL|WEAK/ && $7 != "UND" { print $8 }' | sort)
is "$(grep -v '^IFDH' <<<"$shown")" "" "exports nothing but IFDH*"
for name in CreateChannelByName CreateChannel CloseChannel GetCapabilities \
	SetCapabilities SetProtocolParameters PowerICC TransmitToICC \
	ICCPresence Control; do
	like " $(tr '\n' ' ' <<<"$shown")" " IFDH$name " "exports IFDH$name"
done

flags=$(readelf --dynamic --wide "$CARDBRIDGE_PLUGIN")
like "$flags" 'BIND_NOW|NOW' "all symbols are bound when it is loaded"
is "$(grep -c TEXTREL <<<"$flags" || true)" 0 "no relocations in its text"

# a guest does not end, print or raise
guests=$(readelf --dyn-syms --wide "$CARDBRIDGE_PLUGIN" |
	awk '$7 == "UND" { sub(/@.*/, "", $8); print $8 }' |
	grep -x -E 'abort|exit|_exit|printf|__printf_chk|puts|signal|sigaction|raise|pthread_create' || true)
is "$guests" "" "does not end the process, print or start threads"
