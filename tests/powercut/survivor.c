/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What survives a power cut: the events before it are played into files that
 * remember, for every sector, what it was at the last fsync and what has
 * happened to it since. A sector on the disk is as it was after any number of
 * the events since then; so is the file's size; names come and go in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/powercut/events.h"
#include "tests/powercut/vfs_powercut.h"

#define SECTOR 512
#define ROOM ((size_t)16 << 20)	/* largest file */

struct choice {
	enum pc_survive how;
	uint64_t random;
	unsigned keep;		/* in 16: how often all of a sector arrived */
};

/* How many of n events since the last sync arrived. */
static size_t
arrived(struct choice *c, size_t n)
{
	if (c->how == PC_DROP)
		return 0;
	if (c->how == PC_KEEP || pc_random(&c->random) % 16 < c->keep)
		return n;
	return (size_t)(pc_random(&c->random) % (n + 1));
}

static void
need(struct cb_buf *b, size_t n)
{
	uint8_t *p;

	if (n > b->n && cb_buf_grow(b, n - b->n, &p) != CB_OK)
		abort();
}

/* One event on the sector at `s` (its first byte's offset) of *b. */
static void
play_sector(struct cb_buf *b, size_t s, const struct pc_event *e)
{
	size_t from, to, end = s + SECTOR;

	if (e->kind == PC_TRUNCATE) {
		from = e->at > s ? e->at : s;
		if (from < end && from < b->n)
			memset(b->p + from, 0,
			    (end < b->n ? end : b->n) - from);
		return;
	}
	from = e->at > s ? e->at : s;
	to = e->at + e->n < end ? e->at + e->n : end;
	if (from >= to)
		return;
	need(b, to);
	memcpy(b->p + from, e->data + (from - e->at), to - from);
}

static size_t
size_after(size_t size, const struct pc_event *e)
{
	if (e->kind == PC_TRUNCATE)
		return e->at;
	return e->at + e->n > size ? e->at + e->n : size;
}

static bool
touches(const struct pc_event *e, int inode)
{
	return e->inode == inode &&
	    (e->kind == PC_WRITE || e->kind == PC_TRUNCATE);
}

/* Events from..to on the whole of *b. */
static void
play(struct cb_buf *b, int inode, size_t from, size_t to)
{
	const struct pc_event *e;
	size_t i, size;

	for (i = from; i < to; i++) {
		e = &pc_log.p[i];
		if (!touches(e, inode))
			continue;
		size = size_after(b->n, e);
		need(b, size);
		if (cb_buf_truncate(b, size) != CB_OK)
			abort();
		if (e->kind == PC_WRITE)
			memcpy(b->p + e->at, e->data, e->n);
	}
}

/* Sets *b to what was synced of an inode by then. That of the database grows
 * with the record, and is kept. */
static void
play_synced(struct cb_buf *b, struct cb_span start, int inode, size_t synced)
{
	static struct cb_buf kept = CB_BUF_INIT_MAX(ROOM);
	static unsigned generation;
	static size_t played;
	bool keep = inode == PC_MAIN;

	cb_buf_free(b);
	*b = (struct cb_buf)CB_BUF_INIT_MAX(ROOM);
	if (keep && (generation != pc_log.generation || played > synced)) {
		if (cb_buf_set(&kept, start) != CB_OK)
			abort();
		generation = pc_log.generation;
		played = 0;
	}
	if (cb_buf_set(b, keep ? cb_buf_span(&kept) : start) != CB_OK)
		abort();
	play(b, inode, keep ? played : 0, synced);
	if (keep && cb_buf_set(&kept, cb_buf_span(b)) != CB_OK)
		abort();
	if (keep)
		played = synced;
}

/* Sets *b to what is left of an inode: `start` is what it had at first. */
static void
survive(struct cb_buf *b, struct cb_span start, int inode, size_t k,
    struct choice *c)
{
	const struct pc_event **pending;
	size_t i, s, synced = 0, n = 0, left, size, top, durable;

	for (i = 0; i < k; i++)
		if (pc_log.p[i].inode == inode &&
		    pc_log.p[i].kind == PC_SYNC)
			synced = i;
	play_synced(b, start, inode, synced);
	if ((pending = calloc(k - synced + 1, sizeof(*pending))) == NULL)
		abort();
	for (i = synced; i < k; i++)
		if (touches(&pc_log.p[i], inode))
			pending[n++] = &pc_log.p[i];
	/* The size, and how far any sector reaches. */
	left = arrived(c, n);
	size = top = durable = b->n;
	for (i = 0; i < n; i++) {
		if (i < left)
			size = size_after(size, pending[i]);
		if (pending[i]->kind == PC_WRITE &&
		    pending[i]->at + pending[i]->n > top)
			top = pending[i]->at + pending[i]->n;
	}
	need(b, top);
	for (s = 0; s < top; s += SECTOR) {
		left = arrived(c, n);
		if (left == 0 && s >= durable && c->how == PC_TORN &&
		    pc_random(&c->random) % 2 == 0)
			memset(b->p + s, 0xa5,
			    top - s < SECTOR ? top - s : SECTOR);
		for (i = 0; i < left; i++)
			play_sector(b, s, pending[i]);
	}
	need(b, size);
	if (cb_buf_truncate(b, size) != CB_OK)
		abort();
	free(pending);
}

/* The inode that has the journal's name; PC_NOT_OURS: none. */
static int
named(size_t k, struct choice *c)
{
	const struct pc_event *e;
	size_t i, synced = 0, pending = 0, left;
	int inode = pc_log.has_hot ? 1 : PC_NOT_OURS;

	for (i = 0; i < k; i++)
		if (pc_log.p[i].kind == PC_SYNC_NAMES)
			synced = i;
	for (i = synced; i < k; i++)
		pending += pc_log.p[i].kind == PC_CREATE ||
		    pc_log.p[i].kind == PC_UNLINK;
	left = arrived(c, pending);
	for (i = 0; i < k; i++) {
		e = &pc_log.p[i];
		if (e->kind != PC_CREATE && e->kind != PC_UNLINK)
			continue;
		if (i >= synced && left-- == 0)
			break;
		inode = e->kind == PC_CREATE ? e->inode : PC_NOT_OURS;
	}
	return inode;
}

static int
store(const char *path, struct cb_span s)
{
	ssize_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	n = write(fd, s.p, s.n);
	return close(fd) < 0 || n != (ssize_t)s.n ? -1 : 0;
}

int
pc_survivor(size_t k, enum pc_survive how, uint64_t seed, const char *path,
    bool journal)
{
	struct choice c = { how, seed * 2654435761u + k + 1, 0 };
	struct cb_buf b = CB_BUF_INIT_MAX(ROOM);
	char name[PATH_MAX + 16];
	int inode, r;

	c.keep = (unsigned)(pc_random(&c.random) % 16);
	survive(&b, cb_buf_span(&pc_log.main), PC_MAIN, k, &c);
	r = store(path, cb_buf_span(&b));
	snprintf(name, sizeof(name), "%s-journal", path);
	if (unlink(name) < 0 && errno != ENOENT)
		r = -1;
	inode = named(k, &c);
	if (r == 0 && journal && inode != PC_NOT_OURS) {
		survive(&b, pc_log.has_hot && inode == 1 ?
		    cb_buf_span(&pc_log.hot) : CB_SPAN_EMPTY, inode, k, &c);
		r = store(name, cb_buf_span(&b));
	}
	cb_buf_free(&b);
	return r;
}
