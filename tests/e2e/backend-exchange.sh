#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Exactly once, under the seal: what somebody sends who has the door or the
# cable (tests/road/exchange.c), a whole recorded session that is sent again,
# and what the door's memory has of a passcode.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

[ "$(id -u)" = 0 ] || skip_all "another process's memory is root's to read"
need_cardbridge
road=$CB_BUILD/tests/road
[ -x "$road/exchange" ] || bail "tests/road is not built: make check TESTS="

backend_in_memory
backend_make
quick_profile "$T/quick.profile"
keys=$CB_SRC/data/test-keys/authentic3.txt
backend_seed "$T/seed.txt" "$T/quick.profile" -c 60 -k "$keys"
backend_seed "$T/other.txt" "$T/quick.profile" -k "$keys"
backend_start "$T/backend.log" 2
enrolled "$T/identity"
enrolled "$T/other-identity" 1 "$T/other.txt"
database=$dir/store/backend.db

# ---- bodies -----------------------------------------------------------------

rc=0
"$road/exchange" "$url" "$database" "$T/identity" "$T/seed.txt" \
	"$T/other-identity" "$T/other.txt" >"$T/exchange.log" 2>&1 || rc=$?
while read -r word line; do
	case $word in
	good) pass "$line" ;;
	bad) fail "$line" ;;
	esac
done <"$T/exchange.log"
is "$rc" 0 "all of that"

# ---- a whole session --------------------------------------------------------

record() { # make|send CARD
	"$road/record" "$1" "$T/recorded" "$url" "$database" "$T/identity" \
		"$T/seed.txt" "$2" 2>&1
}
sent_again() { # DESCRIPTION CARD
	local out rc=0
	out=$(record send "$2") || rc=$?
	is "$rc" 0 "$1 runs nothing: $out"
}
replaced() { # PID
	gone "$1" && all_roles
}

t "a session is recorded" record make 59
sent_again "a session that is sent again" 59
sent_again "and once more" 59
t "another one is recorded" record make 60
for worker in $(roles worker); do
	kill -KILL "$worker"
	wait_until 10 replaced "$worker" || bail "no worker comes"
done
sent_again "sent again to a worker that was started anew" 60
backend_stop
backend_start "$T/backend-2.log"
sent_again "sent again to a backend that was started anew" 60
sent_again "and once more" 60

# ---- memory -----------------------------------------------------------------

# A passcode that is nowhere by chance. While the worker is stopped a command
# with it waits at the door; while the vault is, the worker has opened it.
secret=$(draw 8)
hex=$(printf %s "$secret" | hex)
echo "passcode $hex" >"$T/secrets"
has() { # PID...
	finds "$T/secrets" "$@"
}
finds() { # LIST PID...
	! "$CB_PYTHON" "$CB_SRC/tests/e2e/search-memory.py" "$1" pid \
		"${@:2}" >"$T/found"
}
lacks() { ! has "$@"; } # PID...
none_in() { # DESCRIPTION ROLE...
	local what=$1 role pid
	shift
	for role; do
		for pid in $(roles "$role"); do
			t_fails "$what: none in the $role's memory" has "$pid"
		done
	done
}
answered() { [ "$(wc -l <"$T/session.log")" -ge "$1" ]; } # LINES

bridge_start
reader_add card "$url/cards/$(of_seed card | sed -n 58p)?identity=$T/identity"
select_it=00A4040010A0000000770100700A1000F100000100
t "a card has a passcode of its own" "$CARDBRIDGE" apdu --expect 9000 card \
	"$select_it" "0024000110313233343536FFFF$hex"
mapfile -t workers < <(roles worker)
vault=$(roles vault)
t "which is in no memory then" wait_until 5 lacks "$BRIDGE_PID" \
	"${workers[@]}" "$vault" "$(roles door)" "$(roles store)"

# what each of them must have is found
echo "organisation $(of_seed organisation)" >"$T/known"
for role in door store vault; do
	t "the $role's memory can be searched" finds "$T/known" \
		"$(roles $role)"
done

mkfifo "$T/say"
start "$T/session.log" bash -c "exec '$CARDBRIDGE' apdu card - <'$T/say'"
exec {say}>"$T/say"
echo "$select_it" >&"$say"
wait_until 10 answered 1 || bail "no session: $(cat "$T/session.log")"
kill -STOP "${workers[@]}"
echo "0020000108$hex" >&"$say"
t "a passcode is on its way: the bridge has it" \
	wait_until 10 has "$BRIDGE_PID"
none_in "it waits for a worker" door store vault
kill -STOP "$vault"
kill -CONT "${workers[@]}"
t "the worker has it" wait_until 10 has "${workers[@]}"
none_in "it is being compared" door store
kill -CONT "$vault"
wait_until 10 answered 2 || bail "no answer: $(cat "$T/session.log")"
like "$(tail -n 1 "$T/session.log")" 9000 "it was the right one"
none_in "it was compared" door store vault
exec {say}>&-
forget "$started"
