# SPDX-License-Identifier: BSD-2-Clause
# For tests/e2e: programs that use, disturb and attack the road to a backend.
check_PROGRAMS += tests/road/disturb
tests_road_disturb_SOURCES = \
	tests/road/cable.c tests/road/cable.h \
	tests/road/disturb.c \
	tests/road/ledger.c tests/road/ledger.h \
	tests/road/talk.c tests/road/talk.h
tests_road_disturb_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_disturb_LDFLAGS = $(program_ldflags)
tests_road_disturb_LDADD = bridge/libclient.la wire/libwire.la \
	common/libcommon.la $(SQLITE_LIBS)
