#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Our libpcsclite.so.1 as a guest in processes that fork, start programs, end
# threads and close what is not theirs (tests/winscard/guest.c); once more
# under valgrind, and, in a build with sanitizers, with these.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
need_cardbridge
need_shim
guest=$CB_BUILD/tests/winscard/guest

bridge_start
card_make "$T/one.card" --blank
reader_add one "emu:$T/one.card"

# the bridge cannot be searched for leaks, a guest can
export ASAN_OPTIONS=detect_leaks=1
rows_of guest "$guest" rows "cardbridge one 00 00"
# valgrind is for the build without
! shim_has_sanitizers || exit 0
need valgrind
# leaks are the sanitizers' part; no descriptors of a debugger's
rows_of valgrind valgrind -q --error-exitcode=99 --leak-check=no --vgdb=no \
	"$guest" rows "cardbridge one 00 00"
is "$(grep -c . "$BRIDGE_LOG")" 1 "the bridge has nothing to say"
