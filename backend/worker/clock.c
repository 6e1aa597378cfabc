/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Steps of the wall clock in the platform's books. The kernel says when it is
 * set; what it was set by is told from the clock that nobody sets. Once, at the
 * start, it is compared with what the books know, since a clock that is behind
 * them was set back meanwhile. Nobody asked for these entries: one that cannot
 * be made is made as soon as it can.
 */
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "backend/worker/internal.h"

#define AGAIN_MS 1000
#define APART_MS 10	/* two readings of one time, at most */
#define PAGE 256	/* entries of one reading */

/* ---- noticing ------------------------------------------------------------ */

/* Both at one time, also where this process was stopped in between. */
static void
read_clocks(uint64_t *wall, uint64_t *tick)
{
	uint64_t before;

	do {
		before = be_worker_tick();
		*wall = be_worker_time();
		*tick = be_worker_tick();
	} while (*tick - before > APART_MS);
}

/* Never due: it is there to be cancelled when the clock is set. */
static enum cb_err
arm(int fd)
{
	const struct itimerspec never = {
		.it_value.tv_sec = (time_t)(WIRE_TIME_END / 1000)
	};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		   &never, NULL) == 0
	    ? CB_OK
	    : CB_E_INTERNAL;
}

static void
on_set(void *ctx, int fd)
{
	struct be_worker *w = ctx;
	uint64_t times, wall, tick;

	/* ECANCELED, which is what it is about */
	(void)!read(fd, &times, sizeof(times));
	if (arm(fd) != CB_OK)
		cb_log(CB_LOG_ERROR, "the clock cannot be watched any more");
	read_clocks(&wall, &tick);
	(void)pthread_mutex_lock(&w->lock);
	if (be_steps_look(&w->clock.steps, wall, tick))
		be_worker_due(w, tick);
	(void)pthread_mutex_unlock(&w->lock);
}

/* ---- what the books know ------------------------------------------------- */

static enum cb_err
ask_latest(struct be_worker *w, uint64_t *latest)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_vault(
		 w, BE_ASK_LATEST, CB_SPAN_EMPTY, &answer)) == CB_OK) {
		cur = cb_buf_span(&answer);
		if ((r = cb_get_u64(&cur, latest)) == CB_OK)
			r = cb_get_end(&cur);
	}
	cb_buf_free(&answer);
	return r;
}

/* What is looked for among the entries of a page. */
struct search {
	uint64_t latest;	/* in: a time beyond the clock's */
	bool told;		/* a step back from there was entered */
	uint64_t number, time;	/* of the last entry */
};

static enum cb_err
look_at(struct search *s, const struct be_ask_entry *entry)
{
	struct wire_entry e;
	enum cb_err r = wire_entry_get(entry->bytes, &e);

	if (r != CB_OK && r != CB_E_LIMIT)
		return r;
	s->number = entry->number;
	s->time = e.time;
	if (e.type == WIRE_CLOCK_STEP &&
	    e.number[WIRE_F_TO] < e.number[WIRE_F_FROM] &&
	    e.number[WIRE_F_FROM] + BE_STEP_MS >= s->latest)
		s->told = true;
	return CB_OK;
}

static enum cb_err
read_page(struct be_worker *w, uint64_t first, uint16_t most,
    struct search *s)
{
	const struct be_ask_books ask = { .first = first, .most = most };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_ask_entry entry;
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_books_put(&body, &ask)) == CB_OK &&
	    (r = be_ask_store(w, BE_ASK_BOOKS, cb_buf_span(&body),
		 &answer)) == CB_OK) {
		cur = cb_buf_span(&answer);
		while (r == CB_OK && cur.n > 0 &&
		    (r = be_ask_entry_get(&cur, &entry)) == CB_OK)
			r = look_at(s, &entry);
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

/* An organisation that nothing happens in has a head of before a step that was
 * entered long ago. */
static enum cb_err
search_all(struct be_worker *w, struct search *s)
{
	uint64_t before;
	enum cb_err r;

	s->number = 0;
	do {
		before = s->number;
		r = read_page(w, before + 1, PAGE, s);
	} while (r == CB_OK && !s->told && s->number > before);
	return r;
}

static enum cb_err
compare(struct be_worker *w)
{
	struct search s = { .latest = 0 };
	uint64_t latest, now;
	enum cb_err r;

	if ((r = ask_latest(w, &latest)) != CB_OK ||
	    (r = read_page(w, 0, 1, &s)) != CB_OK)
		return r;
	/* as it was set when this worker began: what it is set by since is
	 * noticed by itself */
	now = be_worker_tick() + (uint64_t)w->clock.begin;
	s.told = false;
	s.latest = latest;
	if (s.time > now + BE_STEP_MS)
		s.latest = s.time > latest ? s.time : latest;
	else if (latest > now + BE_STEP_MS)
		r = search_all(w, &s);
	else
		s.told = true;
	(void)pthread_mutex_lock(&w->lock);
	w->clock.compared = r == CB_OK;
	if (r == CB_OK && !s.told)
		be_steps_at_start(&w->clock.steps, s.latest, now);
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

/* ---- entering ------------------------------------------------------------ */

static void
tell(const struct be_step *s)
{
	const bool back = s->to < s->from;
	const uint64_t by = back ? s->from - s->to : s->to - s->from;

	if (s->at_start && s->times == 1)
		cb_log(CB_LOG_WARNING,
		    "the clock was set back while nobody looked: it is "
		    "%llu.%03u s behind the books",
		    (unsigned long long)(by / 1000), (unsigned)(by % 1000));
	else
		cb_log(CB_LOG_WARNING,
		    "the clock was set %s by %llu.%03u s, in %u step%s",
		    back ? "back" : "forward",
		    (unsigned long long)(by / 1000), (unsigned)(by % 1000),
		    s->times, s->times > 1 ? "s" : "");
}

static enum cb_err
put(const struct be_step *s, struct cb_buf *out)
{
	struct wire_entry e;
	char what[24];

	snprintf(what, sizeof(what), "times-%u", s->times);
	wire_entry_init(&e, WIRE_CLOCK_STEP, be_worker_time());
	wire_entry_set_number(&e, WIRE_F_FROM, s->from);
	wire_entry_set_number(&e, WIRE_F_TO, s->to);
	if (s->times > 1)
		wire_entry_set(&e, WIRE_F_WHAT, cb_span_str(what));
	else if (s->at_start)
		wire_entry_set(&e, WIRE_F_WHAT, cb_span_str("at-start"));
	return wire_entry_put(out, &e);
}

/* Once, also where the answer to an act was lost and the store is away when it
 * is looked up. */
static enum cb_err
enter(struct be_worker *w)
{
	static const uint8_t of_nobody[CR_HASH];
	struct be_act act = { .kind = BE_AUDIT };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry;
	bool done = false;
	enum cb_err r;

	if (w->clock.unknown) {
		if ((r = be_ask_outcome(
			 w, w->clock.act, of_nobody, &done)) != CB_OK)
			return r;
		w->clock.unknown = false;
	}
	if (done)
		return CB_OK;
	if ((r = put(&w->clock.step, &bytes)) == CB_OK) {
		entry = cb_buf_span(&bytes);
		act.entries = &entry;
		act.entries_n = 1;
		r = be_ask_act(w, &act);
		w->clock.unknown = r != CB_OK && act.unknown;
		memcpy(w->clock.act, act.id, WIRE_ID);
	}
	cb_buf_free(&bytes);
	return r;
}

static void
enter_in_pool(struct be_job *job)
{
	struct be_worker *w = (struct be_worker *)(void *)((char *)job -
	    offsetof(struct be_worker, clock.job));
	enum cb_err r = CB_OK;

	if (!w->clock.compared)
		r = compare(w);
	else if (w->clock.step.times > 0)
		r = enter(w);
	if (r != CB_OK)
		cb_log(CB_LOG_DEBUG, "the clock and the books: later");
	(void)pthread_mutex_lock(&w->lock);
	if (r == CB_OK)
		w->clock.step.times = 0;
	w->clock.again_at = be_worker_tick() + (r == CB_OK ? 0 : AGAIN_MS);
	w->clock.busy = false;
	be_worker_due(w, w->clock.again_at);
	(void)pthread_mutex_unlock(&w->lock);
}

uint64_t
be_clock_due(struct be_worker *w, uint64_t now)
{
	uint64_t at;

	if (w->clock.set < 0 || w->clock.busy)
		return UINT64_MAX;
	if (w->clock.again_at > now)
		return w->clock.again_at;
	if (w->clock.compared && w->clock.step.times == 0) {
		if (!be_steps_due(
			&w->clock.steps, now, &w->clock.step, &at))
			return at;
		tell(&w->clock.step);
	}
	w->clock.busy = true;
	be_pool_put(w->pool, &w->clock.job);
	return UINT64_MAX;
}

void
be_clock_flush(struct be_worker *w)
{
	bool is;

	(void)pthread_mutex_lock(&w->lock);
	is = !w->clock.busy && w->clock.step.times == 0 &&
	    be_steps_take(&w->clock.steps, &w->clock.step);
	w->clock.busy = w->clock.busy || is;
	(void)pthread_mutex_unlock(&w->lock);
	if (!is)
		return;
	tell(&w->clock.step);
	if (enter(w) != CB_OK)
		cb_log(CB_LOG_WARNING, "that is not in the books");
}

/* ---- beginning and ending ------------------------------------------------ */

enum cb_err
be_clock_begin(struct be_worker *w)
{
	uint64_t wall, tick;
	enum cb_err r;

	if (!be_is_zeros(w->set.organisation))
		return CB_OK;
	w->clock.job.run = enter_in_pool;
	w->clock.set =
	    timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->clock.set < 0)
		return CB_E_INTERNAL;
	if ((r = arm(w->clock.set)) != CB_OK)
		return r;
	read_clocks(&wall, &tick);
	be_steps_init(&w->clock.steps, wall, tick);
	w->clock.begin = w->clock.steps.ahead;
	be_worker_due(w, tick);
	return be_loop_fd(
	    w->loop, &w->clock.watched, w->clock.set, on_set, w);
}

void
be_clock_end(struct be_worker *w)
{
	be_loop_forget(w->loop, &w->clock.watched);
	if (w->clock.set >= 0)
		(void)close(w->clock.set);
	w->clock.set = -1;
}
