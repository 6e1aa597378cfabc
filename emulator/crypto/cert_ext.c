/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Extensions of the certificates we make (RFC 5280, 4.2), in the order in
 * which the service's own certificates have them, since some program may
 * have come to depend on it. A row for each.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/crypto/cert_draft.h"

/* id-ce: 2.5.29.n */
#define CE(n) { 0x55, 0x1D, (n) }, 3
/* 1.3.826.0.1275.101.0.3.1.1 */
static const uint8_t oid_policy[] = { 0x2B, 0x86, 0x3A, 0x00, 0x89, 0x7B, 0x65,
	0x00, 0x03, 0x01, 0x01 };
/* 1.3.6.1.4.1.32473.1.1: of the number for examples, RFC 5612 */
static const uint8_t oid_test_policy[] = { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81,
	0xFD, 0x59, 0x01, 0x01 };
/* id-qt-unotice */
static const uint8_t oid_notice[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02,
	0x02 };
#define TEST_NOTICE "TEST - proves nothing"
#define CRL_NAME "CRL01"
#define CA_PRODUCT "V7.1"
#define CA_PRODUCT_FLAGS 0xB0 /* key update, PKIX, enterprise */

static enum cb_err
put_text(struct cb_buf *b, uint32_t tag, const char *text)
{
	return cb_tlv_put(b, tag, cb_span_str(text));
}

static enum cb_err
put_usage(struct cb_buf *b, const struct cert_draft *d)
{
	static const struct {
		unsigned usage;
		uint8_t bit;
	} bits[] = {
		{ EMU_USAGE_DIGITAL_SIGNATURE, 0x80 },
		{ EMU_USAGE_NON_REPUDIATION, 0x40 },
		{ EMU_USAGE_KEY_ENCIPHERMENT, 0x20 },
	};
	uint8_t value[2] = { 0, 0 }; /* unused bits, bits */
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (d->wish->usage & bits[i].usage)
			value[1] |= bits[i].bit;
	}
	/* DER: no trailing zero bits in a named bit list (X.690, 11.2.2). */
	while (value[0] < 7 && ((value[1] >> value[0]) & 1) == 0)
		value[0]++;
	return cb_tlv_put(b, DER_BIT_STRING, CB_SPAN_OF(value));
}

static enum cb_err
put_test_policy(struct cb_buf *b)
{
	enum cb_err r;
	size_t policy, qualifiers, qualifier, notice;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &policy)) != CB_OK ||
	    (r = cb_tlv_put(b, DER_OID, CB_SPAN_OF(oid_test_policy))) !=
		CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &qualifiers)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &qualifier)) != CB_OK ||
	    (r = cb_tlv_put(b, DER_OID, CB_SPAN_OF(oid_notice))) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &notice)) != CB_OK ||
	    (r = put_text(b, DER_UTF8, TEST_NOTICE)) != CB_OK ||
	    (r = cb_tlv_close(b, notice)) != CB_OK ||
	    (r = cb_tlv_close(b, qualifier)) != CB_OK ||
	    (r = cb_tlv_close(b, qualifiers)) != CB_OK)
		return r;
	return cb_tlv_close(b, policy);
}

static enum cb_err
put_policies(struct cb_buf *b, const struct cert_draft *d)
{
	enum cb_err r;
	size_t all, policy;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &policy)) != CB_OK ||
	    (r = cb_tlv_put(b, DER_OID, CB_SPAN_OF(oid_policy))) != CB_OK ||
	    (r = cb_tlv_close(b, policy)) != CB_OK)
		return r;
	if (d->wish->test && (r = put_test_policy(b)) != CB_OK)
		return r;
	return cb_tlv_close(b, all);
}

/* One point, named by a directory name: the issuer's with one RDN more. */
static enum cb_err
put_crl_points(struct cb_buf *b, const struct cert_draft *d)
{
	struct name_part name[NAME_PARTS_MAX] = {
		d->issuer[0],
		d->issuer[1],
		d->issuer[2],
		{ NAME_CN, CRL_NAME },
	};
	enum cb_err r;
	size_t all, point, where, full, directory;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &point)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_CONTEXT_0_OF, &where)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_CONTEXT_0_OF, &full)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_CONTEXT_0_OF + 4, &directory)) != CB_OK ||
	    (r = cert_put_name(b, name, NAME_PARTS_MAX)) != CB_OK ||
	    (r = cb_tlv_close(b, directory)) != CB_OK ||
	    (r = cb_tlv_close(b, full)) != CB_OK ||
	    (r = cb_tlv_close(b, where)) != CB_OK ||
	    (r = cb_tlv_close(b, point)) != CB_OK)
		return r;
	return cb_tlv_close(b, all);
}

static enum cb_err
put_key_period(struct cb_buf *b, const struct cert_draft *d)
{
	char from[16], to[16];
	enum cb_err r;
	size_t all;

	cert_time_text(d->not_before, from);
	cert_time_text(d->not_after, to);
	if ((r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK ||
	    (r = put_text(b, DER_CONTEXT_0, from)) != CB_OK ||
	    (r = put_text(b, DER_CONTEXT_0 + 1, to)) != CB_OK)
		return r;
	return cb_tlv_close(b, all);
}

static enum cb_err
put_issuer_key(struct cb_buf *b, const struct cert_draft *d)
{
	enum cb_err r;
	size_t all;

	if ((r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK ||
	    (r = cb_tlv_put(b, DER_CONTEXT_0, CB_SPAN_OF(d->issuer_key))) !=
		CB_OK)
		return r;
	return cb_tlv_close(b, all);
}

static enum cb_err
put_subject_key(struct cb_buf *b, const struct cert_draft *d)
{
	return cb_tlv_put(b, DER_OCTET_STRING, CB_SPAN_OF(d->subject_key));
}

static enum cb_err
put_constraints(struct cb_buf *b, const struct cert_draft *d)
{
	(void)d;
	return cb_tlv_put(b, DER_SEQUENCE, CB_SPAN_EMPTY); /* not a CA */
}

static enum cb_err
put_ca_product(struct cb_buf *b, const struct cert_draft *d)
{
	static const uint8_t flags[] = { 4, CA_PRODUCT_FLAGS };
	enum cb_err r;
	size_t all;

	(void)d;
	if ((r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK ||
	    (r = put_text(b, DER_GENERAL_STRING, CA_PRODUCT)) != CB_OK ||
	    (r = cb_tlv_put(b, DER_BIT_STRING, CB_SPAN_OF(flags))) != CB_OK)
		return r;
	return cb_tlv_close(b, all);
}

static const struct {
	uint8_t oid[10];
	size_t oid_n;
	bool critical;
	enum cb_err (*put)(struct cb_buf *b, const struct cert_draft *d);
} extensions[] = {
	{ CE(15), true, put_usage },        /* keyUsage */
	{ CE(32), false, put_policies },    /* certificatePolicies */
	{ CE(31), false, put_crl_points },  /* cRLDistributionPoints */
	{ CE(16), false, put_key_period },  /* privateKeyUsagePeriod */
	{ CE(35), false, put_issuer_key },  /* authorityKeyIdentifier */
	{ CE(14), false, put_subject_key }, /* subjectKeyIdentifier */
	{ CE(19), false, put_constraints }, /* basicConstraints */
	/* entrustVersInfo, 1.2.840.113533.7.65.0 */
	{ { 0x2A, 0x86, 0x48, 0x86, 0xF6, 0x7D, 0x07, 0x41, 0x00 }, 9, false,
	    put_ca_product },
};

enum cb_err
cert_put_extensions(struct cb_buf *b, const struct cert_draft *d)
{
	static const uint8_t yes[] = { 0xFF };
	enum cb_err r;
	size_t field, all, one, value, i;

	if ((r = cb_tlv_open(b, DER_CONTEXT_0_OF + 3, &field)) != CB_OK ||
	    (r = cb_tlv_open(b, DER_SEQUENCE, &all)) != CB_OK)
		return r;
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		if ((r = cb_tlv_open(b, DER_SEQUENCE, &one)) != CB_OK ||
		    (r = cb_tlv_put(b, DER_OID,
			 cb_span(extensions[i].oid, extensions[i].oid_n))) !=
			CB_OK)
			return r;
		if (extensions[i].critical &&
		    (r = cb_tlv_put(b, DER_BOOLEAN, CB_SPAN_OF(yes))) != CB_OK)
			return r;
		if ((r = cb_tlv_open(b, DER_OCTET_STRING, &value)) != CB_OK ||
		    (r = extensions[i].put(b, d)) != CB_OK ||
		    (r = cb_tlv_close(b, value)) != CB_OK ||
		    (r = cb_tlv_close(b, one)) != CB_OK)
			return r;
	}
	if ((r = cb_tlv_close(b, all)) != CB_OK)
		return r;
	return cb_tlv_close(b, field);
}
