# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the checks of the tree use: sourced, it counts and speaks TAP.
set -euo pipefail

CB_SRC=${CB_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
CB_BUILD=${CB_BUILD:-$PWD}
tap_count=0
tap_failed=0

# DESCRIPTION, then what is wrong, or nothing where all is well.
verdict() { # DESCRIPTION TROUBLE
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

skip() { # DESCRIPTION REASON
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

have() { command -v "$1" >/dev/null; } # PROGRAM

tap_end() {
	local rc=$?
	trap - EXIT
	if [ "$rc" != 0 ]; then
		verdict "runs to its end" "exit code $rc"
	fi
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] || exit 1
	exit 0
}
trap tap_end EXIT

cd "$CB_SRC"
