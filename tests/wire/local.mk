# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/wire/test_wire
TESTS += tests/wire/test_wire
VALGRIND_TESTS += tests/wire/test_wire
tests_wire_test_wire_SOURCES = \
	tests/tree.c tests/tree.h \
	tests/wire/books.c \
	tests/wire/books.h \
	tests/wire/main.c \
	tests/wire/suites.h \
	tests/wire/test_act.c \
	tests/wire/test_cert.c \
	tests/wire/test_chain.c \
	tests/wire/test_entry.c \
	tests/wire/test_export.c \
	tests/wire/test_desk.c \
	tests/wire/test_draft.c \
	tests/wire/test_enrol.c \
	tests/wire/test_grant.c \
	tests/wire/test_identity.c \
	tests/wire/test_key.c \
	tests/wire/test_message.c \
	tests/wire/test_open.c \
	tests/wire/test_record.c \
	tests/wire/test_recording.c \
	tests/wire/test_road.c \
	tests/wire/test_token.c
tests_wire_test_wire_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_wire_test_wire_LDFLAGS = $(program_ldflags)
tests_wire_test_wire_LDADD = \
	wire/libwire.la crypto/libprimitives.la common/libcommon.la \
	$(CHECK_LIBS)
