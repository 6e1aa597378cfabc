#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Two bridges with identities of their own, and a third that vanishes, at the
# same cards: who is refused, who takes over, who sees it, and what ends with
# a right. How long news take from a backend to a program is printed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
need setpriv "$CB_PYTHON"
need_cardbridge
need_shim
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
client=$CB_SRC/tests/e2e/pcsc-client.py

right=$(verify 123456)
wrong=$(verify 000000)

# ---- bridges --------------------------------------------------------------

declare -A bridges # their processes

on() { # BRIDGE
	CARDBRIDGE_SOCKET=$T/$1/run/socket
	BRIDGE_STATE=$T/$1/state
	BRIDGE_LOG=$T/bridge-$1.log
	BRIDGE_PID=${bridges[$1]:-}
}
bridge_up() { # BRIDGE
	mkdir -p "$T/$1"
	on "$1"
	bridge_start
	bridges[$1]=$BRIDGE_PID
}
add() { # BRIDGE READER CARD [&WORD]
	on "$1"
	"$CARDBRIDGE" reader add "$2" \
		"$url/cards/$(of_seed card | sed -n "$3p")${4:-}" \
		--identity "$T/identity-$1" >>"$T/readers.log" 2>&1 ||
		grep -q 'but not its card' "$T/readers.log" ||
		bail "no reader $2: $(cat "$T/readers.log")"
}
take_out() { # BRIDGE READER
	on "$1"
	reader_remove "$2"
}
trouble() { # BRIDGE READER: what its list says
	on "$1"
	"$CARDBRIDGE" reader list 2>&1 | grep -A5 "^$2\b"
}

# ---- programs -------------------------------------------------------------

name() { echo "cardbridge $1 00 00"; } # READER
via() { # BRIDGE COMMAND READER [WORD]...
	on "$1"
	ours timeout 60 "$CB_PYTHON" "$client" "$2" "$(name "$3")" "${@:4}"
}
apdus() { # BRIDGE READER HEX...: the last answer
	via "$1" apdu "${@:2}" 2>&1 | tail -n 1
}
is_there() { [[ $(via "$1" state "$2") = present* ]]; }      # BRIDGE READER
is_away() { [ "$(via "$1" state "$2" 2>&1)" = absent ]; } # BRIDGE READER

# The same, in the application's directory.
used() { apdus "$1" "$2" "$application" "${@:3}"; } # BRIDGE READER HEX...

# Says when the card comes and goes.
watcher() { # BRIDGE READER
	on "$1"
	start "$T/events-$1-$2.log" env "LD_LIBRARY_PATH=$shim" \
		"$CB_PYTHON" "$client" events "$(name "$2")"
	wait_until 10 test -s "$T/events-$1-$2.log" || bail "nobody watches"
}
# When it last came or went; 0, while it is the other way.
since() { # BRIDGE READER present|absent
	tail -n 1 "$T/events-$1-$2.log" | awk -v want="$3" \
		'{ print $2 == want ? $1 : 0 }'
}
is_since() { [ "$(since "$@")" != 0 ]; }
# Waits for it, and says how long after a time of day it was.
after() { # MS BRIDGE READER present|absent
	wait_until 20 is_since "$2" "$3" "$4" ||
		bail "$2 $3 does not become $4: $(cat "$T/events-$2-$3.log")"
	echo $(($(since "$2" "$3" "$4") - $1))
}
# News reach a program within 100 ms on a quiet machine; here a second.
in_time() { # MS WHAT
	at_most "$1" 1000 "$2: milliseconds"
}

# A program that stays.
program() { # BRIDGE READER
	on "$1"
	rm -f "$T/say"
	mkfifo "$T/say"
	start "$T/program.log" env "LD_LIBRARY_PATH=$shim" bash -c \
		"exec '$CB_PYTHON' '$client' session '$(name "$2")' <'$T/say'"
	running=$started
	exec {say}>"$T/say"
	wait_until 10 said 0 || bail "no program: $(cat "$T/program.log")"
	ask "$application"
	[[ $answer = *9000 ]] || bail "a program: $answer"
}
said() { [ "$(wc -l <"$T/program.log")" -gt "$1" ]; } # LINES
ask() { # HEX: its answer is in $answer
	local before
	before=$(wc -l <"$T/program.log")
	echo "$1" >&"$say"
	wait_until 20 said "$before" || bail "no answer"
	answer=$(sed -n "$((before + 1))s/^[0-9]* //p" "$T/program.log")
}
program_ends() {
	exec {say}>&-
	forget "$running"
}

# What is wrong with a reader, as all three say it: one line each.
told_everywhere() { # BRIDGE READER REGEX
	on "$1"
	local said
	said=$(trouble "$1" "$2") || return 1
	[ "$(grep -c trouble <<<"$said")" = 1 ] && [[ $said =~ $3 ]] || return 1
	said=$("$CARDBRIDGE" status | grep -A1 "^$2\b") || return 1
	[[ $said =~ trouble.*$3 ]] || return 1
	"$CARDBRIDGE" reader list --json | "$CB_PYTHON" -c '
import json, re, sys
said = [r["trouble"] for r in json.load(sys.stdin) if r["name"] == sys.argv[1]]
sys.exit(len(said) != 1 or not re.search(sys.argv[2], said[0]))' "$2" "$3"
}

# ---- the store, written by somebody else ----------------------------------

sql() { # STATEMENT
	"$CB_PYTHON" - "$dir/store/backend.db" "$1" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1], timeout=10)
		db.execute(sys.argv[2])
		db.commit()
	END
}
# Rows that grant were changed: an enrolment makes the worker look, as an act
# of a person would. It says when it was done.
looked_at() { # TOKEN
	enrolled "$T/identity-$1" "$1"
	ms
}

# At the start, as its card is looked for at the end.
vanishes() {
	add 3 left 3
	like "$(used 3 left "$select_5015")" 9000 \
		"a third device uses a card, and is gone"
	on 3
	vanished=$(ms)
	bridge_kill
}

# ---- all of it ------------------------------------------------------------

backend_in_memory
backend_make
quick_profile "$T/profile"
backend_seed "$T/seed.txt" "$T/profile" -o -c 5 -d 6
second=$(of_seed card | sed -n 2p)
sql "UPDATE card SET take_over=0 WHERE id=x'$second'"
fifth=$(of_seed card | sed -n 5p)
sql "DELETE FROM record WHERE card=x'$fifth' AND name=(SELECT max(name)
	FROM record WHERE card=x'$fifth' AND name<>'root')"
backend_start "$T/backend.log"
for who in 3 2 1; do
	enrolled "$T/identity-$who" "$who"
	bridge_up "$who"
	[ "$who" != 3 ] || vanishes
done

add 2 left 3
t "which another device does not see in its reader" \
	wait_until 5 is_away 2 left
add 1 card 1
add 1 kept 2
add 2 asking 1
add 2 card 1 '?takeover'
add 2 kept 2 '?takeover'
wait_until 5 is_there 1 card || bail "no card"
watcher 1 card # what is started later must not keep a program's input open
program 1 card
ask "$select_5015"
ask "$right"
is "$answer" 9000 "a program has logged in"
t "another device sees no card" wait_until 5 is_away 2 asking
like "$(trouble 2 asking)" 'another device uses the card' \
	"and is told why"
like "$(used 2 asking "$tries")" 'No smart card inserted|removed' \
	"its program is refused"
ask "$select_7006"
like "$answer" '9000$' "and the first goes on"

t "who may take over sees it" wait_until 5 is_there 2 card
when=$(via 2 connected card) || bail "it is not taken over"
# told before the other program heard that it has it: below 0
pass "another device takes it over"
in_time "$(after "$when" 1 card absent)" "the first sees its card removed"
ask "$select_7006"
like "$answer" '^failed: .*removed' "its program, too"
like "$(trouble 1 card)" 'another device uses the card' "and is told why"
program_ends
when=$(ms)
take_out 2 card
in_time "$(after "$when" 1 card present)" "given back, it is there again"
is "$(used 1 card "$tries")" 63C3 "and nobody is logged in"

like "$(used 1 kept "$select_5015")" 9000 "a card that may not be taken over"
program 1 kept
like "$(used 2 kept "$tries")" \
	'inserted|removed|powered|unresponsive|respond|mmunication' \
	"its setting refuses who would take it"
t "which is told, with what to do" told_everywhere 2 kept \
	'another device uses the card, and its setting does not let .* wait'
on 2
run_kept() {
	local uri="$url/cards/$second?takeover"
	"$CARDBRIDGE" run --reader "kept=$uri&identity=$T/identity-2" "$@" \
		>"$T/run.log" 2>&1 && code=0 || code=$?
}
run_kept -- true
is "$code" 125 "cardbridge run does not begin without it"
like "$(cat "$T/run.log")" 'kept: another device uses .* setting' \
	"and says why"
run_kept --keep-going -- true
is "$code" 0 "but where it is told to"
"$CARDBRIDGE" run -- "$CARDBRIDGE" reader add in --identity "$T/identity-2" \
	"$url/cards/$second?takeover" >"$T/run.log" 2>&1 && code=0 || code=$?
is "$code" 4 "and so does reader add inside of it"
like "$(cat "$T/run.log")" 'not its card: another device uses .* setting' \
	"with the same words"
ask "$select_5015"
like "$answer" '9000$' "and who has it feels nothing"
program_ends
take_out 1 kept
take_out 2 kept

# ---- three wrong ones -----------------------------------------------------

# By turns: the card goes with its reader.
is "$(used 1 card "$wrong")" 63C2 "a wrong passcode at one device"
take_out 1 card
wait_until 5 is_there 2 asking || bail "the card does not come"
is "$(used 2 asking "$wrong")" 63C1 "another at the other one"
take_out 2 asking
add 1 card 1
wait_until 5 is_there 1 card || bail "the card does not come"
like "$(used 1 card "$wrong")" '^(63C0|6983)$' "and a third one"
take_out 1 card
add 2 asking 1
wait_until 5 is_there 2 asking || bail "the card does not come"
is "$(used 2 asking "$right")" 6983 "blocks it for all"
take_out 2 asking

# ---- a card that does not open --------------------------------------------

add 1 broken 5
wait_until 5 is_there 1 broken || bail "no card"
like "$(used 1 broken "$tries")" 'respond|unpowered' \
	"a card that lacks a record"
t "is told as what it is" told_everywhere 1 broken \
	'did not open at [0-9:]+ UTC: .*record .* of the card .*must look'
on 1
broken="$url/cards/$fifth?identity=$T/identity-1"
"$CARDBRIDGE" run --reader "broken=$broken" \
	-- "$CB_PYTHON" "$client" apdu "$(name broken)" "$tries" \
	>"$T/run.log" 2>&1 || true
like "$(cat "$T/run.log")" 'note: broken: it did not open at ' \
	"cardbridge run says so at its end"
take_out 1 broken

# ---- rights ---------------------------------------------------------------

add 1 last 4
add 2 last 4
watcher 1 last
watcher 2 last
fourth=$(of_seed card | sed -n 4p)
sql "CREATE TABLE kept AS SELECT * FROM assignment WHERE card=x'$fourth'"
sql "DELETE FROM assignment WHERE card=x'$fourth'"
when=$(looked_at 4)
in_time "$(after "$when" 1 last absent)" "a right that is taken away"
in_time "$(after "$when" 2 last absent)" "also of who only waits"
like "$(trouble 1 last)" 'does not let this device' "is told as what it is"
sql "INSERT INTO assignment SELECT * FROM kept"
sql "DROP TABLE kept"
when=$(looked_at 5)
in_time "$(after "$when" 1 last present)" "a right that is given back"
program 1 last
ask "$select_5015"
like "$answer" '9000$' "a program uses the card"
sql "INSERT INTO revocation VALUES($(of_seed revocation | head -n 1))"
when=$(looked_at 6)
in_time "$(after "$when" 1 last absent)" "a device that is revoked"
ask "$select_5015"
like "$answer" '^failed: ' "has no card any more"
program_ends
t "another device has it" wait_until 5 is_there 2 last
like "$(used 2 last "$select_5015")" 9000 "and uses it"

# ---- vanished -------------------------------------------------------------

# Its own device has its card at once.
on 2
bridge_kill
bridge_up 2
when=$(ms)
wait_until 10 is_there 2 last || bail "a device does not get its card back"
like "$(used 2 last "$tries")" '^63C[0-9]$' \
	"a bridge that was killed has its own card again"
at_most $(($(ms) - when)) 5000 "at once: milliseconds"
watcher 2 left
wait_until 90 is_since 2 left present ||
	bail "the card of a bridge that vanished is not free"
at_most $(($(since 2 left present) - vanished)) 90000 \
	"a bridge that vanished frees its card: milliseconds"
like "$(used 2 left "$select_5015")" 9000 "and another device uses it"
backend_stop
