# SPDX-License-Identifier: BSD-2-Clause
# What a card looks like, units for systemd, and examples for pcscd and polkit.
profilesdir = $(pkgdatadir)/profiles
dist_profiles_DATA = \
	data/profiles/authentic3.profile \
	data/profiles/authentic5.profile \
	data/profiles/iasecc-gemalto.profile \
	data/profiles/iasecc-oberthur.profile \
	data/profiles/iasecc.profile \
	data/profiles/series8.profile

# Published keys for test cards, so that making one generates nothing: those
# that the recorded conversations were made with, by the profile's name.
testkeysdir = $(pkgdatadir)/test-keys
dist_testkeys_DATA = \
	data/test-keys/authentic3.txt \
	data/test-keys/authentic5.txt \
	data/test-keys/iasecc-gemalto.txt \
	data/test-keys/iasecc-oberthur.txt

# The test CA is compiled in; these are for a server that is to trust it.
testcadir = $(pkgdatadir)/test-ca
dist_testca_DATA = \
	data/test-ca/README \
	data/test-ca/ca.crt \
	data/test-ca/ca.key

# The user's unit has its own name in the source tree only.
systemdsystemunit_DATA = data/systemd/cardbridged.service
if BACKEND
systemdsystemunit_DATA += data/systemd/cardbridge-backend.service
endif
systemduserunit_DATA = data/systemd/user/cardbridged.service
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = data/systemd/cardbridge.conf
examplesdir = $(docdir)/examples
examples_DATA = data/reader.conf.d/cardbridge.example
dist_examples_DATA = \
	data/polkit/50-cardbridge-pcscd.rules.example \
	data/systemd/cardbridged-files.conf.example \
	data/systemd/pcscd-cardbridge.conf.example
# The service does not start without it.
dist_sysconf_DATA = data/cardbridged.conf

bashcompletionsdir = $(datadir)/bash-completion/completions
dist_bashcompletions_DATA = data/completions/cardbridge

made_data = \
	$(systemdsystemunit_DATA) \
	$(systemduserunit_DATA) \
	$(sysusers_DATA) \
	$(examples_DATA)
CLEANFILES += $(made_data)
EXTRA_DIST += \
	data/reader.conf.d/cardbridge.example.in \
	data/systemd/cardbridge-backend.service.in \
	data/systemd/cardbridge.sysusers \
	data/systemd/cardbridged-user.service.in \
	data/systemd/cardbridged.service.in

# Here, not in configure: only make knows the directories in full.
fill_in = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	-e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@libdir[@]|$(libdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g'
data/systemd/cardbridge-backend.service: \
    data/systemd/cardbridge-backend.service.in Makefile
	$(fill_in) $(srcdir)/data/systemd/cardbridge-backend.service.in >$@
data/systemd/cardbridged.service: data/systemd/cardbridged.service.in Makefile
	$(fill_in) $(srcdir)/data/systemd/cardbridged.service.in >$@
data/systemd/user/cardbridged.service: \
    data/systemd/cardbridged-user.service.in Makefile
	$(fill_in) $(srcdir)/data/systemd/cardbridged-user.service.in >$@
data/systemd/cardbridge.conf: data/systemd/cardbridge.sysusers Makefile
	$(fill_in) $(srcdir)/data/systemd/cardbridge.sysusers >$@
data/reader.conf.d/cardbridge.example: \
    data/reader.conf.d/cardbridge.example.in Makefile
	$(fill_in) $(srcdir)/data/reader.conf.d/cardbridge.example.in >$@
