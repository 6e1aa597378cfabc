# SPDX-License-Identifier: BSD-2-Clause
# A program like any other over libpcsclite.so.1: tests/e2e/winscard.sh says
# over whose. Not a test by itself.
check_PROGRAMS += tests/winscard/conform
tests_winscard_conform_SOURCES = \
	tests/winscard/conform.c tests/winscard/conform.h \
	tests/winscard/differences.c \
	tests/winscard/harness.c \
	tests/winscard/rows_apdu.c \
	tests/winscard/rows_card.c \
	tests/winscard/rows_change.c \
	tests/winscard/rows_lists.c \
	tests/winscard/rows_protocol.c \
	tests/winscard/rows_share.c
tests_winscard_conform_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_conform_LDADD = $(PCSC_LIBS)
EXTRA_DIST += tests/winscard/Terminals.java

# The same with a bridge that is killed or stopped.
check_PROGRAMS += tests/winscard/gone
tests_winscard_gone_SOURCES = \
	tests/winscard/conform.h tests/winscard/gone.c \
	tests/winscard/harness.c
tests_winscard_gone_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_gone_LDADD = $(PCSC_LIBS)

# The same in processes to which much happens.
check_PROGRAMS += tests/winscard/guest
tests_winscard_guest_SOURCES = \
	tests/winscard/conform.h tests/winscard/guest.c \
	tests/winscard/harness.c \
	tests/winscard/own.c tests/winscard/own.h
tests_winscard_guest_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_guest_LDADD = $(PCSC_LIBS)

# What programs were compiled to; and where they were linked to a fixed place.
check_PROGRAMS += tests/winscard/abi tests/winscard/abi_fixed
tests_winscard_abi_SOURCES = \
	tests/winscard/abi.c tests/winscard/conform.h \
	tests/winscard/harness.c
tests_winscard_abi_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_abi_LDADD = $(PCSC_LIBS)
tests_winscard_abi_fixed_SOURCES = $(tests_winscard_abi_SOURCES)
tests_winscard_abi_fixed_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS) -fno-pie
tests_winscard_abi_fixed_LDFLAGS = $(AM_LDFLAGS) -no-pie
tests_winscard_abi_fixed_LDADD = $(PCSC_LIBS)

# Loads the library by itself.
check_PROGRAMS += tests/winscard/load
tests_winscard_load_SOURCES = \
	tests/winscard/load.c tests/winscard/own.c tests/winscard/own.h
tests_winscard_load_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)

# Random calls against a model.
check_PROGRAMS += tests/winscard/schedule
tests_winscard_schedule_SOURCES = \
	tests/winscard/model.c tests/winscard/model.h \
	tests/winscard/schedule.c
tests_winscard_schedule_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_winscard_schedule_LDADD = $(PCSC_LIBS)

# Library and tests for 32 bits on a machine of 64. Of other libraries only
# the PC/SC headers are needed, so nothing but these is made so.
m32_flags = -m32 $(AM_CPPFLAGS) $(CPPFLAGS) $(STD_CFLAGS) $(WARN_CFLAGS) \
	$(CFLAGS) $(PCSC_CFLAGS)
# codes have a sign there
m32_test_flags = $(m32_flags) -Wno-sign-conversion
m32_dir = tests/winscard/m32
m32_shim = $(filter %.c,$(winscard_shim_libshim_la_SOURCES) \
	$(bridge_libclient_la_SOURCES) $(common_libcommon_la_SOURCES))
m32: $(m32_dir)/abi $(m32_dir)/conform
$(m32_dir)/libpcsclite.so.1: $(m32_shim) winscard-shim/libpcsclite.map
	$(MKDIR_P) $(m32_dir)
	$(CC) $(m32_flags) -fPIC -shared -Wl,-soname,libpcsclite.so.1 \
		-Wl,-Bsymbolic-functions -Wl,-z,defs \
		-Wl,--version-script=$(srcdir)/winscard-shim/libpcsclite.map \
		-o $@ $(addprefix $(srcdir)/,$(m32_shim)) -pthread
$(m32_dir)/abi: $(tests_winscard_abi_SOURCES) $(m32_dir)/libpcsclite.so.1
	$(CC) $(m32_test_flags) -o $@ $(addprefix $(srcdir)/,$(filter \
		%.c,$(tests_winscard_abi_SOURCES))) \
		$(m32_dir)/libpcsclite.so.1 -pthread
$(m32_dir)/conform: $(tests_winscard_conform_SOURCES) \
		$(m32_dir)/libpcsclite.so.1
	$(CC) $(m32_test_flags) -o $@ $(addprefix $(srcdir)/,$(filter \
		%.c,$(tests_winscard_conform_SOURCES))) \
		$(m32_dir)/libpcsclite.so.1 -pthread
CLEANFILES += $(m32_dir)/abi $(m32_dir)/conform $(m32_dir)/libpcsclite.so.1
