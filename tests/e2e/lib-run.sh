# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# `cardbridge run` as an ordinary user, who has neither a home nor a runtime
# directory, and an empty /run where there are namespaces. Sourced after lib.sh.

need setpriv
need_cardbridge

# No pcscd, and no way to it.
if [ "$cb_namespace" = private ]; then
	mount -t tmpfs -o mode=0755 none /run
fi

# A copy that an ordinary user can reach: $copy is laid out as a build tree is,
# $reach/data as in a clone.
reach=$T/reach
copy=$reach/build
mkdir -p "$copy/winscard-shim" "$reach/data"
cp "$CARDBRIDGE" "$CARDBRIDGED" "$copy/"
cp -r "$CB_BUILD/winscard-shim/.libs" "$copy/winscard-shim/"
cp -rL "$CB_SRC"/data/{profiles,test-keys,test-ca} "$reach/data/"
chmod 0711 "$T"
chmod -R a+rX "$reach"
# the only place to write to
tmp=$T/tmp
mkdir -m 0700 "$tmp"
as=()
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 true 2>/dev/null; then
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chown 65534:65534 "$tmp"
fi

bare=(env -i "PATH=$copy:$PATH" "TMPDIR=$tmp" LC_ALL=C
	"CARDBRIDGE_PROFILES=$reach/data/profiles")
user() { # COMMAND...: it may take a minute, or $user_seconds
	(cd / &&
		exec timeout "${user_seconds:-60}" "${as[@]}" "${bare[@]}" "$@")
}
run() { user cardbridge run "$@"; }

left() { find "$tmp" -mindepth 1 -maxdepth 1; }
nothing_left() { # DESCRIPTION
	is "$(left)" '' "$1"
}
empty_tmp() { [ -z "$(left)" ]; }
