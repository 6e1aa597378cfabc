#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Every header compiles alone, with both compilers, warnings as errors.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

flags=(-std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra -Wpedantic -Werror)
read -ra foreign < <(pkg-config --cflags \
	libpcsclite sqlite3 libcrypto libconfig jansson check 2>/dev/null)

alone() { # COMPILER HEADER
	printf '#include "%s"\n' "$2" |
		"$1" "${flags[@]}" "${foreign[@]}" -fsyntax-only -x c - 2>&1 ||
		echo "$1 does not take $2"
}

for cc in gcc clang; do
	if ! have "$cc"; then
		skip "every header compiles alone ($cc)" "no $cc"
		continue
	fi
	trouble=
	while IFS= read -r header; do
		trouble+=$(alone "$cc" "$header")
	done < <(find common crypto wire emulator bridge ifdhandler winscard-shim cli backend tests -name '*.h')
	verdict "every header compiles alone ($cc)" "$trouble"
done

# The name of a header's guard is that of its path, or two would collide.
trouble=$(find common crypto wire emulator bridge ifdhandler winscard-shim cli backend tests -name '*.h' \
	-exec grep -hE '^#ifndef [A-Z0-9_]+_H$' {} + | sort | uniq -d)
verdict "no two headers have one guard" "$trouble"
