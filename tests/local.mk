# SPDX-License-Identifier: BSD-2-Clause
# `make check`: one program for each room, and checks of the tree itself. All
# of them speak TAP. What needs pcscd is in tests/e2e, run by check.sh.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = \
	CB_SRC='$(abs_top_srcdir)'; CB_BUILD='$(abs_top_builddir)'; \
	CARDBRIDGE='$(abs_top_builddir)/cardbridge'; \
	CB_HARDENING='$(enable_hardening)'; \
	export CB_SRC CB_BUILD CARDBRIDGE CB_HARDENING;

# The longest first: with the others they take what tests that wait leave free.
TREE_TESTS = \
	tests/check_words.sh \
	tests/check_headers.sh \
	tests/check_docs.sh \
	tests/check_elf.sh \
	tests/check_layers.sh \
	tests/check_lists.sh
TESTS += $(TREE_TESTS)

if HAVE_CHECK
# In the order of how long they take: the longest must not be the last.
include tests/bridge/local.mk
if BACKEND
include tests/backend/worker/local.mk
endif
include tests/emulator/local.mk
if BACKEND
include tests/backend/door/local.mk
endif
include tests/ifdhandler/local.mk
include tests/cli/local.mk
include tests/backend/store.mk
include tests/backend/vault.mk
include tests/common/local.mk
include tests/replay/local.mk
include tests/powercut/local.mk
include tests/winscard/local.mk
include tests/wire/local.mk
if BACKEND
include tests/backend/roles/local.mk
include tests/backend/seed.mk
include tests/backend/service/local.mk
include tests/road/local.mk
endif
endif
include tests/fuzz/local.mk
include tests/bench/local.mk
EXTRA_DIST += tests/e2e tests/vectors

EXTRA_DIST += \
	$(TREE_TESTS) \
	tests/abi.sh \
	tests/check_install.sh \
	tests/debian.sh \
	tests/tap-run.sh \
	tests/tap.sh \
	tests/under-run.sh

# The unit tests again, under valgrind. What tries thousands of things has the
# tag "slow" (tcase_set_tags) and is left out; what takes minutes is for soak, and
# so is what says how soon something happens: this runs behind everybody.
check-valgrind: $(check_PROGRAMS) $(check_LTLIBRARIES)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(VALGRIND_TESTS)' \
		LOG_COMPILER='$(abs_top_srcdir)/tests/valgrind.sh'
EXTRA_DIST += tests/valgrind.sh

# What tests/tsan.sh runs.
tsan-programs: cardbridged cardbridge winscard-shim/libpcsclite.la \
	tests/bridge/test_bridge tests/bridge/https/test_https \
	tests/backend/worker/test_worker \
	tests/winscard/conform tests/winscard/load tests/winscard/schedule
EXTRA_DIST += tests/tsan.sh

# The full counts: 2,000 kills, more power cuts, 512 threads that take 200 turns
# each with one card, random schedules of 300,000 calls, ten minutes of each
# fuzz target in a build of its own, all unit tests under valgrind.
SOAK_TARGETS += soak-store soak-share soak-fuzz soak-valgrind
soak-valgrind: $(check_PROGRAMS) $(check_LTLIBRARIES)
	WHOLE=yes $(MAKE) $(AM_MAKEFLAGS) check \
		TESTS='$(VALGRIND_TESTS) $(VALGRIND_SOAK_TESTS)' \
		LOG_COMPILER='$(abs_top_srcdir)/tests/valgrind.sh'
soak-store: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' KILLS=2000 ROUNDS=3 \
		$(srcdir)/tests/powercut/run.sh nvm card kill
	CB_KILLS=2000 CK_RUN_SUITE=store_fault tests/backend/test_store
soak-share: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' TURNS=200 \
		$(srcdir)/tests/e2e/winscard-load.sh
	CB_BUILD='$(abs_top_builddir)' SCHEDULES=300 CALLS=1000 \
		SEED="$${SEED:-$$(date +%s)}" \
		$(srcdir)/tests/e2e/winscard-schedule.sh
soak-fuzz:
	$(MKDIR_P) build-soak
	cd build-soak && '$(abs_top_srcdir)/configure' CC=clang \
		--enable-fuzzing && $(MAKE) fuzz-programs && $(MAKE) fuzz-long

# The road to a backend: 200 kills under 20 bridges, one at each boundary of
# messages, a cable that is cut before each byte, and a store that is stopped for
# longer than anybody waits for an answer.
LONG_TARGETS += long-siege long-strike long-cable long-stopped
long-siege: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' KILLS=200 BRIDGES=20 \
		SEED="$${SEED:-$$(date +%s)}" \
		$(srcdir)/tests/e2e/backend-siege.sh
long-strike: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' $(srcdir)/tests/e2e/backend-strike.sh
long-cable: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' CB_BYTES=24 \
		$(srcdir)/tests/e2e/backend-cable.sh
long-stopped: $(check_PROGRAMS)
	CB_BUILD='$(abs_top_builddir)' STOPPED=50 \
		$(srcdir)/tests/e2e/backend-stopped.sh

.PHONY: check-valgrind m32 tsan-programs soak-store soak-share soak-fuzz \
	soak-valgrind \
	long-siege long-strike long-cable long-stopped
