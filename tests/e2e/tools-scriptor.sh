#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# scriptor plays a script of APDUs to the card.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
need scriptor

play() { pc scriptor -r 'cardbridge card 00 00' "$T/script" 2>&1; }

cat >"$T/script" <<END
00 A4 04 0C 10 A0 00 00 00 77 01 03 03 00 00 00 F1 00 00 00 02
00 A4 00 0C 02 50 11
00 20 00 81
$(verify_user "$pin" | sed 's/../& /g')
00 20 00 81
00 84 00 00 08
END

reader_start
for proto in t1 t0; do
	options=()
	[ "$proto" = t1 ] || options=(--atr "$t0_atr")
	card_make "$T/$proto.card" "${options[@]}"
	card_insert "$T/$proto.card"
	out=$(play || true)
	# answers go over lines of their own when they are long
	is "$(sed -n 's/^< \(.*\) : .*/\1/p' <<<"$out" | head -n 5 | xargs)" \
		"90 00 90 00 63 C3 90 00 90 00" "$proto: scriptor's answers"
	like "$out" '< ([0-9A-F]{2} ){8}90 00' "$proto: eight random bytes"
	card_remove
done
