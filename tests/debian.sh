#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Makes a chroot with a Debian of its own, and some packages, where there is
# none yet; one process at a time. Most of the minute that takes is waiting for
# the archive.
#
# usage: debian.sh 12|13 DIRECTORY
# CB_MIRROR from the environment: where Debian is
set -euo pipefail
root=$2
packages=()
case $1 in
12) suite=bookworm ;;
13)
	suite=trixie
	packages=(pcscd opensc opensc-pkcs11 pcsc-tools python3-pyscard)
	;;
*) exit 2 ;;
esac

exec 9<"$(dirname "$root")"
flock 9
# one that was made for fewer tests is made anew
[ ! -d "$root" ] ||
	[ "$(cat "$root/packages" 2>/dev/null)" != "${packages[*]}" ] || exit 0
trap 'rm -rf --one-file-system "$root.new"' EXIT
rm -rf --one-file-system "$root.new"
mkdir -p "$root.new"
timeout 300 debootstrap --variant=minbase "$suite" "$root.new" \
	"${CB_MIRROR:-http://deb.debian.org/debian}"
cp /etc/resolv.conf "$root.new/etc/"
# no service is started in there
printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
chmod 0755 "$root.new/usr/sbin/policy-rc.d"
[ "${#packages[@]}" = 0 ] ||
	timeout 300 chroot "$root.new" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends \
		"${packages[@]}" </dev/null
rm -f "$root.new"/var/cache/apt/archives/*.deb
mkdir -p "$root.new/run/pcscd"
echo "${packages[*]}" >"$root.new/packages"
rm -rf --one-file-system "$root"
mv "$root.new" "$root"
