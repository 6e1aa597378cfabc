# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/backend/worker/test_worker
TESTS += tests/backend/worker/test_worker
tests_backend_worker_test_worker_SOURCES = \
	tests/backend/founder.c tests/backend/founder.h \
	tests/backend/sql.c tests/backend/sql.h \
	tests/backend/stepped.c tests/backend/stepped.h \
	tests/backend/worker/at_desk.h \
	tests/backend/worker/bridge.c \
	tests/backend/worker/desk.c \
	tests/backend/worker/desk.h \
	tests/backend/worker/main.c \
	tests/backend/worker/rig.c \
	tests/backend/worker/rig.h \
	tests/backend/worker/rig_desk.c \
	tests/backend/worker/rig_serve.h \
	tests/backend/worker/rig_store.c \
	tests/backend/worker/rig_vault.c \
	tests/backend/worker/suites.h \
	tests/backend/worker/test_books.c \
	tests/backend/worker/test_clock.c \
	tests/backend/worker/test_door.c \
	tests/backend/worker/test_desk.c \
	tests/backend/worker/test_desk_act.c \
	tests/backend/worker/test_desk_second.c \
	tests/backend/worker/test_desk_token.c \
	tests/backend/worker/test_offers.c \
	tests/backend/worker/test_pool.c \
	tests/backend/worker/test_record.c \
	tests/backend/worker/test_rights.c \
	tests/backend/worker/test_rows.c \
	tests/backend/worker/test_session.c \
	tests/backend/worker/test_step.c \
	tests/backend/worker/test_stopped.c \
	tests/backend/worker/test_tally.c \
	tests/backend/worker/test_vault_anew.c \
	tests/backend/worker/test_use.c
tests_backend_worker_test_worker_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(SQLITE_CFLAGS)
tests_backend_worker_test_worker_LDFLAGS = $(program_ldflags) \
	-Wl,--wrap=emu_scrypt $(stepped_ldflags)
tests_backend_worker_test_worker_LDADD = \
	backend/libservice.la backend/worker/libworker.la \
	backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la emulator/libemulator.la crypto/libprimitives.la \
	common/libprocess.la common/libcommon.la $(SQLITE_LIBS) $(CHECK_LIBS)
