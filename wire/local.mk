# SPDX-License-Identifier: BSD-2-Clause
# What bridge and backend say to each other: both ends in one place.
noinst_LTLIBRARIES += wire/libwire.la
wire_libwire_la_SOURCES = \
	wire/act.c wire/act.h \
	wire/begin.c wire/begin.h \
	wire/cert.c wire/cert.h \
	wire/cert_make.c wire/cert_template.h \
	wire/chain.c wire/chain.h \
	wire/desk.c wire/desk.h \
	wire/entry.c wire/entry.h \
	wire/entry_types.c wire/entry_types.h \
	wire/export.c wire/export.h \
	wire/draft.c wire/draft.h \
	wire/expiry.c wire/expiry.h \
	wire/enrol.c wire/enrol.h \
	wire/fields.c wire/fields.h \
	wire/grant.c wire/grant.h \
	wire/identity.c wire/identity.h \
	wire/key.c wire/key.h \
	wire/message.c wire/message.h \
	wire/open.c wire/open.h \
	wire/record.c wire/record.h \
	wire/road.c wire/road.h \
	wire/token.c wire/token.h \
	wire/wire.h \
	wire/word.c wire/word.h
wire_libwire_la_CFLAGS = $(AM_CFLAGS) $(LIBCRYPTO_CFLAGS)
wire_libwire_la_LIBADD = $(LIBCRYPTO_LIBS)
