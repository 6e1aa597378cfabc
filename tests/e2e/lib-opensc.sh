# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the tests with unmodified OpenSC share: one reader, "card", whose card
# is exchanged, and small things made with openssl. Sourced after lib.sh.

pin=123456
so_pin=87654321
t0_atr=3B7B1800000031C06477E30300829000
# AuthentIC v3: in T=0, and in both protocols
a3_t0_atr=3B5D180080F9A0000000770100700A9000
a3_both_atr=3BDB960080B1FE451F830031C064C7FC100007900072

# No cache or configuration of this machine's user plays a part.
export HOME=$T XDG_CACHE_HOME=$T/cache XDG_CONFIG_HOME=$T/config
export LC_ALL=C

need opensc-tool pkcs11-tool pkcs15-tool pkcs15-init openssl basenc expect
need_cardbridge
[ "$CB_ROAD" = inside ] || need_pcscd

# For programs that are told the module's place: it goes to $module.
need_module() {
	module=$(dpkg -L opensc-pkcs11 2>/dev/null |
		grep '/opensc-pkcs11.so$' | head -n 1) || true
	[ -n "$module" ] || skip_all "opensc-pkcs11 is not installed"
}

# ---- hexadecimal ----------------------------------------------------------

unhex() { tr -d ' \n' | tr a-f A-F | basenc --base16 --decode; }
hex() { basenc --base16 --wrap=0; }

# A passcode as the card wants it: 64 bytes, filled with FF.
pin_hex() { # PASSCODE
	local h
	h=$(printf %s "$1" | hex)
	while [ ${#h} -lt 128 ]; do
		h+=FF
	done
	echo "$h"
}

# What OpenSC is told before it sees a card. It knows AuthentIC v3 by one ATR,
# which is for T=1. For IAS ECC it has profiles that address the application by
# its name, with which it can make no object; $ias_profile is one of them that
# has one line changed, the other are as they were.
opensc_conf_for() { # FAMILY PROTOCOL
	unset OPENSC_CONF
	case $1-$2 in
	authentic3-t0) conf_type "$a3_t0_atr" ;;
	authentic3-both) conf_type "$a3_both_atr" ;;
	iasecc-oberthur-*) conf_profile iasecc_generic_oberthur ;;
	iasecc-gemalto-*) conf_profile iasecc_generic_pki ;;
	esac
}
conf_profile() { # NAME
	local to=$T/profiles
	ias_profile=own_$1
	rm -rf "$to"
	cp -r /usr/share/opensc "$to"
	sed '/DF PKCS15-AppDF/,/exclusive-aid/{
		s/exclusive-aid *=.*/file-id = 5015;/
	}' \
		"$to/$1.profile" >"$to/$ias_profile.profile"
	export OPENSC_CONF=$T/opensc.conf
	cat >"$OPENSC_CONF" <<-END
		app default {
			card_driver iasecc { profile = $ias_profile; }
			profile_dir = "$to";
		}
	END
}
conf_type() { # ATR
	export OPENSC_CONF=$T/opensc.conf
	cat >"$OPENSC_CONF" <<-END
		app default {
			card_atr $(sed 's/../&:/g; s/:$//' <<<"$1") {
				type = 11100;
				driver = "authentic";
			}
		}
	END
}

# ---- programs ---------------------------------------------------------------

p11() { pc pkcs11-tool "$@" 2>&1; }
p15() { pc pkcs15-tool "$@" 2>&1; }

# What was verified outlives a process: a reset ends it.
reset() { pc opensc-tool --reset >/dev/null 2>&1; }

# ---- the card in the reader -----------------------------------------------

card_answers() { pc opensc-tool --atr; }
card_gone() { ! pc opensc-tool --atr; }

# Where each command to the card is told in a line, and what stands before it
# there: pcscd's log has all of its bytes, the bridge's four, and its length.
reader_start() {
	if [ "$CB_ROAD" = inside ]; then
		apdu_log=$CB_BRIDGE_LOG
		apdu_line=' debug: card: '
		return
	fi
	apdu_log=$PCSCD_LOG
	apdu_line=' APDU: '
	bridge_start
	reader_file card
	pcscd_start --apdu
}

# In pcscd the reader is there without a card. Inside it would go with it: the
# card is taken out of it, and the reader is made again for another one.
card_file=
card_insert() { # FILE
	local file
	file=$(stat -c '%n %i' "$1")
	if [ "$card_file" = "$file" ]; then
		"$CARDBRIDGE" reader insert card
	else
		[ -z "$card_file" ] || reader_remove card
		reader_add card "emu:$1" || bail "the bridge does not take $1"
	fi
	[ "$CB_ROAD" != inside ] || card_file=$file
	wait_until 10 card_answers || bail "OpenSC does not see the card"
}

card_remove() {
	if [ -n "$card_file" ]; then
		"$CARDBRIDGE" reader eject card
	else
		reader_remove card
	fi
	wait_until 10 card_gone || bail "OpenSC still sees the card"
}

# ---- APDUs ------------------------------------------------------------------

apdu_mark() { wc -l <"$apdu_log"; }

# What the log says since then, and how many commands it tells that begin so.
apdu_lines() { tail -n "+$(($1 + 1))" "$apdu_log"; } # MARK
apdus_since() {                                      # MARK [ERE]
	apdu_lines "$1" | grep -acE "$apdu_line${2:-[0-9A-F][0-9A-F] }" || true
}

# Runs a command (or function) with its exit code in $code, its output in
# $output, and in $apdus how many APDUs passed meanwhile; in $bytes_out and
# $bytes_in how long they and the answers were, where pcscd's log tells it.
counted() { # COMMAND...
	local mark
	mark=$(apdu_mark)
	code=0
	if [ "$(type -t "$1")" = function ]; then
		output=$("$@" 2>&1 </dev/null) || code=$?
	else
		output=$(pc "$@" 2>&1 </dev/null) || code=$?
	fi
	apdus=$(apdus_since "$mark")
	# shellcheck disable=SC2034 # for the caller
	read -r bytes_out bytes_in <<<"$(apdu_lines "$mark" | LC_ALL=C awk '
		/ APDU: / { o += NF - 2 }
		/ SW: / { i += NF - 2 }
		END { print o + 0, i + 0 }')"
}

# How the commands begin by which a card signs (PSO COMPUTE DIGITAL SIGNATURE,
# INTERNAL AUTHENTICATE) and deciphers (PSO DECIPHER).
signature_apdu='00 (2A 9E|88)'
decipher_apdu='[01]0 2A 80'

# How many APDUs that begin so pass while a command runs, in $sent; its output
# in $output.
count_sent() { # ERE COMMAND...
	local mark
	mark=$(apdu_mark)
	output=$("${@:2}" 2>&1 </dev/null) || true
	sent=$(apdus_since "$mark" "$1")
}
never_sends() { # DESCRIPTION ERE COMMAND...
	count_sent "${@:2}"
	is "$sent" 0 "$1"
}
sends() { # DESCRIPTION ERE COMMAND...: at least one
	count_sent "${@:2}"
	like "$sent" '^[1-9]' "$1"
}

# ---- openssl ----------------------------------------------------------------

# The card's Nth certificate (1 authentication, 2 content commitment), as PEM.
card_certificate() { # N FILE
	local id
	id=$(pc pkcs15-tool --list-certificates 2>/dev/null |
		sed -n 's/^\tID  *: //p' | sed -n "$1p")
	pc pkcs15-tool --read-certificate "$id" -o "$2" 2>/dev/null
}

# The same as $T/certN.pem, and its public key as $T/pubN.pem.
card_key() { # N
	card_certificate "$1" "$T/cert$1.pem"
	openssl x509 -in "$T/cert$1.pem" -noout -pubkey >"$T/pub$1.pem"
}

# The IDs of the card's keys, in its order.
key_ids() { p15 --list-keys | sed -n 's/^\tID  *: //p'; }

# A certificate for somebody's public key, by a throw-away CA.
issue_certificate() { # PUBLIC-KEY-PEM CN FILE
	if [ ! -e "$T/ca.pem" ]; then
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/ca.key" \
			-out "$T/ca.pem" -subj '/CN=Test Sub CA' -days 30 2>/dev/null
		openssl req -new -key "$T/ca.key" -subj /CN=none \
			-out "$T/none.csr" 2>/dev/null
	fi
	openssl x509 -req -in "$T/none.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
		-set_serial 77 -days 30 -force_pubkey "$1" -subj "/CN=$2" \
		-out "$3" 2>/dev/null
}

verifies() { # DIGEST PUBLIC-KEY: $T/signature is one of $T/message
	openssl "$1" -verify "$2" -signature "$T/signature" "$T/message"
}

# The key with this ID signs what stands in $T/message, as $T/signature:
# RSA-PKCS with a DigestInfo of the host's, of any digest.
sign_info() { # ID DIGEST
	rm -f "$T/signature"
	unhex <<<"$(digest_info "$T/message" "$2")" >"$T/digest-info"
	p11 -l --pin "$pin" --sign --mechanism RSA-PKCS --id "$1" \
		-i "$T/digest-info" -o "$T/signature"
}
signs_infos() { # WHERE ID PUBLIC-KEY
	local digest
	for digest in "${!digest_head[@]}"; do
		t "$1: RSA-PKCS signs a DigestInfo of $digest" \
			sign_info "$2" "$digest"
		t "$1: openssl verifies it" verifies "$digest" "$3"
	done
}

# What openssl encrypts for $T/cert1.pem, the key with this ID deciphers.
deciphers() { # WHERE ID
	openssl pkeyutl -encrypt -certin -inkey "$T/cert1.pem" -in "$T/text" \
		-out "$T/cryptogram"
	rm -f "$T/plain"
	sends "$1: RSA-PKCS has the card decipher" "$decipher_apdu" \
		p11 -l --pin "$pin" --decrypt --mechanism RSA-PKCS --id "$2" \
		-i "$T/cryptogram" -o "$T/plain"
	t "$1: what openssl encrypted comes back" cmp "$T/plain" "$T/text"
	rm -f "$T/plain"
	pc pkcs15-crypt --decipher --pkcs1 --raw --pin "$pin" --key "$2" \
		-i "$T/cryptogram" -o "$T/plain" >/dev/null 2>&1 || true
	t "$1: by pkcs15-crypt too" cmp "$T/plain" "$T/text"
}

# Mechanisms that OpenSC does not offer with this card.
offers_no_other() { # WHERE ID
	local mechanism
	printf '%0256d' 1 >"$T/block"
	for mechanism in RSA-X-509 RSA-9796 SHA256-RSA-PKCS-PSS \
		SHA384-RSA-PKCS SHA512-RSA-PKCS; do
		never_sends "$1: no card is asked for $mechanism" \
			"$signature_apdu" p11 -l --pin "$pin" --sign \
			--mechanism "$mechanism" --id "$2" -i "$T/block"
		like "$output" CKR_MECHANISM_INVALID "$1: the host says so"
	done
	for mechanism in RSA-X-509 RSA-PKCS-OAEP; do
		never_sends "$1: nor to decipher by $mechanism" \
			"$decipher_apdu" p11 -l --pin "$pin" --decrypt \
			--mechanism "$mechanism" --id "$2" -i "$T/block"
		like "$output" CKR_MECHANISM_INVALID "$1: the host says so"
	done
}

# ---- a person at a terminal -------------------------------------------------

# Types a passcode (or just return) where a command asks for it. OpenSC drops
# what was typed before it turned the echo off: that is waited for.
cat >"$T/terminal.exp" <<'END'
set timeout 20
proc give_up {} {
	exec kill -KILL [exp_pid]
	exit 98
}
spawn -noecho {*}[lrange $argv 1 end]
expect timeout give_up eof {} -re {[Pp]lease enter[^\r\n]*: } {
	for {set i 0} {$i < 500} {incr i} {
		if {[string match "* -echo *" \
		    [exec stty -a <$spawn_out(slave,name)]]} break
		after 10
	}
	send -- "[lindex $argv 0]\r"
}
expect timeout give_up eof {}
exit [lindex [wait] 3]
END
on_a_terminal() { pc expect -f "$T/terminal.exp" -- "$@"; } # TYPED COMMAND...

# ---- raw APDUs through opensc-tool ------------------------------------------

# Sends them in one session; a line "DATA SW" for each answer.
raw() { # APDU...
	local a options=()
	for a; do
		options+=(-s "$a")
	done
	pc opensc-tool "${options[@]}" 2>/dev/null | awk '
		/^Received \(SW1=0x/ {
			if (sw != "") print data sw
			data = ""
			sw = substr($0, 17, 2) substr($0, 27, 2)
			next
		}
		sw != "" && /^[0-9A-F][0-9A-F] / {
			line = substr($0, 1, 48)
			gsub(/ /, "", line)
			data = data line
		}
		/^[0-9A-F][0-9A-F] / { next }
		END { if (sw != "") print data sw }'
}

raw_last() { raw "$@" | tail -n 1; } # APDU...

# The DigestInfo of a file's digest (SHA-256 unless another is named), as a
# command's data.
declare -A digest_head=(
	[sha1]=3021300906052B0E03021A05000414
	[sha256]=3031300D060960864801650304020105000420
	[sha384]=3041300D060960864801650304020205000430
	[sha512]=3051300D060960864801650304020305000440
)
digest_info() { # FILE [DIGEST]
	local digest=${2:-sha256}
	echo "${digest_head[$digest]}$(openssl "$digest" -binary "$1" | hex)"
}

select_5011=00A4000C025011
select_9002=00A4000C029002
verify_user() { echo "0020008140$(pin_hex "$1")"; } # PASSCODE
verify_so() { echo "0020000440$(pin_hex "$1")"; }   # PASSCODE

# ---- keys by raw APDUs ------------------------------------------------------

tlv() { # TAG HEX
	local n=$((${#2} / 2))
	if [ $n -gt 255 ]; then
		printf '%s82%04X%s' "$1" $n "$2"
	elif [ $n -gt 127 ]; then
		printf '%s81%02X%s' "$1" $n "$2"
	else
		printf '%s%02X%s' "$1" $n "$2"
	fi
}

# The numbers of a private key, in hexadecimal without leading zeros.
key_number() { # FILE NAME
	openssl rsa -in "$1" -noout -text 2>/dev/null | awk -v name="$2:" '
		$0 == name { on = 1; next }
		/^ / && on { gsub(/[ :]/, ""); s = s toupper($0); next }
		{ on = 0 }
		END { sub(/^(00)+/, "", s); print s }'
}

# PUT DATA in blocks of 255 bytes.
put_data() { # HEX
	local hex=$1 n
	while [ -n "$hex" ]; do
		n=$((${#hex} > 510 ? 510 : ${#hex}))
		printf '%s%02X%s\n' \
			"$([ ${#hex} -gt 510 ] && echo 10DB3FFF || echo 00DB3FFF)" \
			$((n / 2)) "${hex:0:n}"
		hex=${hex:n}
	done
}

# The blocks by which a key of a file becomes key 04 of an AuthentIC v3 card.
a3_key_blocks() { # FILE
	local name private='' public
	for name in prime1:92 prime2:93 coefficient:94 exponent1:95 exponent2:96; do
		private+=$(tlv "${name#*:}" "$(key_number "$1" "${name%:*}")")
	done
	public=$(tlv 81 "$(key_number "$1" modulus)")8203010001
	put_data "$(tlv A1 "80010C830104$(tlv A5 \
		"$(tlv 7F48 "$private")$(tlv 7F49 "$public")")")"
}

# ---- passcodes, profiles ----------------------------------------------------

# A passcode at random.
draw() { # DIGITS
	od -An -v -N "$1" -tu1 /dev/urandom |
		awk '{ for (i = 1; i <= NF; i++) printf "%d", $i % 10 }'
}

# A profile of IAS ECC with room in the directory files for more objects, as
# $T/roomy.profile.
roomy() { # PROFILE
	local at
	cp "$CB_SRC/data/profiles/$1.profile" "$T/roomy.profile"
	for at in 7002:1800 7004:3000 7005:1000 7006:1500; do
		sed -i "/5015\/${at%:*}\"/s/size = [0-9]*/size = ${at#*:}/" \
			"$T/roomy.profile"
	done
	sed -i 's/tlv(04, \(3401\|3402\|B001\|B002\))/tlv(04, 3F005015\1)/' \
		"$T/roomy.profile"
}
