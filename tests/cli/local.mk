# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/cli/test_cli
TESTS += tests/cli/test_cli tests/cli/command.sh
VALGRIND_SOAK_TESTS += tests/cli/test_cli
tests_cli_test_cli_SOURCES = \
	tests/cli/admin_rig.c tests/cli/admin_rig.h \
	tests/cli/fake_card.c tests/cli/fake_card.h \
	tests/cli/fake_desk.c tests/cli/fake_desk.h \
	tests/cli/main.c \
	tests/cli/suites.h \
	tests/cli/test_admin.c \
	tests/cli/test_admin_books.c \
	tests/cli/test_admin_draft.c \
	tests/cli/test_apdu_args.c \
	tests/cli/test_describe.c \
	tests/cli/test_expiry.c \
	tests/cli/test_gate.c \
	tests/cli/test_passcode.c \
	tests/cli/test_path.c \
	tests/cli/test_probe.c \
	tests/cli/test_report.c \
	tests/cli/test_run.c \
	tests/tree.c tests/tree.h \
	tests/wire/books.c tests/wire/books.h
tests_cli_test_cli_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_cli_test_cli_LDFLAGS = $(program_ldflags)
tests_cli_test_cli_LDADD = \
	cli/libcli.la emulator/libemulator.la bridge/libclient.la \
	$(JANSSON_LIBS) $(CHECK_LIBS)
EXTRA_DIST += tests/cli/command.sh tests/cli/failing-bridge.py
