/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Drafts as files, see admin.h: written by who wants an act, signed, so that
 * who approves it knows whose it is; approved into the same file. PROTOCOL.md,
 * "Drafts".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/admin.h"

void
cli_draft_clear(struct cli_draft *d)
{
	wire_draft_clear(&d->file);
}

/* ---- writing ------------------------------------------------------------- */

/* No vault has a challenge of zeros: nobody can order it with this. */
static enum cb_err
sign(const struct cli_admin *s, struct wire_act *act, struct cb_buf *text)
{
	struct wire_draft file = { .act = CB_BUF_INIT };
	enum cb_err r;

	memset(act->challenge, 0, sizeof(act->challenge));
	if ((r = wire_act_put(&file.act, act, s->who.key)) == CB_OK)
		r = wire_draft_put(text, &file);
	wire_draft_clear(&file);
	return r;
}

int
cli_draft_write(struct cli_admin *s, struct wire_act *act)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	enum cb_err r;
	int code;

	if ((r = sign(s, act, &text)) != CB_OK)
		code = cli_admin_err(s, r, "--draft");
	else
		code = cli_output(s->args->draft, cb_buf_span(&text));
	cb_buf_free(&text);
	return code;
}

/* Over the old one, whole or not at all. */
static enum cb_err
replace(const char *path, struct cb_span text, struct cb_why *why)
{
	char *beside = NULL;
	int fd = -1;
	bool kept = false;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return CB_E_NOMEM;
	if ((fd = mkostemp(beside, O_CLOEXEC)) >= 0)
		kept = write(fd, text.p, text.n) == (ssize_t)text.n &&
		    fsync(fd) == 0 && rename(beside, path) == 0;
	if (!kept)
		cb_why_set(why, "%.300s: %s", path, strerror(errno));
	if (fd >= 0 && !kept)
		(void)unlink(beside);
	if (fd >= 0)
		(void)close(fd);
	free(beside);
	return kept ? CB_OK : CB_E_STORE;
}

/* ---- reading ------------------------------------------------------------- */

static enum cb_err
read_file(const char *path, struct cb_buf *out, struct cb_why *why)
{
	uint8_t block[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 1;
	enum cb_err r = CB_OK;

	while (r == CB_OK && n > 0)
		if ((n = read(fd, block, sizeof(block))) > 0)
			r = cb_buf_add(out, cb_span(block, (size_t)n));
	if (n < 0) {
		cb_why_set(why, "%.300s: %s", path, strerror(errno));
		r = CB_E_STORE;
	}
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* A person's certificate, of the act's organisation or the platform. */
static enum cb_err
signer(const struct cli_admin *s, const struct wire_act *act,
    struct cb_span certificate, const uint8_t person[WIRE_ID],
    struct wire_key **key, struct cb_why *why)
{
	struct wire_cert cert;
	enum cb_err r;

	if ((r = wire_cert_check(certificate, cb_buf_span(&s->who.authority),
		 WIRE_PERSON, s->who.kind, (int64_t)time(NULL), &cert, key,
		 why)) != CB_OK)
		return r;
	if (memcmp(cert.subject, person, WIRE_ID) == 0 &&
	    (memcmp(cert.organisation, act->organisation, WIRE_ID) == 0 ||
		memcmp(cert.organisation, cli_platform, WIRE_ID) == 0))
		return CB_OK;
	wire_key_free(key);
	cb_why_set(why, "its certificate is somebody else's");
	return CB_E_DENIED;
}

static int
check_drafter(const struct cli_admin *s, const struct cli_draft *d,
    struct cb_span head, struct cb_span signature)
{
	struct cb_why why = { "" };
	struct wire_key *key = NULL;
	int code = CLI_OK;

	if (signer(s, &d->act, d->act.certificate, d->act.person, &key,
		&why) != CB_OK)
		code = cli_fail(CLI_NO, "%s: who has drafted it: %s", d->path,
		    why.text);
	else if (wire_act_verify(key, head, signature) != CB_OK)
		code = cli_fail(CLI_NO, "%s was changed by somebody: it is not "
		    "what was signed. Have it drafted again", d->path);
	wire_key_free(&key);
	return code;
}

static int
check_act(struct cli_admin *s, struct cli_draft *d)
{
	struct cb_span head, signature;
	enum cb_err r;

	/* the draft was read, so that these do not fail but for memory */
	if ((r = wire_act_get(cb_buf_span(&d->file.act), &d->act, &head,
		 &signature)) != CB_OK ||
	    (r = wire_fields_get(d->act.detail, &d->detail)) != CB_OK ||
	    (r = wire_act_request(&d->act, d->request)) != CB_OK)
		return cli_admin_err(s, r, d->path);
	if (d->act.kind != s->who.kind ||
	    memcmp(d->act.backend, s->who.backend, WIRE_ID) != 0)
		return cli_fail(CLI_NO, "%s is for another backend than the "
		    "identity %s", d->path, s->args->identity);
	return check_drafter(s, d, head, signature);
}

int
cli_draft_read(struct cli_admin *s, const char *path, struct cli_draft *out)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	enum cb_err r;
	int code;

	memset(out, 0, sizeof(*out));
	out->path = path;
	if ((r = read_file(path, &text, &s->why)) == CB_E_STORE)
		code = cli_fail(CLI_FAILED, "%s", s->why.text);
	else if (r == CB_E_NOMEM ||
	    (r = wire_draft_get(cb_buf_span(&text), &out->file)) != CB_OK)
		code = cli_fail(CLI_FAILED, "%s is not what --draft writes%s",
		    path, r == CB_E_NOMEM ? ": it is too long" : "");
	else
		code = check_act(s, out);
	cb_buf_free(&text);
	return code;
}

/* ---- approvals ----------------------------------------------------------- */

struct approval {
	struct wire_approval is;
	struct cb_span head, signature;
};

static enum cb_err
get_approval(const struct cli_draft *d, size_t i, struct approval *out)
{
	return wire_approval_get(cb_buf_span(&d->file.approvals[i]), &out->is,
	    &out->head, &out->signature);
}

/* What is wrong with it, into *why. */
static bool
is_good(const struct cli_admin *s, const struct cli_draft *d,
    const struct approval *a, struct cb_why *why)
{
	char time[CLI_TIME_MAX];
	struct wire_key *key = NULL;

	if (a->is.kind != d->act.kind ||
	    memcmp(a->is.request, d->request, CR_HASH) != 0) {
		cb_why_set(why, "its approval is of another act");
		return false;
	}
	if (memcmp(a->is.person, s->who.id, WIRE_ID) == 0) {
		cb_why_set(why, "its approval is your own, and it takes two "
		    "people");
		return false;
	}
	if (a->is.until <= cli_admin_now()) {
		cli_print_time(time, a->is.until);
		cb_why_set(why, "its approval was good until %s", time);
		return false;
	}
	if (signer(s, &d->act, a->is.certificate, a->is.person, &key, why) !=
	    CB_OK)
		return false;
	if (wire_approval_verify(key, a->head, a->signature) != CB_OK)
		cb_why_set(why, "its approval was changed by somebody");
	wire_key_free(&key);
	return why->text[0] == '\0';
}

int
cli_draft_approval(const struct cli_admin *s, const struct cli_draft *d,
    struct cb_span *out)
{
	struct cb_why why = { "" };
	struct approval a;

	*out = CB_SPAN_EMPTY;
	for (size_t i = 0; i < d->file.n; i++) {
		why.text[0] = '\0';
		if (get_approval(d, i, &a) == CB_OK &&
		    is_good(s, d, &a, &why)) {
			*out = cb_buf_span(&d->file.approvals[i]);
			return CLI_OK;
		}
	}
	return d->file.n == 0 ? CLI_OK
	    : cli_fail(CLI_NO, "%s: %s: have another person approve it "
		  "(cardbridge admin approve %s)", d->path, why.text, d->path);
}

/* The place of who approves: one that they have had, or that is over or of
 * something else, or the next. */
static enum cb_err
place_of(const struct cli_admin *s, const struct cli_draft *d, size_t *i)
{
	struct approval a;
	enum cb_err r;

	for (*i = 0; *i < d->file.n; ++*i) {
		if ((r = get_approval(d, *i, &a)) != CB_OK)
			return r;
		if (memcmp(a.is.person, s->who.id, WIRE_ID) == 0 ||
		    memcmp(a.is.request, d->request, CR_HASH) != 0 ||
		    a.is.until <= cli_admin_now())
			return CB_OK;
	}
	return *i < WIRE_DRAFT_APPROVALS ? CB_OK : CB_E_LIMIT;
}

static enum cb_err
put_approval(const struct cli_admin *s, struct cli_draft *d, uint64_t until)
{
	struct wire_approval a = { .kind = d->act.kind, .until = until,
		.certificate = cb_buf_span(&s->who.certificate) };
	size_t i;
	enum cb_err r;

	memcpy(a.request, d->request, CR_HASH);
	memcpy(a.person, s->who.id, WIRE_ID);
	if ((r = place_of(s, d, &i)) != CB_OK)
		return r;
	cb_buf_clear(&d->file.approvals[i]);
	if (i == d->file.n)
		d->file.n++;
	return wire_approval_put(&d->file.approvals[i], &a, s->who.key);
}

int
cli_draft_approve(
    struct cli_admin *s, struct cli_draft *d, uint64_t until)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	enum cb_err r;

	if ((r = put_approval(s, d, until)) == CB_OK &&
	    (r = wire_draft_put(&text, &d->file)) == CB_OK)
		r = replace(d->path, cb_buf_span(&text), &s->why);
	cb_buf_free(&text);
	if (r == CB_E_LIMIT)
		return cli_fail(CLI_NO, "%s has %d approvals already", d->path,
		    WIRE_DRAFT_APPROVALS);
	return r == CB_OK ? CLI_OK : cli_fail_err(r, &s->why, d->path);
}
