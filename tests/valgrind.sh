#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Runs a unit test under valgrind. Leaks are the sanitizers' part: to search
# each test's process at its end would take longer than the test.
#
# usage: valgrind.sh PROGRAM
export CK_TIMEOUT_MULTIPLIER=20 CK_EXCLUDE_TAGS=slow

# The tests of the emulator leave nothing behind them, so that they need no
# process each; valgrind then translates OpenSSL once and not 600 times.
case $1 in
*/test_emulator) export CK_FORK=no ;;
esac
exec valgrind -q --error-exitcode=99 --leak-check=no "$@"
