# SPDX-License-Identifier: BSD-2-Clause
# The backend's store: a library until there is a role around it.
noinst_LTLIBRARIES += backend/store/libstore.la
backend_store_libstore_la_SOURCES = \
	backend/store/act.c \
	backend/store/answer.c \
	backend/store/books.c \
	backend/store/directory.c backend/store/directory.h \
	backend/store/lock.c backend/store/lock.h \
	backend/store/fit.c \
	backend/store/grant.c \
	backend/store/heads.c backend/store/heads.h \
	backend/store/internal.h \
	backend/store/lease.c \
	backend/store/person.c \
	backend/store/revoked.c \
	backend/store/rows.c \
	backend/store/schema.c \
	backend/store/sql.h \
	backend/store/sqlite.c \
	backend/store/store.c backend/store/store.h
backend_store_libstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
backend_store_libstore_la_LIBADD = $(SQLITE_LIBS)
