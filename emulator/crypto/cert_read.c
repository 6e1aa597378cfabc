/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reading certificates that hosts have stored on a card: as far as names,
 * serial, term and RSA modulus, without judging any of it. The bytes are a
 * stranger's.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/crypto/cert_draft.h"

struct fields {
	struct emu_cert_parts parts;
	struct cb_span not_after;
	uint32_t not_after_tag;
};

/* The next object whole, header included, which must have this tag. */
static enum cb_err
take_whole(struct cb_span *cur, uint32_t tag, struct cb_span *whole)
{
	struct cb_span value, from = *cur;
	enum cb_err r;

	if ((r = cb_tlv_expect(cur, tag, &value)) != CB_OK)
		return r;
	*whole = cb_span_head(from, from.n - cur->n);
	return CB_OK;
}

/* RSAPublicKey inside a SubjectPublicKeyInfo. */
static enum cb_err
read_modulus(struct cb_span info, struct cb_span *modulus)
{
	static const uint8_t rsa[] = { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01,
		0x01, 0x01 };
	struct cb_span alg, oid, bits, key, n;
	uint8_t unused;
	enum cb_err r;

	if ((r = cb_tlv_expect(&info, DER_SEQUENCE, &alg)) != CB_OK ||
	    (r = cb_tlv_expect(&alg, DER_OID, &oid)) != CB_OK ||
	    (r = cb_tlv_expect(&info, DER_BIT_STRING, &bits)) != CB_OK ||
	    (r = cb_get_u8(&bits, &unused)) != CB_OK)
		return r;
	if (unused != 0 || !cb_span_equal(oid, CB_SPAN_OF(rsa)))
		return CB_E_FORMAT;
	if ((r = cb_tlv_expect(&bits, DER_SEQUENCE, &key)) != CB_OK ||
	    (r = cb_tlv_expect(&key, DER_INTEGER, &n)) != CB_OK)
		return r;
	while (n.n != 0 && n.p[0] == 0)
		n = cb_span_tail(n, 1);
	if (n.n == 0)
		return CB_E_FORMAT;
	*modulus = n;
	return CB_OK;
}

static enum cb_err
read_term(struct cb_span term, struct fields *f)
{
	struct cb_span not_before;
	uint32_t tag;
	enum cb_err r;

	if ((r = cb_tlv_get(&term, &tag, &not_before)) != CB_OK ||
	    (r = cb_tlv_get(&term, &f->not_after_tag, &f->not_after)) != CB_OK)
		return r;
	return CB_OK;
}

static enum cb_err
read_body(struct cb_span body, struct fields *f)
{
	struct cb_span skipped, term, info, after;
	uint32_t tag;
	enum cb_err r;

	after = body;
	if ((r = cb_tlv_get(&after, &tag, &skipped)) != CB_OK)
		return r;
	if (tag == DER_CONTEXT_0_OF) /* version, absent in version 1 */
		body = after;
	if ((r = take_whole(&body, DER_INTEGER, &f->parts.serial)) != CB_OK ||
	    (r = cb_tlv_expect(&body, DER_SEQUENCE, &skipped)) != CB_OK ||
	    (r = take_whole(&body, DER_SEQUENCE, &f->parts.issuer)) != CB_OK ||
	    (r = cb_tlv_expect(&body, DER_SEQUENCE, &term)) != CB_OK ||
	    (r = read_term(term, f)) != CB_OK ||
	    (r = take_whole(&body, DER_SEQUENCE, &f->parts.subject)) != CB_OK ||
	    (r = cb_tlv_expect(&body, DER_SEQUENCE, &info)) != CB_OK)
		return r;
	return read_modulus(info, &f->parts.modulus);
}

static enum cb_err
read_fields(struct cb_span der, struct fields *f)
{
	struct cb_span cert, body, skipped;
	enum cb_err r;

	memset(f, 0, sizeof(*f));
	if ((r = cb_tlv_expect(&der, DER_SEQUENCE, &cert)) != CB_OK ||
	    (r = cb_tlv_end(&der)) != CB_OK ||
	    (r = cb_tlv_expect(&cert, DER_SEQUENCE, &body)) != CB_OK ||
	    (r = cb_tlv_expect(&cert, DER_SEQUENCE, &skipped)) != CB_OK ||
	    (r = cb_tlv_expect(&cert, DER_BIT_STRING, &skipped)) != CB_OK ||
	    (r = cb_tlv_end(&cert)) != CB_OK)
		return CB_E_FORMAT;
	return read_body(body, f) == CB_OK ? CB_OK : CB_E_FORMAT;
}

enum cb_err
emu_cert_parse(struct cb_span der, struct emu_cert_parts *out)
{
	struct fields f;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = read_fields(der, &f)) == CB_OK)
		*out = f.parts;
	return r;
}

/* Text under construction; what does not fit is cut off. */
struct line {
	char *at;
	size_t left; /* with the NUL */
};

static void
line_add(struct line *l, char c)
{
	if (l->left < 2)
		return;
	*l->at++ = c;
	*l->at = '\0';
	l->left--;
}

static void
line_text(struct line *l, const char *text)
{
	for (; *text != '\0'; text++)
		line_add(l, *text);
}

/* A stranger's string on somebody's terminal: ASCII only. */
static void
line_value(struct line *l, struct cb_span value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		line_add(l, value.p[i] >= 0x20 && value.p[i] < 0x7F
				? (char)value.p[i]
				: '?');
}

static const char *
attribute_name(struct cb_span oid)
{
	static const struct {
		uint8_t last; /* of 2.5.4.n */
		const char *name;
	} names[] = {
		{ 3, "CN" },
		{ 4, "SN" },
		{ 5, "serialNumber" },
		{ 6, "C" },
		{ 7, "L" },
		{ 8, "ST" },
		{ 10, "O" },
		{ 11, "OU" },
		{ 12, "title" },
		{ 42, "GN" },
	};
	size_t i;

	if (oid.n != 3 || oid.p[0] != 0x55 || oid.p[1] != 0x04)
		return "?";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].last == oid.p[2])
			return names[i].name;
	}
	return "?";
}

static void
line_name(struct line *l, struct cb_span name)
{
	struct cb_span rdns, set, pair, oid, value;
	const char *between = "";
	uint32_t tag;

	if (cb_tlv_expect(&name, DER_SEQUENCE, &rdns) != CB_OK)
		return;
	while (cb_tlv_expect(&rdns, DER_SET, &set) == CB_OK) {
		while (cb_tlv_expect(&set, DER_SEQUENCE, &pair) == CB_OK &&
		       cb_tlv_expect(&pair, DER_OID, &oid) == CB_OK &&
		       cb_tlv_get(&pair, &tag, &value) == CB_OK) {
			line_text(l, between);
			line_text(l, attribute_name(oid));
			line_add(l, '=');
			line_value(l, value);
			between = ", ";
		}
	}
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ as "YYYY-MM-DD HH:MM:SS UTC". */
static void
line_time(struct line *l, uint32_t tag, struct cb_span t)
{
	const char *pattern = "dddd-dd-dd dd:dd:dd UTC";
	size_t at = 0;

	if (tag == DER_UTC_TIME && t.n == 13) /* RFC 5280, 4.1.2.5.1 */
		line_text(l, t.p[0] >= '5' ? "19" : "20");
	else if (tag != DER_GENERALIZED_TIME || t.n != 15) {
		line_value(l, t);
		return;
	}
	if (tag == DER_UTC_TIME)
		pattern += 2;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == 'd')
			line_value(l, cb_span(t.p + at++, 1));
		else
			line_add(l, *pattern);
	}
}

enum cb_err
emu_cert_text(struct cb_span der, char *out, size_t size)
{
	struct line l = { out, size };
	struct fields f;
	enum cb_err r;

	if (size == 0)
		return CB_E_ARG;
	out[0] = '\0';
	if ((r = read_fields(der, &f)) != CB_OK)
		return r;
	line_name(&l, f.parts.subject);
	line_text(&l, "; issued by ");
	if (cb_span_equal(f.parts.subject, f.parts.issuer))
		line_text(&l, "itself");
	else
		line_name(&l, f.parts.issuer);
	line_text(&l, "; valid until ");
	line_time(&l, f.not_after_tag, f.not_after);
	return CB_OK;
}
