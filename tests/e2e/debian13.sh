#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The same with Debian 13's pcscd, out of a chroot: first as its unit starts
# it (no capabilities, no new privileges), with the tests that Debian 12's
# passes, OpenSC 0.23 included; then as a user who is not root at all, and with
# Debian 13's own OpenSC. Only the PC/SC library of the programs is Debian 13's
# too: it speaks another protocol with pcscd than Debian 12's.
#
#   CB_DEBIAN13   the chroot; made where it does not exist (build-debian13)
#   CB_MIRROR     where Debian is
#
# time limit: 900
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_cardbridge
need_pcscd
[ "$(id -u)/$cb_namespace" = 0/private ] || skip_all "a chroot needs root"
need debootstrap chroot

root=${CB_DEBIAN13:-$CB_SRC/build-debian13}
"$CB_SRC/tests/debian.sh" 13 "$root" >"$T/chroot" 2>&1 ||
	skip_all "no Debian 13: $(tail -n 1 "$T/chroot")"

# What lib.sh starts instead of pcscd: the chroot sees this namespace's
# /run/pcscd and the temporary folders, with sockets, plug-in and reader files.
cat >"$T/pcscd13" <<END
#!/bin/bash
set -e
mountpoint -q '$root/run/pcscd' || {
	mount --bind /run/pcscd '$root/run/pcscd'
	mount --rbind /tmp '$root/tmp'
	mkdir -p '$root$CB_SRC' '$root$CB_BUILD'
	mount --bind '$CB_SRC' '$root$CB_SRC'
	mount --bind '$CB_BUILD' '$root$CB_BUILD'
	mount -t proc proc '$root/proc'
	mount --rbind /dev '$root/dev'
}
user=()
if [ -n "\${CB_PCSCD_USER:-}" ]; then
	chown "\$CB_PCSCD_USER:" /run/pcscd
	user=(--reuid "\$CB_PCSCD_USER" --regid "\$CB_PCSCD_USER" --clear-groups)
fi
unset LD_LIBRARY_PATH
exec chroot '$root' setpriv "\${user[@]}" --bounding-set -all \\
	--inh-caps -all --no-new-privs \\
	/usr/sbin/pcscd --disable-polkit "\$@"
END
chmod 0755 "$T/pcscd13"
mkdir "$T/lib13"
cp -L "$root"/usr/lib/*-linux-gnu/libpcsclite{,_real}.so.1 "$T/lib13/"
export CB_PCSCD=$T/pcscd13 LD_LIBRARY_PATH=$T/lib13

like "$(chroot "$root" pcscd --version 2>&1)" 'pcsc-lite version 2\.' \
	"this is pcscd 2"

# ---- as its unit starts it --------------------------------------------------

for name in pcscd-attributes pcscd-bridge-gone pcscd-slots replay-pcsc roads \
	opensc-counts opensc-crypto opensc-lifecycle tools-pcsc-scan \
	tools-scriptor pyscard-sign; do
	[ -x "$CB_SRC/tests/e2e/$name.sh" ] || continue
	t "Debian 13: $name" timeout 120 "$CB_SRC/tests/e2e/$name.sh"
done

# ---- as somebody else -------------------------------------------------------

# Debian's own user and group of number 1, here and there.
export CB_PCSCD_USER=daemon
reader='cardbridge other 00 00'
chmod 0711 "$T"
install -m 0644 "$CARDBRIDGE_PLUGIN" "$T/libifdcardbridge.copy"
ln -sfn libifdcardbridge.copy "$T/libifdcardbridge.so"
echo 'group = "daemon";' >"$T/group.conf"
card_make "$T/other.card"

bridge_start
reader_add other "emu:$T/other.card"
reader_file other
pcscd_start
is "$(stat -c %U "/proc/$PCSCD_PID")" daemon "pcscd runs as another user"
is "$(pcsc state "$reader")" absent \
	"and gets nothing from a bridge that does not know this user"
bridge_stop
chgrp daemon "$T/run"
chmod 0750 "$T/run"
bridge_start --config "$T/group.conf"
t "it does when its group is the bridge's" pcsc wait "$reader" present 5

inside() { pc env -u LD_LIBRARY_PATH HOME=/tmp chroot "$root" "$@" 2>&1; }
like "$(inside pkcs11-tool -L -O)" 'token label *: NHS Series 8' \
	"Debian 13's OpenSC lists the card"
like "$(inside pkcs11-tool -l --pin 123456 -O)" 'Private Key Object' \
	"and logs in"
like "$(inside pkcs11-tool -l --pin 888888 -O || true)" CKR_PIN_INCORRECT \
	"but not with a wrong passcode"

# ---- our library in the place of its own ------------------------------------

# From pcsc-lite 2.1 on the library looks into a variable for the one to use.
pcscd_stop
with() { # VARIABLE=VALUE COMMAND...
	pc env -u LD_LIBRARY_PATH HOME=/tmp chroot "$root" env "$@" 2>&1
}
like "$(with A=b pcsc_scan -r || true)" 'Service not available' \
	"without pcscd its own has no reader"
shim=$CB_BUILD/winscard-shim/.libs
for way in "LIBPCSCLITE_DELEGATE=$shim/libpcsclite.so.1" \
	"LD_LIBRARY_PATH=$shim"; do
	name=${way%%=*}
	like "$(with "$way" pcsc_scan -r)" 'cardbridge other 00 00' \
		"$name: pcsc_scan"
	like "$(with "$way" opensc-tool -n)" 'AuthentIC' "$name: opensc-tool"
	is "$(with "$way" python3 -c '
from smartcard.System import readers
card = readers()[0].createConnection()
card.connect()
print(*card.transmit([0x00, 0xA4, 0x04, 0x0C])[1:])')" "144 0" \
		"$name: pyscard"
done
