#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Our libpcsclite.so.1 loaded and taken out again and again, used by many at
# once, and watched by valgrind. TURNS: of each thread of a crowd (`make soak`).
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
turns=${TURNS:-20}
t "64 processes of 8 threads, each in its turn, $turns times" \
	"$load" crowd "$shim" 64 8 "$turns" "$name"
# 512 connections with a thread each, whose stack is not touched to its end
kib=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$BRIDGE_PID/status")
t "the bridge needed $kib KiB for that" test "$kib" -lt 65536
t "valgrind sees nothing wrong" pc valgrind -q --error-exitcode=9 \
	--leak-check=full --errors-for-leak-kinds=definite,indirect \
	"$load" crowd "$shim" 1 1 3 "$name"
t "nor with threads" pc valgrind -q --error-exitcode=9 \
	"$load" crowd "$shim" 1 4 3 "$name"
is "$(grep -c . "$BRIDGE_LOG")" 1 "the bridge has nothing to say"

# More than there may be: who comes too much is told so at once, nobody else
# is held up, and afterwards everything is as before.
bridge_stop
cat >"$T/few" <<END
#!/bin/sh
exec prlimit --nofile=384 "$CARDBRIDGED" "\$@"
END
chmod +x "$T/few"
CARDBRIDGED=$T/few bridge_start
t "some of too many are refused, and nobody else notices" \
	"$load" flood "$shim" 64 8 5 "$name"
t "then there is room again" "$load" crowd "$shim" 4 8 25 "$name"
is "$(grep -c . "$BRIDGE_LOG")" 0 "the bridge has nothing to say to it"
