#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# cardbridge run with unmodified OpenSC: an ordinary user, an empty /run in
# which no pcscd can help, and what is left of it all, however it ends.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-run.sh
. "$CB_SRC/tests/e2e/lib-run.sh"
need opensc-tool pkcs11-tool pkcs15-tool expect pgrep

series8=(--test-card series8)

# The exit code of a run, in $code; what it said, in $said.
try() { # ARGUMENT...
	code=0
	said=$(run "$@" 2>&1 </dev/null) || code=$?
}
ends() { # CODE DESCRIPTION ARGUMENT...
	local want=$1 what=$2
	shift 2
	try "$@"
	is "$code" "$want" "$what"
}

# ---- cards -----------------------------------------------------------------

try "${series8[@]}" -- opensc-tool --list-readers
like "$said" 'Yes +cardbridge card1' "opensc-tool sees the card"
try "${series8[@]}" -- pkcs11-tool --list-slots --list-objects
like "$said" 'token label.*Certificate Object' "pkcs11-tool lists it"
is "$code" 0 "with its exit status"
try "${series8[@]}" -- pkcs11-tool --login --pin 123456 --list-objects
like "$said" 'Private Key Object' "the published PIN opens it"
key_ids() { # [OPTION]...: which follow from the keys
	run "${series8[@]}" "$@" -- pkcs15-tool --list-certificates 2>/dev/null |
		grep '[[:space:]]ID ' || true
}
first=$(key_ids)
like "$first" ': [0-9a-f]{40}.*: [0-9a-f]{40}' "it has certificates"
is "$(key_ids)" "$first" "of the published keys, every time"
fresh=$(key_ids --fresh-keys)
like "$fresh" ': [0-9a-f]{40}.*: [0-9a-f]{40}' "and with fresh keys"
t "of others" test "$fresh" != "$first"
for profile in authentic3 authentic5 iasecc-oberthur iasecc-gemalto; do
	ends 0 "a test card of $profile" --test-card $profile -- \
		cardbridge apdu card1 00A4000C023F00
done

try "${series8[@]}" --test-card authentic3 --reader "desk=emu:$T/none" \
	--keep-going -- opensc-tool --list-readers
like "$said" 'Yes +cardbridge card1.*Yes +cardbridge card2.*No +cardbridge desk' \
	"readers stand in order of the options, one without a card"
like "$said" 'cardbridge: desk: .*none' "it is told why"
ends 125 "without --keep-going nothing starts" \
	--reader "desk=emu:$T/none" -- true
try "${series8[@]}" -- sh -c \
	'cardbridge reader eject card1 && opensc-tool --list-readers'
like "$said" 'No +cardbridge card1' "a card is taken out from inside"
# None is no mistake: they can be made from inside.
try -- opensc-tool --list-readers
like "$said" 'no reader until cardbridge reader add.*--test-card PROFILE' \
	"that there is no reader is told, and what makes one"
like "$said" 'No smart card readers found' "the program finds none"
user cardbridge card new --test "$tmp/my.card" >/dev/null
try -- sh -c "cardbridge reader add desk 'emu:$tmp/my.card' &&
	opensc-tool --list-readers"
like "$said" 'no reader until.*Yes +cardbridge desk' \
	"but those that are made inside"
is "$code" 0 "which is in order"
try "${series8[@]}" -- true
t "nothing is told where there is one" test "${said/no reader/}" = "$said"
rm "$tmp/my.card"

# A test card is the same card when it is put in again, and nowhere but in
# memory.
try "${series8[@]}" -- sh -c '
	for i in 1 2 3 4 5 6; do
		pkcs15-tool --verify-pin --pin 999999 && exit
	done
	cardbridge reader eject card1
	cardbridge reader insert card1
	pkcs15-tool --verify-pin --pin 123456 || echo still blocked
	pkcs15-tool --unblock-pin --puk 87654321 --new-pin 4711 &&
		pkcs15-tool --verify-pin --pin 4711 && echo unblocked
	ls "${CARDBRIDGE_SOCKET%/*}"'
like "$said" 'still blocked.*unblocked' \
	"a blocked PIN stays so in a card that was taken out, until unblocked"
is "${said##*unblocked}" $'\nsocket' \
	"meanwhile there is a socket in the directory, and nothing else"
try "${series8[@]}" -- cardbridge reader list
like "$said" 'memory:card1:published:' "its URI says where it is"

user cardbridge card new --test "$tmp/my.card" >/dev/null
try --card "$tmp/my.card" -- sh -c \
	"opensc-tool --list-readers; cardbridge apdu $tmp/my.card 00A40400"
like "$said" 'Yes +cardbridge card1' "a card file"
like "$said" 'use' "is under its lock"
is "$code" 4 "so that nobody else opens it"
try --card "$tmp/my.card" -- cardbridge run --card "$tmp/my.card" -- true
is "$code" 125 "not even another run"
like "$said" "card1: .*my\\.card.*(in use|pid)" "which says why"
rm "$tmp/my.card"
nothing_left "nothing is left of all that"

# ---- places ----------------------------------------------------------------

long=$tmp/$(printf 'x%.0s' {1..150})
user mkdir "$long"
said=$(user env "TMPDIR=$long" cardbridge run "${series8[@]}" -- \
	opensc-tool --list-readers 2>&1) || true
like "$said" 'Yes +cardbridge card1' "a path longer than a socket's address"
t "and nothing is left there" rmdir "$long"
if user unshare --user --map-root-user true 2>/dev/null; then
	said=$(user unshare --user --map-root-user cardbridge run \
		"${series8[@]}" -- opensc-tool --list-readers 2>&1) || true
	like "$said" 'Yes +cardbridge card1' "in a user namespace"
else
	skip "in a user namespace" "there are none here"
fi
said=$(unshare --mount bash -c '
	mount -t tmpfs -o mode=1777 none "$0" &&
		mount -t tmpfs -o ro none /dev/shm &&
		mount -t tmpfs -o ro none /run &&
		mount -o remount,bind,ro / && ! touch "$1" 2>/dev/null &&
		exec "${@:2}"' "$tmp" "$T/touched" "${as[@]}" "${bare[@]}" \
	cardbridge run "${series8[@]}" -- opensc-tool --list-readers 2>&1) ||
	true
like "$said" 'Yes +cardbridge card1' "under a read-only root, without /run"
said=$(user env TMPDIR=/proc cardbridge run -- true 2>&1) && code=0 || code=$?
is "$code" 125 "without a place for temporary files"
like "$said" 'TMPDIR' "it is told what to do"

# ---- the end, and what is left ---------------------------------------------

ends 7 "the exit status is that of the program" -- sh -c 'exit 7'
ends 143 "or its signal" -- sh -c 'kill -TERM $$'
like "$said" 'no program has looked for a card' "that nobody came is told"
try "${series8[@]}" -- opensc-tool --list-readers
t "but not where somebody came" test "${said/no program has/}" = "$said"
ends 127 "no such program" -- "$T/none"

# Starts what outlives its parents, in a session of its own and, where $DEAF is
# set, deaf to TERM; tells the numbers of all, and goes on as it is told.
cat >"$T/tree" <<'END'
#!/bin/sh
setsid sh -c '[ -z "$DEAF" ] || trap "" TERM HUP
	echo $$ >>"$0"; while :; do sleep 0.1; done' "$1" &
sh -c 'sh -c "echo \$\$ >>\"$0\"; exec setsid sleep 300" "$0" &' "$1"
echo $$ >>"$1"
until [ "$(wc -l <"$1")" = 3 ]; do sleep 0.02; done
echo "ready $$"
shift
exec "$@"
END
chmod a+rx "$T/tree"

pids=$tmp/pids
all_gone() {
	local pid
	while read -r pid; do
		gone "$pid" || return 1
	done <"$pids"
}
# What a run should have ended, and did not.
end_tree() {
	local pid
	while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done <"$pids"
	rm -f "$pids"
}
# After the end of a run: nobody of the tree is there, and nothing else.
all_over() { # DESCRIPTION
	t "$1: all processes are gone" wait_until 10 all_gone
	is "$(wc -l <"$pids")" 3 "$1: there were three"
	end_tree
	t "$1: nothing is left" wait_until 10 empty_tmp
}

try "${series8[@]}" -- "$T/tree" "$pids" true
is "$code" 0 "a program that leaves others behind"
all_over "its end"
began=$(ms)
ends 124 "a program that takes too long" --timeout 1 -- \
	env DEAF=yes "$T/tree" "$pids" sleep 300
all_over "time-out"
like "$(($(ms) - began))" '^[6-8]...$' \
	"KILL comes five seconds after TERM"

# Keys that take one core some 20 s to make.
many=()
for ((i = 0; i < 64; i++)); do
	many+=("${series8[@]}")
done
began=$(ms)
ends 124 "time-out while the cards are made" --timeout 1 --fresh-keys \
	"${many[@]}" -- touch "$tmp/started"
like "$said" 'not started.*--timeout' "it is told that nothing was started"
at_most $(($(ms) - began)) 3000 "the time counts from the start"
nothing_left "and nothing was"

# One that goes on beside this script: its number is in $started.
beside() {
	rm -f "$T/run.log"
	start "$T/run.log" "${as[@]}" "${bare[@]}" cardbridge run \
		"${series8[@]}" -- "$T/tree" "$pids" sleep 300
	wait_until 10 grep -q ready "$T/run.log" || bail "it does not start"
	keeper=$(pgrep -P "$started")
	bridge=$(pgrep -P "$keeper" -x cardbridged)
	program=$(sed -n 's/^ready //p' "$T/run.log")
}

beside
held=$(left | grep cardbridge-run)
try -- true
t "another run leaves the directory of this one alone" test -d "$held"
t_fails "another process of the same user does not look into its memory" \
	user head -c 1 "/proc/$bridge/maps"
if [ "${#as[@]}" != 0 ]; then
	chmod 0711 "$tmp"
	like "$(setpriv --reuid 1 --regid 1 --clear-groups "${bare[@]}" \
		cardbridge --socket "$held/socket" reader list 2>&1)" \
		'No permission' "another user does not reach it"
	chmod 0700 "$tmp"
fi
kill -TERM "$started"
t "TERM ends it" wait_until 10 gone "$started"
forget "$started"
all_over "TERM"

beside
slay "$started"
all_over "KILL of run alone"
t "its bridge is gone" gone "$bridge"

beside
slay "$keeper"
t "run ends when its keeper was killed" wait_until 10 gone "$started"
forget "$started"
all_over "KILL of the keeper"
t "the bridge is gone then" wait_until 10 gone "$bridge"

# shellcheck disable=SC2016 # for the inner shell
ends 5 "a keeper that the program stops goes on" -- \
	sh -c 'kill -STOP $PPID; exit 5'

# Whoever stops it: first run, which would have it go on.
beside
kill -STOP "$started"
kill -STOP "$keeper"
slay "$started"
all_over "KILL of run while its keeper is stopped"
t "the keeper is gone" wait_until 10 gone "$keeper"
t "and its bridge" wait_until 10 gone "$bridge"
gone "$keeper" || kill -KILL "$keeper" "$bridge"

# The program and the bridge end then; who hears of nothing stays.
beside
kill -KILL "$started" "$keeper"
forget "$started"
t "KILL of run and its keeper: the bridge ends" \
	wait_until 10 gone "$bridge"
t "and so does the program" wait_until 10 gone "$program"
end_tree
nothing_left "and no directory stays"

# Stopped before, so that none sees another's end.
beside
kill -STOP "$started" "$bridge" "$keeper"
kill -KILL "$keeper" "$bridge" "$started"
forget "$started"
end_tree
wait_until 10 gone "$bridge" || bail "the bridge does not end"
like "$(left)" 'cardbridge-run' "a directory is left when all were killed"
is "$(find "$(left)" -mindepth 1 ! -type s)" '' \
	"with nothing but a dead socket in it"
mkdir -m 0700 "$tmp/cardbridge-run.others"
[ "${#as[@]}" = 0 ] || chown 1:1 "$tmp/cardbridge-run.others"
try -- true
if [ "${#as[@]}" != 0 ]; then
	is "$(left)" "$tmp/cardbridge-run.others" \
		"the next run removes it, but not what others have"
	rmdir "$tmp/cardbridge-run.others"
else
	nothing_left "the next run removes it"
fi

# A terminal's signals go to the program, which may live on.
cat >"$T/interrupt.exp" <<'END'
set timeout 20
spawn -noecho {*}$argv
expect ready
after 100
send "\003"
expect eof
exit [lindex [wait] 3]
END
code=0
said=$(user expect -f "$T/interrupt.exp" cardbridge run "${series8[@]}" -- \
	"$T/tree" "$pids" sleep 300) || code=$?
is "$code" 130 "Ctrl-C"
all_over "Ctrl-C"
code=0
# shellcheck disable=SC2016 # for the inner shell
said=$(user expect -f "$T/interrupt.exp" cardbridge run "${series8[@]}" -- \
	sh -c 'trap "echo caught; exit 3" INT; echo ready
		while :; do sleep 0.1; done') || code=$?
is "$code" 3 "a program that catches it"
like "$said" 'caught' "gets it"
nothing_left "and nothing is left"

# What is sent to run alone, where it is not ignored as in a script's jobs.
# shellcheck disable=SC2016 # for the inner shell
start "$T/run.log" "${as[@]}" "${bare[@]}" env --default-signal=INT \
	cardbridge run "${series8[@]}" -- sh -c 'trap "echo caught; exit" INT
		echo ready; while :; do sleep 0.1; done'
wait_until 10 grep -qx ready "$T/run.log" || bail "it does not start"
kill -INT "$started"
t "INT for run alone is passed on" wait_until 10 grep -q caught "$T/run.log"
forget "$started"
start "$T/run.log" "${as[@]}" "${bare[@]}" cardbridge run --fresh-keys \
	"${series8[@]}" "${series8[@]}" "${series8[@]}" -- touch "$tmp/started"
is_making() { [ -n "$(left)" ]; }
wait_until 10 is_making || bail "it does not start"
kill -TERM "$started"
forget "$started"
nothing_left "an end while the cards are made: nothing was started"
