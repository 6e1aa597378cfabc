# SPDX-License-Identifier: BSD-2-Clause
# One target for each parser of foreign bytes. With --enable-fuzzing they are
# fuzzed (fuzz-short, fuzz-long); in other builds `make check` gives them their
# seeds.
fuzz_programs = \
	tests/fuzz/fuzz_apdu \
	tests/fuzz/fuzz_apdu3 \
	tests/fuzz/fuzz_apdu_ias \
	tests/fuzz/fuzz_cardfile \
	tests/fuzz/fuzz_chain \
	tests/fuzz/fuzz_https \
	tests/fuzz/fuzz_probe \
	tests/fuzz/fuzz_remote \
	tests/fuzz/fuzz_report \
	tests/fuzz/fuzz_tlv \
	tests/fuzz/fuzz_trace \
	tests/fuzz/fuzz_vault \
	tests/fuzz/fuzz_winscard_args \
	tests/fuzz/fuzz_winscard_bridge \
	tests/fuzz/fuzz_wire_client \
	tests/fuzz/fuzz_wire_server

if BACKEND
fuzz_programs += tests/fuzz/fuzz_door tests/fuzz/fuzz_roles
endif

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

# A card is made of what the source tree holds; scrypt and new keys are cheap.
fuzz_card_cppflags = $(AM_CPPFLAGS) -DFUZZ_TOP='"$(abs_top_srcdir)"'
fuzz_card_cflags = $(AM_CFLAGS) $(LIBCRYPTO_CFLAGS)
fuzz_card_ldflags = $(fuzz_ldflags) \
	-Wl,--wrap=emu_scrypt,--wrap=emu_rsa_generate
fuzz_card_libs = emulator/libemulator.la common/libcommon.la

tests_fuzz_fuzz_apdu_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_card.h tests/fuzz/fuzz_card.c \
	tests/fuzz/fuzz_apdu.c $(fuzz_main)
tests_fuzz_fuzz_apdu_CPPFLAGS = $(fuzz_card_cppflags)
tests_fuzz_fuzz_apdu_CFLAGS = $(fuzz_card_cflags)
tests_fuzz_fuzz_apdu_LDFLAGS = $(fuzz_card_ldflags)
tests_fuzz_fuzz_apdu_LDADD = $(fuzz_card_libs)

# The same with AuthentIC v3.
tests_fuzz_fuzz_apdu3_SOURCES = $(tests_fuzz_fuzz_apdu_SOURCES)
tests_fuzz_fuzz_apdu3_CPPFLAGS = $(fuzz_card_cppflags) \
	-DFUZZ_FAMILY='"authentic3"'
tests_fuzz_fuzz_apdu3_CFLAGS = $(fuzz_card_cflags)
tests_fuzz_fuzz_apdu3_LDFLAGS = $(fuzz_card_ldflags)
tests_fuzz_fuzz_apdu3_LDADD = $(fuzz_card_libs)

# And with IAS ECC.
tests_fuzz_fuzz_apdu_ias_SOURCES = $(tests_fuzz_fuzz_apdu_SOURCES)
tests_fuzz_fuzz_apdu_ias_CPPFLAGS = $(fuzz_card_cppflags) \
	-DFUZZ_FAMILY='"iasecc-oberthur"'
tests_fuzz_fuzz_apdu_ias_CFLAGS = $(fuzz_card_cflags)
tests_fuzz_fuzz_apdu_ias_LDFLAGS = $(fuzz_card_ldflags)
tests_fuzz_fuzz_apdu_ias_LDADD = $(fuzz_card_libs)

tests_fuzz_fuzz_cardfile_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_card.h tests/fuzz/fuzz_card.c \
	tests/fuzz/fuzz_cardfile.c $(fuzz_main)
tests_fuzz_fuzz_cardfile_CPPFLAGS = $(fuzz_card_cppflags)
tests_fuzz_fuzz_cardfile_CFLAGS = $(fuzz_card_cflags)
tests_fuzz_fuzz_cardfile_LDFLAGS = $(fuzz_card_ldflags)
tests_fuzz_fuzz_cardfile_LDADD = $(fuzz_card_libs)

fuzz_cli_libs = \
	cli/libcli.la emulator/libemulator.la bridge/libclient.la

tests_fuzz_fuzz_probe_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_probe.c $(fuzz_main)
tests_fuzz_fuzz_probe_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_probe_LDADD = $(fuzz_cli_libs)

# Whoever signs is believed, and nothing goes to a terminal.
tests_fuzz_fuzz_chain_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_draft.c tests/fuzz/fuzz_draft.h \
	tests/fuzz/fuzz_chain.c $(fuzz_main)
tests_fuzz_fuzz_chain_LDFLAGS = $(fuzz_ldflags) \
	-Wl,--wrap=wire_cert_check,--wrap=wire_act_verify \
	-Wl,--wrap=wire_approval_verify,--wrap=cli_admin_list \
	-Wl,--wrap=cli_fail
tests_fuzz_fuzz_chain_LDADD = $(fuzz_cli_libs)

tests_fuzz_fuzz_https_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_https.c $(fuzz_main)
tests_fuzz_fuzz_https_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_https_LDADD = \
	bridge/libhttps.la crypto/libprimitives.la bridge/libclient.la

# What a client says is in the open.
tests_fuzz_fuzz_door_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_door.c $(fuzz_main)
tests_fuzz_fuzz_door_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS)
tests_fuzz_fuzz_door_LDFLAGS = $(fuzz_ldflags) \
	-Wl,--wrap=be_tls_new,--wrap=be_tls_free,--wrap=be_tls_end_new \
	-Wl,--wrap=be_tls_end_free,--wrap=be_tls_shake,--wrap=be_tls_read \
	-Wl,--wrap=be_tls_write,--wrap=be_tls_bye,--wrap=be_tls_who \
	-Wl,--wrap=be_tls_has_more
tests_fuzz_fuzz_door_LDADD = backend/door/libdoor.la

tests_fuzz_fuzz_remote_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_remote.c $(fuzz_main)
tests_fuzz_fuzz_remote_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_remote_LDADD = \
	wire/libwire.la crypto/libprimitives.la common/libcommon.la

tests_fuzz_fuzz_roles_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_roles.c $(fuzz_main)
tests_fuzz_fuzz_roles_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_roles_LDADD = \
	backend/libroles.la backend/store/libstore.la wire/libwire.la \
	crypto/libprimitives.la common/libprocess.la common/libcommon.la

tests_fuzz_fuzz_report_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_report.c $(fuzz_main)
tests_fuzz_fuzz_report_CPPFLAGS = $(AM_CPPFLAGS) \
	-DFUZZ_TOP='"$(abs_top_srcdir)"'
tests_fuzz_fuzz_report_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_report_LDADD = $(fuzz_cli_libs)

tests_fuzz_fuzz_tlv_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_tlv.c $(fuzz_main)
tests_fuzz_fuzz_tlv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tlv_LDADD = common/libcommon.la

# A card that allows everything, and the blotter.
tests_fuzz_fuzz_trace_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_card.h tests/fuzz/fuzz_card.c \
	tests/fuzz/fuzz_trace.c $(fuzz_main)
tests_fuzz_fuzz_trace_CPPFLAGS = $(fuzz_card_cppflags)
tests_fuzz_fuzz_trace_CFLAGS = $(fuzz_card_cflags)
tests_fuzz_fuzz_trace_LDFLAGS = $(fuzz_card_ldflags) \
	-Wl,--wrap=emu_allowed,--wrap=emu_key_allowed,--wrap=emu_key_decipher
tests_fuzz_fuzz_trace_LDADD = \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la

tests_fuzz_fuzz_vault_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_vault.c $(fuzz_main)
tests_fuzz_fuzz_vault_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_vault_LDADD = \
	backend/vault/libvault.la wire/libwire.la crypto/libprimitives.la \
	common/libcommon.la

# The library in the program; what it needs is there once.
fuzz_winscard_cflags = $(AM_CFLAGS) $(PCSC_CFLAGS)
fuzz_winscard_sources = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_winscard.c \
	tests/fuzz/fuzz_winscard.h $(fuzz_main)
tests_fuzz_fuzz_winscard_args_SOURCES = \
	tests/fuzz/echo_link.c tests/fuzz/echo_link.h \
	tests/fuzz/fuzz_winscard_args.c $(fuzz_winscard_sources)
tests_fuzz_fuzz_winscard_args_CFLAGS = $(fuzz_winscard_cflags)
tests_fuzz_fuzz_winscard_args_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_winscard_args_LDADD = winscard-shim/libshim.la \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la

tests_fuzz_fuzz_winscard_bridge_SOURCES = \
	tests/fuzz/fuzz_winscard_bridge.c $(fuzz_winscard_sources)
tests_fuzz_fuzz_winscard_bridge_CFLAGS = $(fuzz_winscard_cflags)
tests_fuzz_fuzz_winscard_bridge_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_winscard_bridge_LDADD = winscard-shim/libshim.la

tests_fuzz_fuzz_wire_client_SOURCES = \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_wire_client.c $(fuzz_main)
tests_fuzz_fuzz_wire_client_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_wire_client_LDADD = bridge/libclient.la

tests_fuzz_fuzz_wire_server_SOURCES = \
	tests/fuzz/echo_link.c tests/fuzz/echo_link.h \
	tests/fuzz/fuzz.h tests/fuzz/fuzz_wire_server.c $(fuzz_main)
tests_fuzz_fuzz_wire_server_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_wire_server_LDADD = \
	bridge/libbridge.la emulator/libemulator.la bridge/libclient.la

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
	tests/fuzz/make-seeds.py \
	tests/fuzz/run.sh \
	tests/fuzz/seeds \
	tests/fuzz/seeds.c \
	tests/fuzz/seeds.sh

.PHONY: fuzz-programs fuzz-short fuzz-long fuzz-clean $(fuzz_runs)
