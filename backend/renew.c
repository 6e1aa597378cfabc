/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See renew.h. The database is looked at first: by a process that is made of
 * this one, when there is no key in it yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/init.h"
#include "backend/layout.h"
#include "backend/made.h"
#include "backend/renew.h"
#include "backend/wraps.h"
#include "common/read.h"
#include "wire/cert.h"

#define FILE_MAX ((size_t)16384)

struct work {
	const struct be_renew *in;
	struct cb_buf wraps[BE_BIRTH_WRAPS];
	struct wire_key *key;
	struct cb_buf hosts;	/* text, each ended by a zero byte */
	const char *names[BE_NAMES_MAX];
	size_t names_n;
	struct be_door_made made;
	struct be_ends *ends;
	struct cb_why *why;
};

typedef enum cb_err step_fn(struct work *w);

/* ---- what is there ------------------------------------------------------- */

/* Files that root made would be nothing for the user whose backend it is. */
static enum cb_err
check_owner(struct work *w)
{
	struct stat st;

	if (stat(w->in->dir, &st) == 0 && st.st_uid == geteuid())
		return CB_OK;
	cb_why_set(w->why, "%.300s is not yours: run this as the user who has "
	    "made the backend there.", w->in->dir);
	return CB_E_DENIED;
}

static enum cb_err
read_wraps(struct work *w)
{
	struct cb_why inner = { "" };
	enum cb_err r;

	if ((r = be_wraps_read(w->wraps, w->in->conf, w->in->dir, &inner)) !=
	    CB_OK)
		cb_why_set(w->why, "store: %.450s", inner.text);
	return r;
}

static enum cb_err
read_file(struct work *w, const char *name, struct cb_buf *out)
{
	char *path = be_path(w->in->dir, name);
	int fd = path == NULL
	    ? -1
	    : open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum cb_err r = CB_E_ABSENT;

	out->max = FILE_MAX;
	if (fd < 0)
		cb_why_set(w->why, "%.300s: %s", path != NULL ? path : name,
		    strerror(errno));
	else if ((r = cb_read_all(fd, out)) != CB_OK)
		cb_why_set(w->why, "%.300s: cannot be read", path);
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return r;
}

static enum cb_err
read_key(struct work *w)
{
	struct cb_buf pem = CB_BUF_INIT;
	enum cb_err r;

	if ((r = read_file(w, BE_FILE_DOOR_KEY, &pem)) == CB_OK &&
	    (r = wire_key_get_pem(cb_buf_span(&pem), &w->key)) != CB_OK)
		cb_why_set(w->why, "%.300s/" BE_FILE_DOOR_KEY " is no key: "
		    "bring it back from a backup.", w->in->dir);
	cb_buf_free(&pem);
	return r;
}

/* Those that were asked for, else those of the certificate that is there. */
static enum cb_err
choose_names(struct work *w)
{
	struct cb_buf old = CB_BUF_INIT;
	size_t at = 0;
	enum cb_err r;

	if (w->in->names_n > BE_NAMES_MAX)
		return CB_E_LIMIT;
	for (; w->names_n < w->in->names_n; w->names_n++)
		w->names[w->names_n] = w->in->names[w->names_n];
	if (w->names_n > 0)
		return CB_OK;
	if ((r = read_file(w, BE_FILE_DOOR, &old)) == CB_OK)
		r = wire_cert_hosts(cb_buf_span(&old), &w->hosts);
	cb_buf_free(&old);
	while (r == CB_OK && at < w->hosts.n && w->names_n < BE_NAMES_MAX) {
		w->names[w->names_n] = (const char *)w->hosts.p + at;
		at += strlen(w->names[w->names_n++]) + 1;
	}
	if (r == CB_OK && w->names_n > 0 && at == w->hosts.n)
		return CB_OK;
	cb_why_set(w->why, "%.300s/" BE_FILE_DOOR " does not say which names "
	    "the door has: say it, --name HOST for each.", w->in->dir);
	return r == CB_OK ? CB_E_FORMAT : r;
}

/* ---- what is made -------------------------------------------------------- */

static enum cb_err
certify(struct work *w)
{
	const struct be_conf *conf = w->in->conf;
	struct cb_span wraps[BE_BIRTH_WRAPS];
	const char *uris[BE_ROOTS_MAX];

	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		wraps[i] = cb_buf_span(&w->wraps[i]);
	for (size_t i = 0; i < conf->roots_n; i++)
		uris[i] = conf->roots[i];
	return be_keys_door(conf->kind, conf->backend, uris, conf->roots_n,
	    wraps, w->names, w->names_n, w->key, w->in->now, &w->made,
	    w->why);
}

/* As the door will look at it, with the authority that it will have. */
static enum cb_err
check_made(struct work *w)
{
	const struct cb_span der[BE_ENDS] = {
		[BE_END_AUTHORITY] = cb_buf_span(&w->made.authority),
		[BE_END_SERVICE] = cb_buf_span(&w->made.service),
		[BE_END_DOOR] = cb_buf_span(&w->made.door),
	};
	struct cb_buf authority = CB_BUF_INIT;
	struct wire_cert facts;
	enum cb_err r;

	be_ends_read(w->ends, der);
	for (size_t i = 0; i < BE_ENDS; i++)
		if (be_ends_tell(w->ends, i, w->in->now, w->in->now, w->why))
			return CB_E_TIMEOUT;
	r = wire_cert_check(der[BE_END_DOOR], der[BE_END_AUTHORITY],
	    WIRE_DOOR, w->in->conf->kind, w->in->now, &facts, NULL, w->why);
	if (r == CB_OK &&
	    (r = read_file(w, BE_FILE_AUTHORITY, &authority)) == CB_OK &&
	    !cb_span_equal(cb_buf_span(&authority), der[BE_END_AUTHORITY])) {
		cb_why_set(w->why, "%.300s/" BE_FILE_AUTHORITY " is not the "
		    "authority of this backend: bring it back from a backup.",
		    w->in->dir);
		r = CB_E_DENIED;
	}
	cb_buf_free(&authority);
	return r;
}

static enum cb_err
put_there(struct work *w)
{
	char *path = be_path(w->in->dir, BE_FILE_DOOR);
	enum cb_err r = path == NULL
	    ? CB_E_NOMEM
	    : be_made_instead(path, cb_buf_span(&w->made.door), w->why);

	free(path);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

enum cb_err
be_renew(const struct be_renew *in, struct be_ends *ends, struct cb_why *why)
{
	static step_fn *const steps[] = { check_owner, read_wraps,
		choose_names, read_key, certify, check_made, put_there };
	struct work w = { .in = in, .ends = ends, .why = why };
	enum cb_err r = CB_OK;

	cb_why_set(why, "%s", "");
	for (size_t i = 0; r == CB_OK && i < sizeof(steps) / sizeof(steps[0]);
	     i++)
		r = steps[i](&w);
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		cb_buf_free(&w.wraps[i]);
	wire_key_free(&w.key);
	cb_buf_free(&w.hosts);
	cb_buf_free(&w.made.door);
	cb_buf_free(&w.made.authority);
	cb_buf_free(&w.made.service);
	return r;
}
