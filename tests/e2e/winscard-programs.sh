#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Unmodified programs over our libpcsclite.so.1, with an empty /run: there is
# no pcscd that could help.#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
need pcsc_scan stdbuf gpg-connect-agent
shim=$CB_BUILD/winscard-shim/.libs
[ -e "$shim/libpcsclite.so.1" ] || skip_all "the library is not built"
export LD_LIBRARY_PATH=$shim

# Without a namespace the system's daemon might be there.
is "$(ls -A /run/pcscd 2>/dev/null)" "" "no pcscd"

seen() { [ "$(grep -c "$1" "$2")" -ge "$3" ]; } # ERE FILE TIMES
eject() { "$CARDBRIDGE" reader eject card; }
insert() { "$CARDBRIDGE" reader insert card; }

bridge_start
card_make "$T/card"
reader_add card "emu:$T/card"

# ---- OpenSC -----------------------------------------------------------------

like "$(pc opensc-tool -l 2>&1)" 'Yes .*cardbridge card 00 00' \
	"opensc-tool lists the reader"
like "$(pc opensc-tool -n 2>&1)" 'AuthentIC v5' "opensc-tool knows the card"
like "$(raw_last 00A4040C)" '^9000$' "opensc-tool sends an APDU"
t "opensc-tool resets the card" pc opensc-tool --reset
like "$(p15 -D)" 'Private RSA Key .Content Commit' "pkcs15-tool lists it"
like "$(p11 -L -O)" 'NHS Series 8' "pkcs11-tool lists the token"
like "$(p11 -l --pin "$pin" -O)" 'Private Key Object' \
	"pkcs11-tool logs in"
like "$(p11 -l --pin 888888 -O)" CKR_PIN_INCORRECT \
	"pkcs11-tool is refused with a wrong passcode"
t "pkcs11-tool logs in again" p11 -l --pin "$pin" -O

echo "hello world" >"$T/text"
card_key 1
id=$(key_ids | head -n 1)
openssl pkeyutl -encrypt -certin -inkey "$T/cert1.pem" -in "$T/text" \
	-out "$T/cryptogram"
t "pkcs11-tool has the card decipher" p11 -l --pin "$pin" --decrypt \
	--mechanism RSA-PKCS --id "$id" -i "$T/cryptogram" -o "$T/plain"
t "what openssl encrypted comes back" cmp "$T/plain" "$T/text"

# OpenSC refuses to sign with this kind of card; it does with the other
card_make "$T/a3" --profile authentic3
reader_remove card
reader_add card "emu:$T/a3"
card_key 1
id=$(key_ids | head -n 1)
cp "$T/text" "$T/message"
t "pkcs11-tool signs" sign_info "$id" sha256
t "openssl verifies it" verifies sha256 "$T/pub1.pem"

# ---- pcsc_scan, pyscard, Java -------------------------------------------------

like "$(pc pcsc_scan -r)" 'cardbridge card 00 00' "pcsc_scan -r"
start "$T/scan.log" stdbuf -oL pcsc_scan -n -q
scan=$started
t "pcsc_scan sees the card" wait_until 10 seen 'Card inserted' "$T/scan.log" 1
t "the card is ejected" eject
t "pcsc_scan sees it go" wait_until 10 seen 'Card removed' "$T/scan.log" 1
t "the card is put back" insert
t "pcsc_scan sees it come" \
	wait_until 10 seen 'Card inserted' "$T/scan.log" 2
reader_add second "emu:$T/card"
t "pcsc_scan sees a second reader" \
	wait_until 10 seen 'cardbridge second' "$T/scan.log" 1
reader_remove second
finish "$scan"

start "$T/monitor.log" "$CB_PYTHON" "$CB_SRC/tests/e2e/winscard-monitor.py"
monitor=$started
wait_until 20 seen added "$T/monitor.log" 1 || fail "pyscard sees no card"
eject
wait_until 20 seen removed "$T/monitor.log" 1 || fail "pyscard sees none go"
insert
t "pyscard's monitor ends" wait_until 20 gone "$monitor"
is "$(tr '\n' ' ' <"$T/monitor.log")" '9000 alone added removed added ' \
	"pyscard: an exclusive connection, and what its monitor saw"

if command -v java >/dev/null; then
	start "$T/java.log" java -Xshare:auto -XX:TieredStopAtLevel=1 \
		"$CB_SRC/tests/winscard/Terminals.java"
	java=$started
	t "Java waits for changes" wait_until 40 seen waiting "$T/java.log" 1
	eject
	t "Java sees it go" wait_until 20 seen absent "$T/java.log" 1
	insert
	t "Java ends" wait_until 20 gone "$java"
	is "$(tr '\n' ' ' <"$T/java.log")" \
		"cardbridge card 00 00 present true T=1 9000 waiting absent \
true present true " \
		"Java: a terminal, its card, an exclusive command, changes"
else
	skip "Java" "it is not installed"
fi

# ---- scdaemon -------------------------------------------------------------------

export GNUPGHOME=$T/gnupg
mkdir -m 0700 "$GNUPGHOME"
cat >"$GNUPGHOME/scdaemon.conf" <<-'END'
	disable-ccid
	pcsc-shared
END
scd() { pc gpg-connect-agent "SCD $1" /bye 2>&1 | tr -d '\0'; } # COMMAND
daemons() { pgrep -f "homedir $GNUPGHOME"; }
no_daemons() { ! daemons; }
like "$(scd "SERIALNO undefined")" 'S SERIALNO [0-9A-F]+' \
	"scdaemon finds the card"
like "$(scd "APDU 00A4040C")" '^D .*OK$' "scdaemon sends an APDU"
t "it runs" daemons
gpgconf --kill all
t "scdaemon and its agent are gone" wait_until 10 no_daemons

# ---- two programs, one card -------------------------------------------------------

# Each selects a file and reads it, which the other would spoil. (OpenSC's own
# programs let go of the card between the two, and do not bear company.)
select_app=00A4040010A0000000770100700A1000F100000100
reads() { # FILE-ID LOG
	pc "$CB_PYTHON" "$CB_SRC/tests/e2e/winscard-share.py" "$select_app" \
		00A40000025015 "00A4000002$1" 00B0000008 >"$2" 2>&1
}
reads 5031 "$T/share1.log" &
first=$!
t "one of two programs reads its file" reads 5032 "$T/share2.log"
rc=0
wait "$first" || rc=$?
is "$rc" 0 "the other its own"
like "$(cat "$T/share1.log")" ' A00A300804063F009000$' "it is EF.ODF"
like "$(cat "$T/share2.log")" ' 302E02010004[0-9A-F]{4}9000$' \
	"and that EF.TokenInfo"
