# SPDX-License-Identifier: BSD-2-Clause
# For tests/e2e: programs that use, disturb and attack the road to a backend.
check_PROGRAMS += tests/road/disturb tests/road/exchange tests/road/record
tests_road_disturb_SOURCES = \
	tests/road/cable.c tests/road/cable.h \
	tests/road/disturb.c \
	tests/road/ledger.c tests/road/ledger.h \
	tests/road/seeded.c tests/road/seeded.h \
	tests/road/talk.c tests/road/talk.h
tests_road_disturb_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_disturb_LDFLAGS = $(program_ldflags)
tests_road_disturb_LDADD = bridge/libclient.la wire/libwire.la \
	common/libcommon.la $(SQLITE_LIBS)

road_sources = \
	tests/road/ledger.c tests/road/ledger.h \
	tests/road/peer.c tests/road/peer.h \
	tests/road/seeded.c tests/road/seeded.h \
	tests/road/talk.c tests/road/talk.h
tests_road_exchange_SOURCES = tests/road/exchange.c $(road_sources)
tests_road_exchange_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_exchange_LDFLAGS = $(program_ldflags)
tests_road_exchange_LDADD = bridge/libhttps.la bridge/libclient.la \
	wire/libwire.la crypto/libprimitives.la common/libcommon.la $(SQLITE_LIBS)
tests_road_record_SOURCES = tests/road/record.c $(road_sources)
tests_road_record_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_record_LDFLAGS = $(program_ldflags)
tests_road_record_LDADD = bridge/libhttps.la bridge/libclient.la \
	wire/libwire.la crypto/libprimitives.la common/libcommon.la $(SQLITE_LIBS)

check_PROGRAMS += tests/road/siege
tests_road_siege_SOURCES = \
	tests/road/client.c tests/road/client.h \
	tests/road/ledger.c tests/road/ledger.h \
	tests/road/roles.c tests/road/roles.h \
	tests/road/seeded.c tests/road/seeded.h \
	tests/road/siege.c \
	tests/road/talk.c tests/road/talk.h
tests_road_siege_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_siege_LDFLAGS = $(program_ldflags)
tests_road_siege_LDADD = bridge/libclient.la wire/libwire.la \
	crypto/libprimitives.la common/libcommon.la $(SQLITE_LIBS)

check_PROGRAMS += tests/road/strike
tests_road_strike_SOURCES = \
	tests/road/cable.c tests/road/cable.h \
	tests/road/client.c tests/road/client.h \
	tests/road/ledger.c tests/road/ledger.h \
	tests/road/roles.c tests/road/roles.h \
	tests/road/seeded.c tests/road/seeded.h \
	tests/road/strike.c \
	tests/road/talk.c tests/road/talk.h
tests_road_strike_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_road_strike_LDFLAGS = $(program_ldflags)
tests_road_strike_LDADD = bridge/libclient.la wire/libwire.la \
	crypto/libprimitives.la common/libcommon.la $(SQLITE_LIBS)
