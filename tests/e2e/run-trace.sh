#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What cardbridge run --trace writes down, looked at as somebody would who has
# got hold of it: unmodified OpenSC gives each kind of card passcodes and keys,
# has it decipher, and none of that is in the trace. The same again with
# --full, where all of it is: so it was sent, and the search finds it.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

is "$(ls -A /run/pcscd 2>/dev/null)" "" "no pcscd"
unset CARDBRIDGE_SOCKET

# Every program of this script, also of the functions that it has sourced.
pc() { # COMMAND...
	local rc=0
	"$CARDBRIDGE" run --trace "$T/one.trace" "${full[@]}" --card "$card" \
		-- timeout 60 "$@" || rc=$?
	cat "$T/one.trace" >>"$all"
	return "$rc"
}
full=() card=$T/none all=$T/none.trace

secret() { # NAME HEX
	echo "$1 $2" >>"$T/secrets"
}
passcode() { secret "$1" "$(printf %s "$2" | hex)"; } # NAME DIGITS
told() { grep -qE "$1" "$all"; } # ERE
look() { "$CB_PYTHON" "$CB_SRC/tests/e2e/search-memory.py" "$T/secrets" file "$1"; }

openssl genrsa -traditional -out "$T/imported.key" 2048 2>/dev/null
openssl pkey -in "$T/imported.key" -pubout -out "$T/imported.pub"

# ---- what is done with a card -----------------------------------------------

decrypts() { # ID OPENSSL-OPTION...
	local id=$1
	shift
	openssl pkeyutl -encrypt "$@" -in "$T/text" -out "$T/cryptogram"
	rm -f "$T/plain"
	pc pkcs11-tool -l --pin "$pin" --decrypt --mechanism RSA-PKCS \
		--id "$id" -i "$T/cryptogram" -o "$T/plain" &&
		cmp "$T/plain" "$T/text"
}

changes_pin() { # AUTH-ID
	t "$what: the passcode is changed" pc pkcs15-tool --change-pin \
		--auth-id "$1" --pin "$pin" --new-pin "$new_pin"
	pin=$new_pin
}

is_wrong() { ! pc pkcs15-tool --verify-pin --pin "$wrong"; }

unblocks() {
	t "$what: a wrong passcode is refused" is_wrong
	t "$what: the PUK sets another" pc pkcs15-tool --unblock-pin \
		--auth-id 01 --puk "$so_pin" --new-pin "$last_pin"
	pin=$last_pin
}

imports() { # OPTION...
	t "$what: a key is imported" pc pkcs15-init "$@" --pin "$pin" \
		--store-private-key "$T/imported.key"
}

do_authentic5() {
	card_make "$card" --blank --so-pin-file "$T/so-pin"
	t "$what: a card is made" on_a_terminal '' pkcs15-init \
		--create-pkcs15 --so-pin "$so_pin" --label Traced --store-pin \
		--auth-id 53434D --pin "$pin"
	t "$what: with an unblock value" told 'CREATE FILE.*83022000'
	imports --auth-id 53434D --id 3003 --label Imported
	t "$what: a key is generated" pc pkcs15-init --generate-key rsa/1024 \
		--auth-id 53434D --pin "$pin" --id 1024
	t "$what: it deciphers" decrypts 3003 -pubin -inkey "$T/imported.pub"
	changes_pin 53434D
	t "$what: a wrong passcode is refused" is_wrong
	# where the unblock value is known, and guarded
	card=$card.made
	card_make "$card"
	unblock=$(sed -n 's/^unblock value: //p' "$T/card-new.log")
	secret unblock "$unblock"
	is "$(raw 00A4040C10A000000077010303000000F100000002 \
		"$(verify_so 87654321)" "$select_5011" 00A4000C022000 \
		00B0000010 | tail -n 1 | tail -c 5)" 9000 \
		"$what: the unblock value is read"
	is "$(raw_last 00A4040C10A000000077010303000000F100000002 \
		"$(verify_so 87654321)" "$select_5011" "002C000150$unblock$(pin_hex "$last_pin")")" \
		9000 "$what: and used"
}

do_authentic3() {
	local rules=000100010001000000010001 blocks
	card_make "$card" --pin-file "$T/pin" --so-pin-file "$T/so-pin"
	card_certificate 1 "$T/cert1.pem"
	t "$what: it deciphers" decrypts "$(key_ids | head -n 1)" -certin \
		-inkey "$T/cert1.pem"
	# OpenSC brings no key to these
	mapfile -t blocks < <(a3_key_blocks "$T/imported.key")
	is "$(raw_last 00A4000002501500 \
		"0020000108$(printf %s "$pin" | hex)" \
		"00DB3FFF16A11480010C830104860C$rules" "${blocks[@]}")" 9000 \
		"$what: a key is imported by raw APDUs"
	changes_pin 01
	unblocks
}

do_iasecc() { # FLAVOUR
	opensc_conf_for "$1" any
	roomy "$1"
	card_make "$card" --profile "$T/roomy.profile" \
		--pin-file "$T/pin" --so-pin-file "$T/so-pin"
	card_certificate 1 "$T/cert1.pem"
	t "$what: it deciphers" decrypts "$(key_ids | head -n 1)" -certin \
		-inkey "$T/cert1.pem"
	imports --card-profile "$ias_profile" --verify-pin --auth-id 01 \
		--id 48 --key-usage sign,decrypt
	t "$what: a key is generated" pc pkcs11-tool -l --pin "$pin" \
		--keypairgen --key-type rsa:2048 --id 47
	changes_pin 01
	unblocks
	unset OPENSC_CONF
}

# ---- and what is to be seen of it -------------------------------------------

try_card() { # KIND [--full]
	local parts=(prime1 prime2 coefficient exponent1 exponent2) part
	what=$1 card_profile=$1
	card=$T/$1${2:-}.card all=$T/$1${2:-}.trace full=("${@:2}")
	: >"$all"
	: >"$T/secrets"
	pin=$(draw 8) new_pin=$(draw 8) wrong=$(draw 8) so_pin=$(draw 8)
	last_pin=$(draw 8)
	head -c 24 /dev/urandom >"$T/text"
	echo "$pin" >"$T/pin"
	echo "$so_pin" >"$T/so-pin"
	passcode PIN "$pin"
	passcode new-PIN "$new_pin"
	passcode wrong-PIN "$wrong"
	passcode PUK "$so_pin"
	passcode last-PIN "$last_pin"
	secret plaintext "$(hex <"$T/text")"
	for part in "${parts[@]}"; do
		secret "$part" "$(key_number "$T/imported.key" "$part")"
	done
	case $1 in
	iasecc-*) do_iasecc "$1" ;;
	*) "do_$1" ;;
	esac
}

for kind in authentic5 authentic3 iasecc-oberthur iasecc-gemalto; do
	try_card "$kind"
	is "$(look "$all" || true)" '' "$kind: no secret is in the trace"
	t "$kind: passcodes are blotted out" told \
		' > VERIFY [0-9A-F]{2}: 002000[0-9A-F]{4}<[0-9]+ bytes>$'
	t "$kind: it is told where the card deciphers" told ' > PSO DECIPHER'
	t "$kind: but not what" told ' < success: <[0-9]+ bytes>9000$'
	what="$kind, --full"
	try_card "$kind" --full
	is "$( (look "$all" || true) | sed 's/ in .*//' | sort)" \
		"$(cut -d ' ' -f 1 "$T/secrets" | sort)" \
		"$kind: with --full all of them are"
done

# what pkcs15-init itself puts into EF 2000 is the same each time
stored=$(awk '/ > SELECT 2000: / { on = 1; next } / > SELECT / { on = 0 }
	on && / > UPDATE BINARY / { print substr($NF, 11); exit }' \
	"$T/authentic5--full.trace")
like "$stored" '^[0-9A-F]{32}$' "an unblock value is stored by pkcs15-init"
is "$(grep -c "$stored" "$T/authentic5.trace" || true)" 0 \
	"which is not in the trace"
