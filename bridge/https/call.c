/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See call.h.
 */
#include <string.h>
#include <time.h>

#include "bridge/https/call.h"
#include "bridge/https/retry.h"
#include "bridge/sock.h"

#define CONNECT_MS 5000u
/* Who is silent for so long is asked again, on another connection. */
#define ONE_TRY_MS 15000u
unsigned br_https_idle_ms = 30000, br_https_open_ms = 20000;

#define STEP_MS 50u		/* between two looks whether it is wanted */
#define LAST_PAUSE_MS 50u

/* ---- statuses ------------------------------------------------------------ */

#define BUSY 429u	/* it is there, at least */
#define UNREACHED_FROM_THERE \
	"what stands before the backend does not reach it: is it running?"

static const struct {
	unsigned status;
	enum cb_err means;
	const char *words;
} statuses[] = {
	{ 200, CB_OK, "" },
	{ 400, CB_E_FORMAT, "the backend does not understand this bridge: "
	    "use the same release at both ends" },
	{ 401, CB_E_DENIED, "the backend does not know this device, or not "
	    "any more: enrol it again" },
	{ 403, CB_E_DENIED, "the backend does not let this device use the "
	    "card, or has none of this id: ask who runs it, whom "
	    "\"cardbridge admin card show\" tells why" },
	{ 404, CB_E_LIMIT, "that is no backend of this version: look at host "
	    "and port" },
	{ 409, CB_E_BUSY, "another device uses the card: wait until it is "
	    "given back there" },
	{ 410, CB_E_ABSENT, "the session with the card is over" },
	{ 413, CB_E_LIMIT, "that is more than the backend takes" },
	{ BUSY, CB_E_TIMEOUT, "the backend is busy: try again later" },
	{ 502, CB_E_TIMEOUT, UNREACHED_FROM_THERE },
	{ 503, CB_E_TIMEOUT, "the backend is not ready: try again, then ask "
	    "who runs it, whom its /health tells why" },
	{ 504, CB_E_TIMEOUT, UNREACHED_FROM_THERE },
};

enum cb_err
br_call_judge(const struct br_http_answer *answer, enum wire_outcome *outcome,
    struct cb_why *why)
{
	struct wire_failure failure;
	size_t i, n = sizeof(statuses) / sizeof(statuses[0]);

	*outcome = WIRE_NOT_KNOWN;
	for (i = 0; i < n && statuses[i].status != answer->status; i++)
		;
	if (i == n) {
		cb_why_set(why, "the backend answers with status %u, which "
		    "no backend does", answer->status);
		return CB_E_PEER;
	}
	if (statuses[i].means == CB_OK)
		return CB_OK;
	/* it is worth no more than the door */
	if (wire_failure_get(cb_buf_span(&answer->body), &failure) == CB_OK) {
		*outcome = failure.outcome;
		cb_why_set(why, "%s%s%s%s", statuses[i].words,
		    failure.text[0] != '\0' ? " (" : "", failure.text,
		    failure.text[0] != '\0' ? ")" : "");
	} else {
		cb_why_set(why, "%s", statuses[i].words);
	}
	return statuses[i].means;
}

/* ---- places -------------------------------------------------------------- */

void
br_places_init(struct br_places *p, const struct br_https_uri *uri)
{
	memcpy(p->origins, uri->origins, sizeof(p->origins));
	p->n = uri->origins_n;
	atomic_init(&p->at, 0);
}

void
br_places_leave(struct br_places *p, unsigned at)
{
	/* somebody else may have gone on already */
	(void)atomic_compare_exchange_strong(&p->at, &at, (at + 1) % p->n);
}

/* ---- trying -------------------------------------------------------------- */

/* False: it is not wanted any more. */
static bool
pause_ms(struct br_caller *c, uint64_t ms)
{
	struct timespec step = { 0, STEP_MS * 1000000L };
	uint64_t until = br_now_ms() + ms, now;

	while ((now = br_now_ms()) < until) {
		if (atomic_load(&c->give_up))
			return false;
		if (until - now < STEP_MS)
			step.tv_nsec = (long)(until - now) * 1000000L;
		(void)nanosleep(&step, NULL);
	}
	return !atomic_load(&c->give_up);
}

struct trying {
	struct br_retry retry;
	uint64_t begun;
	uint64_t broken;	/* since then nobody was reached; 0: not so */
};

/* What is left of all the time, for one try. */
static unsigned
time_left(const struct br_asked *asked, const struct trying *t, uint64_t now)
{
	uint64_t used = now - t->begun;
	uint64_t left = used < asked->all_ms ? asked->all_ms - used : 0;

	return left < ONE_TRY_MS ? (unsigned)left : ONE_TRY_MS;
}

/* May it be tried again, and was it waited for? */
static bool
wait_again(struct br_caller *c, const struct br_asked *asked,
    struct trying *t, enum cb_err r, const struct br_http_answer *answer)
{
	uint64_t now = br_now_ms(), ms;

	/* whoever takes long is there */
	if (r == CB_E_TIMEOUT && answer->status == 0)
		t->broken = 0;
	else if (t->broken == 0)
		t->broken = now;
	ms = br_retry_failed(&t->retry, now);
	if (ms < 1000u * answer->retry_after_s)
		ms = 1000u * answer->retry_after_s;
	if (asked->patience_ms == 0 || time_left(asked, t, now + ms) == 0 ||
	    (t->broken != 0 && now + ms - t->broken > asked->patience_ms))
		return false;
	return pause_ms(c, ms);
}

/* Once, for at most `ms`, at the place where all are; *again: the same bytes may
 * be heard another time, at the next one if it was not for being busy. */
static enum cb_err
try_once(struct br_caller *c, const struct br_asked *asked, unsigned ms,
    struct br_http_answer *answer, bool *again, enum wire_outcome *outcome,
    struct cb_why *why)
{
	unsigned at = atomic_load(&c->places->at);
	struct br_http_ask ask = { .origin = c->places->origins[at],
		.path = asked->path, .post = asked->post, .body = asked->body,
		.device = c->device, .connect_ms = CONNECT_MS, .all_ms = ms,
		.most = asked->most };
	bool distrust;
	enum cb_err r;

	r = br_http_do(c->http, &ask, answer, &distrust, why);
	*again = (r == CB_E_PEER || r == CB_E_TIMEOUT) &&
	    (!distrust || c->places->n > 1);
	if (r == CB_OK) {
		atomic_fetch_add(&c->trips, 1);
		r = br_call_judge(answer, outcome, why);
		*again = r == CB_E_TIMEOUT;
	}
	if (*again && answer->status != BUSY)
		br_places_leave(c->places, at);
	return r;
}

enum cb_err
br_call(struct br_caller *c, const struct br_asked *asked,
    struct cb_buf *body, enum wire_outcome *outcome, struct cb_why *why)
{
	struct br_http_answer answer = { .body = CB_BUF_INIT };
	struct trying t = { .begun = br_now_ms() };
	enum cb_err r = CB_E_TIMEOUT;
	unsigned ms;
	bool again;

	*outcome = WIRE_NOT_KNOWN;
	for (;;) {
		/* a pause that was longer than asked for: 0 has no end */
		if ((ms = time_left(asked, &t, br_now_ms())) == 0)
			break;
		r = try_once(c, asked, ms, &answer, &again, outcome, why);
		if (!again || !wait_again(c, asked, &t, r, &answer))
			break;
		atomic_fetch_add(&c->again, 1);
	}
	if (r == CB_OK)
		cb_buf_move(body, &answer.body);
	cb_buf_free(&answer.body);
	return r;
}

/* No longer than there is time, where there is any. */
static void
last_pause(const struct br_http_answer *answer, uint64_t most)
{
	uint64_t ms = 1000u * answer->retry_after_s;
	struct timespec t;

	if (ms < LAST_PAUSE_MS)
		ms = LAST_PAUSE_MS;
	if (ms > most)
		ms = most;
	t = (struct timespec){ (time_t)(ms / 1000),
		(long)(ms % 1000) * 1000000L };
	(void)nanosleep(&t, NULL);
}

enum cb_err
br_call_last(struct br_caller *c, const struct br_asked *asked,
    struct cb_buf *body, enum wire_outcome *outcome, struct cb_why *why)
{
	const uint64_t begun = br_now_ms();
	struct br_http_answer answer = { .body = CB_BUF_INIT };
	/* a connection that is kept may be one that died in silence */
	unsigned parts = c->places->n > 1 ? c->places->n : 2, gone = 0;
	uint64_t left, used = 0;
	enum cb_err r = CB_E_TIMEOUT;
	bool again;

	*outcome = WIRE_NOT_KNOWN;
	cb_why_set(why, "there was no time left");
	for (; used < asked->all_ms; used = br_now_ms() - begun) {
		left = asked->all_ms - used;
		r = try_once(c, asked, (unsigned)(left + parts - 1) / parts,
		    &answer, &again, outcome, why);
		parts -= parts > 1;
		gone += r == CB_E_PEER;
		used = br_now_ms() - begun;
		if (!again || used >= asked->all_ms ||
		    (gone >= c->places->n && used >= asked->patience_ms))
			break;
		atomic_fetch_add(&c->again, 1);
		last_pause(&answer, asked->all_ms - used);
	}
	if (r == CB_OK)
		cb_buf_move(body, &answer.body);
	cb_buf_free(&answer.body);
	return r;
}
