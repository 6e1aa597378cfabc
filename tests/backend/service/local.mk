# SPDX-License-Identifier: BSD-2-Clause
# Not under valgrind: it runs another program, behind walls.
check_PROGRAMS += tests/backend/service/test_service
TESTS += tests/backend/service/test_service
tests_backend_service_test_service_SOURCES = \
	tests/backend/service/draft.c \
	tests/backend/service/draft.h \
	tests/backend/service/main.c \
	tests/backend/service/rig.c \
	tests/backend/service/rig.h \
	tests/backend/service/store.c \
	tests/backend/service/store.h \
	tests/backend/service/suites.h \
	tests/backend/service/test_conf.c \
	tests/backend/service/test_order.c \
	tests/backend/service/test_store_desk.c \
	tests/backend/service/test_links.c \
	tests/backend/service/test_renew.c \
	tests/backend/service/test_store_role.c \
	tests/backend/service/test_vault_role.c \
	tests/tree.c tests/tree.h
tests_backend_service_test_service_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_backend_service_test_service_LDFLAGS = $(program_ldflags)
tests_backend_service_test_service_LDADD = \
	backend/libservice.la backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la crypto/libprimitives.la \
	common/libprocess.la common/libcommon.la $(CHECK_LIBS)
