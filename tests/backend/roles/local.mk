# SPDX-License-Identifier: BSD-2-Clause
# Not under valgrind, which makes system calls of its own.
check_PROGRAMS += tests/backend/roles/test_roles
TESTS += tests/backend/roles/test_roles
tests_backend_roles_test_roles_SOURCES = \
	tests/backend/roles/attacks.c \
	tests/backend/roles/attacks.h \
	tests/backend/roles/main.c \
	tests/backend/roles/suites.h \
	tests/backend/roles/test_ask.c \
	tests/backend/roles/test_calls.c \
	tests/backend/roles/test_channel.c \
	tests/backend/roles/test_control.c \
	tests/backend/roles/test_loop.c \
	tests/backend/roles/test_walls.c
tests_backend_roles_test_roles_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(LIBCRYPTO_CFLAGS) $(SQLITE_CFLAGS)
tests_backend_roles_test_roles_LDFLAGS = $(program_ldflags)
tests_backend_roles_test_roles_LDADD = \
	backend/libroles.la backend/store/libstore.la \
	wire/libwire.la crypto/libprimitives.la emulator/libemulator.la common/libprocess.la \
	common/libcommon.la $(SQLITE_LIBS) $(CHECK_LIBS)
