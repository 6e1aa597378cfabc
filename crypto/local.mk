# SPDX-License-Identifier: BSD-2-Clause
# Cryptographic primitives: libcrypto and common/ only.
noinst_LTLIBRARIES += crypto/libprimitives.la
crypto_libprimitives_la_SOURCES = \
	crypto/crypto.h \
	crypto/curve.c crypto/curve.h \
	crypto/ed25519.c \
	crypto/gcm.c \
	crypto/hash.c \
	crypto/kdf.c \
	crypto/ossl.c crypto/ossl.h \
	crypto/random.c \
	crypto/secret.c crypto/secret.h \
	crypto/x25519.c
crypto_libprimitives_la_CFLAGS = $(AM_CFLAGS) $(LIBCRYPTO_CFLAGS)
crypto_libprimitives_la_LIBADD = $(LIBCRYPTO_LIBS)
