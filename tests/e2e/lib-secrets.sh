# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# No passcode and no part of a key where it should not be: not in the card
# file, nor in the bridge's memory before a login or after it ended, nor in
# what is logged or said. The card's keys are the published ones, so that it
# is known what to look for; its passcodes are drawn. Sourced after
# lib-opensc.sh by a test of each family of cards, which says
#
#   secrets_family     its profile
#   secrets_digits     of a passcode
#   secrets_keys       sections of the published keys; the first one signs
#   to_login, again    APDUs before VERIFY, at first and in the same session
#   to_sign            APDUs; the last one's answer is a signature
#   verify_holder PIN  the APDU

[ "$(id -u)" = 0 ] || skip_all "another process's memory is root's to read"

keys=$CB_SRC/tests/vectors/$secrets_family/test-keys.txt
reader='cardbridge card 00 00'

# ---- what to look for -------------------------------------------------------

pin=$(draw "$secrets_digits")
so_pin=$(draw "$secrets_digits")
new_pin=$(draw "$secrets_digits")
mkdir "$T/secret"
echo "$pin" >"$T/secret/pin"
echo "$so_pin" >"$T/secret/so-pin"
echo "$new_pin" >"$T/secret/new-pin"
{
	echo "PIN $(printf %s "$pin" | hex)"
	echo "SO-PIN $(printf %s "$so_pin" | hex)"
	echo "new-PIN $(printf %s "$new_pin" | hex)"
	sed -n '/^\[/h; /^\(p\|q\|qi\|dp\|dq\)=/{ s/=/ /; G; s/\(.*\) \(.*\)\n\[\([^]]*\).*/\3-\1 \2/; p }' \
		"$keys" | grep -E "^($(IFS='|' && echo "${secrets_keys[*]}"))-"
} >"$T/secret/list"
is "$(wc -l <"$T/secret/list")" 13 "three passcodes and ten parts of keys"

look() { "$CB_PYTHON" "$CB_SRC/tests/e2e/search-memory.py" "$T/secret/list" "$@"; }
clean() { look "$@" >"$T/found" 2>&1; }
nothing() { # DESCRIPTION pid|file WHERE...
	local what=$1 rc=0
	shift
	look "$@" >"$T/found" 2>&1 || rc=$?
	is "$rc $(cat "$T/found")" '0 ' "$what"
}

# the search finds what is there
sed -n "s/^${secrets_keys[0]}-p //p" "$T/secret/list" | unhex >"$T/secret/planted"
like "$(look file "$T/secret/planted" || true)" "${secrets_keys[0]}-p" \
	"a part of a key is found in a file"
rm "$T/secret/planted"

# ---- the card file ----------------------------------------------------------

# a login ends soon, so that it can be waited for
sed '/test = {/,/}/s/idle_seconds = [0-9]*/idle_seconds = 3/' \
	"$CB_SRC/data/profiles/$secrets_family.profile" >"$T/secrets.profile"
card=$T/cards/secrets.card
mkdir -m 0700 "$T/cards"
card_make "$card" --profile "$T/secrets.profile" --keys-from "$keys" \
	--pin-file "$T/secret/pin" --so-pin-file "$T/secret/so-pin"
nothing "the new card's file" file "$T/cards"
nothing "what was said when it was made" file "$T/card-new.log"
"$CARDBRIDGE" card show "$card" >"$T/show.txt" 2>&1
nothing "what card show says" file "$T/show.txt"

# ---- the bridge ----------------------------------------------------------------

bridge_start
reader_file card
pcscd_start
grep -q 'lib[a]san' "/proc/$BRIDGE_PID/maps" && asan=yes || asan=
memory() { # DESCRIPTION
	if [ -n "$asan" ]; then
		skip "$1" "AddressSanitizer keeps copies"
		return
	fi
	t "$1" wait_until 20 clean pid "$BRIDGE_PID" ||
		diag "$(cat "$T/found")"
	[ ! -s "$T/found" ] || diag "$(cat "$T/found")"
}
core_limit() {
	awk '/^Max core file size/ { print $5, $6 }' "/proc/$1/limits"
}
is "$(core_limit "$BRIDGE_PID")" '0 0' "the bridge leaves no core dump"

card_insert "$card"
memory "the bridge's memory before a login"

# a session that stays: log in, sign
mkfifo "$T/say"
start "$T/session.log" bash -c "exec '$CB_PYTHON' \
	'$CB_SRC/tests/e2e/pcsc-client.py' session '$reader' <'$T/say'"
exec {say}>"$T/say"
more_than() { [ "$(wc -l <"$T/session.log")" -gt "$1" ]; } # LINES
ask() { # APDU
	local lines
	lines=$(wc -l <"$T/session.log")
	echo "$1" >&"$say"
	wait_until 10 more_than "$lines" || return 1
	sed -n "$((lines + 1))s/^[0-9]* //p" "$T/session.log"
}
wait_until 10 more_than 0 || bail "no session through pcscd"
sign() { # its answer
	local apdu answer
	for apdu in "${to_sign[@]}"; do
		answer=$(ask "$apdu")
	done
	echo "$answer"
}
for apdu in "${to_login[@]}" "$(verify_holder "$pin")"; do
	like "$(ask "$apdu")" '9000$' "in a session: ${apdu:0:8}"
done
like "$(sign)" '9000$' "the card signs"
if [ -z "$asan" ]; then
	like "$(look pid "$BRIDGE_PID" || true)" "${secrets_keys[0]}-p" \
		"while it does, the key is in the bridge's memory"
	t_fails "but no passcode" grep PIN <<<"$(look pid "$BRIDGE_PID" || true)"
fi
sleep 3.5
memory "the bridge's memory after the idle time"
is "$(ask "${to_sign[-1]}")" 6982 "and the card does not sign any more"

for apdu in "${again[@]}" "$(verify_holder "$pin")"; do
	like "$(ask "$apdu")" '9000$' "logged in again: ${apdu:0:8}"
done
like "$(sign)" '9000$' "the card signs"
exec {say}>&-
memory "the bridge's memory after the session, when pcscd let go of the card"

# ---- pkcs11-tool, and what it leaves ---------------------------------------

pc pkcs11-tool -l --pin "$pin" -O >"$T/p11.log" 2>&1 || true
like "$(cat "$T/p11.log")" 'Private Key Object' "pkcs11-tool logs in"
echo 'for the card' >"$T/plain"
card_certificate 1 "$T/cert.pem" || true
openssl pkeyutl -encrypt -certin -inkey "$T/cert.pem" -in "$T/plain" \
	-out "$T/cipher" -pkeyopt rsa_padding_mode:pkcs1 2>/dev/null || true
id=$(pc pkcs15-tool --list-certificates 2>/dev/null |
	sed -n 's/^\tID  *: //p' | sed -n 1p)
pc pkcs11-tool -l --pin "$pin" --id "$id" --decrypt -m RSA-PKCS \
	-i "$T/cipher" -o "$T/decrypted" >"$T/p11-decrypt.log" 2>&1 || true
is "$(cat "$T/decrypted" 2>/dev/null)" 'for the card' \
	"what was encrypted for it comes back"
memory "the bridge's memory after programs have used the card"
card_remove
memory "the bridge's memory after the card was removed"

# ---- passcodes changed, wrong ones given ------------------------------------

"$CARDBRIDGE" card passwd --old-pin-file "$T/secret/pin" \
	--new-pin-file "$T/secret/new-pin" "$card" >"$T/passwd.txt" 2>&1 || true
t "the passcode is changed" grep -q 'changed' "$T/passwd.txt"
"$CARDBRIDGE" card passwd --old-pin-file "$T/secret/pin" \
	--new-pin-file "$T/secret/pin" "$card" >"$T/wrong.txt" 2>&1 || true
t "the old one is wrong" grep -q 'wrong' "$T/wrong.txt"
"$CARDBRIDGE" apdu "$card" "$(verify_holder "$new_pin")" \
	>"$T/apdu.txt" 2>&1 || true
nothing "what was said of it" file "$T/passwd.txt" "$T/wrong.txt" "$T/apdu.txt"
nothing "the card file afterwards" file "$T/cards"
nothing "the bridge's state directory" file "$BRIDGE_STATE"
nothing "the bridge's log" file "$BRIDGE_LOG"
nothing "what programs were told" file "$T/p11.log" "$T/p11-decrypt.log"
