#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# How fast it is, beside what it can be compared with, on this machine now:
# the peers take turns, five rounds of each measurement, all on one core and
# then free; bench-table.py makes medians and ratios of the same round.
#
#   bench.sh [ROUNDS]     5; make bench BENCH_ROUNDS=1 is a short run
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

# The cards, and what is compared: SELECT of the application by name, and a
# signature in a session. "once" is sent to begin with, "after" each round;
# what lies between is measured, all of it and its last line alone.
cards=(authentic5 authentic3 iasecc)
declare -A profile=(
	[authentic5]=authentic5
	[authentic3]=authentic3
	[iasecc]=iasecc-oberthur
)
declare -A aid_select=(
	[authentic5]=00A4040C10A000000077010303000000F100000002
	[authentic3]=00A4040010A0000000770100700A1000F100000100
	[iasecc]=00A404040DE828BD080FF2504F542041575000
)
# OpenSC hashes for IAS ECC what it then cannot hand over
declare -A mechanism=(
	[authentic3]=SHA256-RSA-PKCS
	[iasecc]=RSA-PKCS
)

script() { # NAME LINE...
	printf '%s\n' "${@:2}" >"$T/$1.script"
}
bytes() { # HEX COUNT
	printf "$1%.0s" $(seq "$2")
}
pin=$(printf '123456' | od -An -tx1 | tr -d ' \n')
info=3031300D060960864801650304020105000420$(bytes AB 32)
script authentic5 "once ${aid_select[authentic5]}" \
	"once 00A40000023F0000" "once 00A40000025011" \
	"once 0020008140$pin$(bytes FF 58)" \
	"loop 00A4000002900200" "loop 00A4000002300100" \
	"loop 002241B603800111" "last 002A9E9A33${info}00" "after 00A4030000"
script authentic3 "once ${aid_select[authentic3]}" "once 00A4000002501500" \
	"once 0020000108${pin}FFFF" \
	"loop 002241B606800111830101" "last 002A9E9A33${info}00"
# by INTERNAL AUTHENTICATE, as OpenSC does; by PSO the card ends the hash
script iasecc "once ${aid_select[iasecc]}" "once 0020000106$pin" \
	"loop 00CB3FFF0B4D097007BF9001037F488000" \
	"loop 00CB3FFF0A4D087006BF900102A08000" \
	"loop 002241A406840181800102" "last 0088000033${info}00"
script iasecc-pso "once ${aid_select[iasecc]}" "once 0020000106$pin" \
	"loop 002241AA03800140" "loop 002241B606840182800142" \
	"loop 002A90A0429028$(bytes 5A 32)0000000000000400\
8016$(bytes AB 22)" "last 002A9E9A00"

# A key generated again and again, on another card.
{
	sed -n '/^once/p' "$T/authentic5.script"
	echo "once 00A4000002900200"
	echo "last 00460000041055305500"
} >"$T/busy.script"

# ---- what takes part ------------------------------------------------------

port=$((20000 + $$ % 20000))
first_file() { # PATH...: the first that is there
	local f
	for f; do
		[ -e "$f" ] && echo "$f" && return
	done
	return 0
}
vpcd=$(first_file /usr/lib/pcsc/drivers/serial/libifdvpcd.so \
	/usr/lib/pcsc/drivers/serial/libifdvpcd.so.*)

# DEVICENAME is not quoted: pcscd would hand over the quotes too
null_file() { # NAME HANDLER [READER]
	# a copy: each has one reader
	cp "$tools/.libs/$2.so" "$T/$1.so"
	printf 'FRIENDLYNAME "%s"\nDEVICENAME %s\nLIBPATH %s\n' \
		"${3:-$1}" "null:$T/$1.null" "$T/$1.so" >"$PCSCD_CONF/$1"
}
null_file null null_ifd
null_file null-poll null_poll_ifd
if [ -n "$vpcd" ]; then
	cat >"$PCSCD_CONF/vpcd" <<-END
		FRIENDLYNAME "vpcd"
		DEVICENAME /dev/null:$port
		LIBPATH $vpcd
		CHANNELID $port
	END
	CB_PCSCD_PRELOAD=$(realpath "$tools/.libs/vpcd_nodelay.so")
	export CB_PCSCD_PRELOAD VPCD_NODELAY_PORT=$((port + 1))
fi
for card in "${cards[@]}"; do
	reader_file "$card"
	card_make "$T/$card" --profile "${profile[$card]}"
done
reader_file busy
card_make "$T/busy"
# the library's: pcscd would keep those that it has
own=(own other)
for card in "${own[@]}"; do
	card_make "$T/$card"
done
# room for that key: a private and a public key file
{
	sed -n 's/^once //p' "$T/busy.script"
	echo 00E0000018621682021400830230558502080086082100FF00FF00FFFF
	echo 00E00000186216820212008302105585020800860821FF00FF00FF00FF
} | "$CARDBRIDGE" apdu "$T/busy" - >"$T/busy.log" ||
	bail "no key files: $(<"$T/busy.log")"

reader() { echo "cardbridge $1 00 00"; } # CARD

# A bridge with these cards, and a pcscd with the readers of all peers.
readers_start() { # CARD...
	local card options=()
	for card in "$@" "${own[@]}"; do
		options+=(--reader "$card=emu:$T/$card")
	done
	bridge_start "${options[@]}"
	rm -f "$T"/*.null
	pcscd_start "${pcscd_options[@]}"
	for card; do
		pcsc wait "$(reader "$card")" present 5 >/dev/null ||
			bail "no card in $card"
	done
}
pcscd_options=()

readers_stop() {
	pcscd_stop
	bridge_stop
}

everything_start() {
	local name
	readers_start "${cards[@]}" busy
	[ -n "$vpcd" ] || return 0
	start "$T/vpcd1.log" "$tools/vpcd_card" "$port"
	vpcd_cards=("$started")
	start "$T/vpcd2.log" "$tools/vpcd_card" "$((port + 1))"
	vpcd_cards+=("$started")
	for name in "vpcd 00 00" "vpcd 00 01"; do
		pcsc wait "$name" present 10 >/dev/null || bail "no card in $name"
	done
}

everything_stop() {
	local pid
	readers_stop
	for pid in "${vpcd_cards[@]}"; do
		finish "$pid"
	done
	vpcd_cards=()
}
vpcd_cards=()

# ---- C_Sign ---------------------------------------------------------------

softhsm=$(first_file /usr/lib/softhsm/libsofthsm2.so \
	/usr/lib/*/softhsm/libsofthsm2.so)
if [ -n "$softhsm" ]; then
	mkdir "$T/tokens"
	echo "directories.tokendir = $T/tokens" >"$T/softhsm2.conf"
	export SOFTHSM2_CONF=$T/softhsm2.conf
	softhsm2-util --init-token --free --label bench --pin 1234 \
		--so-pin 12345678 >"$T/softhsm.log" 2>&1 || softhsm=
fi

softhsm_sign() { # MECHANISM
	[ -z "$softhsm" ] || "$tools/pkcs11" "$softhsm" 1234 "$1" 200
}

opensc=$(first_file /usr/lib/*/opensc-pkcs11.so /usr/lib/opensc-pkcs11.so)

# OpenSC, for which there is one reader only.
opensc() { # READER COMMAND...
	sed -n 's/^FRIENDLYNAME \(".*\)"$/\1 00"/p' "$PCSCD_CONF"/* |
		grep -vF "\"$1 00\"" | paste -sd, |
		sed 's/.*/app default { ignored_readers = &; }/' \
			>"$T/opensc.conf"
	HOME=$T XDG_CACHE_HOME=$T/cache OPENSC_CONF=$T/opensc.conf "${@:2}"
}

opensc_sign() { # READER CARD N
	opensc "$1" "$tools/pkcs11" "$opensc" 123456 "${mechanism[$2]}" "$3"
}

# How much of that is ours: the difference to a null handler that answers at
# once what the card said, to OpenSC in pcscd just as it was.
record() { # CARD
	local from
	from=$(wc -l <"$PCSCD_LOG")
	opensc_sign "cardbridge $1" "$1" 2 >"$T/record.log" 2>&1 ||
		bail "C_Sign with $1: $(<"$T/record.log")"
	{
		pcsc state "$(reader "$1")" | sed -n 's/^present /ATR /p'
		tail -n "+$((from + 1))" "$PCSCD_LOG" | sed -n '
			s/.* APDU: /> /; s/.* SW: /< /
			/^[<>]/ { s/ //2g; p }'
	} >"$T/recorded-$1.null.said"
	null_file "recorded-$1" null_ifd "recorded $1"
}

if [ -n "$opensc" ]; then
	pcscd_options=(--apdu)
	readers_start "${!mechanism[@]}"
	for card in "${!mechanism[@]}"; do
		record "$card"
	done
	readers_stop
	pcscd_options=()
fi

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
client() { "$tools/client" "$@"; } # VERB ARGUMENT...

# The same program with our library in front of pcsc-lite's.
shim=$CB_BUILD/winscard-shim/.libs
library() { LD_LIBRARY_PATH=$shim "$tools/$1" "${@:2}"; } # PROGRAM ARGUMENT...

measure() {
	local card name r s=${aid_select[authentic5]} o
	o=$(reader own)
	take select null client select "null 00 00" 1000 "$s"
	take select library library client select "$o" 1000 "$s"
	for card in "${cards[@]}"; do
		r=$(reader "$card")
		take select "$card" client select "$r" 1000 "${aid_select[$card]}"
		take power "$card" client power "$r" 50
	done
	if [ -n "$vpcd" ]; then
		take select vpcd client select "vpcd 00 00" 20 "$s"
		take select mended client select "vpcd 00 01" 1000 "$s"
	fi
	for name in null null-poll authentic5; do
		r="$name 00 00"
		[ $name != authentic5 ] || r=$(reader authentic5)
		take cycles $name client cycles "$r" 500 "$s"
		take visits $name client visits "$r" 500 "$s"
	done
	take cycles library library client cycles "$o" 500 "$s"
	take visits library library client visits "$o" 500 "$s"
	if [ "$mode" = free ]; then
		start "$T/busy.log" "$tools/client" script "$(reader busy)" 1000 \
			"$T/busy.script"
		sleep 0.5
		take select-busy authentic5 client select "$r" 1000 "$s"
		kill -0 "$started" 2>/dev/null ||
			bail "no key is generated: $(<"$T/busy.log")"
		finish "$started"
		take pair library library pair "$o" "$(reader other)" 50 \
			"$s" "$BRIDGE_PID"
		runs
	fi
	take insert null-poll client insert "null-poll 00 00" 10 \
		"null:$T/null-poll.null"
	take insert authentic5 client insert "$r" 10 bridge:authentic5
	take insert library library client insert "$o" 10 bridge:own
	signatures
}

# Programs from start to end, with a card and without.
runs() {
	local program=("$tools/programs" run 10) run
	run=("$CARDBRIDGE" run --test-card series8 --)
	take run true "${program[@]}" true
	# none of it looks for a card, which it is told
	take run own-true "${program[@]}" "${run[@]}" true
	command -v opensc-tool >/dev/null || return 0
	take run opensc opensc "cardbridge authentic3" \
		"${program[@]}" opensc-tool -n
	take run own-opensc opensc "cardbridge authentic3" \
		"${program[@]}" "${run[@]}" opensc-tool -n
}

signatures() {
	local card
	take sign openssl openssl_speed
	take sign softhsm softhsm_sign RSA-PKCS
	for card in "${cards[@]}" iasecc-pso; do
		take sign "$card" client script "$(reader "${card%-pso}")" 100 \
			"$T/$card.script"
	done
	[ -n "$opensc" ] || return 0
	for card in "${!mechanism[@]}"; do
		take c_sign "$card" opensc_sign "cardbridge $card" "$card" 100
		take c_sign "recorded-$card" opensc_sign "recorded $card" \
			"$card" 100
		take c_sign "softhsm-$card" softhsm_sign "${mechanism[$card]}"
	done
}

openssl_speed() {
	openssl speed -seconds 1 rsa2048 2>/dev/null |
		awk '/^rsa 2048/ { sub(/s$/, "", $4); print "p50", $4 * 1e6 }'
}

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
own=()
for card in "${cards[@]}"; do
	readers_start "$card"
	take sign-once "$card" client script "$(reader "$card")" 1 \
		"$T/$card.script"
	sleep 2
	echo "free 1 memory $card one_card $(resident "$BRIDGE_PID")" >>"$results"
	readers_stop
done

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
		'BEGIN { printf "free 1 memory blank each_more %.1f\n", d / n }' \
		>>"$results"
	bridge_stop
fi

for round in $(seq "$rounds"); do
	for card in "${cards[@]}"; do
		rm -rf "$T/fresh"
		mkdir -m 0700 "$T/fresh"
		take start "$card" "$tools/programs" bridge "$card" "$CARDBRIDGE_SOCKET" \
			"$CARDBRIDGED" --foreground --socket "$CARDBRIDGE_SOCKET" \
			--state-dir "$T/fresh" --reader "$card=emu:$T/$card"
	done
done

"$CB_PYTHON" "$here/bench-table.py" "$results"
