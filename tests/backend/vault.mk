# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/backend/test_vault
TESTS += tests/backend/test_vault
VALGRIND_SOAK_TESTS += tests/backend/test_vault
tests_backend_test_vault_SOURCES = \
	tests/backend/test_act.c \
	tests/backend/scene.c \
	tests/backend/scene.h \
	tests/backend/test_challenge.c \
	tests/backend/test_enrol.c \
	tests/backend/test_grant.c \
	tests/backend/test_head.c \
	tests/backend/test_limit.c \
	tests/backend/test_open.c \
	tests/backend/test_recovery.c \
	tests/backend/test_ring.c \
	tests/backend/test_root.c \
	tests/backend/test_rule.c \
	tests/backend/test_share.c \
	tests/backend/test_ticket.c \
	tests/backend/test_wrap.c \
	tests/backend/trial.c \
	tests/backend/trial.h \
	tests/backend/vault.c \
	tests/backend/vault.h
tests_backend_test_vault_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_backend_test_vault_LDFLAGS = $(program_ldflags)
tests_backend_test_vault_LDADD = \
	backend/vault/libvault.la wire/libwire.la crypto/libprimitives.la \
	common/libcommon.la $(CHECK_LIBS)
