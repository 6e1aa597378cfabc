/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The messages RUNNING and LINK_INFO, see client_status.h.
 */
#include <string.h>

#include "bridge/frame.h"
#include "bridge/client_status.h"

enum { LINK_REMOTE = 1, LINK_SESSION = 2, LINK_FLAGS = 3 };

enum cb_err
br_put_running(
    struct cb_buf *b, uint16_t seq, const struct br_bridge_status *s)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u32(b, s->pid)) == CB_OK &&
	    (r = cb_put_u64(b, s->since)) == CB_OK &&
	    (r = cb_put_u32(b, s->readers)) == CB_OK &&
	    (r = cb_put_u32(b, s->connections)) == CB_OK)
		r = cb_put_text(b, s->release, sizeof(s->release) - 1);
	return br_frame_end(b, mark, seq, BR_RUNNING, r);
}

enum cb_err
br_get_running(struct br_bridge_status *out, struct cb_span body)
{
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u32(&body, &out->pid)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->since)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->readers)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->connections)) != CB_OK ||
	    (r = cb_get_text(&body, out->release, sizeof(out->release))) !=
		CB_OK)
		return r;
	return cb_get_end(&body);
}

/* ---- links --------------------------------------------------------------- */

static enum cb_err
put_programs(struct cb_buf *b, const struct br_link_status *s)
{
	enum cb_err r = cb_put_u8(b, (uint8_t)s->programs_n);

	for (unsigned i = 0; r == CB_OK && i < s->programs_n; i++)
		r = cb_put_text(
		    b, s->programs[i], sizeof(s->programs[i]) - 1);
	return r;
}

static enum cb_err
put_road(struct cb_buf *b, const struct br_road_status *s)
{
	const uint64_t counts[] = { s->trips, s->others, s->again, s->sent,
		s->received };
	enum cb_err r;

	if ((r = cb_put_u8(b, (uint8_t)s->state)) != CB_OK ||
	    (r = cb_put_u64(b, s->since)) != CB_OK ||
	    (r = cb_put_u32(b, s->next_ms)) != CB_OK ||
	    (r = cb_put_text(b, s->url, sizeof(s->url) - 1)) != CB_OK ||
	    (r = cb_put_text(b, s->why, sizeof(s->why) - 1)) != CB_OK ||
	    (r = cb_put_text(b, s->identity, sizeof(s->identity) - 1)) !=
		CB_OK ||
	    (r = cb_put_u64(b, s->identity_until)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(s->session))) != CB_OK)
		return r;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if ((r = cb_put_u64(b, counts[i])) != CB_OK)
			return r;
	return CB_OK;
}

enum cb_err
br_put_link_info(
    struct cb_buf *b, uint16_t seq, const struct br_link_status *s)
{
	uint8_t flags = (uint8_t)((s->remote ? LINK_REMOTE : 0) |
	    (s->remote && s->road.in_session ? LINK_SESSION : 0));
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u8(b, flags)) == CB_OK &&
	    (r = cb_put_text(b, s->kind, sizeof(s->kind) - 1)) == CB_OK &&
	    (r = cb_put_u64(b, s->apdus)) == CB_OK &&
	    (r = cb_put_u64(b, s->responses)) == CB_OK &&
	    (r = put_programs(b, s)) == CB_OK && s->remote)
		r = put_road(b, &s->road);
	return br_frame_end(b, mark, seq, BR_LINK_INFO, r);
}

static enum cb_err
get_programs(struct cb_span *cur, struct br_link_status *s)
{
	uint8_t n;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &n)) != CB_OK)
		return r;
	if (n > BR_PROGRAMS_MAX)
		return CB_E_FORMAT;
	for (; s->programs_n < n; s->programs_n++)
		if ((r = cb_get_text(cur, s->programs[s->programs_n],
			 sizeof(s->programs[0]))) != CB_OK)
			return r;
	return CB_OK;
}

static enum cb_err
get_road(struct cb_span *cur, struct br_road_status *s)
{
	uint64_t *const counts[] = { &s->trips, &s->others, &s->again,
		&s->sent, &s->received };
	struct cb_span session;
	uint8_t state;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &state)) != CB_OK ||
	    (r = cb_get_u64(cur, &s->since)) != CB_OK ||
	    (r = cb_get_u32(cur, &s->next_ms)) != CB_OK ||
	    (r = cb_get_text(cur, s->url, sizeof(s->url))) != CB_OK ||
	    (r = cb_get_text(cur, s->why, sizeof(s->why))) != CB_OK ||
	    (r = cb_get_text(cur, s->identity, sizeof(s->identity))) !=
		CB_OK ||
	    (r = cb_get_u64(cur, &s->identity_until)) != CB_OK ||
	    (r = cb_get_span(cur, sizeof(s->session), &session)) != CB_OK)
		return r;
	if (state > BR_ROAD_DOWN)
		return CB_E_FORMAT;
	s->state = state;
	memcpy(s->session, session.p, sizeof(s->session));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if ((r = cb_get_u64(cur, counts[i])) != CB_OK)
			return r;
	return CB_OK;
}

enum cb_err
br_get_link_info(struct br_link_status *out, struct cb_span body)
{
	uint8_t flags;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u8(&body, &flags)) != CB_OK ||
	    (r = cb_get_text(&body, out->kind, sizeof(out->kind))) != CB_OK ||
	    (r = cb_get_u64(&body, &out->apdus)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->responses)) != CB_OK ||
	    (r = get_programs(&body, out)) != CB_OK)
		return r;
	out->remote = (flags & LINK_REMOTE) != 0;
	out->road.in_session = (flags & LINK_SESSION) != 0;
	if ((flags & ~LINK_FLAGS) != 0 ||
	    (out->road.in_session && !out->remote))
		return CB_E_FORMAT;
	if (out->remote && (r = get_road(&body, &out->road)) != CB_OK)
		return r;
	return cb_get_end(&body);
}
