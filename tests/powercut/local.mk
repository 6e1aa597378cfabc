# SPDX-License-Identifier: BSD-2-Clause
# Power cuts and kills: an SQLite VFS that remembers what was synced, and a
# story that a card lives through meanwhile. run.sh says how it went, in TAP.
check_LTLIBRARIES += tests/powercut/libpowercut.la
tests_powercut_libpowercut_la_SOURCES = \
	tests/powercut/events.h \
	tests/powercut/story.h \
	tests/powercut/story_a3.c \
	tests/powercut/story_a5.c \
	tests/powercut/story_card.c \
	tests/powercut/story_ias.c \
	tests/powercut/story_plan.c \
	tests/powercut/story_where.c \
	tests/powercut/survivor.c \
	tests/powercut/vfs_powercut.c \
	tests/powercut/vfs_powercut.h
tests_powercut_libpowercut_la_CFLAGS = $(AM_CFLAGS) \
	$(SQLITE_CFLAGS) $(LIBCRYPTO_CFLAGS)

check_PROGRAMS += \
	tests/kill/kill_card \
	tests/powercut/powercut_card \
	tests/powercut/powercut_nvm
powercut_libs = tests/powercut/libpowercut.la emulator/libemulator.la \
	common/libcommon.la $(SQLITE_LIBS) $(LIBCRYPTO_LIBS)
tests_kill_kill_card_SOURCES = tests/kill/kill_card.c
tests_kill_kill_card_LDFLAGS = $(program_ldflags)
tests_kill_kill_card_LDADD = $(powercut_libs)
tests_powercut_powercut_card_SOURCES = tests/powercut/powercut_card.c
tests_powercut_powercut_card_LDFLAGS = $(program_ldflags)
tests_powercut_powercut_card_LDADD = $(powercut_libs)
tests_powercut_powercut_nvm_SOURCES = tests/powercut/powercut_nvm.c
tests_powercut_powercut_nvm_LDFLAGS = $(program_ldflags)
tests_powercut_powercut_nvm_LDADD = $(powercut_libs)
EXTRA_DIST += tests/powercut/run.sh
