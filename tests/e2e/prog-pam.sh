#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# pam_p11: a PAM service opens to whoever has the card whose certificate or
# public key stands in the user's home, and its passcode. The service and the
# user are known in this test's mount namespace only.
# time limit: 180
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need pamtester ssh-keygen
[ -d /etc/pam.d ] || skip_all "there is no PAM"
[ "$cb_namespace" = private ] ||
	skip_all "a PAM service of our own takes a mount namespace"

service=cardbridge-test
user=cardbridge-holder
home=$T/home

# ---- the service and the user -------------------------------------------------

# pam_p11 answers "try again" where libpam asks whether a change of the passcode
# is possible at all; a module beside it must say yes.
private_system() {
	mkdir "$T/pam.d" "$home"
	cat >"$T/pam.d/$service" <<-END
		auth required pam_p11.so $module
		account required pam_p11.so $module
		password optional pam_p11.so $module
		password required pam_permit.so
		session required pam_permit.so
	END
	{
		cat /etc/passwd
		echo "$user:x:$(id -u):$(id -g)::$home:/bin/false"
	} >"$T/passwd"
	mount --bind "$T/pam.d" /etc/pam.d
	mount --bind "$T/passwd" /etc/passwd
	is "$(getent passwd "$user" | cut -d: -f6)" "$home" \
		"a user and a service are made up"
}

authorize_nobody() { rm -rf "$home/.eid" "$home/.ssh"; }
authorize_certificate() { # FILE
	authorize_nobody
	mkdir "$home/.eid"
	cp "$1" "$home/.eid/authorized_certificates"
}
authorize_ssh_key() { # PUBLIC-KEY-PEM
	authorize_nobody
	mkdir "$home/.ssh"
	ssh-keygen -i -m PKCS8 -f "$1" >"$home/.ssh/authorized_keys"
}

# ---- at the door ----------------------------------------------------------------

door() { # PASSCODE OPERATION...
	pc pamtester "$service" "$user" "${@:2}" <<<"$1" 2>&1
}
knock() { door "$1" authenticate acct_mgmt open_session; } # PASSCODE

opens() { # DESCRIPTION
	sends "$kind: $1, for which the card signs" "$signature_apdu" \
		knock "$pin"
	like "$output" "Login with $token_ere.*successfully opened a session" \
		"$kind: and it opens"
}

stays_shut() { # DESCRIPTION ERE
	never_sends "$kind: $1: no passcode is asked for" \
		'00 20 00 01 0[1-9A-F]' knock "$pin"
	like "$output" "$2" "$kind: and the door stays shut"
}

authentication() {
	authorize_certificate "$T/cert1.pem"
	opens "a certificate in .eid/authorized_certificates"
	authorize_ssh_key "$T/pub1.pem"
	opens "a public key in .ssh/authorized_keys"
	authorize_certificate "$T/stranger.pem"
	stays_shut "somebody else's certificate" 'No authorized keys on token'
	authorize_nobody
	stays_shut "nobody is authorized" 'No authorized keys on token'
	authorize_certificate "$T/cert1.pem"
	card_remove
	stays_shut "no card in the reader" 'No token found'
	card_insert "$T/$kind.card"
}

wrong_passcode() {
	costs_a_try "$kind: a wrong passcode costs a try" knock 999999
	like "$output" 'PIN not verified.*Authentication failure' \
		"$kind: and the door stays shut"
	like "$(knock "$pin")" 'successfully opened a session' \
		"$kind: the right one opens it"
	is "$(tries_left)" 3 "$kind: and gives the tries back"
}

# Debian's version is from before 0.5.0, and where it should go on to the next
# certificate or token, it looks at the same one for ever: once a certificate is
# authorized whose key cannot be seen before the log-in (libp11 hands it no
# public key but the first, which is how key 1 gets round this).
never_ends() { # DESCRIPTION
	local rc=0
	timeout -k 1 2 pamtester "$service" "$user" authenticate \
		<<<"$pin" >"$T/endless.out" 2>&1 || rc=$?
	is "$rc:$(cat "$T/endless.out")" 124: \
		"$kind: $1: pam_p11 asks nothing and does not come to an end"
}

second_key() {
	authorize_certificate "$T/cert2.pem"
	never_ends "key 2 is authorized"
	authorize_certificate "$T/cert1.pem"
}

# ---- a new passcode -------------------------------------------------------------

# Types the answers, one for each question.
cat >"$T/questions.exp" <<'END'
set timeout 20
set answers [lrange $argv 1 end]
spawn -noecho {*}[lindex $argv 0]
expect {
	-re {: $} {
		send -- "[lindex $answers 0]\r"
		set answers [lrange $answers 1 end]
		exp_continue
	}
	timeout { exec kill -KILL [exp_pid]; exit 98 }
	eof
}
exit [lindex [wait] 3]
END
change_passcode() { # OLD NEW
	pc expect -f "$T/questions.exp" -- \
		"pamtester $service $user chauthtok" "$1" "$2" "$2"
}

new_passcode() {
	t "$kind: the passcode is changed" change_passcode "$pin" 7654321
	like "$(knock 7654321)" 'successfully opened a session' \
		"$kind: the new one opens"
	like "$(knock "$pin" || true)" 'PIN not verified' \
		"$kind: the old one does not"
	t "$kind: it is changed back" change_passcode 7654321 "$pin"
}

# OpenSC does not ask AuthentIC v3 for its tries, so PAM learns of a blocked
# passcode by trying it. That of IAS ECC it knows beforehand.
blocked_passcode() {
	local n
	for n in 1 2 3; do
		knock 999999 >/dev/null || true
	done
	is "$(raw_last 00200001)" 6983 \
		"$kind: three wrong passcodes block the card"
	case $kind in
	authentic3)
		like "$(knock "$pin" || true)" 'PIN not verified' \
			"$kind: then not even the right one opens"
		;;
	*)
		never_ends "the passcode is blocked"
		;;
	esac
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/stranger.key" \
	-out "$T/stranger.pem" -subj '/CN=Stranger' -days 30 2>/dev/null
token_ere=${token//[()]/.}
tried libpam-p11 pamtester libpam-modules libp11-3 opensc-pkcs11
private_system
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	authentication
	second_key
	wrong_passcode
	new_passcode
	blocked_passcode
	card_remove
done
