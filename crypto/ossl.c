/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Starting OpenSSL: no configuration file, no engines, no error texts (half
 * a MiB that nobody reads), the secure heap, and one fetch of each
 * algorithm, so that a command never waits for the provider's locks.
 */
#include <pthread.h>
#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>

#include "common/ct.h"
#include "crypto/ossl.h"
#include "crypto/secret.h"

static pthread_once_t ossl_once = PTHREAD_ONCE_INIT;
static struct cr_ossl ossl;
static bool ossl_ready;

static void
ossl_start(void)
{
	const uint64_t lean =
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	/* The heap first: the generator keeps its state in it. */
	cr_secret_start();
	if (OPENSSL_init_crypto(lean, NULL) != 1)
		return;
	ossl.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	ossl.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	ossl.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	ossl.des3 = EVP_CIPHER_fetch(NULL, "DES-EDE3-ECB", NULL);
	ossl.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ossl.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ossl.scrypt = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	ossl_ready = ossl.sha1 != NULL && ossl.sha256 != NULL &&
	             ossl.gcm != NULL && ossl.des3 != NULL &&
	             ossl.hmac != NULL && ossl.hkdf != NULL &&
	             ossl.scrypt != NULL;
	if (!ossl_ready)
		ERR_clear_error();
}

const struct cr_ossl *
cr_ossl(void)
{
	if (pthread_once(&ossl_once, ossl_start) != 0 || !ossl_ready)
		return NULL;
	return &ossl;
}

enum cb_err
cr_ossl_end(enum cb_err r)
{
	if (r != CB_OK)
		ERR_clear_error();
	/* Last: the loader, too, spills registers when it binds a call. */
	cb_wipe_stack();
	return r;
}
