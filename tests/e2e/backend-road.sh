#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A card that lives in a backend, all processes as they are used: unmodified
# OpenSC, by pcscd and by our library; bridge; TLS; door, worker, store and
# vault behind their walls. Then each role is killed while the card is used.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

login_apdu() { echo "0020000108$(pin_hex "$pin" | cut -c1-16)"; }
reader='cardbridge card 00 00'

# ---- the road -------------------------------------------------------------

# Passcodes that the card has had; long enough to be looked for.
pins=()

road_start() {
	backend_make
	backend_seed "$T/seed.txt" \
		"$CB_SRC/data/profiles/authentic3.profile"
	of_seed token >"$T/token"
	backend_start "$log"
}

# ---- programs -------------------------------------------------------------

road=pcscd
road_words() { [ "$road" = pcscd ] || "$CARDBRIDGE" env; }
via_road() { (eval "$(road_words)" && "$@"); } # COMMAND...
tool() { via_road pc pkcs11-tool "$@" 2>&1; }
answers() { via_road pc opensc-tool --atr; }

tries() { # 63Cx, of the holder's passcode
	via_road pc opensc-tool --reset >/dev/null 2>&1 || true
	via_road raw_last "$tries"
}

logs_in() { tool -l --pin "$pin" -O | grep -q 'Private Key'; }

# Lists, signs, is wrong once, changes its passcode.
uses_card() {
	local id new
	like "$(tool -L)" 'token label +: NHS Series 8' "$road: OpenSC lists it"
	t "$road: its certificate is read" via_road card_key 1
	id=$(via_road key_ids | head -n 1)
	draw 40 >"$T/message"
	t "$road: it signs" via_road sign_info "$id" sha256
	t "$road: openssl verifies it" verifies sha256 "$T/pub1.pem"
	is "$(tries)" 63C3 "$road: three tries"
	like "$(tool -l --pin 888888 -O)" CKR_PIN_INCORRECT \
		"$road: a wrong passcode is refused"
	is "$(tries)" 63C2 "$road: and counted"
	new=$(draw 8)
	like "$(tool -l --pin "$pin" --change-pin --new-pin "$new")" \
		'PIN successfully changed' "$road: the passcode is changed"
	pin=$new
	pins+=("$new")
	t "$road: the new one logs in" logs_in
	is "$(tries)" 63C3 "$road: and the tries are back"
}

# ---- killed ---------------------------------------------------------------

# The backend lets a card's passcodes be tried ten times at once, and a vault
# that was killed has forgotten them: there are not many logins here.

# A program that stays, and has logged in to write.
session_open() {
	local apdu
	rm -f "$T/say"
	mkfifo "$T/say"
	start "$T/session.log" bash -c "$(road_words)
		exec '$CB_PYTHON' '$CB_SRC/tests/e2e/pcsc-client.py' \
			session '$reader' <'$T/say'"
	client=$started
	exec {say}>"$T/say"
	wait_until 10 said 0 || bail "no session: $(cat "$T/session.log")"
	for apdu in "$select_5015" "$(login_apdu)" "$select_7006"; do
		ask "$apdu"
		[[ $answer = *9000 ]] || bail "a session: $apdu: $answer"
	done
}
said() { [ "$(wc -l <"$T/session.log")" -gt "$1" ]; } # LINES

# In two steps, so that something can happen between them.
tell() { # APDU
	asked=$(wc -l <"$T/session.log")
	echo "$1" >&"$say"
}
hear() { # its answer, in $answer
	wait_until 20 said "$asked" || bail "no answer"
	answer=$(sed -n "$((asked + 1))s/^[0-9]* //p" "$T/session.log")
}
ask() {
	tell "$1"
	hear
}
session_close() {
	exec {say}>&-
	forget "$client"
}

# A number is written again and again; $acked is the last one that the card has
# acknowledged.
number=0
acked=0
tell_next() {
	number=$((number + 1))
	tell "$(printf '00D600F010%032X' "$number")"
}
written() {
	if [ "$answer" = 9000 ]; then
		acked=$number
		return
	fi
	return 1
}
writes() {
	tell_next
	hear
	written
}
number_on_card() {
	local hex
	hex=$(via_road raw_last "$select_5015" "$select_7006" 00B000F010)
	[[ $hex = *9000 ]] && echo "$((16#${hex%9000}))"
}

# The process that does the work: of the workers, the organisation's, which is
# behind the platform's.
role_pid() { # ROLE
	local pid
	for pid in $(roles "$1"); do
		ps -o uid=,pid= -p "$pid"
	done | sort -n | awk '{ pid = $2 } END { print pid }'
}
came_again() { # ROLE PID
	local now
	now=$(roles "$1")
	[ -n "$now" ] && ! grep -qx "$2" <<<"$now" && all_roles
}

# Kills it between a command and its answer.
kill_in_use() { # ROLE
	local pid went_on=yes
	session_open
	writes && writes || bail "no writing: $answer"
	pid=$(role_pid "$1")
	tell_next
	kill -KILL "$pid"
	hear
	written || went_on="$answer"
	t "$road, $1 killed: it comes again" wait_until 10 came_again "$1" "$pid"
	for _ in 1 2 3; do
		[ "$went_on" != yes ] || writes || went_on=$answer
	done
	if [ "$1" = worker ]; then
		# its sessions die with it: nobody stays logged in
		like "$went_on" 'failed' \
			"$road, $1 killed: the session is over"
	else
		is "$went_on" yes "$road, $1 killed: the program feels nothing"
	fi
	if [ "$1" = vault ]; then
		ask "$select_5015"
		ask "$(login_apdu)"
		is "$answer" 9000 \
			"$road, vault killed: the next one knows the session"
	fi
	session_close
	still_there "$1"
}

number_is_read() { now=$(number_on_card); }

# What was acknowledged is, and perhaps what was under way.
still_there() { # WHO WAS KILLED
	local now
	t "$road, $1 killed: the card is there" wait_until 10 answers
	# a session that ended unheard ends at its first command
	wait_until 10 number_is_read || bail "$1 killed: nothing is read"
	like "$now" "^($acked|$number)\$" \
		"$road, $1 killed: what was acknowledged is on the card"
	number=$now
	acked=$now
}

# A wrong try is spent whatever dies behind it.
stays_wrong() { # ROLE
	local pid
	pid=$(role_pid "$1")
	kill -KILL "$pid"
	wait_until 10 came_again "$1" "$pid" || bail "no $1"
	wait_until 10 answers || bail "no card without the $1"
	is "$(tries)" 63C2 "$road, $1 killed: a wrong try stays spent"
}

# ---- put back -------------------------------------------------------------

db() { sqlite3 -cmd '.timeout 5000' "$dir/store/backend.db" "$1"; } # SQL

# The card's rows of before are whole in themselves, and so are its tries; the
# books know that there was more.
put_back() {
	local side="ATTACH '$T/kept.db' AS kept"
	db "$side; CREATE TABLE kept.before AS SELECT * FROM record"
	tool -l --pin 888888 -O >/dev/null || true
	is "$(tries)" 63C2 "a try is spent"
	db "$side; CREATE TABLE kept.now AS SELECT * FROM record"
	bridge_stop
	db "$side; DELETE FROM record;
		INSERT INTO record SELECT * FROM kept.before"
	bridge_start
	like "$("$CARDBRIDGE" apdu card "$tries" 2>&1 || true)" \
		'the card is behind the books' \
		"a card that was put back does not open, and it is told why"
	like "$(cat "$log")" 'does not open: the card is behind the books' \
		"also in the backend's log"
	db "$side; DELETE FROM record;
		INSERT INTO record SELECT * FROM kept.now"
	t "as it was it opens" wait_until 10 answers
	is "$(tries)" 63C2 "and the try is spent"
}

# ---- all of it ------------------------------------------------------------

road_start
t "a device gets its identity" "$CARDBRIDGE" enrol "$url" "@$T/token" \
	--identity "$T/identity"
t_fails "and nobody gets one for the same token" "$CARDBRIDGE" enrol "$url" \
	"@$T/token" --identity "$T/identity-2"
# as if the answer had been lost, and all but the key with it
mkdir -m 700 "$T/identity-3.new"
cp "$T/identity/key.pem" "$T/identity-3.new"
t "but the same key gets its certificate again" "$CARDBRIDGE" enrol "$url" \
	"@$T/token" --identity "$T/identity-3"
t "and it is the same" cmp "$T/identity/certificate.der" \
	"$T/identity-3/certificate.der"
t_fails "nothing is left beside it" ls -d "$T"/identity*.new
bridge_start
reader_file card
pcscd_start
t "a reader for the card" "$CARDBRIDGE" reader add card \
	"$url/cards/$(of_seed card)" --identity "$T/identity"
t "pcscd has the card" wait_until 10 answers
uses_card
for role in door store vault worker; do
	kill_in_use "$role"
done
like "$(tool -l --pin 888888 -O)" CKR_PIN_INCORRECT "a wrong passcode"
for role in worker store vault door; do
	stays_wrong "$role"
done
t "the right one logs in" logs_in
is "$(tries)" 63C3 "and has all tries again"
pcscd_stop

road=library
t "the library has the card" wait_until 10 answers
uses_card
for role in worker door; do
	kill_in_use "$role"
done

# Either end at once, as when the power goes.
session_open
writes || bail "no writing: $answer"
tell_next
bridge_kill
finish "$client"
exec {say}>&-
bridge_start
still_there bridge

session_open
writes || bail "no writing: $answer"
tell_next
pids=$(pgrep -P "$parent")
slay "$parent"
for pid in $pids; do
	wait_until 5 gone "$pid" || bail "a dead parent leaves processes"
done
# which must not keep the program's input open
eval "backend_start '$T/backend-2.log' $say>&-"
hear
session_close
still_there backend
t "the passcode is what it was" wait_until 5 logs_in
put_back

# ---- what is left ---------------------------------------------------------

bridge_stop
pids=$(pgrep -P "$parent")
kill -TERM "$parent"
t "the backend ends when it is told" wait_until 10 gone "$parent"
for pid in $pids; do
	t "and leaves no process" wait_until 5 gone "$pid"
done
forget "$parent"
"$backend" check --dir "$dir" >"$T/check.log" 2>&1 || true
like "$(cat "$T/check.log")" 'The backend is whole' "its books are whole"
like "$(grep "books of $(of_seed organisation)" "$T/check.log")" \
	'([0-9]+) entries, signed up to ([0-9]+)' "the organisation's, too"
is "${BASH_REMATCH[2]:-no head}" "${BASH_REMATCH[1]:-no entry}" \
	"and are signed to their end"

# ---- who writes the database ----------------------------------------------

# Each on the database that all of this has written, which is whole again then.
attack() { # WHAT SQL WORDS
	local code=0
	cp "$dir/store/backend.db" "$T/whole.db"
	db "$2"
	"$backend" check --dir "$dir" >"$T/attack.log" 2>&1 || code=$?
	cp "$T/whole.db" "$dir/store/backend.db"
	like "$(grep '^WRONG' "$T/attack.log" || true)" "$3" \
		"check names what somebody did: $1"
	is "$code" 1 "$1: and fails"
}
org=$(of_seed organisation)
of="WHERE organisation=x'$org' AND number"
entries=$(db "SELECT max(number) FROM entry WHERE organisation=x'$org'")
says="WRONG +books of $org: entry"
attack removed "DELETE FROM entry $of=5" "$says 5 is missing: entry 6 stands"
attack changed "UPDATE entry SET bytes=CAST(substr(bytes, 1, 40) ||
	zeroblob(length(bytes) - 40) AS BLOB) $of=7" \
	"$says 7 is not what was entered"
attack reordered "UPDATE entry SET number=1000000 $of=8;
	UPDATE entry SET number=8 $of=9; UPDATE entry SET number=9 $of=1000000" \
	"$says 8 is not what was entered"
attack "cut off" "DELETE FROM entry $of>$((entries - 3));
	DELETE FROM head $of>$((entries - 3))" \
	"$says $((entries - 2)) is missing: the chain ends"
attack "all of it gone" "DELETE FROM entry $of>0; DELETE FROM head $of>0" \
	"$says 1 is missing: the chain ends"
attack "hidden from its card" "PRAGMA writable_schema=ON;
	UPDATE sqlite_schema SET sql=replace(sql, 'VIRTUAL', 'STORED')
	WHERE name='entry'" 'its tables are not those of a store'
"$backend" check --dir "$dir" >"$T/check.log" 2>&1 || true
like "$(cat "$T/check.log")" 'The backend is whole' "and it is whole again"
# who starts it on a chain that ends before its head is told
cp "$dir/store/backend.db" "$T/whole.db"
db "DELETE FROM entry $of>$((entries - 3)); DELETE FROM head $of>0"
timeout 20 "$backend" run --dir "$dir" --listen "127.0.0.1:$port" \
	>"$T/refused.log" 2>&1 || true
like "$(cat "$T/refused.log")" 'older than the signed heads, or was written to' \
	"and does not run with its books cut off"
cp "$T/whole.db" "$dir/store/backend.db"

# ---- secrets --------------------------------------------------------------

logs=("$T"/backend.log "$T"/backend-2.log)
if grep -q 'memory is locked' "$T/check.log"; then
	t_fails "no role has keys that could be swapped out" \
		grep 'may reach the swap' "${logs[@]}"
fi
for n in "${pins[@]}"; do
	echo "passcode $(pin_hex "$n" | cut -c1-24)" >>"$T/secrets"
done
printf '%s\n' "${pins[@]}" >"$T/texts"
t_fails "no passcode is logged" grep -aFf "$T/texts" \
	"${logs[@]}" "$BRIDGE_LOG"
t "nor its bytes, there or in the database" "$CB_PYTHON" \
	"$CB_SRC/tests/e2e/search-memory.py" "$T/secrets" file \
	"${logs[@]}" "$BRIDGE_LOG" "$dir"
