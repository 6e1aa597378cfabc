# SPDX-License-Identifier: BSD-2-Clause
# The role that strangers reach.
if BACKEND
noinst_LTLIBRARIES += backend/door/libdoor.la
backend_door_libdoor_la_SOURCES = \
	backend/door/conn.c backend/door/conn.h \
	backend/door/crowd.c backend/door/crowd.h \
	backend/door/door.h \
	backend/door/files.c \
	backend/door/hold.c \
	backend/door/http.c backend/door/http.h \
	backend/door/pace.c backend/door/pace.h \
	backend/door/role.c \
	backend/door/route.c backend/door/route.h \
	backend/door/serve.c backend/door/serve.h \
	backend/door/server.c backend/door/server.h \
	backend/door/tls.c backend/door/tls.h \
	backend/door/workers.c backend/door/workers.h
backend_door_libdoor_la_CFLAGS = $(AM_CFLAGS) $(LIBSSL_CFLAGS) \
	$(LIBEVENT_CFLAGS)
backend_door_libdoor_la_LIBADD = backend/libroles.la wire/libwire.la \
	crypto/libprimitives.la common/libhttp.la common/libcommon.la \
	$(LIBSSL_LIBS) $(LIBEVENT_LIBS)
endif
