# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/bridge/test_bridge
TESTS += tests/bridge/test_bridge
VALGRIND_TESTS += tests/bridge/test_bridge
tests_bridge_test_bridge_SOURCES = \
	tests/bridge/call.c \
	tests/bridge/call.h \
	tests/bridge/fake_link.c \
	tests/bridge/harness.c \
	tests/bridge/harness.h \
	tests/bridge/main.c \
	tests/bridge/test_arbiter.c \
	tests/bridge/test_client.c \
	tests/bridge/test_blot.c \
	tests/bridge/test_config.c \
	tests/bridge/test_deadlines.c \
	tests/bridge/test_hostile.c \
	tests/bridge/test_limits.c \
	tests/bridge/test_link_emu.c \
	tests/bridge/test_list.c \
	tests/bridge/test_listen.c \
	tests/bridge/test_memory.c \
	tests/bridge/test_protocol.c \
	tests/bridge/test_raw.c \
	tests/bridge/test_reader.c \
	tests/bridge/test_roads.c \
	tests/bridge/test_schedules.c \
	tests/bridge/test_shared.c \
	tests/bridge/test_state.c \
	tests/bridge/test_trace.c \
	tests/bridge/test_watch.c
tests_bridge_test_bridge_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_bridge_test_bridge_LDFLAGS = $(program_ldflags)
tests_bridge_test_bridge_LDADD = \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la \
	$(CHECK_LIBS)
