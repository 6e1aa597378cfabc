/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Presence, pushed: each slot holds a second connection on which the bridge
 * tells every insertion and removal. pcscd's event thread of the slot sleeps
 * in the polling function until something arrives; nobody asks.
 *
 * What the event thread was last told decides what it hears next. A card that
 * was changed behind its back (taken out and put in, or the bridge restarted)
 * is first reported as removed, else a client would go on with a card that
 * has forgotten it. Other threads are answered "present" only of the card
 * that the event thread knows.
 *
 * pcscd asks for presence again within its own power-up and power-down, and
 * does not look at the answer beyond that call. So between two waits the event
 * thread hears one answer, the first: news that came in between is told when
 * it asks next, and not lost on a question that nobody listens to.
 *
 * A card that was put in, and that no program uses, is powered down again
 * after a moment instead of pcscd's five seconds: other roads may have it.
 *
 * pcscd asks for a stop of the polling function in two cases: at the end of
 * the reader, after asking whether the thread may be killed, and each time
 * the last client of a card goes, so that the thread notices what has become
 * free and starts the time until power-down. That one has time: pcscd's own
 * polling would notice within 0.4 s, and waking a thread for each of many
 * short connections costs a third of their speed.
 */
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "ifdhandler/ifd.h"

/* A bridge that hangs up sooner than this is left alone for a moment. */
#define STEADY_MS 1000
#define REST_MS 200
#define TICK_NS 400000000L	/* PCSCLITE_STATUS_POLL_RATE */
/* pcscd waits so long before it powers a card down that nobody uses; and how
 * long it has to. */
#define GRACE_MS 5000		/* PCSCLITE_POWER_OFF_GRACE_PERIOD */
#define UNUSED_MS 300

int64_t
ifd_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
ifd_kick(struct ifd_slot *s)
{
	uint64_t one = 1;
	ssize_t n;

	n = write(s->kick, &one, sizeof(one));
	(void)n;	/* full means that it is signalled already */
}

static void
kick_drain(struct ifd_slot *s)
{
	uint64_t count;
	ssize_t n;

	n = read(s->kick, &count, sizeof(count));
	(void)n;
}

/* ---- state ------------------------------------------------------------- */

static void
state_lost(struct ifd_slot *s)
{
	pthread_mutex_lock(&s->state_lock);
	if (s->up) {
		s->up = false;
		s->epoch++;
	}
	s->lost = false;
	pthread_mutex_unlock(&s->state_lock);
}

void
ifd_watch_lost(struct ifd_slot *s, uint32_t epoch)
{
	bool news;

	pthread_mutex_lock(&s->state_lock);
	news = s->up && s->epoch == epoch;
	if (news) {
		s->up = false;
		s->lost = true;
		s->epoch++;
	}
	pthread_mutex_unlock(&s->state_lock);
	if (news)
		ifd_kick(s);
}

bool
ifd_watch_up(struct ifd_slot *s, uint32_t *epoch)
{
	bool up;

	pthread_mutex_lock(&s->state_lock);
	up = s->up;
	*epoch = s->epoch;
	pthread_mutex_unlock(&s->state_lock);
	return up;
}

/* Under state_lock: there is a card, and it is the one told of. */
static bool
same_card(const struct ifd_slot *s)
{
	return s->up && s->now.present && s->told &&
	    s->told_changes == s->now.changes && s->told_epoch == s->epoch;
}

static bool
news_to_tell(struct ifd_slot *s)
{
	bool news;

	pthread_mutex_lock(&s->state_lock);
	if (s->told)
		news = !same_card(s);
	else
		news = s->up && s->now.present;
	pthread_mutex_unlock(&s->state_lock);
	return news;
}

bool
ifd_watch_present(struct ifd_slot *s)
{
	bool poller, listener, present;

	pthread_mutex_lock(&s->state_lock);
	poller = s->has_poller && pthread_equal(s->poller, pthread_self());
	listener = poller || !s->has_poller;
	pthread_mutex_unlock(&s->state_lock);
	if (poller && s->settled)
		return s->settled_present;
	if (listener)
		ifd_watch_step(s, 0);
	pthread_mutex_lock(&s->state_lock);
	if (listener && s->told && !same_card(s)) {
		s->told = false;	/* removed, even if there is another */
	} else if (listener && s->up && s->now.present) {
		s->told = true;
		s->told_changes = s->now.changes;
		s->told_epoch = s->epoch;
	}
	present = same_card(s);
	pthread_mutex_unlock(&s->state_lock);
	if (poller) {
		s->settled = true;
		s->settled_present = present;
	}
	return present;
}

/* ---- the connection ---------------------------------------------------- */

static enum cb_err
watch_open(struct ifd_slot *s, unsigned wait_ms)
{
	struct br_target t = { s->name[0] != '\0' ? s->name : NULL, s->number };
	struct br_state state;
	enum cb_err r;

	r = br_connect(&s->watch, ifd_place_path(s->place), wait_ms, NULL);
	if (r != CB_OK)
		goto out;
	br_set_deadlines(s->watch, wait_ms, wait_ms);
	r = br_watch(s->watch, &t, BR_ROAD_PCSC, &state);
	if (r != CB_OK)
		goto out;
	s->watch_since = ifd_now_ms();
	pthread_mutex_lock(&s->state_lock);
	s->now = state;
	s->up = true;
	s->lost = false;
	pthread_mutex_unlock(&s->state_lock);
out:
	if (r != CB_OK)
		br_close(&s->watch);
	return r;
}

static void
watch_take(struct ifd_slot *s)
{
	struct br_state state;
	bool changed = false, lost;
	enum cb_err r = CB_E_PEER;

	pthread_mutex_lock(&s->state_lock);
	lost = s->lost;
	pthread_mutex_unlock(&s->state_lock);
	if (!lost)
		r = br_watch_take(s->watch, &state, &changed);
	if (r != CB_OK) {
		br_close(&s->watch);
		state_lost(s);
	} else if (changed) {
		pthread_mutex_lock(&s->state_lock);
		s->now = state;
		pthread_mutex_unlock(&s->state_lock);
	}
}

/* Without an event thread nobody leads: each slot then tries for itself, at
 * most once a second. */
static bool
may_try_alone(struct ifd_slot *s)
{
	int64_t now = ifd_now_ms();
	bool alone;

	pthread_mutex_lock(&s->state_lock);
	alone = !s->has_poller;
	pthread_mutex_unlock(&s->state_lock);
	if (!alone || now < s->tried + STEADY_MS)
		return false;
	s->tried = now;
	return true;
}

void
ifd_watch_step(struct ifd_slot *s, unsigned wait_ms)
{
	enum cb_err r;

	pthread_mutex_lock(&s->watch_lock);
	if (s->watch != NULL)
		watch_take(s);
	if (s->watch != NULL || s->place == NULL)
		goto out;
	if (wait_ms == 0 && may_try_alone(s))
		wait_ms = IFD_START_MS;
	else if (wait_ms == 0 || ifd_place_is_down(s->place))
		goto out;
	else if (s->watch_since != 0 &&
	    ifd_now_ms() < s->watch_since + STEADY_MS) {
		s->watch_since = 0;
		ifd_place_failed(s->place, CB_E_PEER, "it hangs up", REST_MS);
		goto out;
	}
	if ((r = watch_open(s, wait_ms)) != CB_OK)
		ifd_place_failed(s->place, r, cb_err_text(r), 0);
out:
	pthread_mutex_unlock(&s->watch_lock);
}

void
ifd_watch_close(struct ifd_slot *s)
{
	pthread_mutex_lock(&s->watch_lock);
	br_close(&s->watch);
	state_lost(s);
	pthread_mutex_unlock(&s->watch_lock);
}

/* ---- the polling function ---------------------------------------------- */

static void
tick_set(struct ifd_slot *s)
{
	const struct itimerspec in = { .it_value = { 0, TICK_NS } };

	if (!atomic_exchange(&s->ticking, true))
		(void)timerfd_settime(s->tick, 0, &in, NULL);
}

/* A stop from here on sets the timer anew, so none is lost. */
static void
tick_take(struct ifd_slot *s)
{
	uint64_t count;
	ssize_t n;

	atomic_store(&s->ticking, false);
	n = read(s->tick, &count, sizeof(count));
	(void)n;
	atomic_store(&s->stop, true);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Sleeps until something happens, at most until `until` (ms). */
static void
sleep_until(struct ifd_slot *s, int64_t until, bool leader)
{
	struct pollfd fds[4] = {
		{ s->kick, POLLIN, 0 },
		{ br_fd(s->watch), POLLIN, 0 },
		{ -1, POLLIN, 0 },
		{ s->tick, POLLIN, 0 },
	};
	int64_t now = ifd_now_ms(), wait;

	if (leader)
		until = earlier(until, ifd_prober_due(&fds[2].fd));
	wait = until == INT64_MAX ? -1 : until - now;
	if (until != INT64_MAX && wait < 0)
		wait = 0;
	if (wait > INT32_MAX)
		wait = INT32_MAX;
	(void)poll(fds, 4, (int)wait);
	if (fds[0].revents != 0)
		kick_drain(s);
	if (fds[2].revents != 0)
		ifd_prober_listen();
	if (fds[3].revents != 0)
		tick_take(s);
}

static void
poller_set(struct ifd_slot *s)
{
	pthread_mutex_lock(&s->state_lock);
	s->has_poller = true;
	s->poller = pthread_self();
	pthread_mutex_unlock(&s->state_lock);
}

void
ifd_watch_poll(struct ifd_slot *s, int timeout_ms)
{
	int64_t until = INT64_MAX;
	bool leader;

	if (timeout_ms > UNUSED_MS && timeout_ms <= GRACE_MS &&
	    !atomic_load(&s->used))
		timeout_ms = UNUSED_MS;
	if (timeout_ms >= 0)
		until = ifd_now_ms() + timeout_ms;
	atomic_store(&s->ending, false);
	poller_set(s);
	ifd_prober_enter(s);
	for (;;) {
		ifd_watch_step(s, IFD_PROBE_MS);
		if (atomic_exchange(&s->stop, false) || news_to_tell(s) ||
		    ifd_now_ms() >= until)
			break;
		leader = ifd_prober_lead(s);
		if (!leader || !ifd_prober_run(s))
			sleep_until(s, until, leader);
	}
	ifd_prober_leave(s);
	s->settled = false;
}

void
ifd_watch_stop(struct ifd_slot *s)
{
	if (!atomic_load(&s->ending)) {
		tick_set(s);
		return;
	}
	atomic_store(&s->stop, true);
	ifd_kick(s);
}

void
ifd_watch_end(struct ifd_slot *s)
{
	atomic_store(&s->ending, true);
}
