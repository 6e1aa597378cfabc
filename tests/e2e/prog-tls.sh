#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# TLS with the card's certificate: curl (PKCS #11 engine of openssl),
# gnutls-cli and NSS's tstclnt, to a server that lets nobody in without a
# certificate of the test CA. OpenSC offers no RSA-PSS with these cards: TLS
# 1.3, where RSA means PSS, is beyond them, and in TLS 1.2 openssl must be told
# not to prefer it.
# time limit: 180
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

need curl gnutls-cli tstclnt
need_engine

# What a client of openssl is told in its configuration. (curl takes the
# protocol from its command line only.)
cat >"$T/client.cnf" <<'END'
openssl_conf = client
[client]
ssl_conf = client_ssl
[client_ssl]
system_default = client_tls
[client_tls]
ClientSignatureAlgorithms = RSA+SHA256
END

# ---- the server -------------------------------------------------------------

server_start() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/server.key" \
		-out "$T/server.pem" -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -days 30 2>/dev/null
	port=$(free_port)
	# -www answers with what it knows of the client, its certificate too
	start "$T/server.log" openssl s_server -accept "localhost:$port" \
		-cert "$T/server.pem" -key "$T/server.key" -Verify 3 \
		-verify_return_error -CAfile "$test_ca" -www
	wait_until 10 port_open "$port" || bail "the server does not start"
}

certificate_in() { sed -n '/^-----BEGIN CERT/,/^-----END CERT/p'; }

is_let_in() { # DESCRIPTION: $output is a page for certificate 1, by TLS 1.2
	like "$output" 'Protocol *: TLSv1.2' "$kind: $1"
	is "$(certificate_in <<<"$output")" \
		"$(certificate_in <"$T/cert1.pem")" \
		"$kind: the server saw the card's certificate"
}

is_refused() { # ERE DESCRIPTION: $output says why, and is no page
	if [[ $output = *'Protocol  :'* ]]; then
		fail "$kind: $2" "$output"
	else
		like "$output" "$1" "$kind: $2"
	fi
}

# ---- clients ----------------------------------------------------------------

page() { # [OPTION]...: by curl
	pc curl -sS --cacert "$T/server.pem" "$@" \
		"https://localhost:$port/" 2>&1 </dev/null
}
page_by_card() { # N PASSCODE [OPTION]...
	page --engine pkcs11 --cert-type ENG --key-type ENG \
		--cert "$(object_uri cert "$1")" \
		--key "$(object_uri private "$1" "$2")" "${@:3}"
}
page_told_how() { # N PASSCODE: by a client that will not prefer PSS
	OPENSSL_CONF=$T/client.cnf page_by_card "$@" --tls-max 1.2
}

by_curl() {
	output=$(page) || true
	is_refused 'certificate required' \
		"curl without a certificate is refused"
	output=$(page --cert "$T/other.pem" --key "$T/other.key") || true
	is_refused 'alert unknown ca' "curl with somebody else's is refused"
	sends "$kind: curl has the card sign" "$signature_apdu" \
		page_told_how 1 "$pin"
	is_let_in "curl gets in by key 1"
	output=$(page_told_how 2 "$pin") || true
	is_refused 'alert unsupported certificate' \
		"the server refuses key 2, which is for content commitment"
	output=$(page_told_how 1 999999) || true
	is_refused 'Login failed' "curl with a wrong passcode does not get in"
	never_sends "$kind: curl by itself wants PSS, and asks no card" \
		"$signature_apdu" page_by_card 1 "$pin" --tls-max 1.2
	is_refused 'Mechanism invalid' "nor does it get in"
	never_sends "$kind: nor does it ask one in TLS 1.3" \
		"$signature_apdu" page_by_card 1 "$pin"
	is_refused 'Mechanism invalid' "nor does it get in"
}

tls12=NORMAL:-VERS-TLS1.3
gnutls_page() { # PRIORITY [OPTION]...
	printf 'GET / HTTP/1.0\r\n\r\n' | pc gnutls-cli --priority "$1" \
		--x509cafile "$T/server.pem" --port "$port" "${@:2}" \
		localhost 2>&1
}
gnutls_page_by_card() { # N PASSCODE PRIORITY
	gnutls_page "$3" --provider "$module" \
		--x509certfile "$(object_uri cert "$1")" \
		--x509keyfile "$(object_uri private "$1" "$2")"
}

by_gnutls() {
	output=$(gnutls_page "$tls12") || true
	is_refused 'Handshake failed' \
		"gnutls-cli without a certificate is refused"
	sends "$kind: gnutls-cli has the card sign" "$signature_apdu" \
		gnutls_page_by_card 1 "$pin" "$tls12"
	is_let_in "gnutls-cli gets in by key 1"
	output=$(gnutls_page_by_card 2 "$pin" "$tls12") || true
	is_refused 'Key usage violation' \
		"gnutls-cli respects that key 2 is for content commitment"
	output=$(gnutls_page_by_card 1 999999 "$tls12") || true
	is_refused 'Error in provided PIN' \
		"gnutls-cli with a wrong passcode does not get in"
	never_sends "$kind: gnutls-cli asks no card in TLS 1.3" \
		"$signature_apdu" gnutls_page_by_card 1 "$pin" NORMAL
	is_refused 'Certificate is required' "nor does it get in"
}

nss_page() { # VERSION PASSCODE-FILE N
	pc tstclnt -4 -h localhost -p "$port" -d "sql:$T/$kind.db" \
		-V "$1:$1" -W "$2" -n "$token:${labels[$3]}" \
		-A "$T/get" 2>&1 </dev/null
}

# NSS takes what the card can do into account: where only PSS is possible, it
# has no certificate to show.
by_nss() {
	mkdir "$T/$kind.db"
	pc certutil -N -d "sql:$T/$kind.db" --empty-password
	pc certutil -A -d "sql:$T/$kind.db" -n server -t P,, -i "$T/server.pem"
	pc modutil -dbdir "sql:$T/$kind.db" -force -add OpenSC \
		-libfile "$module" >/dev/null 2>&1
	sends "$kind: tstclnt has the card sign" "$signature_apdu" \
		nss_page tls1.2 "$T/passcode" 1
	is_let_in "tstclnt gets in by key 1"
	output=$(nss_page tls1.2 "$T/wrong-passcode" 1) || true
	is_refused 'Incorrect password/PIN' \
		"tstclnt with a wrong passcode does not get in"
	never_sends "$kind: tstclnt asks no card in TLS 1.3" \
		"$signature_apdu" nss_page tls1.3 "$T/passcode" 1
	is_refused 'Failed to load a suitable client certificate' \
		"nor does it get in"
}

printf 'GET / HTTP/1.0\r\n\r\n' >"$T/get"
printf '%s\n' "$pin" >"$T/passcode"
printf '999999\n' >"$T/wrong-passcode"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/other.key" \
	-out "$T/other.pem" -subj '/CN=Somebody else' -days 30 2>/dev/null
tried curl openssl libengine-pkcs11-openssl gnutls-bin libnss3-tools \
	opensc-pkcs11
server_start
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	by_curl
	by_gnutls
	by_nss
	card_remove
done
