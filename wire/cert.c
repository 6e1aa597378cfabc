/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Checking certificates. Signature, dates and constraints are OpenSSL's
 * (X509_verify_cert, with nothing but our authority in its store); usage and
 * kind are ours, and nothing that is not in the template passes.
 */
#include <string.h>

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "common/hex.h"
#include "crypto/ossl.h"
#include "wire/cert.h"
#include "wire/cert_template.h"

#define DER_MAX 8192

static X509 *
read_der(struct cb_span der)
{
	const uint8_t *p = der.p;
	X509 *cert;

	if (der.n == 0 || der.n > DER_MAX || cr_ossl() == NULL ||
	    (cert = d2i_X509(NULL, &p, (long)der.n)) == NULL)
		return NULL;
	if (p == der.p + der.n)
		return cert;
	X509_free(cert);
	return NULL;
}

/* ---- usage and kind ------------------------------------------------------ */

/* The identifiers in a name's only attribute of this type. */
static enum cb_err
get_id(X509 *cert, int type, uint8_t out[WIRE_ID])
{
	X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, type, -1);
	const ASN1_STRING *s;
	struct cb_buf id = CB_BUF_INIT;
	enum cb_err r = CB_E_FORMAT;

	if (at < 0 || X509_NAME_get_index_by_NID(name, type, at) >= 0)
		return CB_E_FORMAT;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	if (ASN1_STRING_length(s) == 2 * WIRE_ID &&
	    cb_hex_decode(&id, (const char *)ASN1_STRING_get0_data(s),
		2 * WIRE_ID) == CB_OK &&
	    id.n == WIRE_ID) {
		memcpy(out, id.p, WIRE_ID);
		r = CB_OK;
	}
	cb_buf_free(&id);
	return r;
}

static bool
is_oid(const ASN1_OBJECT *o, const char *oid)
{
	char text[128];
	int n = OBJ_obj2txt(text, sizeof(text), o, 1);

	return n > 0 && (size_t)n < sizeof(text) && strcmp(text, oid) == 0;
}

/* Exactly the purposes of the template, and critical. */
static bool
has_purposes(X509 *cert, const struct wire_template *t)
{
	EXTENDED_KEY_USAGE *has;
	bool same;
	int critical;

	has = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	if (has == NULL)
		return critical == -1 && t->purposes[0] == NULL;
	same = critical == 1;
	for (int i = 0; i < WIRE_PURPOSES; i++)
		same = same && t->purposes[i] != NULL
		    ? i < sk_ASN1_OBJECT_num(has) &&
			is_oid(sk_ASN1_OBJECT_value(has, i), t->purposes[i])
		    : same && i >= sk_ASN1_OBJECT_num(has);
	same = same && sk_ASN1_OBJECT_num(has) <= WIRE_PURPOSES;
	sk_ASN1_OBJECT_pop_free(has, ASN1_OBJECT_free);
	return same;
}

static bool
has_kind(X509 *cert, enum wire_kind kind)
{
	CERTIFICATEPOLICIES *has;
	bool same = false;
	int critical;

	has = X509_get_ext_d2i(cert, NID_certificate_policies, &critical,
	    NULL);
	if (has != NULL && sk_POLICYINFO_num(has) == 1)
		same = is_oid(sk_POLICYINFO_value(has, 0)->policyid,
		    wire_kind_oid(kind));
	CERTIFICATEPOLICIES_free(has);
	return same;
}

static bool
fits(X509 *cert, const struct wire_template *t, enum wire_kind kind,
    struct cb_why *why)
{
	if (!has_purposes(cert, t) ||
	    (X509_check_ca(cert) != 0) != t->is_authority ||
	    X509_get_key_usage(cert) != t->key_usage) {
		cb_why_set(why, "the certificate is not one of a %s",
		    t->name);
		return false;
	}
	if (!has_kind(cert, kind)) {
		cb_why_set(why, "the certificate is not of a %s backend",
		    kind == WIRE_LIVE ? "live" : "test");
		return false;
	}
	return true;
}

/* ---- signature and dates ------------------------------------------------- */

static enum cb_err
why_not(X509_STORE_CTX *ctx, struct cb_why *why)
{
	int e = X509_STORE_CTX_get_error(ctx);

	if (e == X509_V_ERR_CERT_NOT_YET_VALID ||
	    e == X509_V_ERR_CERT_HAS_EXPIRED) {
		cb_why_set(why, "the certificate is %s: look at the clocks, "
		    "then at its dates", e == X509_V_ERR_CERT_HAS_EXPIRED
			? "no longer valid" : "not valid yet");
		return CB_E_TIMEOUT;
	}
	cb_why_set(why, "the certificate is not of this backend's authority "
	    "(%s)", X509_verify_cert_error_string(e));
	return CB_E_DENIED;
}

static enum cb_err
verify(X509 *cert, X509 *authority, int64_t now, struct cb_why *why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	enum cb_err r = CB_E_CRYPTO;

	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, authority) != 1 ||
	    X509_STORE_CTX_init(ctx, store, cert, NULL) != 1)
		goto out;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, 0);
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT) != 1)
		goto out;
	r = X509_verify_cert(ctx) == 1 ? CB_OK : why_not(ctx, why);
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static enum cb_err
get_until(X509 *cert, int64_t *out)
{
	struct tm until;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &until) != 1)
		return CB_E_FORMAT;
	*out = (int64_t)timegm(&until);
	return CB_OK;
}

static enum cb_err
get_facts(X509 *cert, struct cb_span der, const struct wire_template *t,
    struct wire_cert *out)
{
	struct wire_cert facts = { 0 };
	enum cb_err r;

	if ((r = get_id(cert, NID_commonName, facts.subject)) != CB_OK ||
	    (t->of_organisation &&
		(r = get_id(cert, NID_organizationName,
		     facts.organisation)) != CB_OK) ||
	    (r = cr_sha256(der, facts.fingerprint)) != CB_OK ||
	    (r = get_until(cert, &facts.until)) != CB_OK)
		return r;
	*out = facts;
	return CB_OK;
}

enum cb_err
wire_cert_check(struct cb_span der, struct cb_span authority,
    enum wire_usage usage, enum wire_kind kind, int64_t now,
    struct wire_cert *out, struct wire_key **key, struct cb_why *why)
{
	const struct wire_template *t = wire_template(usage);
	X509 *cert = read_der(der), *by = read_der(authority);
	enum cb_err r;

	if (key != NULL)
		*key = NULL;
	if (cert == NULL || by == NULL) {
		cb_why_set(why, "that is not a certificate");
		r = CB_E_FORMAT;
		goto out;
	}
	if ((r = verify(cert, by, now, why)) != CB_OK)
		goto out;
	if (!fits(cert, t, kind, why) ||
	    !fits(by, wire_template(WIRE_AUTHORITY), kind, why)) {
		r = CB_E_DENIED;
		goto out;
	}
	if ((r = get_facts(cert, der, t, out)) != CB_OK) {
		cb_why_set(why, "the certificate's names are not identifiers");
		goto out;
	}
	if (key != NULL)
		r = wire_key_adopt(key, X509_get_pubkey(cert));
out:
	X509_free(cert);
	X509_free(by);
	return cr_ossl_end(r);
}

/* ---- one that may be over ------------------------------------------------ */

enum cb_err
wire_cert_until(struct cb_span der, int64_t *until)
{
	X509 *cert = read_der(der);
	enum cb_err r = cert == NULL ? CB_E_FORMAT : get_until(cert, until);

	X509_free(cert);
	return cr_ossl_end(r);
}

static enum cb_err
put_host(const GENERAL_NAME *name, struct cb_buf *out)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *s;
	struct cb_span host;
	int type;

	s = GENERAL_NAME_get0_value(name, &type);
	if (type != GEN_DNS && type != GEN_IPADD)
		return CB_E_FORMAT;
	host = cb_span(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
	if (type == GEN_IPADD) {
		if ((host.n != 4 && host.n != 16) ||
		    inet_ntop(host.n == 4 ? AF_INET : AF_INET6, host.p, text,
			sizeof(text)) == NULL)
			return CB_E_FORMAT;
		host = cb_span_str(text);
	}
	if (host.n == 0 || memchr(host.p, 0, host.n) != NULL)
		return CB_E_FORMAT;
	return cb_buf_add(out, host) != CB_OK ? CB_E_NOMEM : cb_put_u8(out, 0);
}

enum cb_err
wire_cert_hosts(struct cb_span der, struct cb_buf *out)
{
	X509 *cert = read_der(der);
	GENERAL_NAMES *names = NULL;
	const size_t before = out->n;
	enum cb_err r = cert == NULL ? CB_E_FORMAT : CB_OK;

	if (cert != NULL)
		names = X509_get_ext_d2i(
		    cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; r == CB_OK && i < sk_GENERAL_NAME_num(names); i++)
		r = put_host(sk_GENERAL_NAME_value(names, i), out);
	GENERAL_NAMES_free(names);
	X509_free(cert);
	return cr_ossl_end(cb_buf_undo(out, before, r));
}
