#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Threads of bridge, library and backend under ThreadSanitizer, which sees a
# race also where it does no harm yet. CB_BUILD: a tree that was configured
# with --enable-sanitizers=thread. TURNS as in tests/e2e/winscard-load.sh.
# time limit: 240
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
need_cardbridge
load=$CB_BUILD/tests/winscard/load
conform=$CB_BUILD/tests/winscard/conform
shim=$CB_BUILD/winscard-shim/.libs

# Kernels of late place programs where the sanitizer has no room for them.
setarch=(setarch "$(uname -m)" -R)
"${setarch[@]}" true 2>/dev/null || setarch=()

# Whatever a process has to report, wherever its words go.
reports() { # DESCRIPTION FILE
	local found
	found=$(find "$T" -name "$2.*" -exec head -n 60 {} +)
	is "$found" "" "$1: no report"
}

# Of the bridge, what has threads, beside all that follows, as it waits mostly.
# (Of "deadlines" some count threads and switches, of which the sanitizer has
# its own. "reader" waits until threads end in a process that was forked: now
# and then gcc 12's runtime and libc abort there; a bridge that was started is
# not concerned, and ends threads below.)
export TSAN_OPTIONS="log_path=$T/tsan-units"
# where those find what they read
export srcdir=$CB_SRC
lanes=()
units() { # LOG PROGRAM SUITE...: prints those that fail
	# shellcheck disable=SC2016 # for that shell
	start "$T/$1" bash -c 'for suite in $1; do
		out=$(CK_RUN_SUITE=$suite "${@:2}" 2>&1) || echo "$suite: $out"
	done' units "${*:3}" "${setarch[@]}" "$CB_BUILD/tests/$2"
	lanes+=("$started")
}
units units1.log bridge/test_bridge shared
units units2.log bridge/test_bridge hostile limits list roads watch

export TSAN_OPTIONS="log_path=$T/tsan-all"

cat >"$T/bridge-fixed" <<END
#!/bin/sh
exec ${setarch[*]} "$CARDBRIDGED" "\$@"
END
chmod +x "$T/bridge-fixed"
CARDBRIDGED=$T/bridge-fixed bridge_start
card_make "$T/one.card" --blank
card_make "$T/both.card" --blank --profile authentic3 \
	--atr 3BDB960080B1FE451F830031C064C7FC100007900072
reader_add one "emu:$T/one.card"
reader_add both "emu:$T/both.card"
cd "$T" || exit 1
t "every row of the library's" env "LD_LIBRARY_PATH=$shim" "${setarch[@]}" \
	"$conform" cardbridge "cardbridge one 00 00" "cardbridge both 00 00"
t "many at once" "${setarch[@]}" "$load" crowd "$shim/libpcsclite.so.1" \
	8 8 "${TURNS:-10}" "cardbridge one 00 00"
export CARDBRIDGE
for seed in 1 2; do
	reader_remove both
	reader_add both "emu:$T/both.card"
	t "a random schedule, seed $seed" env "LD_LIBRARY_PATH=$shim" \
		"${setarch[@]}" "$CB_BUILD/tests/winscard/schedule" "$seed" \
		300 "cardbridge both 00 00"
done
bridge_stop
reports "bridge and library" tsan-all

# What keeps cores busy, when nothing is measured any more.
export TSAN_OPTIONS="log_path=$T/tsan-units"
units units3.log bridge/https/test_https road news status trust requests
units units4.log backend/worker/test_worker pool session use rights door desk \
	clock
for lane in "${lanes[@]}"; do
	t "unit tests end" wait_until 240 gone "$lane"
done
is "$(cat "$T"/units?.log)" "" "all of them pass"
reports "unit tests" tsan-units
