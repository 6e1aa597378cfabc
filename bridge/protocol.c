/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The local wire: see protocol.h and PROTOCOL.md.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bridge/frame.h"

/* Every message: who sends it, and the least and most bytes of its body.
 * HELLO and WELCOME have room to grow, so that another version is told in
 * words. */
static const struct {
	uint16_t type;
	enum br_from from;
	uint32_t min, max;
	const char *name;
} messages[] = {
	{ BR_HELLO, BR_FROM_CLIENT, 6, 512, "HELLO" },
	{ BR_WELCOME, BR_FROM_BRIDGE, 6, 512, "WELCOME" },
	{ BR_ERROR, BR_FROM_BRIDGE, 4, 4 + BR_TEXT_MAX, "ERROR" },
	{ BR_WORKING, BR_FROM_BRIDGE, 0, 0, "WORKING" },
	{ BR_DONE, BR_FROM_BRIDGE, 0, 0, "DONE" },
	{ BR_ATTACH, BR_FROM_CLIENT, 4, 4 + BR_NAME_MAX, "ATTACH" },
	{ BR_ATTACHED, BR_FROM_BRIDGE, 18, 18, "ATTACHED" },
	{ BR_POWER, BR_FROM_CLIENT, 1, 1, "POWER" },
	{ BR_POWERED, BR_FROM_BRIDGE, 0, CB_ATR_MAX, "POWERED" },
	{ BR_PROTOCOL, BR_FROM_CLIENT, 1, 1, "PROTOCOL" },
	{ BR_TRANSMIT, BR_FROM_CLIENT, 0, BR_BODY_MAX, "TRANSMIT" },
	{ BR_ANSWER, BR_FROM_BRIDGE, 2, BR_BODY_MAX, "ANSWER" },
	{ BR_WATCH, BR_FROM_CLIENT, 4, 4 + BR_NAME_MAX, "WATCH" },
	{ BR_WATCHING, BR_FROM_BRIDGE, 18, 18, "WATCHING" },
	{ BR_STATE, BR_FROM_BRIDGE, 18, 18, "STATE" },
	{ BR_READER_ADD, BR_FROM_CLIENT, 4, 4 + BR_NAME_MAX + BR_URI_MAX,
	    "READER_ADD" },
	{ BR_READER_REMOVE, BR_FROM_CLIENT, 2, 2 + BR_NAME_MAX,
	    "READER_REMOVE" },
	{ BR_READER_EJECT, BR_FROM_CLIENT, 2, 2 + BR_NAME_MAX,
	    "READER_EJECT" },
	{ BR_READER_INSERT, BR_FROM_CLIENT, 2, 2 + BR_NAME_MAX,
	    "READER_INSERT" },
	{ BR_READER_NEXT, BR_FROM_CLIENT, 4, 4, "READER_NEXT" },
	{ BR_READER_INFO, BR_FROM_BRIDGE, 16, 8192, "READER_INFO" },
	{ BR_VISITS, BR_FROM_CLIENT, 0, 0, "VISITS" },
	{ BR_VISITED, BR_FROM_BRIDGE, 4, 4, "VISITED" },
	{ BR_STATUS, BR_FROM_CLIENT, 0, 0, "STATUS" },
	{ BR_RUNNING, BR_FROM_BRIDGE, 22, 64, "RUNNING" },
	{ BR_LINK, BR_FROM_CLIENT, 2, 2 + BR_NAME_MAX, "LINK" },
	{ BR_LINK_INFO, BR_FROM_BRIDGE, 20, 4096, "LINK_INFO" },
	{ BR_SHARE_CONNECT, BR_FROM_CLIENT, 5, 4 + BR_NAME_MAX,
	    "SHARE_CONNECT" },
	{ BR_SHARE_RECONNECT, BR_FROM_CLIENT, 3, 3, "SHARE_RECONNECT" },
	{ BR_SHARE_DISCONNECT, BR_FROM_CLIENT, 1, 1, "SHARE_DISCONNECT" },
	{ BR_SHARE_BEGIN, BR_FROM_CLIENT, 0, 0, "SHARE_BEGIN" },
	{ BR_SHARE_END, BR_FROM_CLIENT, 1, 1, "SHARE_END" },
	{ BR_SHARE_STATUS, BR_FROM_CLIENT, 1, 1, "SHARE_STATUS" },
	{ BR_SHARE_TRANSMIT, BR_FROM_CLIENT, 1, BR_BODY_MAX,
	    "SHARE_TRANSMIT" },
	{ BR_SHARE_ABORT, BR_FROM_CLIENT, 2, 2, "SHARE_ABORT" },
	{ BR_SHARED, BR_FROM_BRIDGE, 13, 13 + CB_ATR_MAX, "SHARED" },
	{ BR_LIST, BR_FROM_CLIENT, 5, 5, "LIST" },
	{ BR_LISTED, BR_FROM_BRIDGE, 5, BR_BODY_MAX, "LISTED" },
	{ BR_CHANGED, BR_FROM_BRIDGE, 0, 0, "CHANGED" },
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* Numbers of the wire for our errors; CB_OK is none. */
static const struct {
	enum cb_err e;
	uint16_t number;
} errors[] = {
	{ CB_E_NOMEM, 1 },
	{ CB_E_ARG, 2 },
	{ CB_E_SHORT, 3 },
	{ CB_E_FORMAT, 4 },
	{ CB_E_LIMIT, 5 },
	{ CB_E_ABSENT, 6 },
	{ CB_E_DENIED, 7 },
	{ CB_E_BUSY, 8 },
	{ CB_E_TIMEOUT, 9 },
	{ CB_E_PEER, 10 },
	{ CB_E_STORE, 11 },
	{ CB_E_CRYPTO, 12 },
	{ CB_E_INTERNAL, 13 },
};

#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

enum { STATE_KNOWN = 1, STATE_PRESENT = 2, STATE_TEST = 4 };
enum { AIM_NAME = 1, AIM_SLOT = 2 };
#define NO_SLOT 0xff

/* ---- frames ------------------------------------------------------------ */

void
br_header_put(
    uint8_t raw[BR_HEADER_SIZE], uint16_t type, uint16_t seq, uint32_t length)
{
	raw[0] = (uint8_t)(length >> 24);
	raw[1] = (uint8_t)(length >> 16);
	raw[2] = (uint8_t)(length >> 8);
	raw[3] = (uint8_t)length;
	raw[4] = (uint8_t)(type >> 8);
	raw[5] = (uint8_t)type;
	raw[6] = (uint8_t)(seq >> 8);
	raw[7] = (uint8_t)seq;
}

enum cb_err
br_header_get(struct br_header *out, const uint8_t raw[BR_HEADER_SIZE],
    enum br_from from)
{
	size_t i;

	out->length = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 |
	    (uint32_t)raw[2] << 8 | raw[3];
	out->type = (uint16_t)(raw[4] << 8 | raw[5]);
	out->seq = (uint16_t)(raw[6] << 8 | raw[7]);
	for (i = 0; i < N_MESSAGES; i++) {
		if (messages[i].type != out->type || messages[i].from != from)
			continue;
		if (out->length < messages[i].min ||
		    out->length > messages[i].max)
			return CB_E_LIMIT;
		return CB_OK;
	}
	return CB_E_FORMAT;
}

const char *
br_type_name(uint16_t type)
{
	size_t i;

	for (i = 0; i < N_MESSAGES; i++)
		if (messages[i].type == type)
			return messages[i].name;
	return "?";
}

enum cb_err
br_frame_begin(struct cb_buf *b, size_t *mark)
{
	uint8_t *header;

	*mark = b->n;
	return cb_buf_grow(b, BR_HEADER_SIZE, &header);
}

enum cb_err
br_frame_end(
    struct cb_buf *b, size_t mark, uint16_t seq, uint16_t type, enum cb_err r)
{
	if (r != CB_OK)
		return cb_buf_undo(b, mark, r);
	br_header_put(b->p + mark, type, seq,
	    (uint32_t)(b->n - mark - BR_HEADER_SIZE));
	return CB_OK;
}

enum cb_err
br_put_plain(struct cb_buf *b, uint16_t seq, uint16_t type, struct cb_span body)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK)
		r = cb_buf_add(b, body);
	return br_frame_end(b, mark, seq, type, r);
}

/* ---- greeting ---------------------------------------------------------- */

enum cb_err
br_put_hello(struct cb_buf *b, uint16_t seq)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u32(b, BR_MAGIC)) == CB_OK &&
	    (r = cb_put_u16(b, BR_VERSION)) == CB_OK)
		r = cb_put_lv16(b, cb_span_str(BR_RELEASE));
	return br_frame_end(b, mark, seq, BR_HELLO, r);
}

enum cb_err
br_get_hello(struct br_hello *out, struct cb_span body)
{
	uint32_t magic;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u32(&body, &magic)) != CB_OK)
		return r;
	if (magic != BR_MAGIC)
		return CB_E_FORMAT;
	if ((r = cb_get_u16(&body, &out->version)) != CB_OK)
		return r;
	if (out->version != BR_VERSION)
		return CB_OK;
	r = cb_get_text(&body, out->release, sizeof(out->release));
	return r != CB_OK ? r : cb_get_end(&body);
}

enum cb_err
br_put_welcome(
    struct cb_buf *b, uint16_t seq, uint32_t exchange_ms, uint32_t long_ms)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u32(b, BR_MAGIC)) == CB_OK &&
	    (r = cb_put_u16(b, BR_VERSION)) == CB_OK &&
	    (r = cb_put_u32(b, exchange_ms)) == CB_OK &&
	    (r = cb_put_u32(b, long_ms)) == CB_OK)
		r = cb_put_lv16(b, cb_span_str(BR_RELEASE));
	return br_frame_end(b, mark, seq, BR_WELCOME, r);
}

enum cb_err
br_get_welcome(struct br_welcome *out, struct cb_span body)
{
	uint32_t magic;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u32(&body, &magic)) != CB_OK)
		return r;
	if (magic != BR_MAGIC)
		return CB_E_FORMAT;
	if ((r = cb_get_u16(&body, &out->version)) != CB_OK)
		return r;
	if (out->version != BR_VERSION)
		return CB_OK;
	if ((r = cb_get_u32(&body, &out->exchange_ms)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->long_ms)) != CB_OK)
		return r;
	r = cb_get_text(&body, out->release, sizeof(out->release));
	if (r != CB_OK)
		return r;
	if (out->exchange_ms == 0 || out->long_ms == 0 ||
	    out->exchange_ms > BR_DEADLINE_MAX_MS ||
	    out->long_ms > BR_DEADLINE_MAX_MS)
		return CB_E_FORMAT;
	return cb_get_end(&body);
}

/* ---- errors ------------------------------------------------------------ */

enum cb_err
br_put_error(
    struct cb_buf *b, uint16_t seq, enum cb_err e, const char *text)
{
	uint16_t number = 13;
	size_t mark, i;
	enum cb_err r;

	for (i = 0; i < N_ERRORS; i++)
		if (errors[i].e == e)
			number = errors[i].number;
	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u16(b, number)) == CB_OK)
		r = cb_put_text(b, text != NULL ? text : "", BR_TEXT_MAX);
	return br_frame_end(b, mark, seq, BR_ERROR, r);
}

enum cb_err
br_get_error(enum cb_err *e, struct cb_why *why, struct cb_span body)
{
	char text[BR_TEXT_MAX + 1];
	uint16_t number;
	size_t i;
	enum cb_err r;

	*e = CB_E_INTERNAL;
	if ((r = cb_get_u16(&body, &number)) != CB_OK ||
	    (r = cb_get_text(&body, text, sizeof(text))) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	for (i = 0; i < N_ERRORS; i++)
		if (errors[i].number == number)
			break;
	if (i == N_ERRORS)
		return CB_E_FORMAT;
	*e = errors[i].e;
	cb_why_set(why, "%s", text[0] != '\0' ? text : cb_err_text(*e));
	return CB_OK;
}

/* ---- readers and their state ------------------------------------------- */

enum cb_err
br_put_aim(struct cb_buf *b, uint16_t seq, uint16_t type,
    const struct br_target *t, enum br_road road)
{
	const char *name = t->name != NULL ? t->name : "";
	size_t mark = b->n;
	enum cb_err r;

	if (t->name != NULL) {
		if ((r = br_name_check(t->name, NULL)) != CB_OK)
			return r;
	} else if (t->slot >= BR_SLOTS_MAX) {
		return CB_E_ARG;
	}
	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u8(b, (uint8_t)road)) == CB_OK &&
	    (r = cb_put_u8(b, t->name != NULL ? NO_SLOT : (uint8_t)t->slot)) ==
	    CB_OK)
		r = cb_put_lv16(b, cb_span_str(name));
	return br_frame_end(b, mark, seq, type, r);
}

enum cb_err
br_get_aim(struct br_aim *out, struct cb_span body)
{
	uint8_t road, slot;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u8(&body, &road)) != CB_OK ||
	    (r = cb_get_u8(&body, &slot)) != CB_OK ||
	    (r = cb_get_text(&body, out->name, sizeof(out->name))) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (road != BR_ROAD_PCSC && road != BR_ROAD_DIRECT)
		return CB_E_FORMAT;
	out->road = (enum br_road)road;
	if (slot == NO_SLOT) {
		out->slot = BR_SLOTS_MAX;
		return br_name_check(out->name, NULL) == CB_OK ? CB_OK :
								 CB_E_FORMAT;
	}
	if (slot >= BR_SLOTS_MAX || out->name[0] != '\0')
		return CB_E_FORMAT;
	out->slot = slot;
	return CB_OK;
}

enum cb_err
br_put_state(struct cb_buf *b, uint16_t seq, uint16_t type,
    const struct br_state *s)
{
	uint8_t flags = (uint8_t)((s->known ? STATE_KNOWN : 0) |
	    (s->present ? STATE_PRESENT : 0) | (s->test ? STATE_TEST : 0));
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u8(b, flags)) == CB_OK &&
	    (r = cb_put_u8(b, s->protocols)) == CB_OK &&
	    (r = cb_put_u32(b, s->changes)) == CB_OK &&
	    (r = cb_put_u32(b, s->max_apdu)) == CB_OK)
		r = cb_put_u64(b, s->stamp_ns);
	return br_frame_end(b, mark, seq, type, r);
}

enum cb_err
br_get_state(struct br_state *out, struct cb_span body)
{
	uint8_t flags;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u8(&body, &flags)) != CB_OK ||
	    (r = cb_get_u8(&body, &out->protocols)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->changes)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->max_apdu)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->stamp_ns)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if ((flags & ~(STATE_KNOWN | STATE_PRESENT | STATE_TEST)) != 0 ||
	    (out->protocols & ~3) != 0)
		return CB_E_FORMAT;
	out->known = (flags & STATE_KNOWN) != 0;
	out->present = (flags & STATE_PRESENT) != 0;
	out->test = (flags & STATE_TEST) != 0;
	return CB_OK;
}

enum cb_err
br_get_choice(uint8_t *out, uint8_t max, struct cb_span body)
{
	uint8_t v;
	enum cb_err r;

	if ((r = cb_get_u8(&body, &v)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (v > max)
		return CB_E_FORMAT;
	*out = v;
	return CB_OK;
}

enum cb_err
br_get_atr(uint8_t atr[CB_ATR_MAX], size_t *atr_n, struct cb_span body)
{
	*atr_n = 0;
	if (body.n > CB_ATR_MAX)
		return CB_E_LIMIT;
	if (body.n > 0)
		memcpy(atr, body.p, body.n);
	*atr_n = body.n;
	return CB_OK;
}

/* ---- administration ---------------------------------------------------- */

enum cb_err
br_put_add(
    struct cb_buf *b, uint16_t seq, const char *name, const char *uri)
{
	size_t mark = b->n;
	enum cb_err r;

	if (strlen(name) > BR_NAME_MAX || strlen(uri) > BR_URI_MAX)
		return CB_E_LIMIT;
	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_lv16(b, cb_span_str(name))) == CB_OK)
		r = cb_put_lv16(b, cb_span_str(uri));
	return br_frame_end(b, mark, seq, BR_READER_ADD, r);
}

enum cb_err
br_get_add(char name[BR_NAME_MAX + 1], char uri[BR_URI_MAX + 1],
    struct cb_span body)
{
	enum cb_err r;

	if ((r = cb_get_text(&body, name, BR_NAME_MAX + 1)) != CB_OK ||
	    (r = cb_get_text(&body, uri, BR_URI_MAX + 1)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
br_put_name(struct cb_buf *b, uint16_t seq, uint16_t type, const char *name)
{
	size_t mark = b->n;
	enum cb_err r;

	if (strlen(name) > BR_NAME_MAX)
		return CB_E_LIMIT;
	if ((r = br_frame_begin(b, &mark)) == CB_OK)
		r = cb_put_lv16(b, cb_span_str(name));
	return br_frame_end(b, mark, seq, type, r);
}

enum cb_err
br_get_name(char name[BR_NAME_MAX + 1], struct cb_span body)
{
	enum cb_err r;

	if ((r = cb_get_text(&body, name, BR_NAME_MAX + 1)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

static enum cb_err
put_number(struct cb_buf *b, uint16_t seq, uint16_t type, uint32_t number)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK)
		r = cb_put_u32(b, number);
	return br_frame_end(b, mark, seq, type, r);
}

static enum cb_err
get_number(uint32_t *number, struct cb_span body)
{
	enum cb_err r;

	if ((r = cb_get_u32(&body, number)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
br_put_next(struct cb_buf *b, uint16_t seq, uint32_t after)
{
	return put_number(b, seq, BR_READER_NEXT, after);
}

enum cb_err
br_get_next(uint32_t *after, struct cb_span body)
{
	return get_number(after, body);
}

enum cb_err
br_put_visited(struct cb_buf *b, uint16_t seq, uint32_t visits)
{
	return put_number(b, seq, BR_VISITED, visits);
}

enum cb_err
br_get_visited(uint32_t *visits, struct cb_span body)
{
	return get_number(visits, body);
}

enum cb_err
br_put_info(struct cb_buf *b, uint16_t seq, uint32_t number,
    const struct br_reader_info *info)
{
	uint8_t flags = (uint8_t)((info->present ? STATE_PRESENT : 0) |
	    (info->test ? STATE_TEST : 0));
	uint8_t slot = info->slot >= 0 ? (uint8_t)info->slot : NO_SLOT;
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u32(b, number)) == CB_OK &&
	    (r = cb_put_u8(b, slot)) == CB_OK &&
	    (r = cb_put_u8(b, flags)) == CB_OK &&
	    (r = cb_put_text(b, info->name, sizeof(info->name) - 1)) == CB_OK &&
	    (r = cb_put_text(b, info->uri, BR_URI_MAX)) == CB_OK &&
	    (r = cb_put_text(b, info->busy_with, sizeof(info->busy_with) - 1)) ==
	    CB_OK &&
	    (r = cb_put_text(b, info->trouble, sizeof(info->trouble) - 1)) ==
	    CB_OK)
		r = cb_put_lv16(b, cb_span(info->atr, info->atr_n));
	return br_frame_end(b, mark, seq, BR_READER_INFO, r);
}

/* pcscd appends reader number and slot to the friendly name of a file. */
#define PCSC_PREFIX "cardbridge "
#define PCSC_SUFFIX " 00 00"

void
br_pcsc_name(char out[128], const char *name)
{
	snprintf(out, 128, PCSC_PREFIX "%s" PCSC_SUFFIX, name);
}

enum cb_err
br_pcsc_name_of(char out[64], const char *pcsc_name)
{
	const size_t before = strlen(PCSC_PREFIX), after = strlen(PCSC_SUFFIX);
	size_t n = strlen(pcsc_name);

	out[0] = '\0';
	if (n <= before + after || n - before - after > BR_NAME_MAX ||
	    strncmp(pcsc_name, PCSC_PREFIX, before) != 0 ||
	    strcmp(pcsc_name + n - after, PCSC_SUFFIX) != 0)
		return CB_E_ABSENT;
	n -= before + after;
	memcpy(out, pcsc_name + before, n);
	out[n] = '\0';
	if (br_name_check(out, NULL) == CB_OK)
		return CB_OK;
	out[0] = '\0';
	return CB_E_ABSENT;
}

enum cb_err
br_get_info(
    uint32_t *number, struct br_reader_info *info, struct cb_span body)
{
	struct cb_span atr;
	uint8_t slot, flags;
	enum cb_err r;

	memset(info, 0, sizeof(*info));
	if ((r = cb_get_u32(&body, number)) != CB_OK ||
	    (r = cb_get_u8(&body, &slot)) != CB_OK ||
	    (r = cb_get_u8(&body, &flags)) != CB_OK ||
	    (r = cb_get_text(&body, info->name, sizeof(info->name))) != CB_OK ||
	    (r = cb_get_text(&body, info->uri, sizeof(info->uri))) != CB_OK ||
	    (r = cb_get_text(&body, info->busy_with, sizeof(info->busy_with))) !=
	    CB_OK ||
	    (r = cb_get_text(&body, info->trouble, sizeof(info->trouble))) !=
	    CB_OK ||
	    (r = cb_get_lv16(&body, &atr)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if ((flags & ~(STATE_PRESENT | STATE_TEST)) != 0 ||
	    (slot != NO_SLOT && slot >= BR_SLOTS_MAX))
		return CB_E_FORMAT;
	if ((r = br_name_check(info->name, NULL)) != CB_OK)
		return CB_E_FORMAT;
	if ((r = br_get_atr(info->atr, &info->atr_n, atr)) != CB_OK)
		return r;
	info->present = (flags & STATE_PRESENT) != 0;
	info->test = (flags & STATE_TEST) != 0;
	info->slot = slot == NO_SLOT ? -1 : slot;
	br_pcsc_name(info->pcsc_name, info->name);
	if (info->slot >= 0)
		snprintf(info->pcsc_slot_name, sizeof(info->pcsc_slot_name),
		    "cardbridge slots 00 %02X", (unsigned)info->slot);
	return CB_OK;
}

enum cb_err
br_name_check(const char *name, struct cb_why *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t n = strlen(name);

	if (n == 0 || n > BR_NAME_MAX || strspn(name, allowed) != n) {
		cb_why_set(why, "A reader's name is 1 to %d letters, digits, "
		    "dots, underscores or dashes.", BR_NAME_MAX);
		return CB_E_ARG;
	}
	/* some programs skip readers that call themselves virtual */
	if (strcasestr(name, "virtual") != NULL) {
		cb_why_set(why, "A reader's name must not contain \"virtual\": "
		    "some programs ignore such readers.");
		return CB_E_ARG;
	}
	/* "cardbridge slots" is what the file for all slots is called */
	if (strcasecmp(name, "slots") == 0) {
		cb_why_set(why, "\"slots\" cannot be the name of a reader.");
		return CB_E_ARG;
	}
	return CB_OK;
}
