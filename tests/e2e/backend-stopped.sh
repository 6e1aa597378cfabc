#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A store that is stopped for a while, as by a disk that hangs, with a passcode
# under way: whoever typed it waits, gets what the card says once the store goes
# on, and goes on in the session that there was.
#
# STOPPED is for how many seconds; in `make long-stopped` these are 50, longer
# than a bridge waits for a silent road, and for one answer.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
need "$CB_PYTHON"
need_cardbridge
need_shim
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
client=$CB_SRC/tests/e2e/pcsc-client.py
STOPPED=${STOPPED:-2}


said() { [ "$(wc -l <"$T/program.log")" -gt "$1" ]; } # LINES
say() { # HEX
	before=$(wc -l <"$T/program.log")
	echo "$1" >&"$to"
}
hear() { # SECONDS: the answer is in $answer
	wait_until "$1" said "$before" || bail "no answer: $(tail -n 5 "$log")"
	answer=$(sed -n "$((before + 1))s/^[0-9]* //p" "$T/program.log")
}
ask() { # HEX
	say "$1"
	hear 20
}
session() {
	"$CARDBRIDGE" status --json | "$CB_PYTHON" -c '
import json, sys
print(json.load(sys.stdin)["readers"][0]["link"]["session"])'
}

# What is said while the store is stopped is answered when it goes on, and not
# before.
while_stopped() { # HEX WANT WHAT
	local store since
	store=$(roles store)
	kill -STOP "$store"
	since=$(ms)
	say "$1"
	sleep "$STOPPED"
	said "$before" && fail "$3: not before the store goes on" \
		"$(tail -n 1 "$T/program.log")"
	kill -CONT "$store"
	hear 20
	is "$answer" "$2" "$3, after $(($(ms) - since)) ms"
}

backend_in_memory
backend_make
quick_profile "$T/profile"
backend_seed "$T/seed.txt" "$T/profile"
backend_start "$T/backend.log"
enrolled "$T/identity"
bridge_start
t "a reader for the card" "$CARDBRIDGE" reader add card --identity \
	"$T/identity" "$url/cards/$(of_seed card)"

mkfifo "$T/say"
start "$T/program.log" env "LD_LIBRARY_PATH=$shim" bash -c "exec '$CB_PYTHON' \
	'$client' session 'cardbridge card 00 00' <'$T/say'"
exec {to}>"$T/say"
wait_until 10 said 0 || bail "no program: $(cat "$T/program.log")"
ask "$application"
ask "$select_5015"
like "$answer" '9000$' "a program uses the card"
id=$(session)
like "$id" '^[0-9a-f]{32}$' "in a session"

while_stopped "$(verify 123456)" 9000 \
	"the right passcode is right, $STOPPED s later"
ask "$select_7006"
like "$answer" '9000$' "the program goes on"
ask "$tries"
is "$answer" 9000 "and is still logged in"
is "$(session)" "$id" "in the session that there was"
while_stopped "$(verify 000000)" 63C2 "a wrong one costs one try"
ask "$tries"
is "$answer" 63C2 "and no more"
is "$(session)" "$id" "in that session, too"
is "$(grep -c 'session .* is over' "$log")" 0 "no session has ended"
exec {to}>&-
backend_stop
