# SPDX-License-Identifier: BSD-2-Clause
# The thin end of the local wire: libc and common/ only.
noinst_LTLIBRARIES += bridge/libclient.la
bridge_libclient_la_SOURCES = \
	bridge/addr.c \
	bridge/addr.h \
	bridge/arbiter.h \
	bridge/client.c \
	bridge/client.h \
	bridge/client_admin.c \
	bridge/client_io.c \
	bridge/client_io.h \
	bridge/client_peer.c \
	bridge/client_share.c \
	bridge/client_status.c \
	bridge/client_status.h \
	bridge/facts.c \
	bridge/facts.h \
	bridge/frame.h \
	bridge/inbox.c \
	bridge/inbox.h \
	bridge/protocol.c \
	bridge/protocol.h \
	bridge/protocol_share.c \
	bridge/protocol_status.c \
	bridge/sock.c \
	bridge/sock.h
bridge_libclient_la_LIBADD = common/libcommon.la

# The road to cards in a backend.
noinst_LTLIBRARIES += bridge/libhttps.la
bridge_libhttps_la_SOURCES = \
	bridge/https/call.c bridge/https/call.h \
	bridge/https/desk.c bridge/https/desk.h \
	bridge/https/enrol.c bridge/https/enrol.h \
	bridge/https/hold.c bridge/https/hold.h \
	bridge/https/http_answer.c bridge/https/http_answer.h \
	bridge/https/http_client.c bridge/https/http_client.h \
	bridge/https/note.c bridge/https/note.h \
	bridge/https/pipe.c bridge/https/pipe.h \
	bridge/https/retry.c bridge/https/retry.h \
	bridge/https/session.c bridge/https/session.h \
	bridge/https/tls.c bridge/https/tls.h \
	bridge/https/uri.c bridge/https/uri.h \
	bridge/https/who.c bridge/https/who.h
bridge_libhttps_la_CFLAGS = $(AM_CFLAGS) $(LIBCURL_CFLAGS) $(LIBSSL_CFLAGS)
bridge_libhttps_la_LIBADD = wire/libwire.la common/libhttp.la \
	$(LIBCURL_LIBS) $(LIBSSL_LIBS)

# The bridge itself, in a library so that tests can run it.
noinst_LTLIBRARIES += bridge/libbridge.la
bridge_libbridge_la_SOURCES = \
	bridge/arbiter.c \
	bridge/blot.c \
	bridge/blot.h \
	bridge/config.c \
	bridge/config.h \
	bridge/conn.c \
	bridge/hosted.h \
	bridge/hosted_news.c \
	bridge/hosted_session.c \
	bridge/limits.c \
	bridge/link.c \
	bridge/link.h \
	bridge/link_emu.c \
	bridge/link_https.c \
	bridge/listen.c \
	bridge/listen.h \
	bridge/loop.h \
	bridge/memory.c \
	bridge/memory.h \
	bridge/pool.c \
	bridge/pool.h \
	bridge/powered.c \
	bridge/reader.c \
	bridge/reader.h \
	bridge/serve.c \
	bridge/server.c \
	bridge/server.h \
	bridge/session.c \
	bridge/share.c \
	bridge/shared.c \
	bridge/state.c \
	bridge/state.h \
	bridge/trace.c \
	bridge/trace.h \
	bridge/turn.c \
	bridge/work.c
bridge_libbridge_la_CFLAGS = $(AM_CFLAGS) $(LIBCONFIG_CFLAGS)
bridge_libbridge_la_LIBADD = bridge/libhttps.la $(LIBCONFIG_LIBS)

sbin_PROGRAMS += cardbridged
cardbridged_SOURCES = \
	bridge/daemon.c \
	bridge/daemon.h \
	bridge/main.c
cardbridged_LDFLAGS = $(program_ldflags)
cardbridged_LDADD = common/libprocess.la \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la
