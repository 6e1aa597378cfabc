#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Every file of the tree is named in a list of the build, or a distribution
# would go out without it.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

lists=$(find . -name build-\* -prune -o -name '*.mk' -print)
# shellcheck disable=SC2086 # a list of names
words=" $(sed 's/#.*//; s/[\\=]/ /g' Makefile.am $lists | tr -s ' \t\n' ' ') "

named() { # FILE: by itself, or by a folder that it is in
	local path=$1
	while [ "$path" != . ]; do
		[[ $words != *" $path "* ]] || return 0
		path=$(dirname "$path")
	done
	return 1
}

trouble=
while IFS= read -r file; do
	named "$file" || trouble+="$file is in no list"$'\n'
done < <(find common crypto wire emulator bridge ifdhandler winscard-shim cli \
	backend man data tests \
	-type f ! -name '*.mk' ! -name '*.pyc' ! -path '*/.*' \
	! -name '*.o' ! -name '*.lo' ! -name '*.la' ! -name '*.log' \
	! -name '*.trs' | sort)
verdict "every file is in a list" "${trouble%$'\n'}"

trouble=
while IFS= read -r word; do
	[ -e "$word" ] || trouble+="$word does not exist"$'\n'
done < <(grep -oE '[a-z_0-9-]+(/[A-Za-z0-9_.-]+)+\.[ch]\b' <<<"$words" |
	sort -u)
verdict "every source in a list is there" "${trouble%$'\n'}"

# A suite that main.c does not run would go unnoticed.
trouble=
while IFS=: read -r file suite; do
	suite=${suite%%_suite*}
	dir=$(dirname "$file")
	grep -qsE "\b${suite}_suite\b" "$dir/main.c" ||
		grep -qE "SUITE\(${suite}\)" "$dir"/*.h ||
		trouble+="$dir/main.c does not run ${suite}_suite"$'\n'
done < <(grep -HE '^[a-z_0-9]+_suite\(void\)$' tests/*/*.c tests/*/*/*.c)
verdict "every suite is run" "${trouble%$'\n'}"
