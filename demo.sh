#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A smart card of software in a PC/SC reader, and unmodified programs using it:
# listing, login, decryption, signature, an ssh login, a wrong passcode; then
# the same without pcscd. With --hosted: a card that lives in a backend and is
# reached over TLS. Each line with a $ in front is what a person would type.
#
# Runs on a bare Debian 12, as root or with sudo. Missing packages are
# installed; the build is in ./build-demo; pcscd and the bridge are private to
# this script (the system's own are not touched), and gone at its end.
set -euo pipefail

case ${1:-} in
'') hosted= ;;
--hosted) hosted=yes ;;
*)
	echo "usage: demo.sh [--hosted]" >&2
	exit 2
	;;
esac

packages=(build-essential autoconf automake libtool pkg-config
	libssl-dev libcurl4-openssl-dev libsqlite3-dev libconfig-dev
	libjansson-dev libpcsclite-dev
	pcscd opensc opensc-pkcs11 openssl openssh-client libwrap0
	python3-minimal)
[ -z "$hosted" ] || packages+=(libseccomp-dev libevent-dev)
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
	# it was configured without what the backend needs
	[ -z "$hosted" ] || [ ! -e Makefile ] ||
		grep -q '^LIBEVENT_LIBS = .' Makefile || rm Makefile
	[ -e cardbridge ] || echo "Building, once (about a minute) ..."
	if ! {
		{ [ -e configure ] || autoreconf -i; } &&
			{ [ -e Makefile ] || ./configure; } &&
			make -j"$(nproc)" cardbridge cardbridged \
				ifdhandler/libifdcardbridge.la \
				winscard-shim/libpcsclite.la \
				${hosted:+cardbridge-backend}
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
# shellcheck source=tests/e2e/lib-sshd.sh
. "$top/tests/e2e/lib-sshd.sh"
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

if [ -n "$hosted" ]; then
	# shellcheck source=tests/e2e/lib-demo-hosted.sh
	. "$top/tests/e2e/lib-demo-hosted.sh"
	exit
fi

# What ssh would ask at a terminal.
cat >askpass <<'END'
#!/bin/sh
echo 123456
END
chmod 0700 askpass
export SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force
module=/usr/lib/$(gcc -print-multiarch)/opensc-pkcs11.so
sshd_start "$T/authorized_keys"
cat >ssh.conf <<END
Host server
	HostName 127.0.0.1
	Port $sshd_port
	User $sshd_user
	UserKnownHostsFile $T/sshd.known
END

# ---- the demonstration --------------------------------------------------------

say "A test card, and a reader with that card in it"
show 'cardbridge card new --test --profile series8 my.card' '^my.card'
quiet 'cardbridge reader add demo emu:my.card'
wait_until 5 card_seen || fail "pcscd does not see the card"

say "An unmodified program lists it"
show 'pkcs11-tool -L -O' \
	'^Slot|token label|serial num|Object;|  label: |subject:'

say "Logs in, and sees the private keys"
show 'pkcs11-tool --login --pin 123456 -O --type privkey' 'Object;|  label: |Usage'

say "Decrypts what openssl encrypted to the card's certificate"
quiet 'pkcs11-tool --read-object --type cert --label Authentication -o card.der
  openssl x509 -inform der -in card.der -out card.pem'
quiet "echo 'Meet me at noon.' | openssl pkeyutl -encrypt -certin -inkey card.pem -out letter.bin"
show 'pkcs11-tool --login --pin 123456 --decrypt --mechanism RSA-PKCS --label Authentication -i letter.bin' \
	'^Meet'

say "Signs, and openssl verifies"
quiet "echo 'I agree.' >letter.txt
  pkcs11-tool --login --pin 123456 --sign --mechanism SHA256-RSA-PKCS --label Authentication -i letter.txt -o letter.sig"
quiet 'openssl x509 -in card.pem -noout -pubkey >card.pub'
show 'openssl sha256 -verify card.pub -signature letter.sig letter.txt' '^Verified OK'

say "Logs in by ssh, into a real sshd that takes nothing but the card's key"
quiet "ssh-keygen -D $module >authorized_keys"
show "ssh -F ssh.conf -I $module server 'echo Welcome, \$USER'" '^Welcome'

say "A wrong passcode, and the tries left"
expected=1 show 'pkcs11-tool --login --pin 000000 -O' 'CKR_[A-Z_]*'
# the host never asks for it: SELECT the application, VERIFY without a passcode
show 'opensc-tool -s 00A4040010A0000000770100700A1000F100000100 -s 00200001 |
  sed -n "s/.*SW1=0x63, SW2=0xC\(.\).*/\1 tries left/p"' 'tries left'

say "Without pcscd, root or a daemon: a program with a card of its own, in one line"
show 'cardbridge run --test-card series8 -- pkcs11-tool -L -O' \
	'^Slot|token label|Object;|  label: '

say "That was it. pcscd, bridge and cards of this demo are gone."
