/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making certificates (RFC 5280). Their names, terms and extensions follow
 * those of the service, field by field: agents take the third RDN for the
 * user's number, so order and string types are part of the interface.
 *
 * A live card's certificates are signed by their own key and vouch for
 * nothing until a registration authority replaces them; a test card's are
 * signed by the built-in test CA and say in a policy what that is worth.
 */
#include <string.h>
#include <time.h>

#include "common/tlv.h"
#include "emulator/crypto/cert_draft.h"
#include "emulator/crypto/rsa_key.h"
#include "emulator/crypto/testca.h"

#define TERM_YEARS 2
#define TERM_ROUND (30 * 60)
#define TIME_LAST 250000000000 /* in 9892: years keep four digits */
#define USAGE_ALL                                                              \
	((unsigned)(EMU_USAGE_DIGITAL_SIGNATURE | EMU_USAGE_NON_REPUDIATION |  \
		    EMU_USAGE_KEY_ENCIPHERMENT))
#define CN_MAX 64 /* ub-common-name */

/* sha256WithRSAEncryption, with its NULL */
static const uint8_t alg_sign[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48,
	0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00 };
/* rsaEncryption, with its NULL */
static const uint8_t alg_key[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48,
	0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00 };
/* A DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2, note 1) */
static const uint8_t digest_info[] = { 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };
/* [0] { INTEGER 2 } */
static const uint8_t version_3[] = { 0xA0, 0x03, 0x02, 0x01, 0x02 };

/* A positive INTEGER from big-endian bytes. */
static enum cb_err
put_integer(struct cb_buf *b, struct cb_span value)
{
	enum cb_err r;
	size_t mark;

	while (value.n > 1 && value.p[0] == 0)
		value = cb_span_tail(value, 1);
	if ((r = cb_tlv_open(b, DER_INTEGER, &mark)) != CB_OK)
		return r;
	if ((value.n == 0 || (value.p[0] & 0x80)) &&
	    (r = cb_put_u8(b, 0)) != CB_OK)
		return r;
	if ((r = cb_buf_add(b, value)) != CB_OK)
		return r;
	return cb_tlv_close(b, mark);
}

enum cb_err
cert_put_name(struct cb_buf *b, const struct name_part *parts, size_t n)
{
	enum cb_err r;
	size_t name, set, pair, i;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &name)) != CB_OK)
		return r;
	for (i = 0; i < n; i++) {
		const uint8_t oid[] = { 0x55, 0x04, parts[i].type };

		if ((r = cb_tlv_open(b, DER_SET, &set)) != CB_OK ||
		    (r = cb_tlv_open(b, DER_SEQUENCE, &pair)) != CB_OK ||
		    (r = cb_tlv_put(b, DER_OID, CB_SPAN_OF(oid))) != CB_OK ||
		    (r = cb_tlv_put(b, DER_PRINTABLE,
			 cb_span_str(parts[i].text))) != CB_OK ||
		    (r = cb_tlv_close(b, pair)) != CB_OK ||
		    (r = cb_tlv_close(b, set)) != CB_OK)
			return r;
	}
	return cb_tlv_close(b, name);
}

void
cert_time_text(int64_t t, char out[16])
{
	struct tm tm = { 0 };
	const time_t clock = (time_t)t;

	out[0] = '\0';
	if (gmtime_r(&clock, &tm) != NULL)
		(void)strftime(out, 16, "%Y%m%d%H%M%SZ", &tm);
}

/* RFC 5280, 4.1.2.5: UTCTime through the year 2049. */
static enum cb_err
put_time(struct cb_buf *b, int64_t t)
{
	const int64_t year_2050 = 2524608000;
	const bool utc = t < year_2050;
	char text[16];

	cert_time_text(t, text);
	return cb_tlv_put(b, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME,
	    cb_span_tail(cb_span_str(text), utc ? 2 : 0));
}

/* RSAPublicKey (RFC 8017, A.1.1). */
static enum cb_err
put_rsa_public(struct cb_buf *b, const struct emu_rsa *key)
{
	enum cb_err r;
	size_t mark;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &mark)) != CB_OK ||
	    (r = put_integer(b, cb_span(key->n, key->bytes))) != CB_OK ||
	    (r = put_integer(b, cb_span(key->e, key->e_bytes))) != CB_OK)
		return r;
	return cb_tlv_close(b, mark);
}

static enum cb_err
put_bits(struct cb_buf *b, struct cb_span bits)
{
	enum cb_err r;
	size_t mark;

	if ((r = cb_tlv_open(b, DER_BIT_STRING, &mark)) != CB_OK ||
	    (r = cb_put_u8(b, 0)) != CB_OK ||
	    (r = cb_buf_add(b, bits)) != CB_OK)
		return r;
	return cb_tlv_close(b, mark);
}

enum cb_err
emu_cert_key(const struct emu_rsa *key, struct cb_buf *b)
{
	struct cb_buf public = CB_BUF_INIT;
	enum cb_err r;
	size_t mark;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &mark)) == CB_OK &&
	    (r = cb_buf_add(b, CB_SPAN_OF(alg_key))) == CB_OK &&
	    (r = put_rsa_public(&public, key)) == CB_OK &&
	    (r = put_bits(b, cb_buf_span(&public))) == CB_OK)
		r = cb_tlv_close(b, mark);
	cb_buf_free(&public);
	return r;
}

static enum cb_err
key_identifier(const struct emu_rsa *key, uint8_t out[20])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	if ((r = put_rsa_public(&b, key)) == CB_OK)
		r = cr_sha1(cb_buf_span(&b), out);
	cb_buf_free(&b);
	return r;
}

/* X.680, 41.4 */
static bool
printable(const char *text)
{
	return text[0] != '\0' && strlen(text) <= CN_MAX &&
	       text[strspn(text,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "abcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")] == '\0';
}

/* Two calendar years on, and then to the next half hour. */
static enum cb_err
term_end(int64_t from, int64_t *to)
{
	struct tm tm = { 0 };
	const time_t clock = (time_t)from;

	if (from < 0 || from > TIME_LAST || gmtime_r(&clock, &tm) == NULL)
		return CB_E_ARG;
	tm.tm_year += TERM_YEARS; /* 29 February becomes 1 March */
	*to = (int64_t)timegm(&tm);
	*to = (*to + TERM_ROUND - 1) / TERM_ROUND * TERM_ROUND;
	return CB_OK;
}

static enum cb_err
draft_init(struct cert_draft *d, const struct emu_cert_wish *wish,
    const struct emu_rsa *key, const struct emu_rsa *signer)
{
	const struct name_part subject[3] = {
		{ NAME_O, "nhs" },
		{ NAME_OU, "people" },
		{ NAME_CN, wish->user },
	};
	static const struct name_part test_ca[3] = {
		{ NAME_O, "nhs" },
		{ NAME_OU, "CA" },
		{ NAME_CN, "cardbridge test CA" },
	};
	enum cb_err r;

	if (!printable(wish->user) || wish->usage == 0 ||
	    (wish->usage & ~USAGE_ALL) != 0)
		return CB_E_ARG;
	d->wish = wish;
	memcpy(d->subject, subject, sizeof(d->subject));
	memcpy(d->issuer, wish->test ? test_ca : subject, sizeof(d->issuer));
	d->not_before = wish->now;
	if ((r = term_end(d->not_before, &d->not_after)) != CB_OK ||
	    (r = key_identifier(key, d->subject_key)) != CB_OK)
		return r;
	return key_identifier(signer, d->issuer_key);
}

/* TBSCertificate */
static enum cb_err
put_body(
    struct cb_buf *b, const struct cert_draft *d, const struct emu_rsa *key)
{
	uint8_t serial[4];
	enum cb_err r;
	size_t body, part;

	/* Four bytes, positive, and no fewer when encoded. */
	memcpy(serial, d->wish->serial, sizeof(serial));
	serial[0] &= 0x7F;
	if (serial[0] == 0)
		serial[0] = 1;
	if ((r = cb_tlv_open(b, DER_SEQUENCE, &body)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(version_3))) != CB_OK ||
	    (r = put_integer(b, CB_SPAN_OF(serial))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(alg_sign))) != CB_OK ||
	    (r = cert_put_name(b, d->issuer, 3)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &part)) != CB_OK ||
	    (r = put_time(b, d->not_before)) != CB_OK ||
	    (r = put_time(b, d->not_after)) != CB_OK ||
	    (r = cb_tlv_close(b, part)) != CB_OK ||
	    (r = cert_put_name(b, d->subject, 3)) != CB_OK ||
	    (r = emu_cert_key(key, b)) != CB_OK ||
	    (r = cert_put_extensions(b, d)) != CB_OK)
		return r;
	return cb_tlv_close(b, body);
}

static enum cb_err
sign_body(
    const struct emu_rsa *signer, struct cb_span body, struct cb_buf *signature)
{
	uint8_t info[sizeof(digest_info) + 32];
	enum cb_err r;

	memcpy(info, digest_info, sizeof(digest_info));
	if ((r = cr_sha256(body, info + sizeof(digest_info))) != CB_OK)
		return r;
	return emu_rsa_sign_data(signer, CB_SPAN_OF(info), signature);
}

enum cb_err
emu_cert_make(const struct emu_rsa *key, const struct emu_cert_wish *wish,
    struct cb_buf *der)
{
	struct cert_draft draft;
	struct cb_buf body = CB_BUF_INIT, signature = CB_BUF_INIT;
	struct emu_rsa *ca = NULL;
	const struct emu_rsa *signer = key;
	const size_t before = der->n;
	size_t mark;
	enum cb_err r;

	if (wish->test) {
		if ((r = emu_test_ca_key(&ca)) != CB_OK)
			goto out;
		signer = ca;
	}
	if ((r = draft_init(&draft, wish, key, signer)) != CB_OK ||
	    (r = put_body(&body, &draft, key)) != CB_OK ||
	    (r = sign_body(signer, cb_buf_span(&body), &signature)) != CB_OK)
		goto out;
	if ((r = cb_tlv_open(der, DER_SEQUENCE, &mark)) != CB_OK ||
	    (r = cb_buf_add(der, cb_buf_span(&body))) != CB_OK ||
	    (r = cb_buf_add(der, CB_SPAN_OF(alg_sign))) != CB_OK ||
	    (r = put_bits(der, cb_buf_span(&signature))) != CB_OK ||
	    (r = cb_tlv_close(der, mark)) != CB_OK)
		goto out;
out:
	r = cb_buf_undo(der, before, r);
	emu_rsa_free(&ca);
	cb_buf_free(&body);
	cb_buf_free(&signature);
	return r;
}
