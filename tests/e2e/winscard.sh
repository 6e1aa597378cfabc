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
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
need_cardbridge
need_pcscd
need_shim
conform=$CB_BUILD/tests/winscard/conform
readers=("cardbridge one 00 00" "cardbridge both 00 00")

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
rows_over pcscd "$conform" pcscd "${readers[@]}"
pcscd_stop
rows_of cardbridge "$conform" cardbridge "${readers[@]}"
