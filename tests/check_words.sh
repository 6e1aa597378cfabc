#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Spelling, shell scripts, and words that have no business in the tree.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

mapfile -t files < <(find . \( -name '.git' -o -name 'build-*' \
	-o -name autom4te.cache -o -name '_build' -o -name '.deps' \
	-o -name '.libs' \) -prune -o -type f \( -name '*.[ch1-8]' \
	-o -name '*.md' -o -name '*.sh' -o -name '*.py' -o -name '*.mk' \
	-o -name '*.ac' -o -name '*.am' -o -name 'cb_*.m4' -o -name NEWS \
	-o -name '*.profile' -o -name '*.in' -o -name run -o -name README \
	\) ! -name Makefile.in -print | sort)
mapfile -t scripts < <(awk 'FNR == 1 && /^#! ?\/bin\/(ba)?sh/ {
	print FILENAME }' "${files[@]}")
mapfile -t sourced < <(grep -lE '^# shellcheck shell=' "${files[@]}")

if have codespell; then
	verdict "words are spelled right" \
		"$(codespell "${files[@]}" 2>&1 || true)"
else
	skip "words are spelled right" "no codespell"
fi

if have shellcheck; then
	verdict "shellcheck finds nothing" \
		"$(shellcheck "${scripts[@]}" 2>&1 || true)"
	# their variables are set and used by others
	verdict "shellcheck finds nothing in what scripts source" \
		"$(shellcheck -e SC2034,SC2154 "${sourced[@]}" 2>&1 || true)"
else
	skip "shellcheck finds nothing" "no shellcheck"
fi

# Nothing is left to be done later, and nobody is sent to a place that a
# clone does not have. (The bracket keeps this line from finding itself.)
verdict "no unfinished work is left behind" "$(grep -nE \
	'\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b' "${files[@]}" || true)"
verdict "the tree speaks of itself only" "$(grep -nE \
	'(^|[^A-Za-z])/wor[k]/|\.\./share[d]|shared/(c[a]rds|d[e]sign|st[y]le)|\bissue #?[0-9]' \
	"${files[@]}" || true)"
verdict "no call that the house style forbids" "$(grep -rnE --include='*.[ch]' \
	'\b(strcpy|strcat|v?sprintf|gets|atoi|atol|system|popen|strtok)\(' \
	common crypto wire emulator bridge ifdhandler winscard-shim cli backend || true)"
verdict "no line ends in a blank" \
	"$(grep -nE '[[:blank:]]$' "${files[@]}" | head -20 || true)"

# Every source says whose it is and what it is.
trouble=
while IFS= read -r file; do
	{
		IFS= read -r one
		IFS= read -r two
		IFS= read -r three
	} <"$file"
	[[ $one = '/* SPDX-License-Identifier: BSD-2-Clause' &&
		$two = ' * Copyright (c) '*' The cardbridge authors */' &&
		$three = '/*'* ]] || trouble+="$file"$'\n'
done < <(find common crypto wire emulator bridge ifdhandler winscard-shim cli backend tests -name '*.[ch]')
verdict "every source begins with its licence and its purpose" \
	"${trouble%$'\n'}"
trouble=$(find common crypto wire emulator bridge ifdhandler winscard-shim cli backend tests -name '*.[ch]' \
	-exec awk 'END { if (NR > 700) print FILENAME ": " NR " lines" }' {} \;)
verdict "no source is longer than 700 lines" "$trouble"
