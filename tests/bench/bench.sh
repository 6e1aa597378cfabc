#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# How fast it is, beside what it can be compared with, on this machine now:
# the peers take turns, five rounds of each measurement, all on one core and
# then free; bench-table.py makes medians and ratios of the same round.
#
#   bench.sh [ROUNDS]     5
#
# CB_BENCH_CARDS (1000) is the number of card files in the memory row; 0
# leaves it out.
rounds=${1:-5}
. "$(dirname "$0")/../e2e/lib.sh" "$@"
# not a test: no plan
cb_planned=yes

here=$CB_SRC/tests/bench
tools=$CB_BUILD/tests/bench
need_cardbridge
need_pcscd
need taskset openssl
[ -x "$tools/client" ] || skip_all "the benchmark is not built: make bench"

select=00A4040C10A000000077010303000000F100000002
# of tests/vectors: log in, then the four APDUs of a signature
pin=$(printf '123456' | od -An -tx1 | tr -d ' \n')
script=$T/sign.script
{
	echo "once 00A4040C10A000000077010303000000F100000002"
	echo "once 00A40000023F0000"
	echo "once 00A40000025011"
	echo "once 0020008140$pin$(printf 'FF%.0s' $(seq 58))"
	echo "after 00A4030000"
	echo "loop 00A4000002900200"
	echo "loop 00A4000002300100"
	echo "loop 002241B603800111"
	echo "last 002A9E9A333031300D060960864801650304020105000420$(
		printf 'AB%.0s' $(seq 32))00"
} >"$script"

# A key generated again and again, on another card.
busy=$T/busy.script
{
	sed -n '/^once/p' "$script"
	echo "once 00A4000002900200"
	echo "last 00460000041055305500"
} >"$busy"

# ---- what takes part ------------------------------------------------------

port=$((20000 + $$ % 20000))
vpcd=
for lib in /usr/lib/pcsc/drivers/serial/libifdvpcd.so \
	/usr/lib/pcsc/drivers/serial/libifdvpcd.so.*; do
	[ -e "$lib" ] && vpcd=$lib && break
done

peer_file() { # NAME DEVICENAME LIBPATH
	printf 'FRIENDLYNAME "%s"\nDEVICENAME "%s"\nLIBPATH %s\n' \
		"$1" "$2" "$3" >"$PCSCD_CONF/$1"
}
for so in null_ifd null_poll_ifd; do
	ln -s "$(realpath "$tools/.libs/$so.so")" "$T/$so.so"
done
peer_file null "null:$T/null" "$T/null_ifd.so"
peer_file null-poll "null:$T/null-poll" "$T/null_poll_ifd.so"
if [ -n "$vpcd" ]; then
	# unquoted: this driver takes the name as it is
	cat >"$PCSCD_CONF/vpcd" <<-END
		FRIENDLYNAME "vpcd"
		DEVICENAME /dev/null:$port
		LIBPATH $vpcd
		CHANNELID $port
	END
	CB_PCSCD_PRELOAD=$(realpath "$tools/.libs/vpcd_nodelay.so")
	export CB_PCSCD_PRELOAD VPCD_NODELAY_PORT=$((port + 1))
fi
reader_file ours
reader_file busy
sed -i 's/"null:\([^"]*\)"/null:\1/' "$PCSCD_CONF"/null*

card_make "$T/card"
card_make "$T/card-busy"
# room for that key: a private and a public key file
{
	sed -n 's/^once //p' "$busy"
	echo 00E0000018621682021400830230558502080086082100FF00FF00FFFF
	echo 00E00000186216820212008302105585020800860821FF00FF00FF00FF
} | "$CARDBRIDGE" apdu "$T/card-busy" - >"$T/busy.log" ||
	bail "no key files: $(<"$T/busy.log")"

everything_start() {
	local name
	bridge_start --reader "ours=emu:$T/card" --reader "busy=emu:$T/card-busy"
	rm -f "$T/null" "$T/null-poll"
	pcscd_start
	pcsc wait "cardbridge ours 00 00" present 5 >/dev/null ||
		bail "no card"
	[ -n "$vpcd" ] || return 0
	start "$T/vpcd1.log" "$tools/vpcd_card" "$port"
	cards=("$started")
	start "$T/vpcd2.log" "$tools/vpcd_card" "$((port + 1))"
	cards+=("$started")
	for name in "vpcd 00 00" "vpcd 00 01"; do
		pcsc wait "$name" present 10 >/dev/null || bail "no card in $name"
	done
}

everything_stop() {
	local pid
	pcscd_stop
	bridge_stop
	for pid in "${cards[@]}"; do
		finish "$pid"
	done
	cards=()
}
cards=()

# ---- measuring ------------------------------------------------------------

results=$T/results

# One measurement; its lines become "MODE ROUND WHAT PEER NAME VALUE".
take() { # WHAT PEER COMMAND...
	local what=$1 peer=$2 name value
	shift 2
	"$@" >"$T/taken" 2>"$T/take.log" || bail "$what of $peer: $(<"$T/take.log")"
	while read -r name value; do
		echo "$mode $round $what $peer $name $value"
	done <"$T/taken" >>"$results"
}

measure() {
	local peers=("null:null 00 00" "ours:cardbridge ours 00 00") p name
	[ -z "$vpcd" ] || peers+=("vpcd:vpcd 00 00" "mended:vpcd 00 01")
	for p in "${peers[@]}"; do
		name=${p#*:} n=1000
		[ "${p%%:*}" != vpcd ] || n=20
		take select "${p%%:*}" "$tools/client" select "$name" $n $select
	done
	for p in "null:null 00 00" "null-poll:null-poll 00 00" \
		"ours:cardbridge ours 00 00"; do
		take cycles "${p%%:*}" "$tools/client" cycles "${p#*:}" 500 $select
		take visits "${p%%:*}" "$tools/client" visits "${p#*:}" 500 $select
	done
	if [ "$mode" = free ]; then
		start "$T/busy.log" "$tools/client" script \
			"cardbridge busy 00 00" 1000 "$busy"
		sleep 0.5
		take select-busy ours "$tools/client" select \
			"cardbridge ours 00 00" 1000 $select
		kill -0 "$started" 2>/dev/null ||
			bail "no key is generated: $(<"$T/busy.log")"
		finish "$started"
	fi
	take power ours "$tools/client" power "cardbridge ours 00 00" 50
	take insert null-poll "$tools/client" insert "null-poll 00 00" 10 \
		"null:$T/null-poll"
	take insert ours "$tools/client" insert "cardbridge ours 00 00" 10 \
		bridge:ours
	take sign ours "$tools/client" script "cardbridge ours 00 00" 100 \
		"$script"
	take sign openssl openssl_speed
	[ -z "$softhsm" ] || take sign softhsm "$tools/softhsm" "$softhsm" 200
}

openssl_speed() {
	openssl speed -seconds 1 rsa2048 2>/dev/null |
		awk '/^rsa 2048/ { sub(/s$/, "", $4); print "p50", $4 * 1e6 }'
}

softhsm=
for lib in /usr/lib/softhsm/libsofthsm2.so \
	/usr/lib/*/softhsm/libsofthsm2.so; do
	[ -e "$lib" ] && command -v softhsm2-util >/dev/null && softhsm=$lib && break
done
if [ -n "$softhsm" ]; then
	mkdir "$T/tokens"
	echo "directories.tokendir = $T/tokens" >"$T/softhsm2.conf"
	export SOFTHSM2_CONF=$T/softhsm2.conf
	softhsm2-util --init-token --free --label bench --pin 1234 \
		--so-pin 12345678 >"$T/softhsm.log" 2>&1 || softhsm=
fi

all_cores=$(taskset -cp $$ | sed 's/.*: //')
first_core=${all_cores%%[,-]*}
for mode in pinned free; do
	cores=$all_cores
	[ "$mode" = free ] || cores=$first_core
	taskset -cp "$cores" $$ >/dev/null
	everything_start
	for round in $(seq "$rounds"); do
		echo "$mode, round $round of $rounds" >&2
		measure
	done
	everything_stop
done

# ---- memory and start -----------------------------------------------------

resident() { # PID, in KiB
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

mode=free round=1
everything_start
take sign-once ours "$tools/client" script "cardbridge ours 00 00" 1 "$script"
sleep 2
echo "free 1 memory ours one_card $(resident "$BRIDGE_PID")" >>"$results"
everything_stop

cards_n=${CB_BENCH_CARDS:-1000}
if [ "$cards_n" != 0 ]; then
	echo "memory of $cards_n card files" >&2
	card_make "$T/blank" --blank
	bridge_start --reader "one=emu:$T/blank"
	before=$(resident "$BRIDGE_PID")
	mkdir "$T/many"
	for n in $(seq "$cards_n"); do
		cp "$T/blank" "$T/many/$n"
		reader_add "n$n" "emu:$T/many/$n"
	done
	"$CARDBRIDGE" reader list >/dev/null
	sleep 10
	after=$(resident "$BRIDGE_PID")
	awk -v d=$((after - before)) -v n="$cards_n" \
		'BEGIN { printf "free 1 memory ours each_more %.1f\n", d / n }' \
		>>"$results"
	bridge_stop
fi

for round in $(seq "$rounds"); do
	rm -rf "$T/fresh"
	mkdir -m 0700 "$T/fresh"
	take start ours "$tools/client" start ours "$CARDBRIDGE_SOCKET" \
		"$CARDBRIDGED" --foreground --socket "$CARDBRIDGE_SOCKET" \
		--state-dir "$T/fresh" --reader "ours=emu:$T/card"
done

"$CB_PYTHON" "$here/bench-table.py" "$results"
