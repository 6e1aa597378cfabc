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

enum cb_err
wire_identity_check(
    struct wire_identity *i, int64_t now, struct cb_why *why)
{
	struct cb_span authority = cb_buf_span(&i->authority);
	struct wire_key *public = NULL;
	struct wire_cert own;
	struct cb_why inner = { "" };
	enum cb_err r;

	if ((r = wire_cert_check(cb_buf_span(&i->certificate), authority,
		 i->usage, i->kind, now, &own, &public, &inner)) != CB_OK) {
		cb_why_set(why, "its own certificate: %.300s", inner.text);
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
	cb_why_set(why, "the identity in %.160s cannot be used: %.300s", dir,
	    inner.text[0] != '\0' ? inner.text : cb_err_text(r));
	wire_identity_clear(out);
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

static enum cb_err
write_parts(const struct wire_identity *i, int dir)
{
	struct cb_buf text = CB_BUF_INIT, pem = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = put_text(&text, i)) != CB_OK ||
	    (r = wire_key_put_pem(i->key, &pem)) != CB_OK ||
	    (r = write_part(dir, TEXT, cb_buf_span(&text))) != CB_OK ||
	    (r = write_part(dir, KEY, cb_buf_span(&pem))) != CB_OK ||
	    (r = write_part(dir, CERTIFICATE, cb_buf_span(&i->certificate)))
		!= CB_OK ||
	    (r = write_part(dir, AUTHORITY, cb_buf_span(&i->authority))) !=
		CB_OK ||
	    (r = write_part(dir, SERVICE, cb_buf_span(&i->service))) !=
		CB_OK);
	if (r == CB_OK && fsync(dir) != 0)
		r = CB_E_STORE;
	cb_buf_free(&text);
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
	return asprintf(&path, "%.*s.XXXXXX", (int)n, dir) < 0 ? NULL : path;
}

enum cb_err
wire_identity_write(
    const struct wire_identity *identity, const char *dir, struct cb_why *why)
{
	char *path = beside(dir);
	enum cb_err r = CB_E_STORE;
	int fd = -1;

	if (path == NULL)
		return CB_E_NOMEM;
	if (mkdtemp(path) == NULL) {
		cb_why_set(why, "%.200s cannot be made: %s", path,
		    strerror(errno));
		free(path);
		return CB_E_STORE;
	}
	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    (r = write_parts(identity, fd)) != CB_OK) {
		cb_why_set(why, "the identity cannot be written beside "
		    "%.200s: %s", dir, strerror(errno));
	} else if (rename(path, dir) != 0) {
		r = errno == ENOTEMPTY || errno == EEXIST ? CB_E_BUSY
							  : CB_E_STORE;
		if (r == CB_E_BUSY)
			cb_why_set(why, "%.200s is there already, and not "
			    "empty", dir);
		else
			cb_why_set(why, "%.200s cannot be made: %s", dir,
			    strerror(errno));
	} else {
		sync_above(dir);
	}
	if (r != CB_OK)
		remove_parts(fd, path);
	if (fd >= 0)
		close(fd);
	free(path);
	return r;
}
