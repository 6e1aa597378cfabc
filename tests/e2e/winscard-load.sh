#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Our libpcsclite.so.1 loaded and taken out again and again, used by many at
# once, and watched by valgrind.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need valgrind
need_cardbridge
load=$CB_BUILD/tests/winscard/load
shim=$CB_BUILD/winscard-shim/.libs/libpcsclite.so.1
[ -x "$load" ] || skip_all "the program is not built"
[ -e "$shim" ] || skip_all "the library is not built"

bridge_start
card_make "$T/one.card" --blank
reader_add one "emu:$T/one.card"
name="cardbridge one 00 00"

t "a thousand times in and out" pc "$load" reload "$shim" 1000
t "a thousand times with a card used" pc "$load" reload "$shim" 1000 "$name"
t "two hundred times with a card not given back" \
	pc "$load" leave "$shim" 200 "$name"
t "16 processes of 4 threads, each in its turn" \
	pc "$load" crowd "$shim" 16 4 25 "$name"
t "valgrind sees nothing wrong" pc valgrind -q --error-exitcode=9 \
	--leak-check=full --errors-for-leak-kinds=definite,indirect \
	"$load" crowd "$shim" 1 1 3 "$name"
t "nor with threads" pc valgrind -q --error-exitcode=9 \
	"$load" crowd "$shim" 1 4 3 "$name"
is "$(grep -c . "$BRIDGE_LOG")" 1 "the bridge has nothing to say"
