# SPDX-License-Identifier: BSD-2-Clause
# The command. What it needs besides main.c is a library, so that tests can
# have it too.
noinst_LTLIBRARIES += cli/libcli.la
cli_libcli_la_SOURCES = \
	cli/admin.c cli/admin.h \
	cli/admin_act.c \
	cli/admin_approve.c \
	cli/admin_audit.c \
	cli/admin_books.c \
	cli/admin_card.c \
	cli/admin_desk.c \
	cli/admin_draft.c \
	cli/admin_explain.c \
	cli/admin_order.c \
	cli/admin_org.c \
	cli/admin_passcode.c \
	cli/admin_people.c \
	cli/admin_print.c \
	cli/admin_verify.c \
	cli/admin_words.c \
	cli/apdu.c \
	cli/apdu_args.c cli/apdu_args.h \
	cli/bridge.c cli/bridge.h \
	cli/card.c cli/card.h \
	cli/card_describe.c \
	cli/card_new.c \
	cli/card_passwd.c \
	cli/card_probe.c \
	cli/cli.h \
	cli/describe/contents.c \
	cli/describe/describe.c cli/describe/describe.h \
	cli/describe/directory.c \
	cli/describe/draft.c cli/describe/draft.h \
	cli/describe/files.c \
	cli/describe/identity.c \
	cli/describe/keys.c \
	cli/describe/pins.c \
	cli/describe/print.c \
	cli/describe/settings.c \
	cli/describe/tree.c \
	cli/enrol.c \
	cli/env.c \
	cli/front.c cli/front.h \
	cli/json.c cli/json.h \
	cli/output.c \
	cli/passcode.c cli/passcode.h \
	cli/path.c \
	cli/pcsc.c cli/pcsc.h \
	cli/probe/fci.c \
	cli/probe/gate.c cli/probe/gate.h \
	cli/probe/guess.c \
	cli/probe/kind_authentic3.c \
	cli/probe/kind_authentic5.c \
	cli/probe/kind_gemsafe.c \
	cli/probe/kind_iasecc.c \
	cli/probe/kind_piv.c \
	cli/probe/kinds.c cli/probe/kinds.h \
	cli/probe/objects.c \
	cli/probe/probe.h \
	cli/probe/run.c \
	cli/probe/show.c cli/probe/show.h \
	cli/probe/talk.c \
	cli/probe/values.c cli/probe/values.h \
	cli/probe/walk.c \
	cli/program.c cli/program.h \
	cli/reader.c \
	cli/reader_conf.c \
	cli/report/read.c cli/report/reader.h \
	cli/report/report.c cli/report/report.h \
	cli/report/words.c \
	cli/report/write.c \
	cli/run.c cli/run.h \
	cli/run_bridge.c \
	cli/run_keeper.c \
	cli/run_trace.c \
	cli/scratch.c cli/scratch.h \
	cli/secret.c cli/secret.h \
	cli/status.c \
	cli/tree.c cli/tree.h \
	cli/usage.c
cli_libcli_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCB_PKGDATADIR='"$(pkgdatadir)"' \
	-DCB_BRIDGE='"$(sbindir)/cardbridged"' \
	-DCB_SHIMDIR='"$(shimdir)"' \
	-DCB_PLUGIN='"$(libdir)/pcsc/libifdcardbridge.so"'
cli_libcli_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(LIBCONFIG_CFLAGS) \
	$(PCSC_CFLAGS)
cli_libcli_la_LIBADD = \
	bridge/libhttps.la bridge/libclient.la emulator/libemulator.la \
	common/libprocess.la common/libcommon.la $(JANSSON_LIBS) \
	$(LIBCONFIG_LIBS) $(PCSC_LIBS)

bin_PROGRAMS += cardbridge
cardbridge_SOURCES = cli/main.c
cardbridge_CPPFLAGS = $(AM_CPPFLAGS) -DCB_VERSION='"$(PACKAGE_VERSION)"'
cardbridge_LDFLAGS = $(program_ldflags)
cardbridge_LDADD = cli/libcli.la
