/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See control.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/control.h"
#include "backend/walls.h"
#include "crypto/crypto.h"

#define START_MS 30000

/* ---- START --------------------------------------------------------------- */

static enum cb_err
wait_message(struct be_channel *ch, struct be_message *m)
{
	struct pollfd p = { .fd = be_channel_fd(ch), .events = POLLIN };
	int n;
	enum cb_err r;

	while ((r = be_channel_next(ch, m)) == CB_E_SHORT) {
		if ((n = poll(&p, 1, START_MS)) == 0)
			return CB_E_TIMEOUT;
		if (n < 0 && errno != EINTR)
			return CB_E_INTERNAL;
		if (n > 0 && (r = be_channel_read(ch)) != CB_OK)
			return r;
	}
	return r;
}

static enum cb_err
take_start(struct be_control *c, const struct be_message *m,
    struct cb_why *why)
{
	struct cb_span cur = m->body, text;
	uint8_t count;
	enum cb_err r;

	if (m->answer || m->type != BE_ASK_START || m->id == 0)
		return CB_E_FORMAT;
	if ((r = cb_get_lv32(&cur, &text)) != CB_OK ||
	    (r = cb_get_u8(&cur, &count)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK ||
	    (r = be_settings_get(text, &c->settings, why)) != CB_OK)
		return r;
	c->start = m->id;
	while (c->fds_n < count) {
		const int fd = be_channel_fd_next(c->ch);

		if (fd < 0)
			return CB_E_FORMAT;
		c->fds[c->fds_n++] = fd;
	}
	return CB_OK;
}

enum cb_err
be_control_open(struct be_control *c, int fd, struct cb_why *why)
{
	struct be_message m;
	enum cb_err r;

	*c = (struct be_control){ .settings = { .kind = WIRE_TEST } };
	cb_why_set(why, "%s", "");
	if ((r = be_channel_new(&c->ch, fd)) != CB_OK)
		return r;
	be_channel_take_fds(c->ch);
	if ((r = wait_message(c->ch, &m)) == CB_OK)
		r = take_start(c, &m, why);
	if (r == CB_OK) {
		cb_log_set_level(c->settings.log);
		cb_log_set_json(c->settings.log_json);
	} else if (why != NULL && why->text[0] == '\0')
		cb_why_set(why, "the start: %s", cb_err_text(r));
	return r;
}

void
be_control_close(struct be_control *c)
{
	for (size_t i = 0; i < c->fds_n; i++)
		if (c->fds[i] >= 0)
			(void)close(c->fds[i]);
	c->fds_n = 0;
	be_channel_free(&c->ch);
	be_settings_clear(&c->settings);
}

/* ---- walls --------------------------------------------------------------- */

/* Memory for keys is locked by calls that the walls refuse. */
static enum cb_err
start_secrets(void)
{
	void *p = cr_secret_new(1);

	if (p == NULL)
		return CB_E_CRYPTO;
	cr_secret_free(p, 1);
	return CB_OK;
}

enum cb_err
be_control_enclose(struct be_control *c, enum be_role role,
    const char *const *dirs, struct cb_why *why)
{
	struct be_walls up;
	enum cb_err r;

	if ((r = be_walls_become(c->settings.user, why)) != CB_OK ||
	    (r = start_secrets()) != CB_OK)
		return r;
	/* The change of user has taken this away. Between the parent's end
	 * and here the channel says it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
		cb_why_set(why, "PR_SET_PDEATHSIG: %s", strerror(errno));
		return CB_E_DENIED;
	}
	if ((r = be_walls_up(role, dirs, &up, why)) != CB_OK)
		return r;
	cb_log(CB_LOG_NOTICE,
	    "%s: user %u, no dumps, no privileges, seccomp, Landlock %d%s",
	    be_role_name(role), (unsigned)geteuid(), up.landlock,
	    up.locked ? ", memory locked" : "");
	return CB_OK;
}

/* ---- what it is told ----------------------------------------------------- */

enum cb_err
be_control_ready(struct be_control *c, struct cb_span body)
{
	const struct be_message m = { .type = BE_ASK_START, .answer = true,
		.id = c->start, .body = body };

	return be_channel_send(c->ch, &m);
}

static enum cb_err
take_peer(struct be_control *c, struct cb_span cur, struct be_told *out)
{
	uint8_t role;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &role)) != CB_OK ||
	    (r = be_bytes_get(&cur, out->organisation, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u64(&cur, &out->number)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK)
		return r;
	if (role == BE_PARENT || role >= BE_ROLES ||
	    (out->fd = be_channel_fd_next(c->ch)) < 0)
		return CB_E_FORMAT;
	out->role = (enum be_role)role;
	return CB_OK;
}

enum cb_err
be_control_told(
    struct be_control *c, const struct be_message *m, struct be_told *out)
{
	*out = (struct be_told){ .fd = -1 };
	if (m->answer)
		return CB_E_PEER;
	switch (m->type) {
	case BE_ASK_PEER:
		out->what = BE_TOLD_PEER;
		return take_peer(c, m->body, out);
	case BE_ASK_STOP:
		out->what = BE_TOLD_STOP;
		c->stop = m->id;
		return cb_get_end(&m->body);
	default:
		return CB_E_PEER;
	}
}

void
be_control_lost(struct be_control *c, uint64_t number)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { .type = BE_ASK_LOST };
	enum cb_err r;

	if ((r = cb_put_u64(&body, number)) == CB_OK) {
		m.body = cb_buf_span(&body);
		r = be_channel_send(c->ch, &m);
	}
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "the parent does not hear of a loss");
	cb_buf_free(&body);
}

void
be_control_stopped(struct be_control *c)
{
	const struct be_message m = { .type = BE_ASK_STOP, .answer = true,
		.id = c->stop };

	if (c->stop != 0 && be_channel_send(c->ch, &m) != CB_OK)
		cb_log(CB_LOG_WARNING, "the parent does not hear the end");
}
