#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Java's SunPKCS11: keytool lists the card as a keystore, jarsigner signs a jar
# with it, and software verifies the jar. Where OpenSC says that a card hashes
# although it cannot use that (IAS ECC), Java must be told to hash itself.
# time limit: 240
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"

# Debian's, whatever else is in the path.
jdk_package=openjdk-17-jdk-headless
jdk=$(dpkg -L "$jdk_package" 2>/dev/null | sed -n 's,/bin/jarsigner$,/bin,p')
[ -n "$jdk" ] || skip_all "$jdk_package is not installed"

java() { # PROGRAM [OPTION]...: quick to start rather than quick later
	pc "$jdk/$1" -J-XX:TieredStopAtLevel=1 -J-Xshare:auto -J-Duser.language=en \
		"${@:2}" 2>&1
}

# ---- configuration ------------------------------------------------------------

cat >"$T/plain.cfg" <<-END
	name = card
	library = $module
	slotListIndex = 0
END
cat - "$T/plain.cfg" >"$T/hashing.cfg" <<-'END'
	disabledMechanisms = { CKM_SHA1_RSA_PKCS CKM_SHA256_RSA_PKCS }
END

by_card() { # PROGRAM CONFIGURATION PASSCODE [OPTION]...
	java "$1" -keystore NONE -storetype PKCS11 \
		-providerClass sun.security.pkcs11.SunPKCS11 \
		-providerArg "$T/$2.cfg" -storepass "$3" "${@:4}"
}

# What verifies has no card; it trusts the CA.
verify_jar() { # FILE
	java jarsigner -verify -strict -verbose:summary -certs \
		-keystore "$T/trust.p12" -storepass "$trust_pass" "$1"
}

make_jar() {
	mkdir "$T/content"
	echo 'what is signed' >"$T/content/file"
	java jar --create --file "$T/plain.jar" -C "$T/content" file
	trust_pass=not-a-secret
	java keytool -importcert -noprompt -alias ca -file "$test_ca" \
		-keystore "$T/trust.p12" -storepass "$trust_pass" >"$T/java.log"
	# the same jar with another content under the same signature
	echo 'what is not signed' >"$T/content/other"
}

# ---- what is on the card --------------------------------------------------------

fingerprint() { # N: as keytool prints it
	openssl x509 -in "$T/cert$1.pem" -noout -fingerprint -sha256 |
		sed 's/.*=//'
}

listing() {
	local n
	output=$(by_card keytool plain "$pin" -list) || true
	like "$output" 'contains 2 entries' "$kind: keytool lists both keys"
	for n in 1 2; do
		like "$output" "${labels[n]}, PrivateKeyEntry.*$(
			fingerprint "$n")" \
			"$kind: ${labels[n]}, with its certificate"
	done
	costs_a_try "$kind: with a wrong passcode it costs a try" \
		by_card keytool plain 999999 -list
	like "$output" 'load failed' "$kind: and nothing is listed"
}

# ---- a signed jar ---------------------------------------------------------------

sign() { # N CONFIGURATION [OPTION]...
	rm -f "$T/signed.jar"
	cat "$T/cert$1.pem" "$test_ca" >"$T/chain.pem"
	by_card jarsigner "$2" "$pin" -certchain "$T/chain.pem" "${@:3}" \
		-signedjar "$T/signed.jar" "$T/plain.jar" "${labels[$1]}"
}

signs() { # N CONFIGURATION
	sends "$kind: jarsigner has key $1 sign" "$signature_apdu" sign "$@"
	like "$output" 'jar signed' "$kind: and signs the jar"
	t "$kind: openssl verifies the signature of the jar's list" \
		verifies_with_openssl
}

# A jar's signature is over a list of digests (.SF), as CMS (.RSA).
verifies_with_openssl() {
	rm -rf "$T/meta"
	mkdir "$T/meta"
	(cd "$T/meta" && java jar --extract --file "$T/signed.jar") &&
		openssl cms -verify -binary -inform DER \
			-in "$T"/meta/META-INF/*.RSA \
			-content "$T"/meta/META-INF/*.SF \
			-CAfile "$test_ca" -purpose any -out /dev/null
}

tampered_jar_is_refused() {
	local answer rc=0
	cp "$T/content/other" "$T/meta/file"
	rm -f "$T/tampered.jar"
	java jar --create --manifest "$T/meta/META-INF/MANIFEST.MF" \
		--file "$T/tampered.jar" -C "$T/meta" META-INF -C "$T/meta" file \
		>/dev/null
	answer=$(verify_jar "$T/tampered.jar") || rc=$?
	[ "$rc" != 0 ] && [[ $answer = *'digest error for file'* ]]
}

signed_jar() { # CONFIGURATION
	local rc
	signs 1 "$1"
	t "$kind: jarsigner verifies it without a card, -strict" \
		verify_jar "$T/signed.jar"
	t "$kind: and refuses it with another content" tampered_jar_is_refused
	signs 2 "$1"
	rc=0
	output=$(verify_jar "$T/signed.jar") || rc=$?
	is "$rc" 4 "$kind: jarsigner -strict objects to key 2"
	like "$output" 'KeyUsage does not allow digital signatures' \
		"$kind: which is for content commitment only"
}

# OpenSC offers SHA256-RSA-PKCS with every card, and C_SignInit refuses it.
refused_by_the_host() {
	never_sends "$kind: Java by itself asks the card for nothing" \
		"$signature_apdu" sign 1 plain -debug
	like "$output" 'Initialization failed.*CKR_MECHANISM_INVALID' \
		"$kind: as OpenSC refuses what it offered"
}

make_jar
tried "$jdk_package" opensc-pkcs11
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	listing
	case $kind in
	iasecc-*)
		refused_by_the_host
		signed_jar hashing
		;;
	*)
		signed_jar plain
		;;
	esac
	card_remove
done
