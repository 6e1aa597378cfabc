#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Runs a test program under valgrind. Leaks are the sanitizers' part. The
# emulator's tests need no process each, and a process that valgrind forks
# translates the program anew: together they would take a quarter of an hour.
case $1 in
*/test_emulator)
	CK_FORK=no
	export CK_FORK
	;;
esac
exec valgrind -q --error-exitcode=99 --leak-check=no "$@"
