/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The file of heads. Only the last of each chain is kept in memory; the file
 * is written anew when most of it no longer counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/store/directory.h"
#include "backend/store/heads.h"
#include "backend/store/lock.h"
#include "wire/export.h"

#define LINE (5 + 2 * WIRE_HEAD_SIGNED + 1)	/* "head HEX\n" */
#define SPARE ((size_t)256 << 10)	/* bytes that do not count any more */
#define FILE_MAX ((off_t)256 << 20)
#define CHAINS_MAX 65536

static const char first_line[] = "cardbridge heads 1\n";
#define FIRST (sizeof(first_line) - 1)

struct be_heads {
	int fd;
	char *path;
	uint8_t public[CR_KEY];
	size_t size;		/* of the file */
	struct wire_head *heads;
	uint8_t (*bytes)[WIRE_HEAD_SIGNED];	/* as they were signed */
	size_t n, cap;
};

/* ---- in memory ----------------------------------------------------------- */

static size_t
find(const struct be_heads *h, const struct wire_owner *owner)
{
	size_t i = 0;

	while (i < h->n && !wire_owner_equal(&h->heads[i].at.owner, owner))
		i++;
	return i;
}

static enum cb_err
make_room(struct be_heads *h)
{
	const size_t cap = h->cap == 0 ? 16 : 2 * h->cap;
	void *p;

	if (h->n < h->cap)
		return CB_OK;
	if (cap > CHAINS_MAX)
		return CB_E_LIMIT;
	if ((p = reallocarray(h->heads, cap, sizeof(h->heads[0]))) == NULL)
		return CB_E_NOMEM;
	h->heads = p;
	if ((p = reallocarray(h->bytes, cap, sizeof(h->bytes[0]))) == NULL)
		return CB_E_NOMEM;
	h->bytes = p;
	h->cap = cap;
	return CB_OK;
}

/* There is room. */
static void
remember(struct be_heads *h, const struct wire_head *head,
    const uint8_t bytes[WIRE_HEAD_SIGNED])
{
	const size_t i = find(h, &head->at.owner);

	h->n += i == h->n;
	h->heads[i] = *head;
	memcpy(h->bytes[i], bytes, WIRE_HEAD_SIGNED);
}

/* ---- the file ------------------------------------------------------------ */

static enum cb_err
fail(const struct be_heads *h, enum cb_err r, struct cb_why *why)
{
	cb_why_set(why, "%s: %s", h->path, strerror(errno));
	return r;
}

static enum cb_err
write_all(int fd, struct cb_span s)
{
	while (s.n > 0) {
		const ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return CB_E_STORE;
		s = cb_span_tail(s, (size_t)n);
	}
	return CB_OK;
}

static enum cb_err
read_line(struct be_heads *h, struct cb_span line, size_t number,
    struct cb_why *why)
{
	uint8_t bytes[WIRE_HEAD_SIGNED];
	struct wire_head head;
	enum cb_err r;

	if (wire_export_head_get(line, bytes) != CB_OK ||
	    wire_head_get(CB_SPAN_OF(bytes), h->public, &head) != CB_OK) {
		cb_why_set(why,
		    "%s, line %zu: this is no head signed by the backend's "
		    "audit key. Nothing was changed.",
		    h->path, number);
		return CB_E_FORMAT;
	}
	if ((r = make_room(h)) == CB_OK)
		remember(h, &head, bytes);
	return r;
}

/* What is behind the last line feed was being written when the power went. */
static enum cb_err
read_text(struct be_heads *h, struct cb_span text, struct cb_why *why)
{
	struct cb_span cur = text;
	size_t number = 1;
	enum cb_err r = CB_OK;

	if (text.n < FIRST && memcmp(text.p, first_line, text.n) == 0) {
		h->size = 0;	/* not even begun */
		return CB_OK;
	}
	if (text.n < FIRST || memcmp(text.p, first_line, FIRST) != 0) {
		cb_why_set(why, "%s is not a file of heads. Nothing was "
		    "changed.", h->path);
		return CB_E_FORMAT;
	}
	cur = cb_span_tail(cur, FIRST);
	while (r == CB_OK && cur.n > 0) {
		const uint8_t *end = memchr(cur.p, '\n', cur.n);

		if (end == NULL)
			break;
		r = read_line(h, cb_span(cur.p, (size_t)(end - cur.p)),
		    ++number, why);
		cur = cb_span_tail(cur, (size_t)(end - cur.p) + 1);
	}
	h->size = text.n - cur.n;
	return r;
}

static enum cb_err
read_file(struct be_heads *h, struct cb_why *why)
{
	struct stat sb;
	uint8_t *text;
	size_t n = 0;
	ssize_t got = 1;
	enum cb_err r;

	if (fstat(h->fd, &sb) < 0)
		return fail(h, CB_E_STORE, why);
	if (!S_ISREG(sb.st_mode) || sb.st_size > FILE_MAX) {
		cb_why_set(why, "%s is not a file of heads.", h->path);
		return CB_E_FORMAT;
	}
	if ((text = malloc((size_t)sb.st_size + 1)) == NULL)
		return CB_E_NOMEM;
	while (got > 0 && n < (size_t)sb.st_size)
		if ((got = pread(h->fd, text + n, (size_t)sb.st_size - n,
			 (off_t)n)) > 0)
			n += (size_t)got;
	r = got < 0 ? fail(h, CB_E_STORE, why)
		    : read_text(h, cb_span(text, n), why);
	free(text);
	return r;
}

static enum cb_err
lock(struct be_heads *h, struct cb_why *why)
{
	const enum cb_err r = be_lock(h->fd);

	if (r == CB_E_BUSY)
		cb_why_set(why, "%s: another process has it", h->path);
	return r == CB_OK || r == CB_E_BUSY ? r : fail(h, r, why);
}

/* All that counts, in a new file that takes the place of this. */
static enum cb_err
write_anew(struct be_heads *h, struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT_MAX(FIRST + LINE * (h->n + 1));
	char *name = NULL;
	int fd = -1, old = h->fd;
	enum cb_err r;

	r = cb_buf_add(&text, cb_span(first_line, FIRST));
	for (size_t i = 0; r == CB_OK && i < h->n; i++)
		r = wire_export_head(&text, CB_SPAN_OF(h->bytes[i]));
	if (r == CB_OK && asprintf(&name, "%s.new", h->path) < 0) {
		name = NULL;
		r = CB_E_NOMEM;
	}
	if (r == CB_OK &&
	    ((fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
		  0600)) < 0 ||
		(r = write_all(fd, cb_buf_span(&text))) != CB_OK ||
		fsync(fd) < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
		rename(name, h->path) < 0))
		r = fail(h, CB_E_STORE, why);
	if (r == CB_OK) {
		h->fd = fd;
		fd = old;
		h->size = text.n;
		if ((r = be_directory_sync(h->path)) != CB_OK)
			r = fail(h, r, why);
	}
	if (fd >= 0)
		close(fd);
	free(name);
	cb_buf_free(&text);
	return r;
}

/* A last line without an end goes, a new file begins. */
static enum cb_err
settle(struct be_heads *h, struct cb_why *why)
{
	const bool fresh = h->size == 0;

	if (ftruncate(h->fd, (off_t)h->size) < 0 ||
	    (fresh &&
		write_all(h->fd, cb_span(first_line, FIRST)) != CB_OK) ||
	    fsync(h->fd) < 0 || be_directory_sync(h->path) != CB_OK)
		return fail(h, CB_E_STORE, why);
	if (fresh)
		h->size = FIRST;
	return CB_OK;
}

/* ---- for others ---------------------------------------------------------- */

enum cb_err
be_heads_open(struct be_heads **out, const char *path,
    const uint8_t public[CR_KEY], bool make, struct cb_why *why)
{
	struct be_heads *h = calloc(1, sizeof(*h));
	enum cb_err r = CB_OK;

	*out = NULL;
	if (h == NULL)
		return CB_E_NOMEM;
	h->fd = -1;
	memcpy(h->public, public, CR_KEY);
	if ((h->path = strdup(path)) == NULL)
		r = CB_E_NOMEM;
	else if ((h->fd = open(path,
		      O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			  (make ? O_CREAT : 0),
		      0600)) < 0)
		r = fail(h, errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED, why);
	if (r == CB_OK && (r = lock(h, why)) == CB_OK &&
	    (r = read_file(h, why)) == CB_OK && (r = settle(h, why)) == CB_OK)
		*out = h;
	else
		be_heads_close(&h);
	return r;
}

void
be_heads_close(struct be_heads **h)
{
	if (*h == NULL)
		return;
	if ((*h)->fd >= 0)
		close((*h)->fd);
	free((*h)->heads);
	free((*h)->bytes);
	free((*h)->path);
	free(*h);
	*h = NULL;
}

static enum cb_err
append(struct be_heads *h, struct cb_span signed_head, struct cb_why *why)
{
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_export_head(&line, signed_head)) == CB_OK) {
		if (write_all(h->fd, cb_buf_span(&line)) == CB_OK &&
		    fdatasync(h->fd) == 0)
			h->size += line.n;
		else {
			r = fail(h, CB_E_STORE, why);
			close(h->fd);
			h->fd = -1;
		}
	}
	cb_buf_free(&line);
	return r;
}

enum cb_err
be_heads_add(
    struct be_heads *h, struct cb_span signed_head, struct cb_why *why)
{
	struct wire_head head;
	size_t i;
	enum cb_err r;

	if (h->fd < 0) {
		cb_why_set(why, "%s failed before. It is to be opened anew.",
		    h->path);
		return CB_E_STORE;
	}
	if ((r = wire_head_get(signed_head, h->public, &head)) != CB_OK)
		return r;
	if ((i = find(h, &head.at.owner)) < h->n &&
	    h->heads[i].at.number > head.at.number) {
		cb_why_set(why, "%s has a head of a later entry", h->path);
		return CB_E_DENIED;
	}
	if ((r = make_room(h)) != CB_OK ||
	    (r = append(h, signed_head, why)) != CB_OK)
		return r;
	remember(h, &head, signed_head.p);
	if (h->size > SPARE + 2 * LINE * h->n)
		r = write_anew(h, why);
	return r;
}

const struct wire_head *
be_heads_all(const struct be_heads *h, size_t *n)
{
	*n = h->n;
	return h->heads;
}

struct cb_span
be_heads_signed(const struct be_heads *h, const struct wire_owner *owner)
{
	const size_t i = find(h, owner);

	return i < h->n ? CB_SPAN_OF(h->bytes[i]) : CB_SPAN_EMPTY;
}
