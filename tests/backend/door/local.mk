# SPDX-License-Identifier: BSD-2-Clause
# Not under valgrind, which makes system calls of its own.
check_PROGRAMS += tests/backend/door/test_door
TESTS += tests/backend/door/test_door
tests_backend_door_test_door_SOURCES = \
	tests/backend/door/main.c \
	tests/backend/door/rig.c \
	tests/backend/door/rig.h \
	tests/backend/door/suites.h \
	tests/backend/door/test_claims.c \
	tests/backend/door/test_crowd.c \
	tests/backend/door/test_hold.c \
	tests/backend/door/test_http.c \
	tests/backend/door/test_programs.c \
	tests/backend/door/test_requests.c \
	tests/backend/door/test_role.c \
	tests/backend/door/test_slow.c \
	tests/backend/door/test_tls.c
tests_backend_door_test_door_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(LIBSSL_CFLAGS)
tests_backend_door_test_door_LDFLAGS = $(program_ldflags)
tests_backend_door_test_door_LDADD = \
	backend/door/libdoor.la common/libprocess.la $(LIBSSL_LIBS) \
	$(CHECK_LIBS)
