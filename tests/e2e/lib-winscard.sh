# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the tests of our libpcsclite.so.1 share.
shim=$CB_BUILD/winscard-shim/.libs

need_shim() {
	[ -e "$shim/libpcsclite.so.1" ] || skip_all "the library is not built"
	[ -x "$CB_BUILD/tests/winscard/conform" ] ||
		skip_all "its tests are not built"
}

# Sanitizers are loaded by the program then. (grep reads to the end: whoever
# writes to one that has found it and gone fails, and with it the pipe.)
shim_has_sanitizers() {
	readelf --dyn-syms --wide "$shim/libpcsclite.so.1" |
		grep __asan >/dev/null
}

ours() { env "LD_LIBRARY_PATH=$shim" "$@"; } # COMMAND...

# Each row of a program of tests/winscard is one of ours; over our library.
rows_of() { # NAME COMMAND...
	rows_over "$1" env "LD_LIBRARY_PATH=$shim" "${@:2}"
}

rows_over() { # NAME COMMAND...
	local name=$1 line rc=0
	shift
	(cd "$T" && timeout -k 5 110 "$@") >"$T/rows" \
		2>"$T/$name-stderr.log" || rc=$?
	while IFS= read -r line; do
		case $line in
		'ok '*) pass "$name: ${line#ok * - }" ;;
		'not ok '*) fail "$name: ${line#not ok * - }" ;;
		'# '*) diag "$name: ${line#\# }" ;;
		'1..'* | '') ;;
		*) fail "$name: $line" ;;
		esac
	done <"$T/rows"
	like "$(tail -n 1 "$T/rows")" '^1\.\.[1-9][0-9]+$' \
		"$name: every row was run"
	is "$rc" 0 "$name: its exit code"
	is "$(cat "$T/$name-stderr.log")" "" "$name: nothing on standard error"
}
