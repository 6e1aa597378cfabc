#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the documents say is so: paths exist, versions agree, every program and
# file has its page, and the pages are well formed.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

# Paths: what stands in backticks and has a slash, with or without a line, and
# names no URI, option or place of an installed system.
trouble=
paths=0
while IFS= read -r path; do
	paths=$((paths + 1))
	[ -e "$path" ] || trouble+="ARCHITECTURE.md: $path does not exist"$'\n'
done < <(grep -oE '`[^` ]+`' ARCHITECTURE.md | tr -d '`' |
	grep -E '^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.*-]*)+$|^[A-Z]+\.md$|\.sh$' |
	sed 's|^\./||' | sort -u)
verdict "each path in ARCHITECTURE.md exists" "${trouble%$'\n'}"
verdict "ARCHITECTURE.md names paths" \
	"$([ "$paths" -gt 10 ] || echo "only $paths")"

trouble=
paths=0
while IFS= read -r path; do
	paths=$((paths + 1))
	[ -e "$path" ] || trouble+="SECURITY.md: $path does not exist"$'\n'
done < <(grep -oE '`tests/[^` ]*`' SECURITY.md | tr -d '`' | sort -u)
verdict "each test that SECURITY.md names is there" "${trouble%$'\n'}"
verdict "SECURITY.md names tests" \
	"$([ "$paths" -gt 20 ] || echo "only $paths")"

trouble=
for room in common crypto wire emulator bridge ifdhandler winscard-shim cli \
	backend backend/store backend/vault data docs tests; do
	grep -q "\`$room/" ARCHITECTURE.md || trouble+="$room/ is not in it"
done
verdict "ARCHITECTURE.md names every room" "$trouble"

version=$(sed -n 's/^AC_INIT(\[cardbridge\], \[\(.*\)\])$/\1/p' configure.ac)
wire=$(sed -n 's/^#define BR_RELEASE "\(.*\)"$/\1/p' bridge/protocol.h)
verdict "the bridge names the release of configure.ac" \
	"$([ "$version" = "$wire" ] || echo "$wire, not $version")"
verdict "NEWS has the release" \
	"$(grep -q -F -- "$version" NEWS || echo "$version is not in it")"

# Pages: those the README and others send people to, and all that are there.
trouble=
while IFS= read -r page; do
	name=${page%(*}
	section=${page#*(}
	[ -e "man/$name.${section%)}" ] || trouble+="$page: no such page"$'\n'
done < <(grep -hoE 'cardbridged?(-[a-z]+)?\([1-8]\)' ./*.md docs/*.md |
	sort -u)
verdict "each page that a document names is there" "${trouble%$'\n'}"

trouble=
while IFS= read -r package; do
	grep -qw -e "$package" README.md || trouble+="$package is not"$'\n'
done <docs/packages
verdict "what docs/packages lists is in README.md" "${trouble%$'\n'}"

for page in man/*.[1-8]; do
	[ -e "$page" ] || continue
	if have mandoc; then
		# Debian's mandoc takes its own operating system for unknown,
		# and looks for the other pages in the manual of this machine.
		verdict "$page is well formed" "$(mandoc -T lint -W warning \
			"$page" 2>&1 | grep -v -e 'operating system' || true)"
	else
		skip "$page is well formed" "no mandoc"
	fi
done
