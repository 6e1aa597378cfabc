#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Makes a chroot with Debian 13's pcscd and OpenSC where there is none yet; one
# process at a time. Most of the minute that takes is waiting for the archive.
#
# usage: debian13.sh DIRECTORY; CB_MIRROR from the environment: where Debian is
set -euo pipefail
root=$1
packages=(pcscd opensc opensc-pkcs11)

exec 9<"$(dirname "$root")"
flock 9
[ ! -x "$root/usr/sbin/pcscd" ] || exit 0
trap 'rm -rf --one-file-system "$root.new"' EXIT
rm -rf --one-file-system "$root.new"
mkdir -p "$root.new"
timeout 300 debootstrap --variant=minbase trixie "$root.new" \
	"${CB_MIRROR:-http://deb.debian.org/debian}"
cp /etc/resolv.conf "$root.new/etc/"
# no service is started in there
printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
chmod 0755 "$root.new/usr/sbin/policy-rc.d"
timeout 300 chroot "$root.new" env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends \
	"${packages[@]}" </dev/null
rm -f "$root.new"/var/cache/apt/archives/*.deb
mkdir -p "$root.new/run/pcscd"
mv "$root.new" "$root"
