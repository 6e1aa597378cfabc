# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the tests with unmodified OpenSC share: one reader, "card", whose card
# is exchanged, and small things made with openssl. Sourced after lib.sh.

pin=123456
so_pin=87654321
t0_atr=3B7B1800000031C06477E30300829000

# No cache or configuration of this machine's user plays a part.
export HOME=$T XDG_CACHE_HOME=$T/cache XDG_CONFIG_HOME=$T/config
export LC_ALL=C

need opensc-tool pkcs11-tool pkcs15-tool pkcs15-init openssl basenc expect
need_cardbridge
need_pcscd

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
	authentic3-t0) conf_type ;;
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
conf_type() {
	export OPENSC_CONF=$T/opensc.conf
	cat >"$OPENSC_CONF" <<-END
		app default {
			card_atr 3b:5d:18:00:80:f9:a0:00:00:00:77:01:00:70:0a:90:00 {
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

reader_start() {
	bridge_start
	reader_file card
	pcscd_start --apdu
}

card_insert() { # FILE
	reader_add card "emu:$1" || bail "the bridge does not take $1"
	wait_until 10 card_answers || bail "pcscd does not see the card"
}

card_remove() {
	reader_remove card
	wait_until 10 card_gone || bail "pcscd still sees the card"
}

# ---- APDUs ------------------------------------------------------------------

# Runs a command (or function) with its exit code in $code, its output in
# $output, and in $apdus, $bytes_out and $bytes_in what passed between pcscd and
# the card meanwhile.
counted() { # COMMAND...
	local before
	before=$(wc -l <"$PCSCD_LOG")
	code=0
	if [ "$(type -t "$1")" = function ]; then
		output=$("$@" 2>&1 </dev/null) || code=$?
	else
		output=$(pc "$@" 2>&1 </dev/null) || code=$?
	fi
	# shellcheck disable=SC2034 # for the caller
	read -r apdus bytes_out bytes_in <<<"$(tail -n "+$((before + 1))" \
		"$PCSCD_LOG" | LC_ALL=C awk '
		/ APDU: / { n++; o += NF - 2 }
		/ SW: / { i += NF - 2 }
		END { print n + 0, o + 0, i + 0 }')"
}

# No APDU that begins so passes while a command runs; its output in $output.
never_sends() { # DESCRIPTION ERE COMMAND...
	local before what=$1 ere=$2
	before=$(wc -l <"$PCSCD_LOG")
	shift 2
	output=$("$@" 2>&1 </dev/null) || true
	is "$(tail -n "+$((before + 1))" "$PCSCD_LOG" |
		grep -cE "APDU: $ere" || true)" 0 "$what"
}

# ---- openssl ----------------------------------------------------------------

# The card's Nth certificate (1 authentication, 2 content commitment), as PEM.
card_certificate() { # N FILE
	local id
	id=$(pc pkcs15-tool --list-certificates 2>/dev/null |
		sed -n 's/^\tID  *: //p' | sed -n "$1p")
	pc pkcs15-tool --read-certificate "$id" -o "$2" 2>/dev/null
}

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

# The DigestInfo of a file's SHA-256, as a command's data.
digest_info() { # FILE
	echo "3031300D060960864801650304020105000420$(
		openssl sha256 -binary "$1" | hex)"
}

select_5011=00A4000C025011
select_9002=00A4000C029002
verify_user() { echo "0020008140$(pin_hex "$1")"; } # PASSCODE
verify_so() { echo "0020000440$(pin_hex "$1")"; }   # PASSCODE
