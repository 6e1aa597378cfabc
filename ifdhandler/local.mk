# SPDX-License-Identifier: BSD-2-Clause
# The plug-in for pcscd. It must need nothing but libc: pcscd runs in a strict
# sandbox, and what it loads is loaded for everybody's readers. What it shows
# is chosen by ifdhandler.map.
pcscdriverdir = $(libdir)/pcsc
pcscdriver_LTLIBRARIES = ifdhandler/libifdcardbridge.la
ifdhandler_libifdcardbridge_la_SOURCES = \
	ifdhandler/attributes.c \
	ifdhandler/doors.c \
	ifdhandler/ifd.h \
	ifdhandler/ifd_status.c \
	ifdhandler/ifdhandler.c \
	ifdhandler/prober.c \
	ifdhandler/slot.c \
	ifdhandler/watch.c
ifdhandler_libifdcardbridge_la_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS) \
	-fvisibility=default
ifdhandler_libifdcardbridge_la_LDFLAGS = $(AM_LDFLAGS) \
	-module -avoid-version -shared -Wl,--as-needed \
	-Wl,--version-script=$(srcdir)/ifdhandler/ifdhandler.map
ifdhandler_libifdcardbridge_la_LIBADD = bridge/libclient.la
ifdhandler_libifdcardbridge_la_DEPENDENCIES = \
	bridge/libclient.la ifdhandler/ifdhandler.map
EXTRA_DIST += ifdhandler/ifdhandler.map
