# SPDX-License-Identifier: BSD-2-Clause
# For tests/e2e: it is run there.
check_PROGRAMS += tests/backend/seed
tests_backend_seed_SOURCES = \
	tests/backend/founder.c tests/backend/founder.h \
	tests/backend/seed.c \
	tests/backend/wishes.c tests/backend/wishes.h
tests_backend_seed_CFLAGS = $(AM_CFLAGS)
tests_backend_seed_LDFLAGS = $(program_ldflags)
tests_backend_seed_LDADD = \
	backend/libservice.la backend/worker/libworker.la \
	backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la emulator/libemulator.la crypto/libprimitives.la \
	common/libprocess.la common/libcommon.la

check_PROGRAMS += tests/backend/init_at
tests_backend_init_at_SOURCES = tests/backend/init_at.c
tests_backend_init_at_CFLAGS = $(AM_CFLAGS)
tests_backend_init_at_LDFLAGS = $(program_ldflags)
tests_backend_init_at_LDADD = \
	backend/libservice.la backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la crypto/libprimitives.la \
	common/libprocess.la common/libcommon.la

# The backend with a wall clock that a test sets; so are the worker's tests.
stepped_ldflags = -Wl,--wrap=clock_gettime -Wl,--wrap=time \
	-Wl,--wrap=timerfd_settime
check_PROGRAMS += tests/backend/stepped_backend
tests_backend_stepped_backend_SOURCES = backend/main.c \
	tests/backend/stepped.c tests/backend/stepped.h
tests_backend_stepped_backend_CPPFLAGS = $(cardbridge_backend_CPPFLAGS)
tests_backend_stepped_backend_LDFLAGS = $(program_ldflags) $(stepped_ldflags)
tests_backend_stepped_backend_LDADD = $(cardbridge_backend_LDADD)
