# SPDX-License-Identifier: BSD-2-Clause
# A program like any other over libpcsclite.so.1: tests/e2e/winscard.sh says
# over whose. Not a test by itself.
check_PROGRAMS += tests/winscard/conform
tests_winscard_conform_SOURCES = \
	tests/winscard/conform.c tests/winscard/conform.h \
	tests/winscard/differences.c \
	tests/winscard/harness.c \
	tests/winscard/rows_apdu.c \
	tests/winscard/rows_card.c \
	tests/winscard/rows_change.c \
	tests/winscard/rows_lists.c \
	tests/winscard/rows_share.c
tests_winscard_conform_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_conform_LDADD = $(PCSC_LIBS)
EXTRA_DIST += tests/winscard/Terminals.java

# Loads the library by itself.
check_PROGRAMS += tests/winscard/load
tests_winscard_load_SOURCES = tests/winscard/load.c
tests_winscard_load_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
