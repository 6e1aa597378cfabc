/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See tls.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "bridge/https/tls.h"
#include "crypto/ossl.h"

void
br_trust_of(struct br_trust *t, const struct wire_identity *identity,
    bool inspected, bool tls12)
{
	*t = (struct br_trust){
		.in = inspected ? BR_TRUST_SYSTEM : BR_TRUST_AUTHORITY,
		.authority = cb_buf_span(&identity->authority),
		.tls12 = tls12,
	};
	/* who inspects could not pass a certificate on */
	if (inspected)
		return;
	t->certificate = cb_buf_span(&identity->certificate);
	t->key = identity->key;
}

static X509 *
read_der(struct cb_span der)
{
	const uint8_t *p = der.p;

	return der.n > 0 && der.n < 65536
	    ? d2i_X509(NULL, &p, (long)der.n) : NULL;
}

/* ---- why not ------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int index_at = -1;

static void
make_index(void)
{
	index_at = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* Two holds may begin at the same time. */
static int
our_index(void)
{
	(void)pthread_once(&once, make_index);
	return index_at;
}

static bool
is_about_time(int e)
{
	return e == X509_V_ERR_CERT_NOT_YET_VALID ||
	    e == X509_V_ERR_CERT_HAS_EXPIRED;
}

/* What a name says of itself: nothing of it may reach a terminal as it is. */
static void
name_text(X509_NAME *name, char *out, size_t size)
{
	(void)X509_NAME_oneline(name, out, (int)size);
	for (char *p = out; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7E)
			*p = '?';
}

static void
note(X509_STORE_CTX *store, struct br_distrust *why)
{
	int e = X509_STORE_CTX_get_error(store);
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	char issuer[160] = "nobody";

	if (why->refused || cert == NULL)
		return;
	why->refused = true;
	name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (is_about_time(e)) {
		(void)snprintf(why->text, sizeof(why->text),
		    "the backend's certificate is %s: look at the clocks, "
		    "then at its dates", e == X509_V_ERR_CERT_HAS_EXPIRED
			? "no longer valid" : "not valid yet");
		return;
	}
	why->foreign = true;
	(void)snprintf(why->text, sizeof(why->text),
	    "this network replaced the backend's certificate (see inspected "
	    "in cardbridge-reader(1)), or this is another backend (enrol "
	    "anew): what it shows was issued by %s (%s)", issuer,
	    X509_verify_cert_error_string(e));
}

static int
on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!good && ssl != NULL)
		note(store, SSL_CTX_get_ex_data(
		    SSL_get_SSL_CTX(ssl), our_index()));
	return good;
}

/* ---- all of it ----------------------------------------------------------- */

static enum cb_err
trust_authority(SSL_CTX *ctx, struct cb_span der)
{
	X509_STORE *store = X509_STORE_new();
	X509 *authority = read_der(der);
	enum cb_err r = CB_E_CRYPTO;

	if (store != NULL && authority != NULL &&
	    X509_STORE_add_cert(store, authority) == 1) {
		SSL_CTX_set_cert_store(ctx, store);
		store = NULL;
		r = CB_OK;
	}
	X509_STORE_free(store);
	X509_free(authority);
	return r;
}

static enum cb_err
show(SSL_CTX *ctx, const struct br_trust *trust)
{
	X509 *own = read_der(trust->certificate);
	enum cb_err r = CB_E_CRYPTO;

	if (own != NULL && SSL_CTX_use_certificate(ctx, own) == 1 &&
	    SSL_CTX_use_PrivateKey(ctx, wire_key_pkey(trust->key)) == 1)
		r = CB_OK;
	X509_free(own);
	return r;
}

enum cb_err
br_tls_set(void *p, const struct br_trust *trust, struct br_distrust *why)
{
	SSL_CTX *ctx = p;
	enum cb_err r = CB_OK;

	/* who sends nothing but KeyUpdates must not keep a read for ever */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	/* libcurl has the buffers made and freed with each command; a card has
	 * one connection, which is closed when it rests, a device one more */
	SSL_CTX_clear_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (SSL_CTX_set_min_proto_version(ctx, trust->tls12
		? TLS1_2_VERSION : TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(
		ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
		r = CB_E_CRYPTO;
	if (r == CB_OK && trust->in == BR_TRUST_AUTHORITY)
		r = trust_authority(ctx, trust->authority);
	if (r == CB_OK && trust->certificate.n > 0)
		r = show(ctx, trust);
	if (r == CB_OK && SSL_CTX_set_ex_data(ctx, our_index(), why) != 1)
		r = CB_E_CRYPTO;
	SSL_CTX_set_verify(ctx, trust->in == BR_TRUST_ANYBODY
		? SSL_VERIFY_NONE : SSL_VERIFY_PEER, on_verify);
	return cr_ossl_end(r);
}

bool
br_tls_check(void *p, struct br_distrust *why)
{
	SSL *ssl = p;

	if (SSL_version(ssl) != TLS1_2_VERSION ||
	    SSL_get_extms_support(ssl) == 1)
		return true;
	why->refused = true;
	(void)snprintf(why->text, sizeof(why->text), "TLS 1.2 without the "
	    "extended master secret (RFC 7627) is what this road offers");
	return false;
}

bool
br_tls_is_over(void *p)
{
	const SSL *ssl = p;

	return (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}
