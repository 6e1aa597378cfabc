#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What `make install` puts where, and that `make uninstall` takes all of it
# away again, reader files that name our plug-in included. CB_BUILD is a built
# tree; everything goes below a directory of this test's own (DESTDIR).
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

dest=$(mktemp -d "${TMPDIR:-/tmp}/cb-install.XXXXXX")
trap 'rm -rf "$dest"; tap_end' EXIT

make_here() { make -C "$CB_BUILD" --no-print-directory "$@"; }
value() { sed -n "s/^$1 = //p" "$CB_BUILD/Makefile"; } # VARIABLE
prefix=$(value prefix)
libdir=$(value libdir)
libdir=${libdir/'${exec_prefix}'/$prefix}

out=$(make_here install DESTDIR="$dest" 2>&1) && failed= || failed=$out
verdict "make install" "$failed"
# Two lists with one file in them race in `make -j install`.
verdict "nothing is installed twice" "$(sed -nE \
	"s|^.*/install -c( -m [0-7]+)? (.*) '([^']*)'\$|\\3 \\2|p" <<<"$out" |
	awk '{ for (i = 2; i <= NF; i++) { sub(".*/", "", $i); print $1 "/" $i } }' |
	sort | uniq -d)"

for file in bin/cardbridge sbin/cardbridged \
	share/cardbridge/profiles/authentic3.profile \
	share/cardbridge/profiles/authentic5.profile \
	share/cardbridge/profiles/iasecc-gemalto.profile \
	share/cardbridge/profiles/iasecc-oberthur.profile \
	share/cardbridge/profiles/iasecc.profile \
	share/cardbridge/profiles/series8.profile \
	share/cardbridge/test-ca/ca.crt \
	share/cardbridge/test-keys/authentic3.txt \
	share/cardbridge/test-keys/authentic5.txt \
	share/cardbridge/test-keys/iasecc-gemalto.txt \
	share/cardbridge/test-keys/iasecc-oberthur.txt \
	share/man/man1/cardbridge.1 \
	share/man/man8/cardbridged.8 \
	share/doc/cardbridge/ci.md \
	share/doc/cardbridge/examples/cardbridge.example; do
	verdict "installs $file" \
		"$([ -f "$dest$prefix/$file" ] || echo "it is not there")"
done
verdict "installs the library in a directory of its own" "$(
	[ -e "$dest$libdir/cardbridge/libpcsclite.so.1" ] &&
		[ ! -e "$dest$libdir/libpcsclite.so.1" ] || find "$dest$libdir")"
plugin=$libdir/pcsc/libifdcardbridge.so
verdict "installs the plug-in and nothing beside it" "$(cd "$dest$libdir/pcsc" &&
	find . -type f ! -name libifdcardbridge.so)$([ -f "$dest$plugin" ] ||
	echo "no $plugin")"
units=$(find "$dest" -name cardbridged.service)
verdict "installs a unit for the system and one for users" \
	"$([ "$(wc -l <<<"$units")" = 2 ] || echo "$units")"
verdict "no placeholder is left in what was filled in" \
	"$(grep -rlE '@[a-z]+dir@' "$dest" || true)"
verdict "nobody but the owner may write what was installed" \
	"$(find "$dest" -perm /022 ! -type l)"
out=$("$dest$prefix/bin/cardbridge" --help 2>&1 >/dev/null) || out+=" failed"
verdict "the installed command starts" "$out"

# files that the command itself makes, one of them for another plug-in, and
# somebody else's
mkdir -p "$dest/etc/reader.conf.d"
conf=$dest/etc/reader.conf.d
sysconfdir=$(value sysconfdir)
sysconfdir=${sysconfdir/'${prefix}'/$prefix}
out=
for args in desk "--slots 4" "--plugin $dest$plugin other"; do
	# shellcheck disable=SC2086 # words
	out+=$("$dest$prefix/bin/cardbridge" reader conf --dir "$conf" \
		--socket /s --plugin "$dest$plugin" $args 2>&1 >/dev/null) ||
		out+=" reader conf failed"
done
# as they are where it is installed for good
sed -i "s|^LIBPATH $dest|LIBPATH |" "$conf/cardbridge.desk" \
	"$conf/cardbridge-slots"
echo 'LIBPATH /usr/lib/y.so' >"$conf/other"
verdict "reader files are made" "$out"
unit=$(find "$dest" -path '*system/cardbridged.service')
verdict "the unit's configuration is there" "$(
	named=$(sed -n 's/^ExecStart=.*--config //p' "$unit")
	[ "$named" = "$sysconfdir/cardbridged.conf" ] &&
		[ -f "$dest$named" ] || echo "$named")"

out=$(make_here uninstall DESTDIR="$dest" 2>&1) && out=
verdict "make uninstall" "$out"
verdict "uninstall takes our reader files and nobody else's" \
	"$([ "$(cd "$conf" && echo ./*)" = "./cardbridge.other ./other" ] ||
		ls "$conf")"
rm -r "$conf"
verdict "nothing is left" "$(find "$dest" ! -type d)"
