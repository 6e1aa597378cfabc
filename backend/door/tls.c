/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See tls.h. A ticket carries the client's certificate and is sealed with keys
 * that live as long as this process. OpenSSL's own verdict about a certificate
 * is not asked for: wire/cert.h has one, for every connection alike.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "backend/door/tls.h"
#include "crypto/ossl.h"

/* A certificate of ours has a few hundred bytes. */
#define CLIENT_CERTIFICATES_MAX 8192
#define TICKET_LIFE 7200 /* seconds */

struct be_tls {
	SSL_CTX *ctx;
	struct cb_buf authority;
	enum wire_kind kind;
};

struct be_tls_end {
	SSL *ssl;
	struct be_tls *tls;
};

/* ---- settings ------------------------------------------------------------ */

static int
later(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static bool
set_rules(SSL_CTX *ctx, bool tls12)
{
	static const unsigned char name[] = "cardbridge door";
	int groups[] = { NID_X25519, NID_X9_62_prime256v1 };
	int signatures[] = { NID_sha256, EVP_PKEY_EC };

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* one record at a time: else whoever sends nothing but KeyUpdates (RFC
	 * 8446, 4.6.3) keeps the loop in one read */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TICKET_LIFE);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CERTIFICATES_MAX);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, later, NULL);
	return SSL_CTX_set_min_proto_version(
		   ctx, tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") ==
	           1 &&
	       SSL_CTX_set1_groups(ctx, groups, 2) == 1 &&
	       /* every key of ours is one of P-256; to verify by a stranger's
	        * RSA of 16,384 bits would keep the loop for milliseconds */
	       SSL_CTX_set1_client_sigalgs(ctx, signatures, 2) == 1 &&
	       SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	       SSL_CTX_set_recv_max_early_data(ctx, 0) == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
	       SSL_CTX_set_session_id_context(ctx, name, sizeof(name) - 1) == 1;
}

static bool
set_keys(
    SSL_CTX *ctx, const struct be_door_settings *s, const struct wire_key *key)
{
	const uint8_t *p = s->authority.p;
	X509 *authority = d2i_X509(NULL, &p, (long)s->authority.n);
	bool done;

	done = authority != NULL &&
	       SSL_CTX_add_client_CA(ctx, authority) == 1 &&
	       SSL_CTX_use_certificate_ASN1(
		   ctx, (int)s->certificate.n, s->certificate.p) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, wire_key_pkey(key)) == 1 &&
	       SSL_CTX_check_private_key(ctx) == 1;
	X509_free(authority);
	return done;
}

enum cb_err
be_tls_new(
    struct be_tls **out, const struct be_door_settings *s, struct cb_why *why)
{
	struct be_tls *tls = calloc(1, sizeof(*tls));
	struct wire_key *key = NULL;
	struct wire_cert facts;
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if (tls == NULL || cr_ossl() == NULL)
		goto out;
	tls->kind = s->kind;
	if ((r = cb_buf_set(&tls->authority, s->authority)) != CB_OK ||
	    (r = wire_cert_check(s->certificate, s->authority, WIRE_DOOR,
		 s->kind, (int64_t)time(NULL), &facts, NULL, why)) != CB_OK)
		goto out;
	if ((r = wire_key_get_pem(s->key, &key)) != CB_OK) {
		cb_why_set(why, "the door's key is not one");
		goto out;
	}
	tls->ctx = SSL_CTX_new(TLS_server_method());
	if (tls->ctx == NULL || !set_rules(tls->ctx, s->tls12) ||
	    !set_keys(tls->ctx, s, key)) {
		cb_why_set(why, "the door's key and certificate do not fit");
		r = CB_E_CRYPTO;
	}
out:
	wire_key_free(&key);
	if (r != CB_OK)
		be_tls_free(&tls);
	*out = tls;
	return cr_ossl_end(r);
}

void
be_tls_free(struct be_tls **tls)
{
	if (*tls == NULL)
		return;
	SSL_CTX_free((*tls)->ctx);
	cb_buf_free(&(*tls)->authority);
	free(*tls);
	*tls = NULL;
}

/* ---- one connection ------------------------------------------------------ */

enum cb_err
be_tls_end_new(struct be_tls_end **out, struct be_tls *tls, int fd)
{
	struct be_tls_end *end = calloc(1, sizeof(*end));

	*out = end;
	if (end == NULL)
		return CB_E_NOMEM;
	end->tls = tls;
	end->ssl = SSL_new(tls->ctx);
	if (end->ssl == NULL || SSL_set_fd(end->ssl, fd) != 1) {
		be_tls_end_free(out);
		return cr_ossl_end(CB_E_NOMEM);
	}
	SSL_set_accept_state(end->ssl);
	return CB_OK;
}

void
be_tls_end_free(struct be_tls_end **end)
{
	if (*end == NULL)
		return;
	SSL_free((*end)->ssl);
	free(*end);
	*end = NULL;
}

/* What the last call came to. */
static enum be_tls_said
said(struct be_tls_end *end, int result)
{
	enum be_tls_said what = BE_TLS_BROKEN;

	if (result > 0)
		return BE_TLS_DONE;
	switch (SSL_get_error(end->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		what = BE_TLS_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		what = BE_TLS_WRITE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		what = BE_TLS_END;
		break;
	default:
		break;
	}
	ERR_clear_error();
	return what;
}

enum be_tls_said
be_tls_shake(struct be_tls_end *end)
{
	return said(end, SSL_do_handshake(end->ssl));
}

enum be_tls_said
be_tls_read(struct be_tls_end *end, uint8_t *p, size_t max, size_t *n)
{
	*n = 0;
	return said(end, SSL_read_ex(end->ssl, p, max, n));
}

bool
be_tls_has_more(const struct be_tls_end *end)
{
	return SSL_has_pending(end->ssl) == 1;
}

enum be_tls_said
be_tls_write(struct be_tls_end *end, struct cb_span s, size_t *n)
{
	*n = 0;
	return said(end, SSL_write_ex(end->ssl, s.p, s.n, n));
}

void
be_tls_bye(struct be_tls_end *end)
{
	(void)SSL_shutdown(end->ssl);
	ERR_clear_error();
}

/* ---- who it is ----------------------------------------------------------- */

static enum cb_err
check(struct be_tls *tls, struct cb_span der, struct be_who *out,
    struct cb_why *why)
{
	static const enum wire_usage usages[] = { WIRE_DEVICE, WIRE_PERSON };
	const int64_t now = (int64_t)time(NULL);
	struct wire_cert facts;
	enum cb_err r = CB_E_DENIED;

	for (size_t i = 0; i < 2 && r == CB_E_DENIED; i++) {
		r = wire_cert_check(der, cb_buf_span(&tls->authority),
		    usages[i], tls->kind, now, &facts, NULL, why);
		out->person = usages[i] == WIRE_PERSON;
	}
	if (r != CB_OK)
		return r;
	out->known = true;
	memcpy(out->id, facts.subject, WIRE_ID);
	memcpy(out->organisation, facts.organisation, WIRE_ID);
	out->until = facts.until;
	return CB_OK;
}

enum cb_err
be_tls_who(struct be_tls_end *end, struct be_who *out, struct cb_why *why)
{
	X509 *cert = SSL_get0_peer_certificate(end->ssl);
	unsigned char *der = NULL;
	struct be_who who = { .known = false };
	enum cb_err r = CB_OK;
	int n;

	*out = who;
	/* RFC 7627: else sessions of 1.2 can be made to look alike */
	if (SSL_version(end->ssl) < TLS1_3_VERSION &&
	    SSL_get_extms_support(end->ssl) != 1)
		return CB_E_PEER;
	if (cert == NULL)
		return CB_OK;
	if ((n = i2d_X509(cert, &der)) <= 0)
		return cr_ossl_end(CB_E_FORMAT);
	r = check(end->tls, cb_span(der, (size_t)n), &who, why);
	OPENSSL_free(der);
	if (r == CB_OK)
		*out = who;
	return cr_ossl_end(r);
}
