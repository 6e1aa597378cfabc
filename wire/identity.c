/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See identity.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hex.h"
#include "wire/identity.h"

#define FILE_MAX 16384

/* What it consists of. */
enum { TEXT, KEY, CERTIFICATE, AUTHORITY, SERVICE, PARTS };

static const char *const names[PARTS] = {
	[TEXT] = "backend",
	[KEY] = "key.pem",
	[CERTIFICATE] = "certificate.der",
	[AUTHORITY] = "authority.der",
	[SERVICE] = "service.der",
};

void
wire_identity_clear(struct wire_identity *identity)
{
	wire_key_free(&identity->key);
	cb_buf_free(&identity->certificate);
	cb_buf_free(&identity->authority);
	cb_buf_free(&identity->service);
	*identity = (struct wire_identity){ .key = NULL };
}

/* ---- until when ---------------------------------------------------------- */

#define MAKES ", with which cardbridge enrol makes another"

static bool
tell_end(enum wire_usage usage, const char *what, int64_t until, int64_t now,
    int64_t by, struct cb_why *out)
{
	struct wire_expiry end;

	wire_expiry_set(&end, until);
	return wire_expiry_tell(&end, what, usage == WIRE_DEVICE
		? "an administrator or registrar orders a token (cardbridge "
		  "admin device token)" MAKES
		: "an administrator orders a token (cardbridge admin person "
		  "token)" MAKES, now, by, out);
}

bool
wire_identity_ends(enum wire_usage usage, int64_t until, int64_t now,
    int64_t by, struct cb_why *out)
{
	return tell_end(usage, usage == WIRE_DEVICE
		? "the device's identity" : "the person's identity", until,
	    now, by, out);
}

/* ---- is it one ----------------------------------------------------------- */

static enum cb_err
same_key(const struct wire_key *a, const struct wire_key *b)
{
	struct cb_buf one = CB_BUF_INIT, other = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_key_put_public(a, &one)) == CB_OK &&
	    (r = wire_key_put_public(b, &other)) == CB_OK &&
	    !cb_span_equal(cb_buf_span(&one), cb_buf_span(&other)))
		r = CB_E_DENIED;
	cb_buf_free(&one);
	cb_buf_free(&other);
	return r;
}

/* One that is over matters not: OFFER brings the one in use. */
static enum cb_err
check_service(
    const struct wire_identity *i, int64_t now, struct cb_why *why)
{
	struct cb_why inner = { "" };
	struct wire_cert service;
	enum cb_err r;

	r = wire_cert_check(cb_buf_span(&i->service),
	    cb_buf_span(&i->authority), WIRE_SERVICE, i->kind, now, &service,
	    NULL, &inner);
	if (r == CB_E_TIMEOUT)
		return CB_OK;
	if (r == CB_OK && memcmp(service.subject, i->backend, WIRE_ID) != 0) {
		cb_why_set(&inner, "it is of another backend");
		r = CB_E_DENIED;
	}
	if (r != CB_OK)
		cb_why_set(why, "its service's certificate: %.300s",
		    inner.text);
	return r;
}

static enum cb_err
check_at(struct wire_identity *i, int64_t now, struct cb_why *why)
{
	struct cb_span authority = cb_buf_span(&i->authority);
	struct wire_key *public = NULL;
	struct wire_cert own;
	struct cb_why inner = { "" };
	enum cb_err r;

	if ((r = wire_cert_check(cb_buf_span(&i->certificate), authority,
		 i->usage, i->kind, now, &own, &public, &inner)) != CB_OK) {
		cb_why_set(why, "its own certificate (cardbridge enrol gets "
		    "another): %.270s", inner.text);
		goto out;
	}
	if ((r = check_service(i, now, why)) != CB_OK)
		goto out;
	if ((r = same_key(i->key, public)) != CB_OK) {
		cb_why_set(why, "its certificate is for another key");
		goto out;
	}
	memcpy(i->organisation, own.organisation, WIRE_ID);
	memcpy(i->id, own.subject, WIRE_ID);
	i->until = own.until;
out:
	wire_key_free(&public);
	return r;
}

enum cb_err
wire_identity_check(
    struct wire_identity *i, int64_t now, struct cb_why *why)
{
	int64_t until;
	enum cb_err r;

	i->until = 0;
	if ((r = check_at(i, now, why)) != CB_E_TIMEOUT ||
	    wire_cert_until(cb_buf_span(&i->certificate), &until) != CB_OK ||
	    until > now)
		return r;
	/* what it was while it lasted */
	if ((r = check_at(i, until - 1, why)) != CB_OK)
		return r;
	(void)tell_end(
	    i->usage, "its own certificate", until, now, now, why);
	return CB_E_TIMEOUT;
}

/* ---- the text ------------------------------------------------------------ */

static enum cb_err
put_text(struct cb_buf *b, const struct wire_identity *i)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str("cardbridge identity 1\nkind ")))
		!= CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(i->kind == WIRE_LIVE
		? "live" : "test"))) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str("\nusage "))) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(i->usage == WIRE_DEVICE
		? "device" : "person"))) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str("\nbackend "))) != CB_OK ||
	    (r = cb_hex_put(b, CB_SPAN_OF(i->backend))) != CB_OK ||
	    (r = cb_put_u8(b, '\n')) != CB_OK);
	return r;
}

/* It is what we would write: there are but four texts for each backend. */
static enum cb_err
get_text(struct cb_span text, struct wire_identity *i)
{
	struct cb_buf written = CB_BUF_INIT;
	enum cb_err r = CB_E_FORMAT;

	if (text.n < 2 * WIRE_ID + 1 ||
	    cb_hex_get(cb_span(text.p + text.n - 2 * WIRE_ID - 1,
		2 * WIRE_ID), i->backend, WIRE_ID) != CB_OK)
		return r;
	for (unsigned k = 0; k < 4 && r == CB_E_FORMAT; k++) {
		i->kind = (k & 1) != 0 ? WIRE_LIVE : WIRE_TEST;
		i->usage = (k & 2) != 0 ? WIRE_PERSON : WIRE_DEVICE;
		cb_buf_clear(&written);
		if ((r = put_text(&written, i)) == CB_OK &&
		    !cb_span_equal(cb_buf_span(&written), text))
			r = CB_E_FORMAT;
	}
	cb_buf_free(&written);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

/* Nobody else may change it, nor read what only we may. */
static enum cb_err
check_owner(int fd, const char *what, mode_t not, struct cb_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return CB_E_STORE;
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		cb_why_set(why, "%s belongs to another user", what);
		return CB_E_DENIED;
	}
	if ((st.st_mode & not) != 0) {
		cb_why_set(why, "%s is open to others: chmod go-rwx", what);
		return CB_E_DENIED;
	}
	return CB_OK;
}

static enum cb_err
read_all(int fd, struct cb_buf *out)
{
	uint8_t *p;
	ssize_t n;
	size_t had;
	enum cb_err r;

	out->max = FILE_MAX;
	for (;;) {
		had = out->n;
		if ((r = cb_buf_grow(out, 1024, &p)) != CB_OK)
			return r;
		n = read(fd, p, 1024);
		r = cb_buf_truncate(out, had + (n > 0 ? (size_t)n : 0));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || r != CB_OK)
			return n < 0 ? CB_E_STORE : r;
	}
}

static enum cb_err
read_part(int dir, int part, struct cb_buf *out, struct cb_why *why)
{
	int fd = openat(dir, names[part],
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	enum cb_err r;

	if (fd < 0) {
		cb_why_set(why, "%s: %s", names[part], strerror(errno));
		return errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
	}
	if ((r = check_owner(fd, names[part], part == KEY ? 077 : 022, why)) ==
	    CB_OK && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		r = CB_E_FORMAT;
	if (r == CB_OK)
		r = read_all(fd, out);
	if (r != CB_OK && why != NULL && why->text[0] == '\0')
		cb_why_set(why, "%s: %s", names[part], cb_err_text(r));
	close(fd);
	return r;
}

static enum cb_err
read_parts(struct wire_identity *i, int dir, struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT, pem = CB_BUF_INIT;
	enum cb_err r;

	if ((r = check_owner(dir, "it", 022, why)) != CB_OK ||
	    (r = read_part(dir, TEXT, &text, why)) != CB_OK ||
	    (r = read_part(dir, KEY, &pem, why)) != CB_OK ||
	    (r = read_part(dir, CERTIFICATE, &i->certificate, why)) !=
		CB_OK ||
	    (r = read_part(dir, AUTHORITY, &i->authority, why)) != CB_OK ||
	    (r = read_part(dir, SERVICE, &i->service, why)) != CB_OK)
		goto out;
	if ((r = get_text(cb_buf_span(&text), i)) != CB_OK)
		cb_why_set(why, "%s is damaged", names[TEXT]);
	else if ((r = wire_key_get_pem(cb_buf_span(&pem), &i->key)) != CB_OK)
		cb_why_set(why, "%s holds no key of ours", names[KEY]);
out:
	cb_buf_free(&text);
	cb_buf_free(&pem);
	return r;
}

enum cb_err
wire_identity_read(struct wire_identity *out, const char *dir, int64_t now,
    struct cb_why *why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cb_why inner = { "" };
	enum cb_err r;

	*out = (struct wire_identity){ .key = NULL };
	if (fd < 0) {
		r = errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
		cb_why_set(&inner, "%s", strerror(errno));
	} else {
		if ((r = read_parts(out, fd, &inner)) == CB_OK)
			r = wire_identity_check(out, now, &inner);
		close(fd);
	}
	if (r == CB_OK)
		return r;
	cb_why_set(why, "the identity in %.160s cannot be used: %.270s%s", dir,
	    inner.text[0] != '\0' ? inner.text : cb_err_text(r),
	    r == CB_E_ABSENT ? " (cardbridge enrol makes one)" : "");
	if (r != CB_E_TIMEOUT || out->until == 0)
		wire_identity_clear(out);
	return r;
}

/* Which file it is, and since when it is as it is. */
static enum cb_err
put_mark(struct cb_buf *out, const struct stat *st)
{
	const uint64_t parts[] = { st->st_dev, st->st_ino,
		(uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec };

	return cb_buf_add(out, cb_span(parts, sizeof(parts)));
}

enum cb_err
wire_identity_mark(const char *dir, uint8_t mark[CR_HASH])
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cb_buf all = CB_BUF_INIT;
	struct stat st;
	enum cb_err r = CB_OK;

	if (fd >= 0 && fstat(fd, &st) == 0)
		r = put_mark(&all, &st);
	for (int part = 0; fd >= 0 && part < PARTS && r == CB_OK; part++) {
		if (fstatat(fd, names[part], &st, AT_SYMLINK_NOFOLLOW) != 0)
			memset(&st, 0, sizeof(st));
		r = put_mark(&all, &st);
	}
	if (r == CB_OK)
		r = cr_sha256(cb_buf_span(&all), mark);
	cb_buf_free(&all);
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- writing ------------------------------------------------------------- */

static enum cb_err
write_part(int dir, int part, struct cb_span bytes)
{
	int fd = openat(dir, names[part],
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum cb_err r = CB_E_STORE;

	if (fd < 0)
		return r;
	if (write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0)
		r = CB_OK;
	return close(fd) == 0 ? r : CB_E_STORE;
}

/* All but the key. */
static enum cb_err
write_parts(const struct wire_identity *i, int dir)
{
	struct cb_buf text = CB_BUF_INIT;
	const struct {
		int part;
		const struct cb_buf *bytes;
	} parts[] = {
		{ TEXT, &text },
		{ CERTIFICATE, &i->certificate },
		{ AUTHORITY, &i->authority },
		{ SERVICE, &i->service },
	};
	enum cb_err r = put_text(&text, i);

	for (size_t n = 0; n < sizeof(parts) / sizeof(parts[0]) && r == CB_OK;
	     n++) {
		/* of one who was interrupted */
		(void)unlinkat(dir, names[parts[n].part], 0);
		r = write_part(
		    dir, parts[n].part, cb_buf_span(parts[n].bytes));
	}
	if (r == CB_OK && fsync(dir) != 0)
		r = CB_E_STORE;
	cb_buf_free(&text);
	return r;
}

static enum cb_err
write_key(const struct wire_key *key, int dir)
{
	struct cb_buf pem = CB_BUF_INIT;
	enum cb_err r;

	(void)unlinkat(dir, names[KEY], 0);
	if ((r = wire_key_put_pem(key, &pem)) == CB_OK)
		r = write_part(dir, KEY, cb_buf_span(&pem));
	if (r == CB_OK && fsync(dir) != 0)
		r = CB_E_STORE;
	cb_buf_free(&pem);
	return r;
}

static void
remove_parts(int dir, const char *path)
{
	for (int part = 0; dir >= 0 && part < PARTS; part++)
		(void)unlinkat(dir, names[part], 0);
	(void)rmdir(path);
}

/* The directory that `dir` stands in. */
static void
sync_above(const char *dir)
{
	char *above = strdup(dir), *slash;
	int fd;

	if (above == NULL)
		return;
	slash = strrchr(above, '/');
	if (slash == above)
		slash[1] = '\0';
	else if (slash != NULL)
		*slash = '\0';
	fd = open(slash != NULL ? above : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(above);
}

static char *
beside(const char *dir)
{
	size_t n = strlen(dir);
	char *path;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return asprintf(&path, "%.*s.new", (int)n, dir) < 0 ? NULL : path;
}

/* Whoever made it before us may have given it its name meanwhile. */
static bool
is_ours(const struct wire_making *m)
{
	struct stat here, there;

	return flock(m->fd, LOCK_EX | LOCK_NB) == 0 &&
	    fstat(m->fd, &here) == 0 && stat(m->path, &there) == 0 &&
	    here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static enum cb_err
place_open(struct wire_making *m, const char *dir, struct cb_why *why)
{
	*m = (struct wire_making){ .fd = -1 };
	if ((m->path = beside(dir)) == NULL)
		return CB_E_NOMEM;
	if ((mkdir(m->path, 0700) != 0 && errno != EEXIST) ||
	    (m->fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		 O_NOFOLLOW)) < 0) {
		cb_why_set(why, "%.200s cannot be made: %s", m->path,
		    strerror(errno));
		return CB_E_STORE;
	}
	if (is_ours(m))
		return check_owner(m->fd, m->path, 022, why);
	cb_why_set(why, "somebody else makes %.200s right now", dir);
	return CB_E_BUSY;
}

static enum cb_err
take_key(struct wire_making *m, struct wire_key **key, struct cb_why *why)
{
	struct cb_buf pem = CB_BUF_INIT;
	struct cb_why inner = { "" };
	enum cb_err r;

	if ((r = read_part(m->fd, KEY, &pem, &inner)) == CB_OK)
		r = wire_key_get_pem(cb_buf_span(&pem), key);
	cb_buf_free(&pem);
	/* one that is not whole was never asked for */
	if (r == CB_E_ABSENT || r == CB_E_FORMAT) {
		m->fresh = true;
		if ((r = wire_key_new_p256(key)) == CB_OK)
			r = write_key(*key, m->fd);
		if (r == CB_OK)
			sync_above(m->path);
		else
			cb_why_set(&inner, "%s", strerror(errno));
	}
	if (r != CB_OK)
		cb_why_set(why, "the key in %.200s: %.200s", m->path,
		    inner.text);
	return r;
}

enum cb_err
wire_identity_begin(struct wire_making *m, const char *dir,
    struct wire_key **key, struct cb_why *why)
{
	enum cb_err r;

	*key = NULL;
	if ((r = place_open(m, dir, why)) == CB_OK)
		r = take_key(m, key, why);
	if (r == CB_OK)
		return r;
	wire_key_free(key);
	wire_identity_end(m, true);
	return r;
}

enum cb_err
wire_identity_finish(struct wire_making *m,
    const struct wire_identity *identity, const char *dir,
    struct cb_why *why)
{
	enum cb_err r;

	if ((r = write_parts(identity, m->fd)) != CB_OK) {
		cb_why_set(why, "the identity cannot be written to %.200s: "
		    "%s", m->path, strerror(errno));
		return r;
	}
	if (rename(m->path, dir) == 0) {
		sync_above(dir);
		m->fresh = false;
		return CB_OK;
	}
	if (errno == ENOTEMPTY || errno == EEXIST) {
		cb_why_set(why, "%.200s is there already, and not empty", dir);
		return CB_E_BUSY;
	}
	cb_why_set(why, "%.200s cannot be made: %s", dir, strerror(errno));
	return CB_E_STORE;
}

void
wire_identity_end(struct wire_making *m, bool keep)
{
	if (!keep && m->fresh)
		remove_parts(m->fd, m->path);
	if (m->fd >= 0)
		close(m->fd);
	free(m->path);
	*m = (struct wire_making){ .fd = -1 };
}

enum cb_err
wire_identity_write(
    const struct wire_identity *identity, const char *dir, struct cb_why *why)
{
	struct wire_making m;
	enum cb_err r;

	if ((r = place_open(&m, dir, why)) == CB_OK) {
		m.fresh = true;
		if ((r = write_key(identity->key, m.fd)) != CB_OK)
			cb_why_set(why, "the key cannot be written to "
			    "%.200s: %s", m.path, strerror(errno));
		else
			r = wire_identity_finish(&m, identity, dir, why);
	}
	wire_identity_end(&m, false);
	return r;
}
