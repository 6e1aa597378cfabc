/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card that is one connection's alone: POWER, PROTOCOL, TRANSMIT. The
 * session lasts from POWER on to POWER off, to the end of the connection, or
 * until the card is taken away.
 */
#include <poll.h>

#include "bridge/loop.h"

/* Once: afterwards the card may be somebody else's. */
static void
power_off(struct br_session *s)
{
	if (s->over)
		return;
	s->over = true;
	br_session_power_off(s);
	br_share_release(s->rd, s);
	/* pcscd sees no change when it gives the card back; those who share
	 * cards do, and may wait for it */
	br_server_changed(s->srv);
}

/* ---- requests: false ends the session ---------------------------------- */

static bool
do_power(struct br_session *s, enum br_power what)
{
	struct br_reader *rd = s->rd;
	struct br_link_info info;
	struct cb_why why = { "" };
	bool mine;
	enum cb_err r;

	if (what == BR_POWER_OFF) {
		power_off(s);
		(void)br_session_reply(s, BR_POWERED, CB_SPAN_EMPTY);
		return false;
	}
	(void)br_session_busy(s, true);
	r = br_session_power_on(s, what, &why);
	pthread_mutex_lock(&rd->lock);
	info = rd->info;
	pthread_mutex_unlock(&rd->lock);
	mine = br_session_busy(s, false);
	if (r == CB_OK && mine)
		return br_session_reply(
		    s, BR_POWERED, cb_span(info.atr, info.atr_n));
	/* before the words are out, so that whoever reads them may try */
	power_off(s);
	if (mine)
		(void)br_session_error(s, r, why.text);
	return false;
}

static bool
on_power(struct br_session *s, struct cb_span body)
{
	uint8_t what;

	if (br_get_choice(&what, BR_POWER_RESET, body) != CB_OK) {
		s->closed = true;
		return false;
	}
	return do_power(s, (enum br_power)what);
}

static bool
on_protocol(struct br_session *s, struct cb_span body)
{
	uint8_t t;
	enum cb_err r;

	if (br_get_choice(&t, 1, body) != CB_OK) {
		s->closed = true;
		return false;
	}
	if ((r = br_session_protocol(s, t)) == CB_OK)
		return br_session_reply(s, BR_DONE, CB_SPAN_EMPTY);
	return br_session_error(s, r, "") && r != CB_E_ABSENT;
}

static bool
on_transmit(struct br_session *s, struct cb_span body)
{
	bool on;
	enum cb_err r;

	(void)br_session_busy(s, true);
	r = br_session_transmit(s, body);
	if (!br_session_busy(s, false))
		on = false;
	else if (r == CB_OK)
		on = br_session_reply(s, BR_ANSWER, cb_buf_span(&s->rsp));
	else
		on = br_session_error(s, r, "") && r != CB_E_ABSENT;
	cb_buf_clear(&s->rsp);
	return on;
}

static const struct br_session_request requests[] = {
	{ BR_TRANSMIT, on_transmit },
	{ BR_POWER, on_power },
	{ BR_PROTOCOL, on_protocol },
};

static bool
begin(struct br_session *s)
{
	return do_power(s, s->first);
}

static enum cb_err
put_lost(const struct br_session *s, uint16_t seq, struct cb_buf *frame)
{
	(void)s;
	return br_put_error(frame, seq, CB_E_ABSENT,
	    "The card was taken out of the reader.");
}

static const struct br_session_kind kind = {
	.begin = begin,
	.requests = requests,
	.requests_n = sizeof(requests) / sizeof(requests[0]),
	.end = power_off,
	.put_lost = put_lost,
	.after = BR_CONN_ATTACHED,
	.rest_ms = BR_REST_MS,
};

/* ---- the loop's side --------------------------------------------------- */

/* Has whoever holds the card hung up, and its thread not noticed yet? */
static bool
is_orphan(struct br_reader *rd)
{
	struct pollfd p = { .fd = -1, .events = POLLRDHUP };

	pthread_mutex_lock(&rd->lock);
	if (rd->holder != NULL)
		p.fd = rd->holder->conn->fd;
	pthread_mutex_unlock(&rd->lock);
	return p.fd >= 0 && poll(&p, 1, 0) > 0;
}

bool
br_powered_orphan(struct br_server *srv, struct br_reader *rd)
{
	if (!is_orphan(rd))
		return false;
	br_session_lose(srv, rd);
	return true;
}

/* A pcscd that was killed, or a plug-in that has given up, may have left its
 * card computing: who comes next does not wait for that. */
static enum cb_err
claim(struct br_session *s, struct br_conn *c, struct br_reader *rd,
    struct cb_why *why)
{
	enum cb_err r;

	r = br_share_claim(rd, s, c->aim.road, c->cred.pid, why);
	if (r == CB_E_BUSY && br_powered_orphan(c->srv, rd))
		r = br_share_claim(rd, s, c->aim.road, c->cred.pid, why);
	/* pcscd sees the card, asks once, and takes it for mute from then on */
	if (r == CB_E_BUSY && c->aim.road == BR_ROAD_PCSC)
		rd->owed = br_share_sees(rd, BR_ROAD_PCSC);
	return r;
}

enum cb_err
br_powered_start(struct br_conn *c, struct br_reader *rd, enum br_power what,
    struct cb_why *why)
{
	struct br_session *s;
	enum cb_err r;

	if ((r = br_session_new(&s, &kind, c, rd)) != CB_OK)
		return r;
	s->first = what;
	if ((r = claim(s, c, rd, why)) == CB_OK) {
		br_server_changed(c->srv);
		if ((r = br_session_run(s, why)) == CB_OK)
			return CB_OK;
		br_share_release(rd, s);
		br_server_tell(c->srv, rd, false);
	}
	br_session_free(s);
	return r;
}
