#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# An identity agent (agent.py, through PKCS #11 only) and a server that gives
# it a session for a signed challenge (agent-server.py): who gets in, what is
# refused, and that a session ends with the card or with its certificate.
# time limit: 240
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need curl
"$CB_PYTHON" -c 'import PyKCS11, asn1crypto, cryptography' 2>/dev/null ||
	skip_all "PyKCS11, asn1crypto or cryptography is not installed"

printf '%s\n' "$pin" >"$T/passcode"
printf '999999\n' >"$T/wrong-passcode"

# ---- the server -----------------------------------------------------------------

server_start() {
	start "$T/server.log" "$CB_PYTHON" "$CB_SRC/tests/e2e/agent-server.py" \
		"$test_ca" "$T/port"
	wait_until 10 [ -s "$T/port" ] || bail "the server does not start"
	url=http://127.0.0.1:$(cat "$T/port")
}

http() { # METHOD PATH [OPTION]...: the body, a space, and the status
	pc curl -sS -X "$1" -w ' %{http_code}' "${@:3}" "$url$2" 2>&1 |
		tr '\n' ' ' | tr -s ' '
}
challenge() { pc curl -sS "$url/challenge" -o "$T/challenge"; }
send() { http POST /session --data-binary "@$1"; } # CMS-FILE

# ---- the agent ------------------------------------------------------------------

agent=("$CB_PYTHON" "$CB_SRC/tests/e2e/agent.py")
by_agent() { # COMMAND [ARGUMENT]...
	pc "${agent[@]}" --passcode-file "$T/passcode" \
		--mechanism "$mechanism" "$module" "$@" 2>&1
}
answer() { by_agent sign "$T/challenge" "$T/cms"; }

user_of() { # CERTIFICATE: by openssl
	openssl x509 -in "$1" -noout -subject -nameopt multiline |
		sed -n 's/^ *commonName *= //p'
}

# ---- one login ------------------------------------------------------------------

# OpenSC cannot have IAS ECC finish a hash, and hashes itself for CKM_RSA_PKCS.
each_mechanism() {
	case $kind in
	iasecc-*)
		is_refused_by_host sha1
		is_refused_by_host sha256
		logs_in_by raw
		;;
	*)
		logs_in_by sha256
		logs_in_by sha1
		;;
	esac
}
is_refused_by_host() { # MECHANISM
	mechanism=$1
	never_sends "$kind: nothing is sent for a mechanism that hashes ($1)" \
		"$signature_apdu" by_agent login "$url"
	like "$output" CKR_MECHANISM_INVALID "$kind: as OpenSC refuses it"
}

# The last one is that of everything that follows.
logs_in_by() { # MECHANISM
	local session user
	mechanism=$1
	sends "$kind: the agent has the card sign ($mechanism)" \
		"$signature_apdu" by_agent login "$url"
	read -r _ session user <<<"$output"
	is "$user" "$(user_of "$T/cert1.pem")" "$kind: and is let in as its user"
	is "$(http GET "/session/$session")" "$user 200" \
		"$kind: the server has the session"
	card_remove
	is "$(http GET "/session/$session")" "$user 200" \
		"$kind: and keeps it when the card is taken out after a login"
	card_insert "$T/$kind.card"
}

wrong_passcode() {
	costs_a_try "$kind: a wrong passcode costs a try" pc "${agent[@]}" \
		--passcode-file "$T/wrong-passcode" "$module" login "$url"
	like "$output" CKR_PIN_INCORRECT "$kind: and the agent says so"
}

# ---- what the server refuses ----------------------------------------------------

is_refused() { # DESCRIPTION REASON-ERE CMS-FILE
	like "$(send "$3")" "$2.* 403" "$kind: $1 is refused"
}

refusals() {
	challenge
	answer
	cp "$T/cms" "$T/first.cms"
	# the signature is the end of it
	{
		head -c -1 "$T/cms"
		tail -c 1 "$T/cms" | tr '\000-\377' '\001-\377\000'
	} >"$T/bad.cms"
	is_refused "a bad signature" 'padding|block type|bad signature' "$T/bad.cms"
	like "$(send "$T/first.cms")" ' 201$' "$kind: the right one is not"
	is_refused "the same answer again" 'answered before' "$T/first.cms"
	head -c 32 /dev/urandom >"$T/challenge"
	answer
	is_refused "a challenge of somebody else's" 'not a challenge of ours' \
		"$T/cms"
	challenge
	software_cms stranger
	is_refused "a certificate of another CA" \
		'certificate verify error|self.signed' "$T/cms"
	software_cms committed
	is_refused "a certificate for content commitment" \
		'not for authentication' "$T/cms"
	software_cms insider
	like "$(send "$T/cms")" '987654321098 201$' \
		"$kind: another user of the CA is let in"
}

# Certificates whose keys are files.
software_users() {
	local ca=$CB_SRC/data/test-ca/ca name
	for name in stranger committed insider; do
		openssl req -new -newkey rsa:2048 -nodes -keyout "$T/$name.key" \
			-subj /O=nhs/OU=people/CN=987654321098 \
			-out "$T/$name.csr" 2>/dev/null
	done
	echo keyUsage=critical,digitalSignature >"$T/digitalSignature.ext"
	echo keyUsage=critical,nonRepudiation >"$T/nonRepudiation.ext"
	openssl x509 -req -in "$T/stranger.csr" -signkey "$T/stranger.key" \
		-extfile "$T/digitalSignature.ext" -out "$T/stranger.pem" 2>/dev/null
	openssl x509 -req -in "$T/committed.csr" -CA "$ca.crt" -CAkey "$ca.key" \
		-set_serial 78 -extfile "$T/nonRepudiation.ext" \
		-out "$T/committed.pem" 2>/dev/null
	openssl x509 -req -in "$T/insider.csr" -CA "$ca.crt" -CAkey "$ca.key" \
		-set_serial 79 -extfile "$T/digitalSignature.ext" \
		-out "$T/insider.pem" 2>/dev/null
}
software_cms() { # NAME: $T/cms answers $T/challenge
	openssl cms -sign -binary -nodetach -noattr -outform DER \
		-signer "$T/$1.pem" -inkey "$T/$1.key" -in "$T/challenge" \
		-out "$T/cms"
}

# ---- a card that is watched -----------------------------------------------------

watch_start() {
	start "$T/agent.log" "${agent[@]}" --passcode-file "$T/passcode" \
		--mechanism "$mechanism" "$module" watch "$url"
	watcher=$started
}
# The Nth line of what the agent says, once it is there, begins with this.
says() { # N WORD
	[ "$(sed -n "$1p" "$T/agent.log" | cut -d' ' -f1)" = "$2" ]
}
expects() { # N WORD DESCRIPTION: the line is in $line
	if wait_until 20 says "$1" "$2"; then
		pass "$kind: $3"
	else
		fail "$kind: $3" "$(cat "$T/agent.log")"
	fi
	line=$(sed -n "$1p" "$T/agent.log")
	read -r _ session rest <<<"$line"
}
is_over() { # REASON DESCRIPTION: of the session in $session
	is "$rest" "$1" "$kind: $2"
	is "$(http GET "/session/$session")" ' 404' \
		"$kind: and the server does not know the session any more"
}

watching() {
	local first
	watch_start
	expects 1 session "a watching agent logs in with the card that is there"
	is "$(http GET "/session/$session")" "$rest 200" \
		"$kind: and has a session"
	first=$rest
	card_remove
	expects 2 ended "the card is taken out, and the session ends"
	is_over card-removed "for that reason"
	rm -f "$T/other.card"
	card_make "$T/other.card" --profile "$kind"
	card_insert "$T/other.card"
	expects 3 session "another card is put in, and the agent logs in"
	isnt_user "$first"
	card_remove
	expects 4 ended "it is taken out"
	card_insert "$T/$kind.card"
	expects 5 session "the first one is put in again"
	is "$rest" "$first" "$kind: it is the first user's"
	renew_certificate
	expects 6 ended "its certificate is renewed, and the session ends"
	is_over other-certificate "for that reason"
	if wait_until 20 is_in_again "$first"; then
		pass "$kind: the user is logged out once, and in again"
	else
		fail "$kind: the user is in again" "$(cat "$T/agent.log")"
	fi
	finish "$watcher"
}
is_in_again() { # USER
	tail -n +7 "$T/agent.log" | grep -q "^session .* $1\$"
}
isnt_user() { # USER
	if [ -n "$rest" ] && [ "$rest" != "$1" ]; then
		pass "$kind: as another user"
	else
		fail "$kind: as another user" "$line"
	fi
}

# As a registration application does: out with the old one, in with one of the
# same key and subject.
renew_certificate() {
	local ca=$CB_SRC/data/test-ca/ca id
	opensc_conf_for "$kind" t1
	id=$(key_ids | head -n 1)
	openssl req -new -key "$T/insider.key" -out "$T/renewed.csr" \
		-subj "/O=nhs/OU=people/CN=$(user_of "$T/cert1.pem")" 2>/dev/null
	openssl x509 -req -in "$T/renewed.csr" -CA "$ca.crt" -CAkey "$ca.key" \
		-set_serial 80 -force_pubkey "$T/pub1.pem" \
		-extfile "$T/digitalSignature.ext" -out "$T/renewed.pem" 2>/dev/null
	t "$kind: the old certificate is deleted" pc pkcs15-init \
		--delete-objects cert --id "$id" --auth-id 01 --pin "$pin"
	t "$kind: and the new one stored" pc pkcs15-init --auth-id 01 \
		--pin "$pin" --store-certificate "$T/renewed.pem" --id "$id" \
		--label "${labels[1]}"
	unset OPENSC_CONF
}

software_users
tried python3-pykcs11 python3-asn1crypto python3-cryptography opensc-pkcs11
server_start
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	each_mechanism
	wrong_passcode
	refusals
	watching
	card_remove
done
