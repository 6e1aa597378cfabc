# SPDX-License-Identifier: BSD-2-Clause
# The plug-in is loaded, not linked: the test runs in the top build directory
# and finds it in ifdhandler/.libs.
check_PROGRAMS += tests/ifdhandler/test_ifdhandler
TESTS += tests/ifdhandler/test_ifdhandler
VALGRIND_SOAK_TESTS += tests/ifdhandler/test_ifdhandler
tests_ifdhandler_test_ifdhandler_SOURCES = \
	tests/ifdhandler/fake_bridge.c \
	tests/ifdhandler/fake_bridge.h \
	tests/ifdhandler/main.c \
	tests/ifdhandler/plugin.c \
	tests/ifdhandler/plugin.h \
	tests/ifdhandler/test_attributes.c \
	tests/ifdhandler/test_doors.c \
	tests/ifdhandler/test_slot.c \
	tests/ifdhandler/test_watch.c
tests_ifdhandler_test_ifdhandler_CFLAGS = \
	$(AM_CFLAGS) $(PCSC_CFLAGS) $(CHECK_CFLAGS)
tests_ifdhandler_test_ifdhandler_LDADD = \
	bridge/libclient.la common/libcommon.la $(CHECK_LIBS)
EXTRA_tests_ifdhandler_test_ifdhandler_DEPENDENCIES = \
	ifdhandler/libifdcardbridge.la
