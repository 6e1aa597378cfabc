/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The templates, and certificates made from them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/hex.h"
#include "crypto/ossl.h"
#include "wire/cert.h"
#include "wire/cert_template.h"

/* A UUID below 2.25 (X.667). */
#define ARC "2.25.305917981070151287616775204314094978682"
#define SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

static const struct wire_template templates[] = {
	[WIRE_AUTHORITY] = { "authority", true, false,
	    KU_KEY_CERT_SIGN | KU_CRL_SIGN, "keyCertSign,cRLSign", { NULL } },
	[WIRE_DOOR] = { "door", false, false, KU_DIGITAL_SIGNATURE,
	    "digitalSignature", { SERVER_AUTH } },
	[WIRE_DEVICE] = { "device", false, true, KU_DIGITAL_SIGNATURE,
	    "digitalSignature", { CLIENT_AUTH, ARC ".3.1" } },
	[WIRE_PERSON] = { "person", false, true, KU_DIGITAL_SIGNATURE,
	    "digitalSignature", { CLIENT_AUTH, ARC ".3.2" } },
	[WIRE_SERVICE] = { "service", false, false, KU_KEY_ENCIPHERMENT,
	    "keyEncipherment", { ARC ".3.3" } },
};

const struct wire_template *
wire_template(enum wire_usage usage)
{
	return &templates[usage];
}

const char *
wire_kind_oid(enum wire_kind kind)
{
	return kind == WIRE_LIVE ? ARC ".1" : ARC ".2";
}

/* ---- names --------------------------------------------------------------- */

static bool
put_id(X509_NAME *name, int type, const uint8_t id[WIRE_ID])
{
	char text[2 * WIRE_ID + 1];

	for (size_t i = 0; i < WIRE_ID; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", id[i]);
	return X509_NAME_add_entry_by_NID(name, type, MBSTRING_ASC,
		   (const uint8_t *)text, -1, -1, 0) == 1;
}

static bool
put_names(X509 *cert, const struct wire_template *t,
    const struct wire_cert_wish *wish, X509 *authority)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return (!t->of_organisation ||
		   put_id(name, NID_organizationName, wish->organisation)) &&
	    put_id(name, NID_commonName, wish->subject) &&
	    X509_set_issuer_name(
		cert, X509_get_subject_name(authority)) == 1;
}

static bool
put_serial(X509 *cert, const uint8_t serial[16])
{
	uint8_t bytes[16];
	BIGNUM *n;
	bool good;

	memcpy(bytes, serial, sizeof(bytes));
	bytes[0] &= 0x7F;
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	good = n != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return good;
}

/* ---- extensions ---------------------------------------------------------- */

static bool
put_extension(X509 *cert, X509V3_CTX *ctx, int type, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, type, value);
	bool good = e != NULL && X509_add_ext(cert, e, -1) == 1;

	X509_EXTENSION_free(e);
	return good;
}

static bool
put_purposes(X509 *cert, X509V3_CTX *ctx, const struct wire_template *t)
{
	char value[256];

	if (t->purposes[0] == NULL)
		return true;
	(void)snprintf(value, sizeof(value), "critical,%s%s%s",
	    t->purposes[0], t->purposes[1] != NULL ? "," : "",
	    t->purposes[1] != NULL ? t->purposes[1] : "");
	return put_extension(cert, ctx, NID_ext_key_usage, value);
}

/* Not by OpenSSL's configuration language, which has it in sections only. */
static bool
put_kind(X509 *cert, enum wire_kind kind)
{
	CERTIFICATEPOLICIES *all = CERTIFICATEPOLICIES_new();
	POLICYINFO *one = POLICYINFO_new();
	bool good = false;

	if (all == NULL || one == NULL)
		goto out;
	ASN1_OBJECT_free(one->policyid);
	one->policyid = OBJ_txt2obj(wire_kind_oid(kind), 1);
	if (one->policyid == NULL || sk_POLICYINFO_push(all, one) <= 0)
		goto out;
	one = NULL;
	good = X509_add1_ext_i2d(cert, NID_certificate_policies, all, 0,
		   X509V3_ADD_DEFAULT) == 1;
out:
	POLICYINFO_free(one);
	CERTIFICATEPOLICIES_free(all);
	return good;
}

/* As one of our own choice of characters: the text goes through OpenSSL's
 * configuration language. */
static bool
is_host(const char *host)
{
	return host[0] != '\0' && strlen(host) <= 253 &&
	    strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789-.:") == strlen(host);
}

static enum cb_err
put_hosts(X509 *cert, X509V3_CTX *ctx, const struct wire_cert_wish *wish)
{
	struct cb_buf value = CB_BUF_INIT;
	ASN1_OCTET_STRING *address;
	enum cb_err r = CB_OK;

	for (size_t i = 0; i < wish->hosts_n && r == CB_OK; i++) {
		if (!is_host(wish->hosts[i])) {
			r = CB_E_ARG;
			break;
		}
		address = a2i_IPADDRESS(wish->hosts[i]);
		(void)((r = cb_buf_add(&value, cb_span_str(
			    i > 0 ? "," : ""))) != CB_OK ||
		    (r = cb_buf_add(&value, cb_span_str(
			    address != NULL ? "IP:" : "DNS:"))) != CB_OK ||
		    (r = cb_buf_add(&value,
			 cb_span_str(wish->hosts[i]))) != CB_OK);
		ASN1_OCTET_STRING_free(address);
	}
	if (r == CB_OK && value.n > 0 && (r = cb_put_u8(&value, 0)) == CB_OK &&
	    !put_extension(cert, ctx, NID_subject_alt_name,
		(const char *)value.p))
		r = CB_E_ARG;
	cb_buf_free(&value);
	return r;
}

static enum cb_err
put_extensions(X509 *cert, const struct wire_template *t,
    const struct wire_cert_wish *wish, X509 *authority)
{
	char usage[64];
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, authority, cert, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	(void)snprintf(usage, sizeof(usage), "critical,%s",
	    t->key_usage_text);
	if (!put_extension(cert, &ctx, NID_basic_constraints,
		t->is_authority ? "critical,CA:TRUE,pathlen:0"
				: "critical,CA:FALSE") ||
	    !put_extension(cert, &ctx, NID_key_usage, usage) ||
	    !put_purposes(cert, &ctx, t) ||
	    !put_kind(cert, wish->kind) ||
	    !put_extension(cert, &ctx, NID_subject_key_identifier, "hash") ||
	    /* of an authority it would name itself */
	    (!t->is_authority &&
		!put_extension(cert, &ctx, NID_authority_key_identifier,
		    "keyid:always")))
		return CB_E_CRYPTO;
	return put_hosts(cert, &ctx, wish);
}

/* ---- all of it ----------------------------------------------------------- */

static enum cb_err
fill(X509 *cert, const struct wire_cert_wish *wish,
    const struct wire_key *key, X509 *authority)
{
	const struct wire_template *t = wire_template(wish->usage);

	if (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    !put_serial(cert, wish->serial) ||
	    ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)wish->from) ==
		NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)wish->until) ==
		NULL ||
	    X509_set_pubkey(cert, wire_key_pkey(key)) != 1 ||
	    !put_names(cert, t, wish, authority))
		return CB_E_CRYPTO;
	return put_extensions(cert, t, wish, authority);
}

enum cb_err
wire_cert_make(const struct wire_cert_wish *wish, const struct wire_key *key,
    const struct wire_key *by, struct cb_span authority, struct cb_buf *der)
{
	const uint8_t *p = authority.p;
	X509 *cert = NULL, *issuer = NULL;
	uint8_t *bytes = NULL;
	enum cb_err r = CB_E_CRYPTO;
	int n;

	if (cr_ossl() == NULL || (cert = X509_new()) == NULL)
		goto out;
	if (authority.n > 0 && (authority.n > LONG_MAX ||
		(issuer = d2i_X509(NULL, &p, (long)authority.n)) == NULL))
		goto out;
	if ((r = fill(cert, wish, key, issuer != NULL ? issuer : cert)) !=
	    CB_OK)
		goto out;
	r = CB_E_CRYPTO;
	if (X509_sign(cert, wire_key_pkey(by), EVP_sha256()) > 0 &&
	    (n = i2d_X509(cert, &bytes)) > 0)
		r = cb_buf_add(der, cb_span(bytes, (size_t)n));
out:
	OPENSSL_free(bytes);
	X509_free(issuer);
	X509_free(cert);
	return cr_ossl_end(r);
}
