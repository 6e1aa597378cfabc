/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Uncovering by structure: BER-TLV with lists of harmless tags, DER of
 * PKCS#15 with a rule for each universal type, and fields of fixed layout.
 * Tags and lengths themselves are always told.
 */
#include <string.h>

#include "cli/probe/show.h"
#include "common/tlv.h"

#define TAIL_MIN 8
#define DEPTH_MAX 8
#define N(table) (sizeof(table) / sizeof((table)[0]))

/* May the value of a primitive object be told? */
typedef bool harmless(uint32_t tag, struct cb_span value);

static bool
in(uint32_t tag, const uint16_t *tags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static bool
begins(struct cb_span s, struct cb_span with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

void
probe_show_tail(struct rep_bytes *b)
{
	size_t n = b->n;

	while (n > 0 && b->p[n - 1] == 0)
		n--;
	if (b->n - n >= TAIL_MIN)
		rep_bytes_show(b, n, b->n - n);
}

/* ---- BER-TLV ------------------------------------------------------------- */

static bool
is_constructed(uint8_t first)
{
	return (first & 0x20) != 0;
}

static void
tlv_at(struct rep_bytes *b, struct cb_span in_, harmless *may, unsigned depth)
{
	struct cb_span cur = in_, value;
	uint32_t tag;

	while (cur.n > 0) {
		const uint8_t *start = cur.p;

		if (cb_tlv_get(&cur, &tag, &value) != CB_OK)
			return;		/* not understood: stays hidden */
		rep_bytes_show(b, (size_t)(start - b->p),
		    (size_t)(value.p - start));
		if (is_constructed(*start) && depth < DEPTH_MAX)
			tlv_at(b, value, may, depth + 1);
		else if (value.n > 0 && !is_constructed(*start) &&
		    may(tag, value))
			rep_bytes_show(
			    b, (size_t)(value.p - b->p), value.n);
	}
}

static void
tlv(struct rep_bytes *b, harmless *may)
{
	tlv_at(b, cb_span(b->p, b->n), may, 0);
}

bool
probe_aid_is_kind(struct cb_span aid)
{
	static const uint8_t openpgp[] = { 0xD2, 0x76, 0x00, 0x01, 0x24 };

	return aid.n <= REP_AID_MAX && !begins(aid, CB_SPAN_OF(openpgp));
}

static bool
fci_harmless(uint32_t tag, struct cb_span value)
{
	static const uint16_t tags[] = { 0x80, 0x81, 0x82, 0x83, 0x86, 0x88,
		0x8A, 0x8B, 0x8C, 0x9F65 };

	if (tag == 0x84 || tag == 0x4F)
		return probe_aid_is_kind(value);
	return value.n <= 2 || in(tag, tags, N(tags));
}

void
show_fci(struct rep_bytes *b)
{
	tlv(b, fci_harmless);
}

static bool
atr_file_harmless(uint32_t tag, struct cb_span value)
{
	static const uint16_t tags[] = { 0x43, 0x46, 0x47, 0x80, 0x82, 0x06 };

	if (tag == 0x4F)
		return probe_aid_is_kind(value);
	/* Long pre-issuing data (46) could be those of one card. */
	return value.n <= 2 || (value.n <= 8 && in(tag, tags, N(tags)));
}

void
show_atr_file(struct rep_bytes *b)
{
	tlv(b, atr_file_harmless);
}

static bool
dir_harmless(uint32_t tag, struct cb_span value)
{
	static const uint16_t tags[] = { 0x50, 0x51 };

	if (tag == 0x4F)
		return probe_aid_is_kind(value);
	return value.n <= 2 || in(tag, tags, N(tags));
}

void
show_dir(struct rep_bytes *b)
{
	tlv(b, dir_harmless);
}

static bool
data_harmless(uint32_t tag, struct cb_span value)
{
	static const uint16_t tags[] = { 0x86, 0x8C };

	return value.n <= 2 || in(tag, tags, N(tags));
}

void
show_data(struct rep_bytes *b)
{
	tlv(b, data_harmless);
}

/* 5F0r, which looks primitive, and is not. */
void
show_v3_pin(struct rep_bytes *b)
{
	struct cb_span cur = cb_span(b->p, b->n), value;
	uint32_t tag;

	if (cb_tlv_get(&cur, &tag, &value) != CB_OK || cur.n > 0)
		return;
	rep_bytes_show(b, 0, b->n - value.n);
	tlv_at(b, value, data_harmless, 0);
}

/* ---- DER of PKCS#15 ------------------------------------------------------ */

/* Labels that makers and tools give: these name nobody. */
static bool
is_common_word(struct cb_span value)
{
	static const char *const words[] = { "Authentication",
		"Content Commitment", "User PIN", "SO PIN", "PIN", "PUK",
		"AuthentIC", "Oberthur COSMO.v7", "Oberthur Technologies",
		"Gemalto", "CSP", "Default Key Container" };

	for (size_t i = 0; i < N(words); i++)
		if (cb_span_equal(value, cb_span_str(words[i])))
			return true;
	return false;
}

/* A path from the MF, or a few file identifiers less than an ID has. */
static bool
is_path(struct cb_span value)
{
	static const uint8_t mf[] = { 0x3F, 0x00 };

	return value.n <= 2 ||
	    (value.n <= 8 && value.n % 2 == 0 && begins(value, CB_SPAN_OF(mf)));
}

static bool
der_harmless(uint32_t tag, struct cb_span value)
{
	static const uint16_t always[] = { 0x01, 0x05, 0x06, 0x0A };
	static const uint16_t texts[] = { 0x0C, 0x13, 0x16, 0x80 };

	if (in(tag, always, N(always)))
		return true;
	if (tag == 0x03)	/* BIT STRING: flags */
		return value.n <= 4;
	if (tag == 0x04)	/* OCTET STRING */
		return is_path(value);
	if (in(tag, texts, N(texts)) && is_common_word(value))
		return true;
	/* INTEGER and what stands for it; texts of two letters are countries
	 * and initials. */
	return value.n <= 2 && tag != 0x0C && tag != 0x13 && tag != 0x16;
}

void
show_der(struct rep_bytes *b)
{
	tlv(b, der_harmless);
}

/* ---- fields of fixed layout ---------------------------------------------- */

void
show_cplc(struct rep_bytes *b)
{
	/* Tag and length, then who made it and with what: no dates, serial
	 * numbers, batches or machines. */
	static const struct {
		uint8_t at, n;
	} makers[] = {
		{ 0, 3 },	/* 9F7F2A */
		{ 3, 10 },	/* fabricator, type; OS, its date, level */
		{ 21, 2 },	/* module fabricator */
		{ 25, 2 },	/* ICC manufacturer */
		{ 29, 2 },	/* pre-personaliser */
		{ 37, 2 },	/* personaliser */
	};

	for (size_t i = 0; i < N(makers); i++)
		rep_bytes_show(b, makers[i].at, makers[i].n);
}

/* Letters for the fields of an info file in their order: '2' two bytes that
 * are told, 'L' a length of two bytes (told) and its value (a common word is
 * told), 'D' sixteen digits of two dates (told where not set). What follows
 * stays hidden. */
static void
fields(struct rep_bytes *b, const char *layout)
{
	struct cb_span cur = cb_span(b->p, b->n), value;
	size_t at;

	for (; *layout != '\0'; layout++) {
		at = b->n - cur.n;
		if (*layout == 'L') {
			if (cb_get_lv16(&cur, &value) != CB_OK)
				return;
			rep_bytes_show(b, at, 2);
			if (is_common_word(value))
				rep_bytes_show(b, at + 2, value.n);
			continue;
		}
		if (cb_get_span(&cur, *layout == '2' ? 2 : 16, &value) !=
		    CB_OK)
			return;
		if (*layout == '2' || begins(value,
			cb_span_str("0000000000000000")))
			rep_bytes_show(b, at, value.n);
	}
}

void
show_v5_certificate(struct rep_bytes *b)
{
	fields(b, "2LLLLL");
}

void
show_v5_public(struct rep_bytes *b)
{
	fields(b, "2LLDL");
}

void
show_v5_private(struct rep_bytes *b)
{
	fields(b, "2LLDL");
}

/* 32 characters of a label, then flags. */
void
show_v5_token(struct rep_bytes *b)
{
	rep_bytes_show(b, 32, 4);
}

/* Entries of five bytes: there or free, file identifier, size. */
void
show_v5_list(struct rep_bytes *b)
{
	/* high bytes of the identifiers of objects; none at all */
	static const uint8_t kinds[] = { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60,
		0x70, 0x00 };

	for (size_t at = 0; at + 5 <= b->n; at += 5) {
		const uint8_t *p = b->p + at;

		if ((p[0] != 0x00 && p[0] != 0xFF) ||
		    memchr(kinds, p[1], sizeof(kinds)) == NULL)
			return;
		rep_bytes_show(b, at, 5);
	}
}

/* Two triples of file identifiers, then a GUID behind its length. */
void
show_v5_container(struct rep_bytes *b)
{
	rep_bytes_show(b, 0, 13);
}

void
show_version(struct rep_bytes *b)
{
	rep_bytes_show(b, 0, 8);
}

/* How many bytes are used, then the table of key containers: allocated ones
 * have nine bytes, free ones eight. */
void
show_gemsafe(struct rep_bytes *b)
{
	static const uint8_t used[] = { 0x01, 0xFE, 0x14 };
	static const uint8_t unused[] = { 0x01, 0xF0, 0x00 };
	size_t at = 2, n;

	rep_bytes_show(b, 0, 2);
	for (; at < b->n; at += n) {
		struct cb_span here = cb_span(b->p + at, b->n - at);

		if (begins(here, CB_SPAN_OF(used)))
			n = 9;
		else if (begins(here, CB_SPAN_OF(unused)))
			n = 8;
		else
			return;
		rep_bytes_show(b, at, n);
	}
}
