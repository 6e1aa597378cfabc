#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# How fast cards in a backend are, beside what they can be compared with, on
# this machine now: all processes as they are used, on loopback, the peers in
# turns; bench-table.py makes medians and ratios of the same round. A virtual
# machine is a third slower for seconds when its host is busy: many short rounds
# say more than few long ones.
#
#   bench-hosted.sh [ROUNDS]     9
#
# CB_BENCH_HOSTED (5000) is the number of idle cards; 0 leaves them out.
# shellcheck disable=SC2034 # dir, log: lib-backend.sh's
rounds=${1:-9}
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh" "$@"
# not a test: no plan
cb_planned=yes
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

tools=$CB_BUILD/tests/bench
results=$T/results
need_cardbridge
need_pcscd
need taskset openssl
[ -x "$tools/road" ] || skip_all "the benchmark is not built: make bench"
[ "$(id -u)" = 0 ] || skip_all "needs root: what roles hold is theirs to see"

select=00A4040010A0000000770100700A1000F100000100
pin=$(printf '123456' | od -An -tx1 | tr -d ' \n')
info=3031300D060960864801650304020105000420$(printf 'AB%.0s' $(seq 32))
login="once $select
once 00A4000002501500
once 0020000108${pin}FFFF"
mse=002241B606800111830101
pso=002A9E9A33${info}00
printf '%s\n' "$login" "once $mse" "loop $pso" >"$T/pso.script"
printf '%s\n' "$login" "loop 00A4000002501500" "loop 00A4000002700600" \
	"loop $mse" "loop $pso" >"$T/four.script"
{
	echo 'proto T0'
	cat "$T/pso.script"
} >"$T/t0.script"

# ---- what takes part ------------------------------------------------------

# Signatures: as many cards as sessions, and few enough for a device's limit
# of connections.
sessions=64
devices=8

# Cards of its devices, one or the other line a card, for road(1).
enrol_all() { # NAME: of $T/NAME.seed; writes $T/NAME.cards
	local name=$1 n=0 i=0 card many
	many=$(of_seed token "$T/$name.seed" | wc -l)
	while [ "$n" -lt "$many" ]; do
		n=$((n + 1))
		enrolled "$T/$name-$n" "$n" "$T/$name.seed"
	done
	of_seed card "$T/$name.seed" | while read -r card; do
		echo "$T/$name-$((i % many + 1)) $card"
		i=$((i + 1))
	done | sort >"$T/$name.cards"
}

seeded() { # NAME CARDS DEVICES PROFILE
	backend_seed "$T/$1.seed" "$4" -c "$2" -d "$3" \
		-k "$CB_SRC/data/test-keys/authentic3.txt"
}

quick_profile "$T/quick"
# the same card with the ATR that offers T=0 alone
sed '/^atrs = (/,/^);/{/# T=1$/d; /# T=0 and T=1$/d}' "$T/quick" >"$T/quick-t0"

idle=${CB_BENCH_HOSTED:-5000}
# a worker holds 256 cards
each=250
orgs=$(((idle + each - 1) / each))

take() { # WHAT PEER COMMAND...
	local what=$1 peer=$2 name value
	shift 2
	"$@" >"$T/taken" 2>"$T/take.log" ||
		bail "$what of $peer: $(<"$T/take.log")"
	while read -r name value; do
		echo "$mode $round $what $peer $name $value"
	done <"$T/taken" >>"$results"
}

openssl_speed() { # CORE
	taskset -c "$1" openssl speed -seconds 1 rsa2048 2>/dev/null |
		awk '/^rsa 2048/ { sub(/s$/, "", $4); print "p50", $4 * 1e6 }'
}
# The same while another core is as busy: what is not the core's own is shared.
openssl_beside() { # CORE OTHER-CORE
	local rc=0
	taskset -c "$2" openssl speed -seconds 2 rsa2048 >/dev/null 2>&1 &
	openssl_speed "$1" || rc=$?
	wait "$!"
	return "$rc"
}

backend_make
# what a commit costs is measured, too: the database is on a disk
sed -i 's/^log = .*/log = "notice";/' "$dir/backend.conf"
# all clients are at one address
echo 'strangers-of-address = 256;' >>"$dir/backend.conf"
seeded sign "$sessions" "$devices" "$T/quick"
seeded t0 "$sessions" "$devices" "$T/quick-t0"
seeded one 1 1 "$T/quick"
echo "$idle cards are made" >&2
for n in $(seq "$orgs"); do
	seeded "idle$n" "$each" 1 "$T/quick"
done
backend_start "$T/backend.log" $((3 + orgs))
for name in sign t0 one; do
	enrol_all "$name"
done
for n in $(seq "$orgs"); do
	enrol_all "idle$n"
	cat "$T/idle$n.cards"
done | sort | head -n "$idle" >"$T/idle.cards"

cp "$tools/.libs/null_ifd.so" "$T/null.so"
printf 'FRIENDLYNAME "null"\nDEVICENAME %s\nLIBPATH %s\n' \
	"null:$T/null.null" "$T/null.so" >"$PCSCD_CONF/null"
reader_file one
bridge_start
read -r identity card <"$T/one.cards"
"$CARDBRIDGE" reader add one "$url/cards/$card" --identity "$identity" \
	>/dev/null
pcscd_start
pcsc wait "cardbridge one 00 00" present 10 >/dev/null ||
	bail "no card in the reader"

# ---- measuring ------------------------------------------------------------

everybody() { pgrep -P "$parent"; }
# The worker of an organisation; it is the one that knows its device.
worker_of() { # NAME
	local pid
	"$tools/road" select "$port" "$T/$1.cards" 2000 "$select" \
		>"$T/taken" 2>&1 &
	local busy=$! before after best=0 found=
	for pid in $(roles worker); do
		before[pid]=$(ticks "$pid")
	done
	wait "$busy" || bail "no worker of $1: $(<"$T/taken")"
	for pid in $(roles worker); do
		after=$(($(ticks "$pid") - before[pid]))
		if [ "$after" -gt "$best" ]; then
			best=$after found=$pid
		fi
	done
	echo "$found"
}
ticks() { # PID
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}
keep_to() { # CORES PID...
	local pid
	for pid in "${@:2}"; do
		taskset -acp "$1" "$pid" >/dev/null
	done
}

road() { "$tools/road" "$@"; } # VERB PORT CARDS ...

# 64 sessions; then what each signature costs whom
signs() { # NAME CARDS WORKER
	# shellcheck disable=SC2046 # words
	take hosted-sign "$1" road sign "$port" "$T/$2.cards" 2000 \
		"$T/$1.script" "$3" $(everybody | grep -vx "$3")
}
take_raw() { # WHAT PEER COUNT
	take "$1" "$2" "$tools/raw" "$identity" "$3" 92 284
}
# Between two measurements of what it is compared with.
signs_between() { # CORE
	take sign speed-before openssl_speed "$1"
	[ "$mode" = apart ] || take_raw sign raw-before 5000
	signs pso sign "$signer"
	[ "$mode" = apart ] || take_raw sign raw-after 5000
	take sign speed-after openssl_speed "$1"
}
signer=$(worker_of sign)
signer_t0=$(worker_of t0)

all_cores=$(taskset -cp $$ | sed 's/.*: //')
first_core=${all_cores%%[,-]*}
last_core=${all_cores##*[,-]}
for round in $(seq "$rounds"); do
	mode=pinned
	echo "$mode, round $round of $rounds" >&2
	taskset -cp "$first_core" $$ >/dev/null
	# shellcheck disable=SC2046 # words
	keep_to "$first_core" "$parent" $(everybody) "$BRIDGE_PID" "$PCSCD_PID"
	take select null "$tools/client" select "null 00 00" 1000 "$select"
	take select hosted "$tools/client" select "cardbridge one 00 00" 1000 \
		"$select"
	take_raw select raw 1000
	signs_between "$first_core"
	# these have no goal
	if [ "$round" -le 3 ]; then
		signs four sign "$signer"
		signs t0 t0 "$signer_t0"
	fi
	mode=apart
	echo "$mode, round $round of $rounds" >&2
	keep_to "$last_core" "$signer"
	signs_between "$last_core"
	take sign beside openssl_beside "$last_core" "$first_core"
	keep_to "$first_core" "$signer"
done
taskset -cp "$all_cores" $$ >/dev/null
# shellcheck disable=SC2046 # words
keep_to "$all_cores" "$parent" $(everybody) "$BRIDGE_PID" "$PCSCD_PID"

# ---- idle cards -----------------------------------------------------------

proportional() { # KiB of all roles
	local pid
	for pid in "$parent" $(everybody); do
		sed -n 's/^Pss:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/smaps_rollup"
	done | awk '{ n += $1 } END { print n }'
}
ready() { grep -q ready "$T/idle.log"; }

mode=free
beside() { # PEER
	for round in $(seq "$rounds"); do
		take select "$1" "$tools/client" select "cardbridge one 00 00" \
			1000 "$select"
	done
}

if [ "$idle" != 0 ]; then
	echo "$idle cards are powered" >&2
	beside alone
	held=$(proportional)
	start "$T/idle.log" "$tools/road" idle "$port" "$T/idle.cards"
	wait_until 300 ready || bail "cards: $(<"$T/idle.log")"
	beside among
	after=$(proportional)
	round=1
	echo "all $after" | awk -v n="$idle" -v b="$held" '{
		printf "all %.1f\neach_more %.1f\n", $2 / n, ($2 - b) / n
	}' >"$T/memory"
	take memory hosted cat "$T/memory"
	finish "$started"
fi

"$CB_PYTHON" "$CB_SRC/tests/bench/bench-table.py" "$results"
