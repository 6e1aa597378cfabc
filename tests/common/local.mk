# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/common/test_common
TESTS += tests/common/test_common
VALGRIND_TESTS += tests/common/test_common
tests_common_test_common_SOURCES = \
	tests/common/main.c \
	tests/common/suites.h \
	tests/common/test_apdu.c \
	tests/common/test_atr.c \
	tests/common/test_buf.c \
	tests/common/test_ct.c \
	tests/common/test_err.c \
	tests/common/test_fd.c \
	tests/common/test_hex.c \
	tests/common/test_http.c \
	tests/common/test_log.c \
	tests/common/test_span.c \
	tests/common/test_sw.c \
	tests/common/test_text.c \
	tests/common/test_tlv.c \
	tests/common/test_until.c
tests_common_test_common_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
# main.c stands between the code and malloc
tests_common_test_common_LDFLAGS = $(program_ldflags) \
	-Wl,--wrap=calloc,--wrap=free
tests_common_test_common_LDADD = common/libhttp.la common/libprocess.la \
	common/libcommon.la $(CHECK_LIBS)
