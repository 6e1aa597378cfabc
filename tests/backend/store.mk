# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/backend/test_store
TESTS += tests/backend/test_store
VALGRIND_TESTS += tests/backend/test_store
tests_backend_test_store_SOURCES = \
	tests/backend/sql.c tests/backend/sql.h \
	tests/backend/store_main.c \
	tests/backend/store_rig.c tests/backend/store_rig.h \
	tests/backend/test_store_act.c \
	tests/backend/test_store_books.c \
	tests/backend/test_store_fault.c \
	tests/backend/test_store_fit.c \
	tests/backend/test_store_found.c \
	tests/backend/test_store_gone.c \
	tests/backend/test_store_grant.c \
	tests/backend/test_store_heads.c \
	tests/backend/test_store_lease.c \
	tests/backend/test_store_open.c \
	tests/backend/test_store_plan.c \
	tests/backend/test_store_token.c \
	tests/backend/vfs_fault.c tests/backend/vfs_fault.h
tests_backend_test_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(SQLITE_CFLAGS)
tests_backend_test_store_LDFLAGS = $(program_ldflags)
tests_backend_test_store_LDADD = \
	backend/libservice.la backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la crypto/libprimitives.la \
	common/libcommon.la $(CHECK_LIBS) $(SQLITE_LIBS)
