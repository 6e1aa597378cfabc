# SPDX-License-Identifier: BSD-2-Clause
# The words that everyone speaks. libc only.
noinst_LTLIBRARIES += common/libcommon.la
common_libcommon_la_SOURCES = \
	common/apdu.c common/apdu.h \
	common/atr.c common/atr.h \
	common/buf.c common/buf.h \
	common/ct.c common/ct.h \
	common/err.c common/err.h \
	common/fd.c common/fd.h \
	common/hex.c common/hex.h \
	common/log.c common/log.h \
	common/log_json.c common/log_json.h \
	common/span.c common/span.h \
	common/sw.c common/sw.h \
	common/text.c common/text.h \
	common/tlv.c common/tlv.h \
	common/until.c common/until.h

# For who speaks HTTP.
noinst_LTLIBRARIES += common/libhttp.la
common_libhttp_la_SOURCES = common/http.c common/http.h

# For programs only: the plug-in takes all that is in libcommon.
noinst_LTLIBRARIES += common/libprocess.la
common_libprocess_la_SOURCES = \
	common/notify.c common/notify.h \
	common/options.c common/options.h \
	common/process.c common/process.h \
	common/read.c common/read.h
