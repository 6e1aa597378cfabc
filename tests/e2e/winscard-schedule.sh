#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Random calls from several processes over our libpcsclite.so.1 and a bridge,
# held against a model (tests/winscard/model.h): SCHEDULES of them, of CALLS
# each, from SEED on. One that fails tells its seed.
#
# time limit: 180
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_cardbridge
schedule=$CB_BUILD/tests/winscard/schedule
shim=$CB_BUILD/winscard-shim/.libs
[ -x "$schedule" ] || skip_all "the program is not built"
[ -e "$shim/libpcsclite.so.1" ] || skip_all "the library is not built"
export CARDBRIDGE

bridge_start
# for T=0 and T=1
card_make "$T/both.card" --blank --profile authentic3 \
	--atr 3BDB960080B1FE451F830031C064C7FC100007900072
for ((seed = ${SEED:-1}; seed < ${SEED:-1} + ${SCHEDULES:-4}; seed++)); do
	reader_add both "emu:$T/both.card"
	t "a random schedule, seed $seed" timeout -k 5 600 env \
		"LD_LIBRARY_PATH=$shim" "$schedule" "$seed" "${CALLS:-300}" \
		"cardbridge both 00 00"
	reader_remove both
done
t "the bridge serves on" bridge_answers
