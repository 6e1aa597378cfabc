/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * BER-TLV (ISO 7816-4, 5.2.2). Read: tags of 1 to 3 bytes, lengths of 1 to 3
 * bytes, also longer than they need be (the standard allows that); refused:
 * the padding byte 00 where a tag should stand, a tag number with a leading
 * zero (second byte 80), the indefinite form, lengths of 4 bytes and more.
 * Written: the shortest length.
 */
#include <string.h>

#include "common/tlv.h"

#define TAG_MORE 0x1F	/* first byte, low five bits: the tag goes on */
#define GOES_ON 0x80	/* later byte, high bit: the tag goes on */
#define TAG_BYTES 3
#define LENGTH_BYTES 3
#define LENGTH_1 0x81	/* one length byte follows */
#define LENGTH_2 0x82	/* two follow */

static enum cb_err
get_tag(struct cb_span *cur, uint32_t *tag)
{
	uint32_t v;
	uint8_t c;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &c)) != CB_OK)
		return r;
	if (c == 0)
		return CB_E_FORMAT;
	v = c;
	if ((c & TAG_MORE) == TAG_MORE) {
		for (int i = 1;; i++) {
			if ((r = cb_get_u8(cur, &c)) != CB_OK)
				return r;
			if (i == 1 && c == GOES_ON)
				return CB_E_FORMAT;
			v = v << 8 | c;
			if ((c & GOES_ON) == 0)
				break;
			if (i == TAG_BYTES - 1)
				return CB_E_FORMAT;
		}
	}
	*tag = v;
	return CB_OK;
}

static enum cb_err
get_length(struct cb_span *cur, size_t *length)
{
	uint8_t c;
	uint16_t two;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &c)) != CB_OK)
		return r;
	if (c < GOES_ON) {
		*length = c;
	} else if (c == LENGTH_1) {
		if ((r = cb_get_u8(cur, &c)) != CB_OK)
			return r;
		*length = c;
	} else if (c == LENGTH_2) {
		if ((r = cb_get_u16(cur, &two)) != CB_OK)
			return r;
		*length = two;
	} else {
		return CB_E_FORMAT;
	}
	return CB_OK;
}

enum cb_err
cb_tlv_get(struct cb_span *cur, uint32_t *tag, struct cb_span *value)
{
	struct cb_span ahead = *cur;
	uint32_t t;
	size_t n;
	enum cb_err r;

	if (cur->n == 0)
		return CB_E_ABSENT;
	if ((r = get_tag(&ahead, &t)) != CB_OK ||
	    (r = get_length(&ahead, &n)) != CB_OK ||
	    (r = cb_get_span(&ahead, n, value)) != CB_OK)
		return r;
	*tag = t;
	*cur = ahead;
	return CB_OK;
}

enum cb_err
cb_tlv_expect(struct cb_span *cur, uint32_t tag, struct cb_span *value)
{
	struct cb_span ahead = *cur, v;
	uint32_t t;
	enum cb_err r;

	if ((r = cb_tlv_get(&ahead, &t, &v)) != CB_OK)
		return r;
	if (t != tag)
		return CB_E_FORMAT;
	*cur = ahead;
	*value = v;
	return CB_OK;
}

enum cb_err
cb_tlv_find(struct cb_span in, uint32_t tag, struct cb_span *value)
{
	struct cb_span v;
	uint32_t t;
	enum cb_err r;

	while ((r = cb_tlv_get(&in, &t, &v)) == CB_OK) {
		if (t == tag) {
			*value = v;
			return CB_OK;
		}
	}
	return r;
}

enum cb_err
cb_tlv_expect_u8(struct cb_span *cur, uint32_t tag, uint8_t *value)
{
	struct cb_span ahead = *cur, v;
	uint8_t byte;
	enum cb_err r;

	if ((r = cb_tlv_expect(&ahead, tag, &v)) != CB_OK)
		return r;
	if (cb_get_u8(&v, &byte) != CB_OK || cb_get_end(&v) != CB_OK)
		return CB_E_FORMAT;
	*cur = ahead;
	*value = byte;
	return CB_OK;
}

enum cb_err
cb_tlv_expect_u16(struct cb_span *cur, uint32_t tag, uint16_t *value)
{
	struct cb_span ahead = *cur, v;
	uint16_t two;
	enum cb_err r;

	if ((r = cb_tlv_expect(&ahead, tag, &v)) != CB_OK)
		return r;
	if (cb_get_u16(&v, &two) != CB_OK || cb_get_end(&v) != CB_OK)
		return CB_E_FORMAT;
	*cur = ahead;
	*value = two;
	return CB_OK;
}

/* The bytes of a tag that get_tag() would read back; 0: there is no such. */
static size_t
tag_bytes(uint32_t tag, uint8_t out[TAG_BYTES])
{
	uint8_t raw[TAG_BYTES] = {
		(uint8_t)(tag >> 16), (uint8_t)(tag >> 8), (uint8_t)tag,
	};
	size_t skip = tag > 0xFFFF ? 0 : tag > 0xFF ? 1 : 2;
	size_t n = TAG_BYTES - skip;
	struct cb_span cur = cb_span(raw + skip, n);
	uint32_t again;

	if (tag > 0xFFFFFF || get_tag(&cur, &again) != CB_OK || cur.n != 0)
		return 0;
	memcpy(out, raw + skip, n);
	return n;
}

static size_t
length_bytes(size_t length, uint8_t out[LENGTH_BYTES])
{
	size_t n = 0;

	if (length > 0xFF)
		out[n++] = LENGTH_2;
	else if (length >= GOES_ON)
		out[n++] = LENGTH_1;
	if (length > 0xFF)
		out[n++] = (uint8_t)(length >> 8);
	out[n++] = (uint8_t)length;
	return n;
}

enum cb_err
cb_tlv_put(struct cb_buf *b, uint32_t tag, struct cb_span value)
{
	uint8_t head[TAG_BYTES + LENGTH_BYTES];
	size_t n;
	enum cb_err r;

	if ((n = tag_bytes(tag, head)) == 0)
		return CB_E_ARG;
	if (value.n > UINT16_MAX)
		return CB_E_LIMIT;
	n += length_bytes(value.n, head + n);
	/* room first, so that the second half cannot fail */
	if ((r = cb_buf_reserve(b, b->n + n + value.n)) != CB_OK ||
	    (r = cb_buf_add(b, cb_span(head, n))) != CB_OK)
		return r;
	return cb_buf_add(b, value);
}

enum cb_err
cb_tlv_put_u8(struct cb_buf *b, uint32_t tag, uint8_t value)
{
	return cb_tlv_put(b, tag, cb_span(&value, 1));
}

enum cb_err
cb_tlv_put_u16(struct cb_buf *b, uint32_t tag, uint16_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	return cb_tlv_put(b, tag, CB_SPAN_OF(bytes));
}

enum cb_err
cb_tlv_open(struct cb_buf *b, uint32_t tag, size_t *mark)
{
	uint8_t head[TAG_BYTES + 1] = { 0 };
	size_t n;
	enum cb_err r;

	if ((n = tag_bytes(tag, head)) == 0)
		return CB_E_ARG;
	head[n] = 0;
	if ((r = cb_buf_add(b, cb_span(head, n + 1))) != CB_OK)
		return r;
	*mark = b->n - 1;
	return CB_OK;
}

enum cb_err
cb_tlv_close(struct cb_buf *b, size_t mark)
{
	uint8_t head[LENGTH_BYTES], *added;
	size_t length, n;
	enum cb_err r;

	if (mark >= b->n)
		return CB_E_ARG;
	length = b->n - mark - 1;
	if (length > UINT16_MAX)
		return CB_E_LIMIT;
	n = length_bytes(length, head);
	if ((r = cb_buf_grow(b, n - 1, &added)) != CB_OK)
		return r;
	memmove(b->p + mark + n, b->p + mark + 1, length);
	memcpy(b->p + mark, head, n);
	return CB_OK;
}
