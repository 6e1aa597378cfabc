/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Finding the bridge again. Without it, one of the event threads (the leader)
 * looks once a second for all slots of the process, and sooner when inotify
 * says that something of the socket's name appeared; the others sleep. A
 * leader that leaves the polling function wakes one of them to follow it.
 *
 * A bridge that is stopped takes a connection and does not answer. Such are
 * tried last, for a shorter time once they are known, and the leader listens
 * between two of them, so that they delay no other bridge's return.
 *
 * The lock is held for a few assignments, never while connecting: no slot
 * ever waits for another one's bridge.
 */
#include <poll.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "ifdhandler/ifd.h"

#define PROBE_EVERY_MS 1000
#define PROBE_HUNG_MS 50	/* one that did not answer in time before */
/* The name appears before the socket listens: look this often at once. */
#define QUICK_TRIES 25
#define QUICK_EVERY_MS 20

struct ifd_place {
	struct ifd_place *next;
	unsigned refs;
	bool down;		/* only the leader tries */
	bool hung;		/* it takes connections and does not answer */
	unsigned round;		/* of the leader's tries, when last tried */
	int64_t not_before;	/* ms; leave it alone until then */
	char path[];
};

static struct {
	pthread_mutex_t lock;
	struct ifd_place *places;
	struct ifd_slot *leader;
	int64_t next_ms;	/* the leader's next try */
	unsigned round;
	int64_t round_ms;	/* when it began */
	unsigned quick;		/* quick tries left */
	int ino;		/* -1: none; the leader's */
	int64_t deaf_until;	/* strangers' files are no reason to wake */
} prober = { .lock = PTHREAD_MUTEX_INITIALIZER, .ino = -1 };

/* ---- places ------------------------------------------------------------ */

struct ifd_place *
ifd_place_get(const char *path)
{
	struct ifd_place *p;
	size_t n = strlen(path) + 1;

	pthread_mutex_lock(&prober.lock);
	for (p = prober.places; p != NULL; p = p->next)
		if (strcmp(p->path, path) == 0)
			break;
	if (p == NULL && (p = calloc(1, sizeof(*p) + n)) != NULL) {
		memcpy(p->path, path, n);
		p->next = prober.places;
		prober.places = p;
	}
	if (p != NULL)
		p->refs++;
	pthread_mutex_unlock(&prober.lock);
	return p;
}

void
ifd_place_put(struct ifd_place *p)
{
	struct ifd_place **at;

	pthread_mutex_lock(&prober.lock);
	if (--p->refs == 0) {
		for (at = &prober.places; *at != p; at = &(*at)->next)
			;
		*at = p->next;
		free(p);
	}
	pthread_mutex_unlock(&prober.lock);
}

const char *
ifd_place_path(const struct ifd_place *p)
{
	return p->path;
}

bool
ifd_place_is_down(struct ifd_place *p)
{
	bool down;

	pthread_mutex_lock(&prober.lock);
	down = p->down;
	pthread_mutex_unlock(&prober.lock);
	return down;
}

/* One line when a bridge goes, none for each try after that. */
void
ifd_place_failed(
    struct ifd_place *p, enum cb_err e, const char *why, unsigned rest_ms)
{
	bool news;

	pthread_mutex_lock(&prober.lock);
	news = !p->down;
	p->down = true;
	p->hung = e == CB_E_TIMEOUT;
	p->not_before = ifd_now_ms() + rest_ms;
	pthread_mutex_unlock(&prober.lock);
	if (news)
		ifd_log("no bridge at %s (%s): its readers are empty until it "
			"comes", p->path, why);
}

static void
place_found(struct ifd_place *p)
{
	struct ifd_slot *s;
	unsigned i;

	ifd_log("the bridge at %s is there", p->path);
	pthread_mutex_lock(&prober.lock);
	p->down = false;
	prober.quick = 0;
	for (i = 0; (s = ifd_slot_at(i)) != NULL; i++)
		if (s->polling && s->place == p)
			ifd_kick(s);
	pthread_mutex_unlock(&prober.lock);
}

/* ---- the leader -------------------------------------------------------- */

/* Under the lock: watches the directory of a socket, or the one above as
 * long as that is missing. */
static void
listen_for(const struct ifd_place *p)
{
	const uint32_t what = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
	char dir[4096];
	unsigned up;
	char *slash;

	if (strlen(p->path) >= sizeof(dir))
		return;
	memcpy(dir, p->path, strlen(p->path) + 1);
	for (up = 0; up < 2; up++) {
		if ((slash = strrchr(dir, '/')) == NULL || slash == dir)
			return;
		*slash = '\0';
		if (inotify_add_watch(prober.ino, dir, what) >= 0)
			return;
	}
}

/* Under the lock: `s` is the one that looks from here on, and once at the
 * beginning: a bridge may have come before there was anybody to listen. */
static void
take_over(struct ifd_slot *s)
{
	struct ifd_place *p;

	prober.leader = s;
	prober.quick = 0;
	prober.deaf_until = 0;
	prober.next_ms = s->place->not_before;
	prober.ino = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (p = prober.places; p != NULL && prober.ino >= 0; p = p->next)
		if (p->down)
			listen_for(p);
}

/* Under the lock: `s` leads no more, somebody else may have to. */
static void
resign(struct ifd_slot *s)
{
	struct ifd_slot *heir;
	unsigned i;

	if (prober.leader != s)
		return;
	prober.leader = NULL;
	if (prober.ino >= 0)
		close(prober.ino);
	prober.ino = -1;
	for (i = 0; (heir = ifd_slot_at(i)) != NULL; i++)
		if (heir != s && heir->polling && heir->place->down)
			break;
	if (heir != NULL)
		ifd_kick(heir);
}

void
ifd_prober_enter(struct ifd_slot *s)
{
	pthread_mutex_lock(&prober.lock);
	s->polling = true;
	pthread_mutex_unlock(&prober.lock);
}

void
ifd_prober_leave(struct ifd_slot *s)
{
	pthread_mutex_lock(&prober.lock);
	s->polling = false;
	resign(s);
	pthread_mutex_unlock(&prober.lock);
}

bool
ifd_prober_lead(struct ifd_slot *s)
{
	bool leader;

	pthread_mutex_lock(&prober.lock);
	if (!s->place->down)
		resign(s);
	else if (prober.leader == NULL)
		take_over(s);
	leader = prober.leader == s;
	pthread_mutex_unlock(&prober.lock);
	return leader;
}

int64_t
ifd_prober_due(int *fd)
{
	int64_t due;

	pthread_mutex_lock(&prober.lock);
	due = prober.next_ms;
	if (ifd_now_ms() >= prober.deaf_until)
		*fd = prober.ino;
	pthread_mutex_unlock(&prober.lock);
	return due;
}

/* Is `name` the socket's own, or its directory's? */
static bool
part_of(const char *path, const char *name)
{
	size_t n = strlen(name);
	const char *end, *start;
	unsigned up;

	end = path + strlen(path);
	for (up = 0; up < 2; up++) {
		start = end;
		while (start > path && start[-1] != '/')
			start--;
		if ((size_t)(end - start) == n && memcmp(start, name, n) == 0)
			return true;
		if (start == path)
			break;
		end = start - 1;
	}
	return false;
}

/* One name was seen: look at once, or stop listening until the next try. */
static void
heard(const char *name)
{
	const struct ifd_place *p;
	bool ours = false;

	pthread_mutex_lock(&prober.lock);
	for (p = prober.places; p != NULL; p = p->next)
		ours |= p->down && part_of(p->path, name);
	if (ours) {
		prober.quick = QUICK_TRIES;
		prober.next_ms = 0;
	} else {
		prober.deaf_until = prober.next_ms;
	}
	pthread_mutex_unlock(&prober.lock);
}

void
ifd_prober_listen(void)
{
	alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	ssize_t n;
	size_t at;

	while ((n = read(prober.ino, buf, sizeof(buf))) > 0)
		for (at = 0; at < (size_t)n; at += sizeof(*e) + e->len) {
			e = (const void *)(buf + at);
			heard(e->len != 0 ? e->name : "");
		}
}

/* The next place to try in this round, counted: those that hang are last. */
static struct ifd_place *
place_next(unsigned round, unsigned *wait_ms)
{
	int64_t now = ifd_now_ms();
	struct ifd_place *p, *hung = NULL;

	pthread_mutex_lock(&prober.lock);
	for (p = prober.places; p != NULL; p = p->next) {
		if (!p->down || p->round == round || now < p->not_before)
			continue;
		if (!p->hung)
			break;
		if (hung == NULL)
			hung = p;
	}
	if (p == NULL)
		p = hung;
	if (p != NULL) {
		*wait_ms = p->hung ? PROBE_HUNG_MS : IFD_PROBE_MS;
		p->round = round;
		p->refs++;
		if (prober.ino >= 0)
			listen_for(p);
	}
	pthread_mutex_unlock(&prober.lock);
	return p;
}

/* Is a try due? Then a new round begins. */
static bool
round_begin(unsigned *round)
{
	bool due;

	pthread_mutex_lock(&prober.lock);
	due = ifd_now_ms() >= prober.next_ms;
	if (due) {
		prober.round_ms = ifd_now_ms();
		*round = ++prober.round;
	}
	pthread_mutex_unlock(&prober.lock);
	return due;
}

static void
round_end(void)
{
	pthread_mutex_lock(&prober.lock);
	if (prober.quick > 0)
		prober.quick--;
	prober.next_ms = prober.quick > 0
	    ? ifd_now_ms() + QUICK_EVERY_MS
	    : prober.round_ms + PROBE_EVERY_MS;
	if (prober.quick == 0)
		prober.deaf_until = 0;
	pthread_mutex_unlock(&prober.lock);
}

/* Is there something to listen to? */
static bool
is_called(void)
{
	struct pollfd fd = { prober.ino, POLLIN, 0 };

	return prober.ino >= 0 && poll(&fd, 1, 0) > 0;
}

/* One try; true: it hangs, and took its time. */
static bool
probe(struct ifd_place *p, unsigned wait_ms)
{
	struct br_client *c = NULL;
	enum cb_err r = br_connect(&c, p->path, wait_ms, NULL);

	br_close(&c);
	pthread_mutex_lock(&prober.lock);
	p->hung = r == CB_E_TIMEOUT;
	pthread_mutex_unlock(&prober.lock);
	if (r == CB_OK)
		place_found(p);
	return r == CB_E_TIMEOUT;
}

bool
ifd_prober_run(struct ifd_slot *s)
{
	bool on = true;
	struct ifd_place *p;
	unsigned round, wait_ms;

	if (!round_begin(&round))
		return false;
	while (on && (p = place_next(round, &wait_ms)) != NULL) {
		if (probe(p, wait_ms))
			on = !is_called() && !atomic_load(&s->stop);
		ifd_place_put(p);
	}
	round_end();
	return true;
}
