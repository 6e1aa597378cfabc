/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys on OpenSSL: signatures, and wrapping a secret.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/ct.h"
#include "crypto/ossl.h"
#include "wire/key.h"

/* SubjectPublicKeyInfo of a named P-256 key: its length, and where the point
 * says that it is not compressed (SEC 1, 2.3.3). */
#define PUBLIC 91
#define POINT_AT 26
#define POINT_WHOLE 4

struct wire_key {
	EVP_PKEY *pkey;
};

enum cb_err
wire_key_adopt(struct wire_key **out, EVP_PKEY *pkey)
{
	*out = NULL;
	if (pkey == NULL)
		return CB_E_CRYPTO;
	if ((*out = malloc(sizeof(**out))) == NULL) {
		EVP_PKEY_free(pkey);
		return CB_E_NOMEM;
	}
	(*out)->pkey = pkey;
	return CB_OK;
}

EVP_PKEY *
wire_key_pkey(const struct wire_key *key)
{
	return key->pkey;
}

void
wire_key_free(struct wire_key **key)
{
	if (*key != NULL)
		EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

enum cb_err
wire_key_new_p256(struct wire_key **out)
{
	*out = NULL;
	if (cr_ossl() == NULL)
		return CB_E_CRYPTO;
	return cr_ossl_end(wire_key_adopt(out, EVP_EC_gen("P-256")));
}

enum cb_err
wire_key_new_rsa(struct wire_key **out, unsigned bits)
{
	*out = NULL;
	if (bits < WIRE_RSA_BITS)
		return CB_E_ARG;
	if (cr_ossl() == NULL)
		return CB_E_CRYPTO;
	return cr_ossl_end(wire_key_adopt(out, EVP_RSA_gen(bits)));
}

/* ---- kinds of key -------------------------------------------------------- */

static bool
is_p256(EVP_PKEY *pkey)
{
	char group[32] = "";
	size_t n;

	return EVP_PKEY_is_a(pkey, "EC") == 1 &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) == 1 &&
	    strcmp(group, "prime256v1") == 0;
}

static bool
is_rsa(EVP_PKEY *pkey)
{
	return EVP_PKEY_is_a(pkey, "RSA") == 1 &&
	    EVP_PKEY_get_bits(pkey) >= WIRE_RSA_BITS;
}

/* ---- PEM ----------------------------------------------------------------- */

enum cb_err
wire_key_put_pem(const struct wire_key *key, struct cb_buf *out)
{
	/* secure: the bytes are a private key */
	BIO *bio = cr_ossl() == NULL ? NULL : BIO_new(BIO_s_secmem());
	enum cb_err r = CB_E_CRYPTO;
	char *text;
	long n;

	if (bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(
		bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
	    (n = BIO_get_mem_data(bio, &text)) > 0)
		r = cb_buf_add(out, cb_span(text, (size_t)n));
	BIO_free_all(bio);
	return cr_ossl_end(r);
}

/* OpenSSL would ask at the terminal. */
static int
no_passphrase(char *out, int size, int writing, void *ctx)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

enum cb_err
wire_key_get_pem(struct cb_span pem, struct wire_key **out)
{
	BIO *bio = NULL;
	EVP_PKEY *pkey = NULL;
	enum cb_err r = CB_E_FORMAT;

	*out = NULL;
	if (cr_ossl() == NULL)
		return CB_E_CRYPTO;
	if (pem.n <= INT_MAX &&
	    (bio = BIO_new_mem_buf(pem.p, (int)pem.n)) != NULL)
		pkey = PEM_read_bio_PrivateKey(
		    bio, NULL, no_passphrase, NULL);
	if (pkey != NULL && (is_p256(pkey) || is_rsa(pkey))) {
		r = wire_key_adopt(out, pkey);
		pkey = NULL;
	}
	EVP_PKEY_free(pkey);
	BIO_free_all(bio);
	return cr_ossl_end(r);
}

/* ---- public keys --------------------------------------------------------- */

enum cb_err
wire_key_put_public(const struct wire_key *key, struct cb_buf *out)
{
	uint8_t *der = NULL;
	enum cb_err r = CB_E_CRYPTO;
	int n;

	if (!is_p256(key->pkey))
		return cr_ossl_end(CB_E_ARG);
	if ((n = i2d_PUBKEY(key->pkey, &der)) > 0)
		r = cb_buf_add(out, cb_span(der, (size_t)n));
	OPENSSL_free(der);
	return cr_ossl_end(r);
}

/* Written again it must be the same: a key is known by the hash of this. */
static bool
is_canonical(const struct wire_key *key, struct cb_span der)
{
	struct cb_buf again = CB_BUF_INIT;
	bool same = wire_key_put_public(key, &again) == CB_OK &&
	    cb_span_equal(cb_buf_span(&again), der);

	cb_buf_free(&again);
	return same;
}

enum cb_err
wire_key_get_public(struct cb_span der, struct wire_key **out)
{
	const uint8_t *p = der.p;
	EVP_PKEY *pkey;
	enum cb_err r;

	*out = NULL;
	if (cr_ossl() == NULL)
		return CB_E_CRYPTO;
	if (der.n != PUBLIC || der.p[POINT_AT] != POINT_WHOLE ||
	    (pkey = d2i_PUBKEY(NULL, &p, (long)der.n)) == NULL)
		return cr_ossl_end(CB_E_FORMAT);
	if ((r = wire_key_adopt(out, pkey)) == CB_OK &&
	    !is_canonical(*out, der)) {
		wire_key_free(out);
		r = CB_E_FORMAT;
	}
	return cr_ossl_end(r);
}

/* ---- signatures ---------------------------------------------------------- */

enum cb_err
wire_sign(const struct wire_key *key, struct cb_span data, struct cb_buf *out)
{
	const size_t before = out->n;
	EVP_MD_CTX *ctx = NULL;
	uint8_t *place;
	size_t n;
	enum cb_err r;

	if (!is_p256(key->pkey))
		return cr_ossl_end(CB_E_ARG);
	n = (size_t)EVP_PKEY_get_size(key->pkey);
	if ((r = cb_buf_grow(out, n, &place)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if ((ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestSignInit_ex(
		ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
	    EVP_DigestSign(ctx, place, &n, data.p, data.n) == 1)
		r = cb_buf_truncate(out, before + n);
	EVP_MD_CTX_free(ctx);
	return cr_ossl_end(cb_buf_undo(out, before, r));
}

enum cb_err
wire_verify(const struct wire_key *key, struct cb_span data,
    struct cb_span signature)
{
	EVP_MD_CTX *ctx = NULL;
	enum cb_err r = CB_E_CRYPTO;

	if (!is_p256(key->pkey))
		return cr_ossl_end(CB_E_ARG);
	if ((ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestVerifyInit_ex(
		ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
	    EVP_DigestVerify(
		ctx, signature.p, signature.n, data.p, data.n) == 1)
		r = CB_OK;
	EVP_MD_CTX_free(ctx);
	return cr_ossl_end(r);
}

/* ---- wrapping ------------------------------------------------------------ */

/* OpenSSL takes the label over, and its own allocation only. */
static bool
set_oaep(EVP_PKEY_CTX *ctx, struct cb_span label)
{
	uint8_t *copy;

	if (label.n > INT_MAX ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1 ||
	    (copy = OPENSSL_memdup(label.p, label.n)) == NULL)
		return false;
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.n) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

enum cb_err
wire_wrap(const struct wire_key *key, struct cb_span label,
    const uint8_t secret[CR_KEY], struct cb_buf *out)
{
	const size_t before = out->n;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *place;
	size_t n;
	enum cb_err r;

	if (!is_rsa(key->pkey))
		return cr_ossl_end(CB_E_ARG);
	n = (size_t)EVP_PKEY_get_size(key->pkey);
	if ((r = cb_buf_grow(out, n, &place)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if ((ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL)) !=
		NULL &&
	    EVP_PKEY_encrypt_init(ctx) == 1 && set_oaep(ctx, label) &&
	    EVP_PKEY_encrypt(ctx, place, &n, secret, CR_KEY) == 1)
		r = cb_buf_truncate(out, before + n);
	EVP_PKEY_CTX_free(ctx);
	return cr_ossl_end(cb_buf_undo(out, before, r));
}

enum cb_err
wire_unwrap(const struct wire_key *key, struct cb_span label,
    struct cb_span wrapped, uint8_t secret[CR_KEY])
{
	struct cb_buf text = CB_BUF_INIT;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *place;
	size_t n;
	enum cb_err r;

	if (!is_rsa(key->pkey))
		return cr_ossl_end(CB_E_ARG);
	n = (size_t)EVP_PKEY_get_size(key->pkey);
	if ((r = cb_buf_grow(&text, n, &place)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if ((ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL)) !=
		NULL &&
	    EVP_PKEY_decrypt_init(ctx) == 1 && set_oaep(ctx, label) &&
	    EVP_PKEY_decrypt(ctx, place, &n, wrapped.p, wrapped.n) == 1 &&
	    n == CR_KEY) {
		memcpy(secret, place, CR_KEY);
		r = CB_OK;
	}
	EVP_PKEY_CTX_free(ctx);
	cb_buf_free(&text);
	return cr_ossl_end(r);
}
