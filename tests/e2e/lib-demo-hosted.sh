# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# demo.sh --hosted: a card that lives in a backend, from the first command on.
# Sourced by it, with a bridge and pcscd that run; this machine plays all of
# the server, the operator's and the workstation.

# The roles have users of their own, who must get there.
chmod 711 "$T"
PATH=$build:$PATH
backend_port=$(free_port)
port=$(free_port)
url=https://127.0.0.1:$port
export at="--server $url --identity operator"

# The way from the workstation to the backend, which can be cut.
cable_start() {
	start cable.log "$CB_PYTHON" "$top/tests/e2e/cable.py" "$port" \
		"$backend_port"
	cable=$started
	wait_until 5 port_open "$port" || fail "there is no cable"
}

opened() { grep -q "the keys are open" backend.log; }
# The id that the last command printed behind a word.
id_of() { sed -n "s/^$1 \([0-9a-f]\{32\}\).*/\1/p" out; } # WORD
in_use() {
	! cardbridge reader list --json | grep -q '"busy_with": null'
}

say "A backend: its keys, its books, and the identity that may order everything"
show 'cardbridge-backend init --dir backend --test' 'a test backend'
quiet 'mv backend/operator operator'
echo "$ cardbridge-backend run --dir backend --listen 127.0.0.1:$backend_port &"
start backend.log cardbridge-backend run --dir "$T/backend" \
	--listen "127.0.0.1:$backend_port"
wait_until 20 opened || fail "the backend does not run: $(cat backend.log)"
cable_start

say "The operator orders an organisation, a card in it, a token for a workstation"
echo "$ at=\"$at\""
show "cardbridge admin \$at org add Clinic"
show "cardbridge admin \$at card new --profile series8 --test --name Ward-3" \
	'^card'
card=$(id_of card)
quiet "cardbridge admin \$at device token --card $card >token"

say "The workstation gets its identity for the token, and a reader for the card"
show "cardbridge enrol $url @token --identity cards" '^device'
quiet "cardbridge reader add demo $url/cards/$card --identity cards"
wait_until 10 card_seen || fail "pcscd does not see the card"

say "An unmodified program uses the card, and sees nothing of all that"
show 'pkcs11-tool -L -O' '^Slot|token label|Object;|  label: '
quiet 'pkcs11-tool --read-object --type cert --label Authentication -o card.der'
quiet 'openssl x509 -inform der -in card.der -noout -pubkey >card.pub'

say "It signs; the cable is cut meanwhile, for a second"
echo 'I agree.' >letter.txt
sign='pkcs11-tool --login --pin 123456 --sign --mechanism SHA256-RSA-PKCS --label Authentication -i letter.txt -o letter.sig'
echo "$ $sign"
timeout 30 bash -c "$sign" >out 2>&1 &
signer=$!
wait_until 5 in_use || fail "nobody uses the card"
slay "$cable"
echo "  (out)"
sleep 1
cable_start
echo "  (in again)"
wait "$signer" || fail "it does not sign: $(cat out)"
show 'openssl sha256 -verify card.pub -signature letter.sig letter.txt' \
	'^Verified OK'

say "Three wrong passcodes block the card"
for _ in 1 2 3; do
	expected=1 show 'pkcs11-tool --login --pin 000000 -O' 'CKR_[A-Z_]*'
done
expected=1 show 'pkcs11-tool --login --pin 123456 -O' 'CKR_[A-Z_]*'

say "The operator unblocks it, as this organisation's policy allows"
show "cardbridge admin \$at org show" unblock
show "cardbridge admin \$at card unblock $card"
show 'pkcs11-tool --login --pin 123456 -O --type privkey' 'Object;|  label: '

say "All of it stands in the books, which anybody can verify"
show "cardbridge admin \$at audit list | sed -E 's/([0-9a-f]{6})[0-9a-f]{10,}/\1../g'" \
	' (signed|verify|act) '
show "cardbridge admin \$at audit verify"

say "That was it. Backend, pcscd, bridge and card of this demo are gone."
