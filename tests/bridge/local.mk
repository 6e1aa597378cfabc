# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/bridge/test_bridge
TESTS += tests/bridge/test_bridge
VALGRIND_SOAK_TESTS += tests/bridge/test_bridge
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
	tests/bridge/test_watch.c \
	tests/tree.c tests/tree.h
tests_bridge_test_bridge_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_bridge_test_bridge_LDFLAGS = $(program_ldflags)
tests_bridge_test_bridge_LDADD = \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la \
	$(CHECK_LIBS)

# Cards in a backend: TLS, a real card and the real seal, in one process.
check_PROGRAMS += tests/bridge/https/test_https
TESTS += tests/bridge/https/test_https
tests_bridge_https_test_https_SOURCES = \
	tests/bridge/fake_link.c \
	tests/bridge/harness.c tests/bridge/harness.h \
	tests/bridge/https/backend.h \
	tests/bridge/https/door.c \
	tests/bridge/https/main.c \
	tests/bridge/https/pki.c \
	tests/bridge/https/relay.c tests/bridge/https/relay.h \
	tests/bridge/https/rig.c tests/bridge/https/rig.h \
	tests/bridge/https/test_answer.c \
	tests/bridge/https/test_enrol.c \
	tests/bridge/https/test_expiry.c \
	tests/bridge/https/test_news.c \
	tests/bridge/https/test_requests.c \
	tests/bridge/https/test_road.c \
	tests/bridge/https/test_status.c \
	tests/bridge/https/test_trust.c \
	tests/bridge/https/test_uri.c \
	tests/bridge/https/test_who.c \
	tests/bridge/https/worker.c \
	tests/tree.c tests/tree.h
tests_bridge_https_test_https_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(LIBSSL_CFLAGS)
tests_bridge_https_test_https_LDFLAGS = $(program_ldflags)
tests_bridge_https_test_https_LDADD = \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la \
	$(LIBSSL_LIBS) $(CHECK_LIBS)
