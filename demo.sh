#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A smart card of software in a PC/SC reader, and unmodified programs using it:
# listing, login, decryption, signature, a new key, a wrong passcode. Each
# line with a $ in front is what a person would type.
#
# Runs on a bare Debian 12, as root or with sudo. Missing packages are
# installed; the build is in ./build-demo; pcscd and the bridge are private to
# this script (the system's own are not touched), and gone at its end.
set -euo pipefail

packages=(build-essential autoconf automake libtool pkg-config
	libssl-dev libsqlite3-dev libconfig-dev libjansson-dev libpcsclite-dev
	pcscd opensc opensc-pkcs11 openssl python3-minimal)
top=$(cd "$(dirname "$0")" && pwd)
build=$top/build-demo

give_up() { # MESSAGE [FILE TO SHOW THE END OF]
	echo "demo.sh: $1" >&2
	[ $# = 1 ] || tail -n 15 "$2" >&2
	exit 1
}

install_packages() {
	local p missing=() sudo=()
	for p in "${packages[@]}"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>&1)" = \
			installed ] || missing+=("$p")
	done
	[ ${#missing[@]} != 0 ] || return 0
	[ "$(id -u)" = 0 ] || sudo=(sudo)
	echo "Installing Debian packages: ${missing[*]}"
	if ! { "${sudo[@]}" apt-get update -q &&
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install \
			-q -y --no-install-recommends "${missing[@]}"; } \
		>"$build/apt.log" 2>&1; then
		give_up "the packages could not be installed:" "$build/apt.log"
	fi
}

# In a copy of the sources, so that nothing is left between them.
build_programs() {
	tar -C "$top" -c --exclude=./build-\* --exclude=./.git \
		--exclude=./Makefile --exclude=./config.\* --exclude=./libtool \
		--exclude=./configure --exclude=./autom4te.cache \
		--exclude=\*.o --exclude=\*.lo --exclude=\*.la --exclude=.libs \
		--exclude=.deps --exclude=.dirstamp . | tar -C "$build" -x
	cd "$build"
	[ -e cardbridge ] || echo "Building, once (about a minute) ..."
	if ! {
		{ [ -e configure ] || autoreconf -i; } &&
			{ [ -e Makefile ] || ./configure; } &&
			make -j"$(nproc)" cardbridge cardbridged \
				ifdhandler/libifdcardbridge.la
	} >build.log 2>&1; then
		give_up "it does not build:" "$build/build.log"
	fi
	cd "$top"
}

# The next file starts this script once more, in a mount namespace of its own.
if [ -z "${CB_NAMESPACE:-}" ]; then
	mkdir -p "$build" || give_up "$build cannot be made"
	install_packages
	build_programs
fi

# ---- a private pcscd and bridge ---------------------------------------------

# What the tests use: temporary folder, processes, and their end. It sees to
# it that all is gone when this script ends, however that comes about.
export CB_BUILD=$build
unset CARDBRIDGE CARDBRIDGED CARDBRIDGE_PLUGIN
# shellcheck source=tests/e2e/lib.sh
. "$top/tests/e2e/lib.sh"
# shellcheck disable=SC2034 # no plan: this is no test
cb_planned=yes
fail() {
	cb_failed=1
	echo "demo.sh: $*" >&2
	[ "${FUNCNAME[1]}" = cb_end ] || exit 1
}
skip_all() { fail "$@"; }

export HOME=$T LC_ALL=C.UTF-8 CARDBRIDGE_PROFILES=$top/data/profiles
need_cardbridge
need_pcscd
cd "$T"
bridge_start
reader_file demo
pcscd_start
diag() { :; } # from here on, a failed step says itself what is wrong

# ---- how it is shown ----------------------------------------------------------

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# Shows a command and those lines of what it says that match.
show() { # COMMAND [ERE]
	local rc=0
	printf '$ %s\n' "$1"
	timeout 30 bash -o pipefail -c "$1" >out 2>&1 || rc=$?
	[ "$rc" = "${expected:-0}" ] ||
		fail "this step failed (exit code $rc): $(cat out)"
	grep -aE -- "${2:-.}" out | sed 's/^/  /' ||
		fail "this step did not say what it should: $(cat out)"
}

# Shows a command of which only its success counts.
quiet() { # COMMAND
	local rc=0
	printf '$ %s\n' "$1"
	timeout 30 bash -o pipefail -c "$1" >out 2>&1 || rc=$?
	[ "$rc" = 0 ] || fail "this step failed (exit code $rc): $(cat out)"
}

card_seen() { timeout 10 opensc-tool --atr; }

# ---- the demonstration --------------------------------------------------------

say "A test card, and a reader with that card in it"
show 'cardbridge card new --test --profile authentic5 my.card' '^my.card'
quiet 'cardbridge reader add demo emu:my.card'
wait_until 5 card_seen || fail "pcscd does not see the card"

say "An unmodified program lists it"
show 'pkcs11-tool -L -O' \
	'^Slot|token label|serial num|Object;|  label: |subject:'

say "Logs in, and sees the private keys"
show 'pkcs11-tool --login --pin 123456 -O --type privkey' 'Object;|  label: |Usage'

say "Decrypts what openssl encrypted to the card's certificate"
quiet "id=\$(pkcs15-tool -c | sed -n 's/.*ID *: //p' | head -n 1)
  pkcs15-tool --read-certificate \$id -o card.pem"
quiet "echo 'Meet me at noon.' | openssl pkeyutl -encrypt -certin -inkey card.pem -out letter.bin"
show 'pkcs11-tool --login --pin 123456 --decrypt --mechanism RSA-PKCS --label Authentication -i letter.bin' \
	'^Meet'

say "Signs. OpenSC itself refuses to with this kind of card, so: raw APDUs"
quiet "pin=\$(printf 123456 | basenc --base16)\$(printf 'FF%.0s' {1..58})
  echo 'I agree.' >letter.txt
  hash=\$(openssl sha256 -binary letter.txt | basenc --base16 -w0)
  opensc-tool -s 00A4000C025011 -s 0020008140\$pin -s 00A4000C029002 \\
    -s 00A4000C023001 -s 002241B603800111 \\
    -s 002A9E9A333031300D060960864801650304020105000420\${hash}00 |
    tail -n 16 | cut -c1-48 | basenc --base16 -di >letter.sig"
quiet 'openssl x509 -in card.pem -noout -pubkey >card.pub'
show 'openssl sha256 -verify card.pub -signature letter.sig letter.txt' '^Verified OK'

say "Makes a new key, and gets a certificate for it"
quiet "pkcs15-init --generate-key rsa/2048 --auth-id 53434D --pin 123456 --id 1001 --label 'My new key'"
quiet 'pkcs15-tool --read-public-key 1001 -o new.pub'
quiet "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj '/CN=A CA for this demo' -out ca.pem
  openssl req -new -key ca.key -subj '/CN=The new key' |
    openssl x509 -req -CA ca.pem -CAkey ca.key -force_pubkey new.pub -out new.pem"
quiet "pkcs15-init --store-certificate new.pem --auth-id 53434D --pin 123456 --id 1001 --label 'My new certificate'"
show 'pkcs11-tool -O --type cert' '  label: |subject:'

say "A wrong passcode, and the tries left"
expected=1 show 'pkcs11-tool --login --pin 000000 -O' 'CKR_[A-Z_]*'
show 'pkcs15-tool --list-pins' 'PIN \[|Tries left'

say "That was it. pcscd, bridge and card of this demo are gone."
