# SPDX-License-Identifier: BSD-2-Clause
# `make bench`: built and run only then. The null handlers and the mended
# vpcd are loaded by pcscd, so libtool makes modules of them (-rpath).
bench_programs = \
	tests/bench/client \
	tests/bench/pair \
	tests/bench/pkcs11 \
	tests/bench/programs \
	tests/bench/raw \
	tests/bench/road \
	tests/bench/store \
	tests/bench/vpcd_card
bench_modules = \
	tests/bench/null_ifd.la \
	tests/bench/null_poll_ifd.la \
	tests/bench/vpcd_nodelay.la
EXTRA_PROGRAMS = $(bench_programs)
EXTRA_LTLIBRARIES = $(bench_modules)
CLEANFILES += $(bench_programs) $(bench_modules)
bench_module_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared \
	-rpath /nowhere
bench_module_cflags = $(AM_CFLAGS) $(PCSC_CFLAGS) -fvisibility=default

measure_sources = tests/bench/measure.c tests/bench/measure.h
tests_bench_client_SOURCES = tests/bench/client.c $(measure_sources)
tests_bench_client_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_bench_client_LDFLAGS = $(program_ldflags)
tests_bench_client_LDADD = bridge/libclient.la $(PCSC_LIBS)
tests_bench_pair_SOURCES = tests/bench/pair.c \
	tests/bench/thread.c tests/bench/thread.h $(measure_sources)
tests_bench_pair_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_bench_pair_LDFLAGS = $(program_ldflags)
tests_bench_pair_LDADD = bridge/libclient.la $(PCSC_LIBS)
tests_bench_programs_SOURCES = tests/bench/programs.c $(measure_sources)
tests_bench_programs_LDFLAGS = $(program_ldflags)
tests_bench_programs_LDADD = bridge/libclient.la
tests_bench_pkcs11_SOURCES = tests/bench/pkcs11.c
tests_bench_pkcs11_LDFLAGS = $(program_ldflags)
bench_tls_sources = tests/bench/tls.c tests/bench/tls.h $(measure_sources)
bench_tls_cflags = $(AM_CFLAGS) $(LIBSSL_CFLAGS)
bench_tls_ldadd = \
	bridge/libhttps.la wire/libwire.la crypto/libprimitives.la \
	common/libcommon.la $(LIBSSL_LIBS)
tests_bench_raw_SOURCES = tests/bench/raw.c $(bench_tls_sources)
tests_bench_raw_CFLAGS = $(bench_tls_cflags)
tests_bench_raw_LDFLAGS = $(program_ldflags)
tests_bench_raw_LDADD = $(bench_tls_ldadd)
tests_bench_road_SOURCES = tests/bench/road.c $(bench_tls_sources)
tests_bench_road_CFLAGS = $(bench_tls_cflags)
tests_bench_road_LDFLAGS = $(program_ldflags)
tests_bench_road_LDADD = $(bench_tls_ldadd)
tests_bench_store_SOURCES = tests/bench/store.c
tests_bench_store_LDFLAGS = $(program_ldflags)
tests_bench_store_LDADD = \
	backend/store/libstore.la wire/libwire.la crypto/libprimitives.la \
	common/libcommon.la
tests_bench_vpcd_card_SOURCES = tests/bench/vpcd_card.c
tests_bench_vpcd_card_LDFLAGS = $(program_ldflags)

tests_bench_null_ifd_la_SOURCES = tests/bench/null_ifd.c
tests_bench_null_ifd_la_CFLAGS = $(bench_module_cflags)
tests_bench_null_ifd_la_LDFLAGS = $(bench_module_ldflags)
tests_bench_null_poll_ifd_la_SOURCES = tests/bench/null_ifd.c
tests_bench_null_poll_ifd_la_CPPFLAGS = $(AM_CPPFLAGS) -DNULL_POLLING
tests_bench_null_poll_ifd_la_CFLAGS = $(bench_module_cflags)
tests_bench_null_poll_ifd_la_LDFLAGS = $(bench_module_ldflags)
tests_bench_vpcd_nodelay_la_SOURCES = tests/bench/vpcd_nodelay.c
tests_bench_vpcd_nodelay_la_CFLAGS = $(bench_module_cflags)
tests_bench_vpcd_nodelay_la_LDFLAGS = $(bench_module_ldflags)

# Needs no pcscd: what a commit costs on the disk that it is built on.
BENCH_TARGETS += bench-store
bench-store: tests/bench/store
	tests/bench/store .

BENCH_TARGETS += bench-run
bench-run: $(bench_programs) $(bench_modules)
	CB_SRC='$(abs_top_srcdir)' CB_BUILD='$(abs_top_builddir)' \
		$(srcdir)/tests/bench/bench.sh $(BENCH_ROUNDS)

BENCH_TARGETS += bench-hosted
bench-hosted: $(bench_programs) $(bench_modules) tests/backend/seed
	CB_SRC='$(abs_top_srcdir)' CB_BUILD='$(abs_top_builddir)' \
		$(srcdir)/tests/bench/bench-hosted.sh

.PHONY: bench-hosted bench-run bench-store
EXTRA_DIST += \
	tests/bench/bench-hosted.sh tests/bench/bench.sh \
	tests/bench/bench-table.py
