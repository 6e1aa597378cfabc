/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * https://HOST:PORT/cards/ID?identity=DIR: a card in a backend. Whether it is
 * there comes by its hold; a session is opened when it is powered, and given
 * back with rest. What the road does is never an answer of the card: where a
 * session is lost, the card counts as taken out.
 *
 * The ATR comes with its hold as well, so that programs see which card it is
 * before anybody uses it; what the card said when it was powered counts more.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/hosted.h"
#include "bridge/sock.h"

/* How long `reader add` waits to tell whether the card is there. */
#define FIRST_NEWS_MS 2000
/* For giving back at the end. */
#define END_MS 2000

static const uint8_t none[WIRE_ID];

static enum cb_err
link_https_check(const char *rest, struct cb_why *why)
{
	struct br_https_uri uri;
	enum cb_err r;

	if ((r = br_https_uri_get(&uri, rest, why)) != CB_OK)
		return r;
	if (uri.identity[0] != '\0')
		return CB_OK;
	cb_why_set(why, "which device this is must be said: --identity DIR, "
	    "which \"cardbridge enrol\" has made (?identity=/DIR in the URI)");
	return CB_E_ARG;
}

static void
link_https_close(struct br_link *base)
{
	struct br_hosted *l = (struct br_hosted *)base;

	br_hosted_give_back(l);
	br_hold_leave(&l->hold, &l->held);
	br_http_free(&l->http);
	br_who_drop(&l->who);
	br_remote_clear(&l->remote);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->status_lock);
	free(l);
}

static enum cb_err
link_https_open(struct br_link **out, const char *rest,
    struct br_link_info *info, struct cb_why *why)
{
	struct br_hosted *l;
	enum cb_err r;

	*out = NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return CB_E_NOMEM;
	l->base.ops = &br_link_https;
	atomic_init(&l->end_by, 0);
	l->idle_at = UINT64_MAX;
	atomic_init(&l->trips, 0);
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->status_lock, NULL);
	if ((r = link_https_check(rest, why)) != CB_OK ||
	    (r = br_https_uri_get(&l->uri, rest, why)) != CB_OK)
		goto out;
	br_id_text(l->card, l->uri.card);
	memcpy(l->held.card, l->uri.card, WIRE_ID);
	l->held.tell = br_hosted_news;
	l->held.ctx = l;
	if ((r = br_hold_join(&l->hold, &l->held, &l->uri, why)) != CB_OK)
		goto out;
	l->who = br_hold_who(l->hold);
	if ((r = br_http_new(&l->http, &l->who->trust)) != CB_OK)
		goto out;
	br_hosted_show(l);
	l->caller.http = l->http;
	l->caller.places = br_hold_places(l->hold);
	br_hold_await(l->hold, &l->held, FIRST_NEWS_MS);
	/* until it is powered */
	l->info.max_apdu = 256;
	l->info.protocols = 3;
	*info = l->info;
	*out = &l->base;
	l = NULL;
out:
	if (l != NULL)
		link_https_close(&l->base);
	return r;
}

static enum cb_err
take_atr(struct br_hosted *l, struct cb_span raw)
{
	struct cb_atr atr;
	enum cb_err r;

	if (raw.n > sizeof(l->info.atr) ||
	    (r = cb_atr_parse(&atr, raw)) != CB_OK)
		return CB_E_PEER;
	memset(l->info.atr, 0, sizeof(l->info.atr));
	memcpy(l->info.atr, raw.p, raw.n);
	l->info.atr_n = raw.n;
	br_hosted_powered(l);
	l->info.max_apdu = l->remote.data_max;
	l->info.protocols = l->remote.protocols;
	return CB_OK;
}

static enum cb_err
power_on(struct br_hosted *l, enum br_power what, struct cb_why *why)
{
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	if (!l->remote.alive && (r = br_hosted_open(l, why)) != CB_OK)
		return r;
	r = br_hosted_ask(l, WIRE_POWER, what == BR_POWER_RESET ? 2 : 1,
	    CB_SPAN_EMPTY, &rsp, why);
	if (r == CB_OK && (r = take_atr(l, cb_buf_span(&rsp))) != CB_OK)
		cb_why_set(why, "what the backend says is no ATR");
	cb_buf_free(&rsp);
	return r;
}

static enum cb_err
link_https_power(struct br_link *base, enum br_power what,
    struct br_link_info *info, struct cb_why *why)
{
	struct br_hosted *l = (struct br_hosted *)base;
	struct cb_why words = { "" };
	enum cb_err r;

	if (l->over)
		br_hosted_drop(l);
	if (what == BR_POWER_OFF) {
		br_hosted_off(l);
		return CB_OK;
	}
	if (!l->remote.alive && (r = br_hosted_there(l, why)) != CB_OK)
		return r;
	if ((r = power_on(l, what, &words)) == CB_OK) {
		*info = l->info;
		return r;
	}
	if (words.text[0] == '\0')
		cb_why_set(&words, "%s", cb_err_text(r));
	cb_why_set(why, "%s", words.text);
	if (r == CB_E_BUSY)
		br_hosted_yield(l);
	else if (atomic_load(&l->end_by) == 0)
		br_hosted_unopened(l, words.text);
	return r;
}

static enum cb_err
link_https_protocol(struct br_link *base, unsigned t)
{
	struct br_hosted *l = (struct br_hosted *)base;
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	if (!l->remote.alive || t > 1)
		return CB_E_ARG;
	r = br_hosted_ask(
	    l, WIRE_PROTOCOL, (uint8_t)t, CB_SPAN_EMPTY, &rsp, NULL);
	cb_buf_free(&rsp);
	return r;
}

static enum cb_err
link_https_transmit(
    struct br_link *base, struct cb_span cmd, struct cb_buf *rsp)
{
	struct br_hosted *l = (struct br_hosted *)base;
	enum cb_err r;

	if (!l->remote.alive)
		return CB_E_ABSENT;
	if (!l->over && br_remote_ahead(&l->remote, cmd, rsp, &r))
		return r;
	return br_hosted_ask(l, WIRE_TRANSMIT, 0, cmd, rsp, NULL);
}

static uint64_t
link_https_deadline(const struct br_link *base)
{
	return ((const struct br_hosted *)base)->idle_at;
}

static void
link_https_tick(struct br_link *base)
{
	struct br_hosted *l = (struct br_hosted *)base;

	if (br_now_ms() < l->idle_at)
		return;
	br_http_hang_up(l->http);
	l->idle_at = UINT64_MAX;
}

static void
link_https_rest(struct br_link *base)
{
	struct br_hosted *l = (struct br_hosted *)base;

	br_hosted_give_back(l);
	br_hosted_drop(l);
	br_http_hang_up(l->http);
	l->idle_at = UINT64_MAX;
}

static void
link_https_give_up(struct br_link *base)
{
	struct br_hosted *l = (struct br_hosted *)base;

	/* in this order: whoever is interrupted knows why */
	atomic_store(&l->end_by, br_now_ms() + END_MS);
	atomic_store(&l->caller.give_up, true);
	br_http_interrupt(l->http);
}

static void
link_https_status(struct br_link *base, struct br_road_status *out)
{
	struct br_hosted *l = (struct br_hosted *)base;
	/* also if nobody has used the card since it was told; and without a
	 * lock, which who tells holds while he takes our caller's */
	const bool over = l->over;

	br_hold_status(l->hold, out);
	pthread_mutex_lock(&l->status_lock);
	out->in_session = l->in_session && !over;
	memcpy(out->session, out->in_session ? l->session : none, WIRE_ID);
	pthread_mutex_unlock(&l->status_lock);
	out->trips = atomic_load(&l->trips);
	out->others = atomic_load(&l->caller.trips) - out->trips;
	out->again = atomic_load(&l->caller.again);
	br_http_bytes(l->http, &out->sent, &out->received);
}

static bool
link_https_warn(struct br_link *base, struct cb_why *out)
{
	return br_hold_ends(((struct br_hosted *)base)->hold, out);
}

static void
link_https_watch(struct br_link *base, br_link_tell *tell, void *ctx)
{
	br_hosted_watch((struct br_hosted *)base, tell, ctx);
}

const struct br_link_ops br_link_https = {
	.scheme = "https",
	.check = link_https_check,
	.open = link_https_open,
	.power = link_https_power,
	.protocol = link_https_protocol,
	.transmit = link_https_transmit,
	.deadline = link_https_deadline,
	.tick = link_https_tick,
	.rest = link_https_rest,
	.close = link_https_close,
	.give_up = link_https_give_up,
	.status = link_https_status,
	.warn = link_https_warn,
	.watch = link_https_watch,
};
