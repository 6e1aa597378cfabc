# SPDX-License-Identifier: BSD-2-Clause
# The WinSCard library, by the name of pcsc-lite's but in a directory of its
# own: nobody gets it without asking for it. libc only. What it shows is
# chosen by libpcsclite.map.
noinst_LTLIBRARIES += winscard-shim/libshim.la
winscard_shim_libshim_la_SOURCES = \
	winscard-shim/card.c \
	winscard-shim/context.c \
	winscard-shim/core.h \
	winscard-shim/internal.h \
	winscard-shim/pcsclite.c \
	winscard-shim/pcsclite.h \
	winscard-shim/pcsclite_api.c \
	winscard-shim/pcsclite_text.c \
	winscard-shim/platform.h \
	winscard-shim/platform_posix.c \
	winscard-shim/platform_posix_trace.c \
	winscard-shim/reader.c \
	winscard-shim/status.c \
	winscard-shim/trace.c \
	winscard-shim/trace.h
winscard_shim_libshim_la_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
winscard_shim_libshim_la_LIBADD = bridge/libclient.la

shimdir = $(libdir)/cardbridge
shim_LTLIBRARIES = winscard-shim/libpcsclite.la
winscard_shim_libpcsclite_la_SOURCES =
winscard_shim_libpcsclite_la_LDFLAGS = $(AM_LDFLAGS) \
	-version-info 1:0:0 -shared -Wl,--as-needed -Wl,-Bsymbolic-functions \
	-Wl,--version-script=$(srcdir)/winscard-shim/libpcsclite.map
winscard_shim_libpcsclite_la_LIBADD = winscard-shim/libshim.la
winscard_shim_libpcsclite_la_DEPENDENCIES = \
	winscard-shim/libshim.la winscard-shim/libpcsclite.map
EXTRA_DIST += winscard-shim/libpcsclite.map
