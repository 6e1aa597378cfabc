#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What an operator sees of the bridge and its links: cardbridge status, with
# unmodified OpenSC on cards in a backend, by T=1 and T=0; links that are down,
# at another place, or led through somebody else's certificate.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"

status_json() { "$CARDBRIDGE" status --json; }

# Of what status says, an expression of Python: b the bridge, r the reader
# "card" and l its link, where they are.
said() { # EXPRESSION
	status_json | "$CB_PYTHON" -c '
import json, sys
all = json.load(sys.stdin)
b = all["bridge"]
named = [r for r in all["readers"] if r["name"] == "card"]
r = named[0] if named else None
l = r["link"] if r else None
print(eval("(" + sys.argv[1] + ")"))' "$1"
}
is_so() { [ "$(said "$1")" = True ]; } # EXPRESSION

# ---- round trips ----------------------------------------------------------

# One for each APDU that is no GET RESPONSE, as pcscd's log counts them.
one_trip_each() { # WHAT COMMAND...
	local what=$1 mark before after responses
	shift
	mark=$(apdu_mark)
	before=$(said 'l["round_trips"]')
	counted "$@"
	is "$code" 0 "$what works"
	responses=$(apdus_since "$mark" '[0-9A-F][0-9A-F] C0 ')
	after=$(said 'l["round_trips"]')
	is "$((after - before))" "$((apdus - responses))" "$what: one round \
trip for each of $apdus APDUs but $responses GET RESPONSE"
}

opensc_flows() { # PROTOCOL
	head -c 20 /dev/zero >"$T/message"
	unhex <<<"$(digest_info "$T/message" sha256)" >"$T/info"
	one_trip_each "$1: pkcs15-tool -D" pkcs15-tool -D
	one_trip_each "$1: pkcs11-tool logs in and lists" pkcs11-tool -l \
		--pin "$pin" -O
	one_trip_each "$1: it signs" pkcs11-tool -l --pin "$pin" --sign \
		--mechanism RSA-PKCS --id "$key" -i "$T/info" \
		-o "$T/signature"
	one_trip_each "$1: opensc-tool" opensc-tool \
		-s 00A4040010A0000000770100700A1000F100000100 -s 00A40000022F00
	t "$1: status counts the same APDUs" is_so \
		'l["round_trips"] == r["apdus"] - r["get_responses"]'
}

# ---- all of it ------------------------------------------------------------

"$CARDBRIDGE" status >"$T/none.txt" 2>&1 && code=0 || code=$?
is "$code" 3 "without a bridge it says so"

# the same card, which knows no other protocol
sed '/"3BDD18\|"3BDB96/d' "$CB_SRC/data/profiles/authentic3.profile" \
	>"$T/t0.profile"
backend_make
backend_seed "$T/t1.txt" "$CB_SRC/data/profiles/authentic3.profile"
backend_seed "$T/t0.txt" "$T/t0.profile"
backend_start "$T/backend.log" 2
for proto in t1 t0; do
	enrolled "$T/id-$proto" 1 "$T/$proto.txt"
done
bridge_start
reader_file card
pcscd_start --apdu
apdu_log=$PCSCD_LOG
apdu_line=' APDU: '

is "$("$CARDBRIDGE" status | wc -l)" 1 "a bridge without readers is one line"
t "whose process it names" is_so "b['pid'] == $BRIDGE_PID"
t "and since when it runs" is_so \
	'abs(__import__("time").time() - __import__("datetime").datetime.
	strptime(b["since"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()) < 60'

for proto in t1 t0; do
	opensc_conf_for authentic3 "$proto"
	"$CARDBRIDGE" reader add card --identity "$T/id-$proto" \
		"$url/cards/$(of_seed card "$T/$proto.txt")" >"$T/add.log" ||
		bail "no reader"
	wait_until 10 card_answers || bail "no card: $(cat "$T/add.log")"
	key=$(key_ids | head -n 1)
	opensc_flows "$proto"
	# of nothing else is there an answer that asks for it
	[ "$proto" = t1 ] || t "GET RESPONSE came along" is_so \
		'r["get_responses"] > 10'
	t "$proto: nothing was sent twice" is_so 'l["sent_again"] == 0'
	[ "$proto" = t0 ] || reader_remove card
done

# A program that has the card, and a session.
t "pcscd is named" is_so 'any("pcscd" in p for p in r["programs"]) and
	len(l["session"]) == 32 and l["session"].islower() and
	r["kind"] == "https" and r["present"]'
like "$("$CARDBRIDGE" status)" "link +up since [-0-9]+ [:0-9]+, $url" \
	"the link is up, in words"
day=$(date -u -d "$(openssl x509 -inform DER -noout -enddate \
	-in "$T/id-t0/certificate.der" | cut -d= -f2)" +%F)
t "it is said until when the identity is good" is_so \
	"l['identity_until'].startswith('$day') and l['identity'] == ''"
like "$("$CARDBRIDGE" status)" "identity +good until $day" "in words, too"

# ---- a cable cut, and a place ----------------------------------------------

card_uri=$url/cards/$(of_seed card "$T/t0.txt")
since=$(said 'l["since"]')
slay "$parent"
t "it is down" wait_until 5 is_so 'l["state"] == "down"'
t "since another time, and it is tried soon" is_so \
	"l['since'] != '$since' and l['next_try_ms'] <= 1000 and
	'cannot be reached' in l['why']"
"$CARDBRIDGE" status >"$T/down.txt" && code=0 || code=$?
is "$code" 0 "which is no failure of status"
like "$(cat "$T/down.txt")" 'next try in [01]\.[0-9] s' "and said in words"
backend_start "$T/backend-2.log"
t "and up again" wait_until 10 is_so 'l["state"] == "up"'
t "with its card" wait_until 10 card_answers

reader_remove card
t_fails "another card is no other place" "$CARDBRIDGE" reader add card \
	"$card_uri" "$url/cards/00000000000000000000000000000000" \
	--identity "$T/id-t0"
t "a first place that does not answer" "$CARDBRIDGE" reader add card \
	"https://127.0.0.1:$(free_port)/cards/${card_uri##*/}" "$card_uri" \
	--identity "$T/id-t0"
t "the second one does" is_so "l['state'] == 'up' and l['url'] == '$url'"
bridge_stop
bridge_start
t "and the bridge remembers it" wait_until 10 is_so "l['url'] == '$url'"
like "$("$CARDBRIDGE" reader list)" "also=127.0.0.1:$port" \
	"reader list shows both"
t "the card answers" wait_until 10 card_answers
pcscd_stop

# A card that computes for long does not keep the bridge: it tries for two
# seconds to give the card back.
pids=$(roles worker)
# shellcheck disable=SC2086 # several
kill -STOP $pids
start "$T/apdu.log" "$CARDBRIDGE" apdu card 00A40000023F00
program=$started
wait_until 5 is_so 'r["programs"] != []' || bail "nobody asks"
kill -TERM "$BRIDGE_PID"
t "a bridge ends without an answer" wait_until 4 gone "$BRIDGE_PID"
forget "$BRIDGE_PID"
finish "$program"
# shellcheck disable=SC2086
kill -CONT $pids
bridge_start

# ---- somebody else's certificate --------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/ca.key" \
	-out "$T/ca.pem" -subj '/O=Some Proxy/CN=Inspecting CA' -days 2 \
	2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -keyout "$T/proxy.key" \
	-out "$T/proxy.csr" -subj /CN=127.0.0.1 2>/dev/null
openssl x509 -req -in "$T/proxy.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
	-days 2 -extfile <(echo subjectAltName=IP:127.0.0.1) \
	-out "$T/proxy.pem" 2>/dev/null
proxy=$(free_port)
start "$T/proxy.log" openssl s_server -accept "127.0.0.1:$proxy" -tls1_3 \
	-cert "$T/proxy.pem" -key "$T/proxy.key" -quiet
wait_until 10 port_open "$proxy" || bail "no s_server"
reader_remove card
"$CARDBRIDGE" reader add card "https://127.0.0.1:$proxy/cards/${card_uri##*/}" \
	--identity "$T/id-t0" >"$T/replaced.txt" 2>&1 || true
like "$(cat "$T/replaced.txt")" \
	"this network replaced the backend's certificate" \
	"a certificate of somebody else is named"
like "$(cat "$T/replaced.txt")" 'issued by .*CN=Inspecting CA' \
	"and who made it"
t "status says so, too" is_so 'l["state"] == "down" and
	"Inspecting CA" in l["why"]'
bridge_stop
