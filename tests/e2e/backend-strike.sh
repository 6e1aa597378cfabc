#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Door, worker, store and vault are killed at each boundary of messages of one
# conversation (tests/road/strike.c).
# time limit: 300
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

need_cardbridge
[ -x "$CB_BUILD/tests/road/strike" ] ||
	bail "tests/road is not built: make check TESTS="
backend_in_memory
backend_make
quick_profile "$T/quick.profile"
backend_seed "$T/seed.txt" "$T/quick.profile" -c 320 \
	-k "$CB_SRC/data/test-keys/authentic3.txt"
backend_keep "$T/backend.log"
enrolled "$T/identity"
bridge_start
rc=0
"$CB_BUILD/tests/road/strike" "$keeper" "$CARDBRIDGE_SOCKET" "$port" \
	"$dir/store/backend.db" "$T/identity" "$T/seed.txt" \
	>"$T/strike.log" 2>&1 || rc=$?
is "$rc" 0 "killed at each boundary: $(tail -n 1 "$T/strike.log")"
[ "$rc" = 0 ] || diag "$(cat "$T/strike.log")"
