/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card that several programs share, each over a connection of its own that
 * is one handle: SHARE_*. The rules are in arbiter.c; here they meet the card
 * and the wire. The session lasts from SHARE_CONNECT to SHARE_DISCONNECT or
 * the end of the connection; a card that is taken out does not end it.
 *
 * Order of locks: rd->card, rd->lock, s->lock. The power of the card and the
 * protocol in use change with rd->card held.
 */
#include <string.h>

#include "bridge/loop.h"
#include "bridge/sock.h"

/* pcscd gives a card that nobody uses some seconds, too: who comes at once
 * finds it as it was. */
#define GRACE_MS 5000

/* ---- replies ----------------------------------------------------------- */

/* With rd->lock held. */
static void
fill(const struct br_session *s, enum br_outcome outcome,
    struct br_shared *out)
{
	const struct br_reader *rd = s->rd;

	memset(out, 0, sizeof(*out));
	out->outcome = outcome;
	out->changes = rd->view[BR_VIEW_ALL].changes;
	out->max_apdu = 256;
	out->protocol = rd->arb.protocol;
	if (!rd->here)
		return;
	out->present = true;
	out->powered = rd->arb.powered;
	out->max_apdu = rd->info.max_apdu;
	memcpy(out->atr, rd->info.atr, rd->info.atr_n);
	out->atr_n = rd->info.atr_n;
}

static bool
answer(struct br_session *s, enum br_outcome outcome)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_shared state;

	pthread_mutex_lock(&s->rd->lock);
	fill(s, outcome, &state);
	pthread_mutex_unlock(&s->rd->lock);
	return br_session_reply_frame(
	    s, br_put_shared(&frame, s->conn->seq, &state), &frame);
}

/* With s->lock held, by the loop. */
static enum cb_err
put_lost(const struct br_session *s, uint16_t seq, struct cb_buf *frame)
{
	const struct br_shared state = {
		/* who comes to a card has none to lose */
		.outcome =
		    s->connects != 0 ? BR_SHARE_NO_CARD : BR_SHARE_REMOVED,
		.max_apdu = 256,
	};

	/* who speaks to the reader needs none */
	if (s->connects == BR_SHARE_DIRECT)
		return CB_E_BUSY;
	return br_put_shared(frame, seq, &state);
}

/* ---- the card ---------------------------------------------------------- */

/* With rd->lock held: may this handle speak to the card? */
static enum br_outcome
usable(const struct br_session *s)
{
	enum br_outcome out;

	if (s->rd->gone)
		return BR_SHARE_GONE;
	if ((out = br_arb_pending(&s->handle)) != BR_SHARE_OK)
		return out;
	return s->rd->here ? BR_SHARE_OK : BR_SHARE_NO_CARD;
}

static void
set_power(struct br_reader *rd, bool on)
{
	pthread_mutex_lock(&rd->lock);
	/* a card that was taken out meanwhile has none */
	rd->arb.powered = on && rd->here;
	rd->arb.protocol = 0;
	pthread_mutex_unlock(&rd->lock);
}

/* Each of these with rd->card held. */

static enum br_outcome
power_on(struct br_session *s, enum br_power what)
{
	enum cb_err r = br_session_power_on_held(s, what, NULL);

	set_power(s->rd, r == CB_OK);
	if (r == CB_OK)
		return BR_SHARE_OK;
	return r == CB_E_ABSENT ? BR_SHARE_NO_CARD : BR_SHARE_UNRESPONSIVE;
}

/* The card has power. Raw that was chosen before it had remains: no other
 * protocol can have been. */
static enum br_outcome
have_power(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;
	uint8_t t;
	bool powered;

	pthread_mutex_lock(&rd->lock);
	powered = rd->arb.powered;
	t = rd->arb.protocol;
	pthread_mutex_unlock(&rd->lock);
	if (powered || (out = power_on(s, BR_POWER_ON)) != BR_SHARE_OK)
		return powered ? BR_SHARE_OK : out;
	pthread_mutex_lock(&rd->lock);
	if (rd->arb.powered)
		rd->arb.protocol = t;
	pthread_mutex_unlock(&rd->lock);
	return BR_SHARE_OK;
}

/* One of these protocols is in use. */
static enum br_outcome
negotiate(struct br_session *s, uint8_t protocols)
{
	struct br_reader *rd = s->rd;
	uint8_t offered, t;

	pthread_mutex_lock(&rd->lock);
	t = rd->arb.protocol;
	offered = rd->info.protocols & protocols;
	pthread_mutex_unlock(&rd->lock);
	if (t != 0)
		return (t & protocols) != 0 ? BR_SHARE_OK : BR_SHARE_PROTOCOL;
	/* T=1 where there is a choice, as pcscd has it */
	t = offered & BR_SHARE_T1 ? BR_SHARE_T1 : offered & BR_SHARE_T0;
	if (t == 0)
		return BR_SHARE_PROTOCOL;
	if (rd->link == NULL || br_reader_protocol(rd, s->conn->cred.pid,
		t == BR_SHARE_T1 ? 1 : 0) != CB_OK)
		return BR_SHARE_UNRESPONSIVE;
	pthread_mutex_lock(&rd->lock);
	if (rd->arb.powered)
		rd->arb.protocol = t;
	pthread_mutex_unlock(&rd->lock);
	return BR_SHARE_OK;
}

/* RESET and UNPOWER, if there is a card; other handles are told, and this one
 * if `own`. */
static enum br_outcome
dispose(struct br_session *s, enum br_disposition d, bool own)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out = BR_SHARE_OK;
	bool here, powered;

	pthread_mutex_lock(&rd->lock);
	here = rd->here;
	powered = rd->arb.powered;
	pthread_mutex_unlock(&rd->lock);
	if (!here)
		return BR_SHARE_NO_CARD;
	if (d == BR_RESET) {
		out = power_on(s, powered ? BR_POWER_RESET : BR_POWER_ON);
	} else {
		br_session_power_off_held(s);
		set_power(rd, false);
	}
	pthread_mutex_lock(&rd->lock);
	br_arb_was_reset(&rd->arb, own ? NULL : &s->handle);
	pthread_mutex_unlock(&rd->lock);
	return out;
}

/* ---- requests: false ends the session ---------------------------------- */

static enum br_outcome
connect_in(struct br_session *s, const struct br_share_wish *w)
{
	bool raw = (w->protocols & BR_SHARE_RAW) != 0, here;
	struct br_reader *rd = s->rd;
	enum br_outcome out = BR_SHARE_OK;

	pthread_mutex_lock(&rd->card);
	pthread_mutex_lock(&rd->lock);
	here = rd->here;
	if (rd->gone)
		out = BR_SHARE_GONE;
	else if ((out = br_arb_admit(&rd->arb, &s->handle, w->mode)) ==
		BR_SHARE_OK && !here && w->mode != BR_SHARE_DIRECT)
		out = BR_SHARE_NO_CARD;
	pthread_mutex_unlock(&rd->lock);
	if (out == BR_SHARE_OK && w->first != BR_LEAVE && here)
		out = dispose(s, w->first, false);
	if (out == BR_SHARE_OK && w->mode != BR_SHARE_DIRECT &&
	    (out = have_power(s)) == BR_SHARE_OK && !raw)
		out = negotiate(s, w->protocols);
	pthread_mutex_lock(&rd->lock);
	/* another may have been quicker to be the only one, and the card may
	 * have gone meanwhile */
	if (out == BR_SHARE_OK)
		out = br_arb_admit(&rd->arb, &s->handle, w->mode);
	if (out == BR_SHARE_OK && !rd->here && w->mode != BR_SHARE_DIRECT)
		out = BR_SHARE_NO_CARD;
	if (out == BR_SHARE_OK) {
		br_arb_connect(&rd->arb, &s->handle, w->mode);
		s->handle.pending = BR_PENDING_NONE;
		/* Whatever is in use, and the card is told nothing: so pcscd.
		 * To handles with another one this is a mismatch. */
		if (raw)
			rd->arb.protocol = BR_SHARE_RAW;
	}
	pthread_mutex_unlock(&rd->lock);
	pthread_mutex_unlock(&rd->card);
	return out;
}

static enum br_outcome
try_connect(struct br_session *s, const struct br_share_wish *w)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;

	/* what an exclusive handle keeps out does not wait for its end */
	pthread_mutex_lock(&rd->lock);
	out = rd->holder != NULL ? BR_SHARE_VIOLATION :
	    br_arb_admit(&rd->arb, &s->handle, w->mode);
	pthread_mutex_unlock(&rd->lock);
	if (out != BR_SHARE_OK ||
	    (out = br_turn_enter(s, BR_ASK_CALL)) != BR_SHARE_OK)
		return out;
	out = connect_in(s, w);
	br_turn_leave(s);
	br_server_changed(s->srv);
	return out;
}

/* Once, and before anybody is told so: from then on another road may have the
 * card. */
static void
disconnect(struct br_session *s)
{
	if (s->over)
		return;
	s->over = true;
	pthread_mutex_lock(&s->rd->lock);
	br_arb_disconnect(&s->rd->arb, &s->handle);
	s->rd->sharers--;
	pthread_mutex_unlock(&s->rd->lock);
	br_server_changed(s->srv);
}

static void
set_connects(struct br_session *s, enum br_share_mode mode)
{
	pthread_mutex_lock(&s->lock);
	s->connects = mode;
	pthread_mutex_unlock(&s->lock);
}

/* False: it was answered meanwhile. */
static bool
do_connect(struct br_session *s, const struct br_share_wish *w,
    enum br_outcome *out)
{
	bool mine;

	set_connects(s, w->mode);
	(void)br_session_busy(s, true);
	*out = try_connect(s, w);
	mine = br_session_busy(s, false);
	set_connects(s, 0);
	return mine;
}

static bool
begin(struct br_session *s)
{
	enum br_outcome out;
	bool mine;

	mine = do_connect(s, &s->wish, &out);
	/* who was told that there is no card does not disconnect */
	if (out != BR_SHARE_OK || !mine)
		disconnect(s);
	return mine && answer(s, out) && out == BR_SHARE_OK && !s->closed;
}

static bool
on_reconnect(struct br_session *s, struct cb_span body)
{
	struct br_share_wish w;
	enum br_outcome out;

	if (br_get_wish(&w, BR_SHARE_RECONNECT, body) != CB_OK) {
		s->closed = true;
		return false;
	}
	if (!do_connect(s, &w, &out))
		return !s->closed;
	return answer(s, out) && !s->closed;
}

/* One byte up to `max`; false: it is none, and the connection is closed. */
static bool
take_choice(struct br_session *s, struct cb_span body, uint8_t max,
    uint8_t *out)
{
	if (br_get_choice(out, max, body) == CB_OK)
		return true;
	s->closed = true;
	return false;
}

static void
abandon(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	bool reset;

	pthread_mutex_lock(&rd->lock);
	reset = s->handle.connected && br_arb_owns(&rd->arb, &s->handle) &&
	    s->handle.pending == BR_PENDING_NONE;
	pthread_mutex_unlock(&rd->lock);
	if (!reset)
		return;
	pthread_mutex_lock(&rd->card);
	(void)dispose(s, BR_RESET, true);
	pthread_mutex_unlock(&rd->card);
}

static bool
on_disconnect(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out = BR_SHARE_OK;
	uint8_t d;
	bool mine;

	if (!take_choice(s, body, BR_ABANDON, &d))
		return false;
	(void)br_session_busy(s, true);
	if (d == BR_ABANDON)
		abandon(s);
	else if (d != BR_LEAVE &&
	    (out = br_turn_enter(s, BR_ASK_CALL)) == BR_SHARE_OK) {
		pthread_mutex_lock(&rd->card);
		(void)dispose(s, (enum br_disposition)d, true);
		pthread_mutex_unlock(&rd->card);
		br_turn_leave(s);
	}
	mine = br_session_busy(s, false);
	/* who was told that the card is gone takes it for done */
	if (out == BR_SHARE_OK || !mine)
		disconnect(s);
	if (mine)
		(void)answer(s, out);
	return out != BR_SHARE_OK && mine && !s->closed;
}

static bool
on_begin(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;

	(void)body;
	pthread_mutex_lock(&rd->lock);
	out = rd->gone ? BR_SHARE_GONE : br_arb_pending(&s->handle);
	pthread_mutex_unlock(&rd->lock);
	if (out == BR_SHARE_OK &&
	    (out = br_turn_enter(s, BR_ASK_LOCK)) == BR_SHARE_OK) {
		pthread_mutex_lock(&rd->lock);
		if (!br_arb_owns(&rd->arb, &s->handle))
			out = rd->gone ? BR_SHARE_GONE :
					 br_arb_pending(&s->handle);
		br_arb_left(&rd->arb, &s->handle);
		pthread_mutex_unlock(&rd->lock);
	}
	return answer(s, out) && !s->closed;
}

static bool
on_end(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;
	uint8_t d;

	if (!take_choice(s, body, BR_EJECT, &d))
		return false;
	(void)br_session_busy(s, true);
	pthread_mutex_lock(&rd->lock);
	out = rd->gone ? BR_SHARE_GONE : br_arb_pending(&s->handle);
	if (out == BR_SHARE_OK)
		out = br_arb_may_end(&rd->arb, &s->handle);
	pthread_mutex_unlock(&rd->lock);
	if (out == BR_SHARE_OK) {
		if (d != BR_LEAVE) {
			pthread_mutex_lock(&rd->card);
			(void)dispose(s, (enum br_disposition)d, true);
			pthread_mutex_unlock(&rd->card);
		}
		pthread_mutex_lock(&rd->lock);
		br_arb_end(&rd->arb, &s->handle, br_now_ns());
		pthread_mutex_unlock(&rd->lock);
	}
	return !br_session_busy(s, false) || answer(s, out);
}

static bool
on_status(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out = BR_SHARE_OK;
	uint8_t wait;

	if (!take_choice(s, body, 1, &wait))
		return false;
	if (wait != 0)
		out = br_turn_enter(s, BR_ASK_CALL);
	if (out == BR_SHARE_OK) {
		pthread_mutex_lock(&rd->lock);
		if (rd->gone)
			out = BR_SHARE_GONE;
		else if (br_arb_locked(&rd->arb, &s->handle))
			out = BR_SHARE_VIOLATION;
		else
			out = br_arb_pending(&s->handle);
		br_arb_left(&rd->arb, &s->handle);
		pthread_mutex_unlock(&rd->lock);
	}
	return answer(s, out) && !s->closed;
}

static enum br_outcome
may_transmit(struct br_session *s, uint8_t protocol)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;

	pthread_mutex_lock(&rd->lock);
	out = usable(s);
	if (out == BR_SHARE_OK && protocol != BR_SHARE_RAW &&
	    protocol != rd->arb.protocol)
		out = BR_SHARE_PROTOCOL;
	if (out == BR_SHARE_OK && !rd->arb.powered)
		out = BR_SHARE_NOT_TRANSACTED;
	pthread_mutex_unlock(&rd->lock);
	return out;
}

static enum br_outcome
transmit_in(struct br_session *s, uint8_t protocol, struct cb_span cmd,
    enum cb_err *r)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out;

	*r = CB_OK;
	/* who is refused does not wait for a command of others */
	if ((out = may_transmit(s, protocol)) != BR_SHARE_OK)
		return out;
	pthread_mutex_lock(&rd->card);
	/* and after that command the card may not be what it was: somebody
	 * else's reset came first */
	if ((out = may_transmit(s, protocol)) == BR_SHARE_OK)
		*r = br_session_transmit_held(s, cmd);
	pthread_mutex_unlock(&rd->card);
	if (out != BR_SHARE_OK)
		return out;
	pthread_mutex_lock(&rd->lock);
	if (s->handle.pending == BR_PENDING_REMOVED || *r == CB_E_ABSENT)
		out = rd->gone ? BR_SHARE_GONE : BR_SHARE_REMOVED;
	pthread_mutex_unlock(&rd->lock);
	return out;
}

static bool
on_transmit(struct br_session *s, struct cb_span body)
{
	enum br_outcome out;
	enum cb_err r = CB_OK;
	uint8_t protocol;
	bool on;

	if (cb_get_u8(&body, &protocol) != CB_OK) {
		s->closed = true;
		return false;
	}
	if ((out = br_turn_enter(s, BR_ASK_CALL)) == BR_SHARE_OK) {
		(void)br_session_busy(s, true);
		out = transmit_in(s, protocol, body, &r);
		br_turn_leave(s);
		if (!br_session_busy(s, false)) {
			cb_buf_clear(&s->rsp);
			return true;
		}
	}
	if (out != BR_SHARE_OK)
		on = answer(s, out);
	else if (r != CB_OK)
		on = br_session_error(s, r, "");
	else
		on = br_session_reply(s, BR_ANSWER, cb_buf_span(&s->rsp));
	cb_buf_clear(&s->rsp);
	return on && !s->closed;
}

/* Too late: what it would have ended is over. */
static bool
on_abort(struct br_session *s, struct cb_span body)
{
	(void)s;
	(void)body;
	return true;
}

static const struct br_session_request requests[] = {
	{ BR_SHARE_TRANSMIT, on_transmit },
	{ BR_SHARE_BEGIN, on_begin },
	{ BR_SHARE_END, on_end },
	{ BR_SHARE_STATUS, on_status },
	{ BR_SHARE_RECONNECT, on_reconnect },
	{ BR_SHARE_DISCONNECT, on_disconnect },
	{ BR_SHARE_ABORT, on_abort },
};

static void
end(struct br_session *s)
{
	abandon(s);
	disconnect(s);
	s->tick_at = UINT64_MAX;
}

/* Whoever comes once more comes as if anew: by the loop, if that has anything
 * to see to first. */
static bool
again(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	bool on;

	if (br_get_wish(&s->wish, BR_SHARE_CONNECT, body) != CB_OK ||
	    strcmp(s->wish.name, rd->name) != 0)
		return false;
	pthread_mutex_lock(&rd->lock);
	/* pcscd must be told before a card that it sees is used */
	on = !rd->gone && rd->holder == NULL &&
	    !rd->view[BR_VIEW_PCSC].present;
	if (on)
		rd->sharers++;
	pthread_mutex_unlock(&rd->lock);
	s->over = !on;
	return on;
}

static const struct br_session_kind kind = {
	.begin = begin,
	.requests = requests,
	.requests_n = sizeof(requests) / sizeof(requests[0]),
	.end = end,
	.again_type = BR_SHARE_CONNECT,
	.again = again,
	.put_lost = put_lost,
	.after = BR_CONN_GREETED,
	.rest_ms = GRACE_MS,
	.shared = true,
};

/* ---- the loop's side --------------------------------------------------- */

enum cb_err
br_shared_start(struct br_conn *c, struct br_reader *rd,
    const struct br_share_wish *wish, struct cb_why *why)
{
	struct br_session *s;
	enum cb_err r;

	(void)br_powered_orphan(c->srv, rd);
	if ((r = br_session_new(&s, &kind, c, rd)) != CB_OK)
		return r;
	s->wish = *wish;
	br_turn_init(s);
	s->handle.pid = (int)c->cred.pid;
	pthread_mutex_lock(&rd->lock);
	rd->sharers++;
	pthread_mutex_unlock(&rd->lock);
	if ((r = br_session_run(s, why)) == CB_OK)
		return CB_OK;
	pthread_mutex_lock(&rd->lock);
	rd->sharers--;
	pthread_mutex_unlock(&rd->lock);
	br_server_tell(c->srv, rd, false);
	br_session_free(s);
	return r;
}
