# SPDX-License-Identifier: BSD-2-Clause
dist_man_MANS = \
	man/cardbridge.1 \
	man/cardbridge-admin.1 \
	man/cardbridge-apdu.1 \
	man/cardbridge-card.1 \
	man/cardbridge-enrol.1 \
	man/cardbridge-reader.1 \
	man/cardbridge-run.1 \
	man/cardbridge-status.1 \
	man/cardbridge-profile.5 \
	man/cardbridged.conf.5 \
	man/libifdcardbridge.7 \
	man/cardbridged.8
if BACKEND
dist_man_MANS += man/cardbridge-backend.8
endif
