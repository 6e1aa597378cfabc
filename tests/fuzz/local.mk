# SPDX-License-Identifier: BSD-2-Clause
# One target for each parser of foreign bytes. With --enable-fuzzing they are
# fuzzed (fuzz-short, fuzz-long); in other builds `make check` gives them their
# seeds.
fuzz_programs = \
	tests/fuzz/fuzz_tlv

if FUZZING
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += $(fuzz_programs)
else
fuzz_main = tests/fuzz/seeds.c
fuzz_ldflags = $(program_ldflags)
check_PROGRAMS += $(fuzz_programs)
TESTS += tests/fuzz/seeds.sh
endif

tests_fuzz_fuzz_tlv_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_tlv.c $(fuzz_main)
tests_fuzz_fuzz_tlv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tlv_LDADD = common/libcommon.la

# `make fuzz-short FUZZ_SECONDS=5`; with -j, targets run side by side.
FUZZ_SECONDS = 20
fuzz_runs = $(fuzz_programs:=.run)
$(fuzz_runs): %.run: %
	$(srcdir)/tests/fuzz/run.sh $(FUZZ_SECONDS) $<
fuzz-programs: $(fuzz_programs)
fuzz-short: $(fuzz_runs)
fuzz-long:
	$(MAKE) $(AM_MAKEFLAGS) fuzz-short FUZZ_SECONDS=600
clean-local: fuzz-clean
fuzz-clean:
	rm -rf tests/fuzz/*.corpus
	rm -f tests/fuzz/*.crash-* tests/fuzz/*.tap tests/fuzz/*.fuzz-log

EXTRA_DIST += \
	tests/fuzz/run.sh \
	tests/fuzz/seeds \
	tests/fuzz/seeds.c \
	tests/fuzz/seeds.sh

.PHONY: fuzz-programs fuzz-short fuzz-long fuzz-clean $(fuzz_runs)
