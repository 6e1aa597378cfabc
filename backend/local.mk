# SPDX-License-Identifier: BSD-2-Clause
# The service that hosts cards: what its roles share.
if BACKEND
noinst_LTLIBRARIES += backend/libroles.la
backend_libroles_la_SOURCES = \
	backend/ask.c backend/ask.h \
	backend/ask_act.c \
	backend/ask_store.c backend/ask_store.h \
	backend/ask_vault.c backend/ask_vault.h \
	backend/calls.c backend/calls.h \
	backend/channel.c backend/channel.h \
	backend/control.c backend/control.h \
	backend/ends.c backend/ends.h \
	backend/loop.c backend/loop.h \
	backend/peers.c backend/peers.h \
	backend/roles.c backend/roles.h \
	backend/settings.c backend/settings.h \
	backend/walls.c backend/walls.h \
	backend/walls_fs.c backend/walls_fs.h \
	backend/walls_sys.c backend/walls_sys.h
backend_libroles_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS)
backend_libroles_la_LIBADD = common/libprocess.la $(JANSSON_LIBS) \
	$(SECCOMP_LIBS)

# The roles that have keys or the database, and who starts them.
noinst_LTLIBRARIES += backend/libservice.la
backend_libservice_la_SOURCES = \
	backend/apart.c backend/apart.h \
	backend/check.c backend/check.h \
	backend/check_door.c backend/check_door.h \
	backend/check_store.c backend/check_store.h \
	backend/child.c backend/child.h \
	backend/conf.c backend/conf.h \
	backend/finding.c backend/finding.h \
	backend/init.c backend/init.h \
	backend/kit.c backend/kit.h \
	backend/layout.c backend/layout.h \
	backend/links.c backend/links.h \
	backend/listen.c backend/listen.h \
	backend/made.c backend/made.h \
	backend/parent.c backend/parent.h \
	backend/renew.c backend/renew.h \
	backend/store/gather.c backend/store/gather.h \
	backend/store/disk.c \
	backend/store/orderer.c \
	backend/store/records.c \
	backend/store/rights.c \
	backend/store/role.c backend/store/role.h \
	backend/store/serve.c backend/store/serve.h \
	backend/store/sign.c \
	backend/vault/brought.c backend/vault/brought.h \
	backend/vault/keys.c \
	backend/vault/order.c \
	backend/vault/role.c backend/vault/role.h \
	backend/vault/serve.c backend/vault/serve.h \
	backend/wraps.c backend/wraps.h
backend_libservice_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCB_PKGDATADIR='"$(pkgdatadir)"'
backend_libservice_la_CFLAGS = $(AM_CFLAGS) $(LIBCONFIG_CFLAGS)
backend_libservice_la_LIBADD = $(LIBCONFIG_LIBS)

sbin_PROGRAMS += cardbridge-backend
cardbridge_backend_SOURCES = backend/main.c
cardbridge_backend_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCB_VERSION='"$(PACKAGE_VERSION)"'
cardbridge_backend_LDFLAGS = $(program_ldflags)
cardbridge_backend_LDADD = \
	backend/door/libdoor.la \
	backend/libservice.la backend/worker/libworker.la \
	backend/libroles.la \
	backend/store/libstore.la backend/vault/libvault.la \
	wire/libwire.la emulator/libemulator.la crypto/libprimitives.la \
	common/libprocess.la common/libcommon.la
endif
