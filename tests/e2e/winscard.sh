#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What a WinSCard library answers, row by row (tests/winscard): first that of
# pcsc-lite over pcscd and our plug-in, which shows that the rows are true,
# then ours without any pcscd.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd
conform=$CB_BUILD/tests/winscard/conform
shim=$CB_BUILD/winscard-shim/.libs
[ -x "$conform" ] || skip_all "the program is not built"
[ -e "$shim/libpcsclite.so.1" ] || skip_all "the library is not built"

# Each row of the program's is one of ours.
rows_of() { # LIBRARY COMMAND...
	local lib=$1 line rc=0
	shift
	(cd "$T" && timeout -k 5 110 "$@" "cardbridge one 00 00" \
		"cardbridge both 00 00") >"$T/rows" 2>"$T/$lib-stderr.log" ||
		rc=$?
	while IFS= read -r line; do
		case $line in
		'ok '*) pass "$lib: ${line#ok * - }" ;;
		'not ok '*) fail "$lib: ${line#not ok * - }" ;;
		'# '*) diag "$lib: ${line#\# }" ;;
		'1..'* | '') ;;
		*) fail "$lib: $line" ;;
		esac
	done <"$T/rows"
	like "$(tail -n 1 "$T/rows")" '^1\.\.[0-9]{3}$' "$lib: every row was run"
	is "$rc" 0 "$lib: its exit code"
	is "$(cat "$T/$lib-stderr.log")" "" "$lib: nothing on standard error"
}

ours() { env "LD_LIBRARY_PATH=$shim" "$@"; }

bridge_start
is "$(ours "$conform" no-readers x)" 8010002E "cardbridge: no readers"
pcscd_start
is "$("$conform" no-readers x)" 8010002E "pcscd: no readers"
pcscd_stop

card_make "$T/one.card" --blank
# a card for T=0 and T=1
card_make "$T/both.card" --blank --profile authentic3 \
	--atr 3BDB960080B1FE451F830031C064C7FC100007900072
reader_add one "emu:$T/one.card"
reader_add both "emu:$T/both.card"
reader_file one
reader_file both
pcscd_start
t "pcscd sees the cards" pcsc wait-all 2 present 5
rows_of pcscd "$conform" pcscd
pcscd_stop
rows_of cardbridge env "LD_LIBRARY_PATH=$shim" "$conform" cardbridge
