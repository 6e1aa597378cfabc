#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend from its first command on, by commands alone: an organisation, a
# card, a device; unmodified OpenSC uses it and blocks it; what people order,
# who may not, and what the books say of all that.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
# shellcheck source=tests/e2e/lib-desk.sh
. "$CB_SRC/tests/e2e/lib-desk.sh"

via_road() { (eval "$("$CARDBRIDGE" env)" && "$@"); } # COMMAND...
tool() { via_road pc pkcs11-tool "$@" 2>&1; }
logs_in() { tool -l --pin "$pin" -O | grep -q 'Private Key'; }
wrong() { tool -l --pin 888888 -O; }

# ---- the backend, and its first organisation ------------------------------

backend_make
mv "$dir/operator" "$who"
backend_start "$T/backend.log" 0
refused "there is no organisation yet" 1 'org add' card list
make "an organisation is founded" org add Clinic
org=$(made id)
is "$(admin org list --json | of_json \
	'[o["name"] for o in it if o["id"] != "0" * 32]')" "['Clinic']" \
	"it is listed"
like "$(admin org show)" 'unblock +online' \
	"a test organisation lets cards be unblocked"

# ---- a card, and a device that uses it ------------------------------------

make "a card is made" card new --org Clinic --profile authentic3 --test \
	--name "Ward 3"
card=$(made id)
card_url=$(made url)
refused "not without a word that it is a test card" 2 'add --test' \
	card new --profile authentic3
refused "nor one of the platform" 2 'the platform has no cards' \
	card new --org platform --profile authentic3 --test
nobody=$(printf %032d 7)
refused "nor for a device that is not there" 1 "no device $nobody" \
	card new --profile authentic3 --test --device "$nobody"
lines=$(wc -l <"$log")
refused "or afterwards" 1 "no device $nobody" \
	card assign "$card" --device "$nobody"
tail -n +$((lines + 1)) "$log" >"$T/lines"
like "$(cat "$T/lines")" "card-assign of $card, by person .*: failed: .*no \
device $nobody" "which the log has with the reason"
is "$(grep -cE "no device|card-assign" "$T/lines")" 1 "in one line"
make "a token for a device that may use it" device token --org Clinic \
	--card "$card" --name Desk
device=$(made id)
is "$(admin device list --json | of_json \
	'[(d["id"], "state" in d, d["name"]) for d in it]')" \
	"[('$device', False, 'Desk')]" \
	"which nobody has used"
enrol_made "the device is enrolled" "$T/identity"
enrol_fails() { # CODE URL WORDS
	local rc=0
	"$CARDBRIDGE" enrol "$2" "@$T/token" --identity "$T/identity-2" \
		>"$T/said" 2>&1 || rc=$?
	is "$rc" "$1" "$3"
}
enrol_fails 1 "$url" "and the token is good once"
enrol_fails 3 "https://127.0.0.1:$(free_port)" "and nowhere else"
like "$(admin device list)" "$device +desk +in use.* Desk" "it is listed"

bridge_start
t "a reader for the card" "$CARDBRIDGE" reader add card "$card_url" \
	--identity "$T/identity"
t "the card is there" wait_until 10 is_present
is "$(admin session list --json)" "[]" "and nobody has opened it"
# by its ATR, which it has all the same
like "$(tool -L)" 'token label +: NHS Series 8' "OpenSC, the first program, lists it"
t "its certificate is read" via_road card_key 1
draw 40 >"$T/message"
t "it signs" via_road sign_info "$(via_road key_ids | head -n 1)" sha256
t "openssl verifies it" verifies sha256 "$T/pub1.pem"

# ---- blocked and unblocked ------------------------------------------------

like "$(wrong)" CKR_PIN_INCORRECT "a wrong passcode"
wrong >/dev/null || true
wrong >/dev/null || true
like "$(tool -l --pin "$pin" -O)" CKR_PIN_LOCKED \
	"three of them block the card"
draw 8 >"$T/new-pin"
make "it is unblocked" card unblock "$card" --passcode-file "$T/new-pin"
t_fails "the old passcode is one no more" logs_in
pin=$(cat "$T/new-pin")
t "the new one logs in" wait_until 10 logs_in
make "and what it is now is shown" card show "$card"
is "$(made profile) $(made name)" "authentic3 Ward 3" "profile and name"

# ---- in use, and not ------------------------------------------------------

# Held by a program, so that there is a session.
hold() {
	rm -f "$T/say"
	mkfifo "$T/say"
	start "$T/session.log" bash -c "$("$CARDBRIDGE" env)
		exec '$CB_PYTHON' '$CB_SRC/tests/e2e/pcsc-client.py' \
			session 'cardbridge card 00 00' <'$T/say'"
	client=$started
	exec {say}>"$T/say"
	wait_until 10 test -s "$T/session.log" || bail "no session"
}
let_go() {
	exec {say}>&-
	forget "$client"
}
hold
admin session list --json >"$T/sessions"
is "$(of_json '[(s["card"], s["device"]) for s in it]' <"$T/sessions")" \
	"[('$card', '$device')]" "a card in use is listed"
session=$(of_json 'it[0]["id"]' <"$T/sessions")
draw 8 >"$T/new-pin"
make "it is unblocked while it is in use" card unblock "$card" \
	--passcode-file "$T/new-pin"
pin=$(cat "$T/new-pin")
echo 00A4000002501500 >&"$say"
t "its program sees it taken out" wait_until 10 grep -q failed "$T/session.log"
echo reconnect >&"$say"
t "and put in again" wait_until 10 grep -q reconnected "$T/session.log"
is "$(admin session list --json | of_json '[s["id"] for s in it]')" \
	"['$session']" "in the same session"
make "its session is ended" session end "$session"
echo 00A4000002501500 >&"$say" || true
let_go
refused "and is there no more" 1 'no session' session end "$session"
t "the card can be used again" wait_until 10 logs_in

# whether the passcode is still computed then or not
hold
echo 00A4000002501500 >&"$say"
echo "0020000108$(pin_hex "$pin" | cut -c1-16)" >&"$say"
bridge_stop
is "$(admin session list --json)" "[]" \
	"a bridge that ends gives back what is in use"
let_go
bridge_start
t "the card is there again" wait_until 10 is_present

make "a card is suspended" card suspend "$card"
since=$(ms)
gone_within 1000 "its reader is empty"
like "$(admin card list)" "$card +authentic3 +stopped" "the list says so"
make "and resumed" card resume "$card"
t "it is there again" wait_until 10 logs_in

# ---- names, ids, rights ---------------------------------------------------

refused "another name of an organisation" 1 "there are: Clinic \\($org\\)" \
	card list --org Surgery
refused "another card" 1 "no card 0{32}" card show "$(printf %032d 0)"
refused "another profile" 4 'no profile "x"' card new --profile x --test
refused "a name means one organisation" 1 'another organisation of this name' \
	org add Clinic
make "a second organisation" org add Ward unblock=none
refused "also where it is renamed" 1 'another organisation of this name' \
	org set Ward name=Clinic
make "is renamed" org set Ward name=Surgery
refused "then it must be said which is meant" 2 'which organisation' card list
is "$(admin card list --org Surgery --json)" "[]" "its desk has no card"
rc=0
"$CARDBRIDGE" admin --server "https://127.0.0.1:$(free_port)" \
	--identity "$who" org list >"$T/said" 2>&1 || rc=$?
is "$rc" 3 "nobody is there"
rc=0
"$CARDBRIDGE" admin --server "https://me:geheim@127.0.0.1:1" \
	--identity "$who" org list >"$T/said" 2>&1 || rc=$?
is "$rc" 2 "a URL with a secret is refused"
t_fails "and not repeated" grep -q geheim "$T/said"

make "an auditor's token" person token --org Clinic --role auditor
auditor=$(made id)
enrol_made "the auditor is enrolled" "$T/auditor"
who=$T/auditor
is "$(admin card list --json | of_json '[c["id"] for c in it]')" \
	"['$card']" "an auditor reads"
is "$(admin org list --json | of_json '[o["name"] for o in it]')" \
	"['Clinic']" "also what their organisation is called"
refused "and orders nothing" 1 . card suspend "$card"
refused "nor comes to another organisation's desk" 1 . card list --org Surgery
who=$T/operator
make "the auditor is revoked" person revoke --org Clinic "$auditor"
who=$T/auditor
refused "and reads no more" 1 . card list
who=$T/operator

# ---- the log --------------------------------------------------------------

is "$(grep -c "card-unblock of $card, by person [0-9a-f]*: done" \
	"$T/backend.log")" "$(admin audit list --org Clinic --count 200 |
	grep -c ' act .*outcome=done.* what=card-unblock')" \
	"an act that is done has one line in the log"
is "$(grep -c 'card-suspend .*: refused' "$T/backend.log")" 1 \
	"and one that is refused"

# ---- the books ------------------------------------------------------------

export_to() { rm -f "$2" && admin audit export --org "$1" --output "$2"; }
like "$(admin audit list --org Clinic --count 200)" \
	'card-unblock .*outcome=done' "the books say who unblocked it"
t "they are whole" admin audit verify --org Clinic
t "the platform's, too" admin audit verify --org platform
t "they are exported" export_to Clinic "$T/export"
t "which anybody verifies with the key alone" "$CARDBRIDGE" admin audit \
	verify "$T/export" --key "$who/books.pub"
is "$(tr a-f A-F <"$who/books.pub" | tr -d '\n')" \
	"$(tr -d ' \n' <"$dir/books.pub" | tr a-f A-F)" "the backend's key"
head=$(admin audit head --org Clinic | cut -d' ' -f2)
t "and against a head that was kept" admin audit verify --org Clinic \
	--head "$head"
sed 's/outcome=done/outcome=failed/' "$T/export" >"$T/changed"
refused "an export that was changed is found" 1 'not whole' \
	audit verify "$T/changed"

# Who writes to the database itself.
sql() { # STATEMENT...: each with the organisation and the row that is kept
	"$CB_PYTHON" -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
for statement in sys.argv[3:]:
	db.execute(statement, {"org": bytes.fromhex(sys.argv[2])})
db.commit()' "$dir/store/backend.db" "$org" "$@"
}
entry_3='FROM entry WHERE organisation = :org AND number = 3'
columns='organisation, number, bytes, hash'
sql "CREATE TABLE kept AS SELECT $columns $entry_3" "DELETE $entry_3"
refused "an entry that was taken away is found" 1 'entry 3' \
	audit verify --org Clinic
sql "INSERT INTO entry ($columns) SELECT $columns FROM kept" 'DROP TABLE kept'
t "put back, they are whole again" admin audit verify --org Clinic
# its last entries, and whatever of them is signed in the database
last=$(admin audit head --org Clinic --json | "$CB_PYTHON" -c '
import json, sys
print(json.load(sys.stdin)["number"])')
behind="WHERE organisation = :org AND number > $((last - 3))"
sql "CREATE TABLE kept AS SELECT $columns FROM entry $behind" \
	"CREATE TABLE heads AS SELECT * FROM head $behind" \
	"DELETE FROM entry $behind" "DELETE FROM head $behind"
refused "books that end too early are found while they are read" 1 \
	'the chain ends before it' audit verify --org Clinic
sql "DELETE FROM entry $behind" \
	"INSERT INTO entry ($columns) SELECT $columns FROM kept" \
	'INSERT INTO head SELECT * FROM heads' 'DROP TABLE kept' \
	'DROP TABLE heads'
t "put back, these are whole, too" admin audit verify --org Clinic

# ---- revoked, terminated --------------------------------------------------

t "the card is used once more" logs_in
make "a device is revoked" device revoke --org Clinic "$device"
since=$(ms)
gone_within 1000 "its card is gone"
is "$("$CARDBRIDGE" status --json |
	of_json '[r["link"]["session"] for r in it["readers"]]')" "['']" \
	"and so is its session"
t_fails "and does not log in" logs_in
identity_says() { # ERE
	"$CARDBRIDGE" status --json |
		of_json 'it["readers"][0]["link"]["identity"]' | grep -qE "$1"
}
mv "$T/identity" "$T/identity.old"
t "the bridge says that its identity is gone" wait_until 5 identity_says \
	'cannot be used: No such file'
make "a token to enrol it again" device token --org Clinic --card "$card"
enrol_made "it is enrolled again" "$T/identity"
t "the bridge that runs has the card again" wait_until 5 is_present
t "and its programs log in" wait_until 10 logs_in
t "its identity is as it should be" identity_says '^$'
make "a token for another one" device token --org Clinic --card "$card"
bridge_stop
make_again=$(made id)
t "is taken back" admin device revoke --org Clinic "$make_again"
made token >"$T/token"
t_fails "and enrols nobody" "$CARDBRIDGE" enrol "$url" "@$T/token" \
	--identity "$T/identity-3"
refused "to end a card must be meant" 2 'yes' card terminate --org Clinic \
	"$card"
make "a card is ended" card terminate --org Clinic --yes "$card"
like "$(admin card list --org Clinic)" "$card +authentic3 +ended" \
	"and listed as ended"
refused "nothing is done to it any more" 1 . card resume --org Clinic "$card"
t "the books are still whole" admin audit verify --org Clinic

backend_stop
t "the backend is whole" "$backend" check --dir "$dir"
t_fails "no passcode is logged" grep -aqF "$pin" "$T/backend.log" \
	"$BRIDGE_LOG"
