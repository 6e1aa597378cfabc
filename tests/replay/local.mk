# SPDX-License-Identifier: BSD-2-Clause
# Plays recorded conversations to a card on any of the roads to it.
check_PROGRAMS += tests/replay/replay
tests_replay_replay_SOURCES = \
	tests/replay/replay.c \
	tests/replay/road.h \
	tests/replay/road_bridge.c \
	tests/replay/road_emu.c \
	tests/replay/road_pcsc.c
tests_replay_replay_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_replay_replay_LDADD = \
	bridge/libclient.la \
	emulator/libemulator.la \
	common/libcommon.la \
	$(PCSC_LIBS)
EXTRA_DIST += tests/replay/plan.sh
