#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Parent, door, worker, store and vault are killed in turn under bridges whose
# programs log in, sign, make keys and write: nothing that was acknowledged is
# lost, no try is won back, sessions live where they must, and cards answer
# again soon (tests/road/siege.c). KILLS and BRIDGES say how many.
# time limit: 1800
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

siege=$CB_BUILD/tests/road/siege
kills=${KILLS:-20}
bridges=${BRIDGES:-4}
seed_number=${SEED:-$$}
need_cardbridge
need_pcscd
[ -x "$siege" ] || bail "tests/road/siege is not built: make check TESTS="

# one bridge in four is another organisation's
other=$(((bridges + 3) / 4))
own=$((bridges - other))
backend_make
quick_profile "$T/quick.profile"
keys=$CB_SRC/data/test-keys/authentic3.txt
# the last one is for pcscd
backend_seed "$T/all.txt" "$T/quick.profile" -c $((own + 1)) \
	-d $((own + 1)) -k "$keys"
pcscd_card=$(of_seed card "$T/all.txt" | tail -n 1)
grep -v "^card $pcscd_card" "$T/all.txt" >"$T/seed.txt"
backend_seed "$T/other.txt" "$T/quick.profile" -c $other -d $other -k "$keys"

backend_keep "$T/backend.log" 2

# The N-th bridge, for the I-th card of FILE's organisation.
one_bridge() { # N I FILE
	local at=$T/bridges/$1 card
	mkdir -m 700 "$at" "$at/state"
	enrolled "$at/identity" "$2" "$3"
	card=$(of_seed card "$3" | sed -n "$2p")
	start "$T/bridges/$1.log" "$CARDBRIDGED" --foreground \
		--socket "$at/socket" --state-dir "$at/state"
	wait_until 10 "$CARDBRIDGE" reader list --socket "$at/socket" ||
		bail "bridge $1 does not answer"
	"$CARDBRIDGE" reader add --socket "$at/socket" card \
		"$url/cards/$card" --identity "$at/identity" >/dev/null
}
mkdir -m 700 "$T/bridges"
for n in $(seq "$bridges"); do
	if [ "$n" -le "$own" ]; then
		one_bridge "$n" "$n" "$T/seed.txt"
	else
		one_bridge "$n" $((n - own)) "$T/other.txt"
	fi
done

# And pcscd, with a program that stays.
reader='cardbridge card 00 00'
enrolled "$T/identity" $((own + 1)) "$T/all.txt"
bridge_start
reader_file card
pcscd_start
"$CARDBRIDGE" reader add card "$url/cards/$pcscd_card" \
	--identity "$T/identity" >/dev/null
pcsc wait "$reader" present 10 >"$T/wait.log" 2>&1 ||
	bail "pcscd has no card: $(cat "$T/wait.log")"
mkfifo "$T/say"
start "$T/stay.log" bash -c "exec '$CB_PYTHON' \
	'$CB_SRC/tests/e2e/pcsc-client.py' stay '$reader' \
	00A4040010A0000000770100700A1000F100000100 <'$T/say'"
program=$started
exec {say}>"$T/say"

rc=0
"$siege" "$kills" "$seed_number" "$keeper" "$dir/store/backend.db" \
	"$T/bridges" "$T/seed.txt" "$T/other.txt" >"$T/siege.log" 2>&1 ||
	rc=$?
is "$rc" 0 "$kills kills, $bridges bridges, SEED=$seed_number"
diag "$(cat "$T/siege.log")"

t "pcscd is what it was" alive "$PCSCD_PID"
t "and so is its program" alive "$program"
exec {say}>&-
wait_until 10 gone "$program" || bail "the program does not end"
read -r answered failed longest <"$T/stay.log" ||
	bail "the program says nothing: $(cat "$T/stay.log")"
like "$answered" '^[0-9]{2,}$' \
	"its card has answered, $answered times, and $failed times not"
# until all is back, and then two seconds
at_most "$longest" 4000 "milliseconds without an answer"
forget "$program"
t "nobody's card has gone" pcsc wait "$reader" present 5
pcscd_stop
