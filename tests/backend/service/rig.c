/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/control.h"
#include "backend/init.h"
#include "backend/layout.h"
#include "common/hex.h"
#include "common/text.h"
#include "tests/backend/service/rig.h"
#include "tests/tree.h"

#define WAIT_MS 20000

const uint8_t *
id(uint8_t value)
{
	static uint8_t all[256][WIRE_ID];

	memset(all[value], value, WIRE_ID);
	return all[value];
}

/* ---- the backend --------------------------------------------------------- */

static struct rig rig;

static bool
read_books(void)
{
	char *path = be_path(rig.dir, BE_FILE_BOOKS), *text = NULL;
	bool good = cb_text_read(&text, path, 128) == CB_OK &&
	    cb_hex_get(cb_span(text, 2 * CR_KEY), rig.books, CR_KEY) == CB_OK;

	free(text);
	free(path);
	return good;
}

/* Before the first test: nothing here can report to libcheck. */
bool
rig_make(void)
{
	struct be_init init = { .kind = WIRE_TEST, .dir = rig.dir };
	struct cb_why why = { "" };
	char *path;
	bool good;

	(void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/test_service.XXXXXX");
	good = mkdtemp(rig.dir) != NULL && be_init(&init, &why) == CB_OK;
	path = be_path(rig.dir, BE_CONF_NAME);
	good = good && be_conf_read(&rig.conf, path, &why) == CB_OK &&
	    read_books();
	if (!good)
		(void)fprintf(stderr, "# no backend: %s\n", why.text);
	free(path);
	return good;
}

struct rig *
rig_get(void)
{
	return &rig;
}

void
rig_remove(void)
{
	be_conf_clear(&rig.conf);
	if (!tree_remove(rig.dir))
		(void)fprintf(stderr, "# %s stays\n", rig.dir);
}

/* ---- messages ------------------------------------------------------------ */

void
say(struct be_channel *ch, enum be_ask type, uint64_t number,
    struct cb_span body)
{
	const struct be_message m = { .type = (uint16_t)type, .id = number,
		.body = body };

	ck_assert_int_eq(be_channel_send(ch, &m), CB_OK);
}

bool
hear(struct be_channel *ch, struct be_message *m)
{
	struct pollfd p = { .fd = be_channel_fd(ch), .events = POLLIN };
	enum cb_err r;

	while ((r = be_channel_next(ch, m)) == CB_E_SHORT) {
		p.events = be_channel_unsent(ch) ? POLLIN | POLLOUT : POLLIN;
		ck_assert_msg(poll(&p, 1, WAIT_MS) == 1, "nothing comes");
		if (be_channel_flush(ch) != CB_OK ||
		    be_channel_read(ch) != CB_OK)
			return be_channel_next(ch, m) == CB_OK;
	}
	return r == CB_OK;
}

enum cb_err
ask(struct be_channel *ch, enum be_ask type, struct cb_span body,
    struct cb_buf *answer)
{
	static uint64_t number = 1000;
	struct be_message m;

	say(ch, type, ++number, body);
	if (!hear(ch, &m))
		return CB_E_PEER;
	ck_assert(m.answer && m.type == type && m.id == number);
	if (answer != NULL)
		ck_assert_int_eq(cb_buf_set(answer, m.body), CB_OK);
	return (enum cb_err)m.code;
}

/* ---- roles --------------------------------------------------------------- */

static void
send_start(struct be_channel *parent, enum be_role role)
{
	struct be_settings s = { .kind = rig.conf.kind,
		.user = be_conf_user(&rig.conf, role, 0),
		.log = CB_LOG_ERROR, .store = rig.conf.store,
		.heads = be_path(rig.dir, BE_FILE_HEADS), .roots_n = 1 };
	struct cb_buf settings = CB_BUF_INIT, body = CB_BUF_INIT;

	memcpy(s.backend, rig.conf.backend, WIRE_ID);
	memcpy(s.node, rig.conf.node, WIRE_ID);
	memcpy(s.books, rig.books, CR_KEY);
	s.roots[0] = rig.conf.roots[0];
	s.recovery = rig.conf.recovery;
	s.pace = rig.conf.pace;
	ck_assert_int_eq(be_settings_put(&settings, &s), CB_OK);
	ck_assert_int_eq(cb_put_lv32(&body, cb_buf_span(&settings)), CB_OK);
	ck_assert_int_eq(cb_put_u8(&body, 0), CB_OK);
	say(parent, BE_ASK_START, 1, cb_buf_span(&body));
	free(s.heads);
	cb_buf_free(&settings);
	cb_buf_free(&body);
}

struct role
role_start(enum be_role role, struct cb_buf *ready)
{
	const char *program = getenv("CB_BACKEND");
	struct role r;
	struct be_message m;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	if ((r.pid = fork()) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		/* looking for leaks needs what walls forbid */
		(void)setenv("LSAN_OPTIONS", "detect_leaks=0", 1);
		if (fds[1] == BE_CONTROL_FD)
			fds[1] = dup(fds[1]);
		(void)dup2(fds[1], BE_CONTROL_FD);
		(void)execl(program != NULL ? program : "./cardbridge-backend",
		    "cardbridge-backend", "role", be_role_name(role), NULL);
		_exit(127);
	}
	ck_assert_int_gt(r.pid, 0);
	(void)close(fds[1]);
	ck_assert_int_eq(be_channel_new(&r.parent, fds[0]), CB_OK);
	send_start(r.parent, role);
	ck_assert_msg(hear(r.parent, &m), "%s does not start",
	    be_role_name(role));
	ck_assert(m.answer && m.type == BE_ASK_START && m.id == 1);
	if (ready != NULL)
		ck_assert_int_eq(cb_buf_set(ready, m.body), CB_OK);
	return r;
}

int
role_stop(struct role *r)
{
	struct be_message m;
	int status;

	say(r->parent, BE_ASK_STOP, 2, CB_SPAN_EMPTY);
	while (hear(r->parent, &m))
		continue;
	ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	be_channel_free(&r->parent);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
role_runs(const struct role *r)
{
	return waitpid(r->pid, NULL, WNOHANG) == 0;
}

static uint64_t last_number;

static void
give(const struct role *r, enum be_role as, const uint8_t *organisation,
    int fd)
{
	uint8_t body[1 + WIRE_ID + 8] = { (uint8_t)as };
	const struct be_message m = { .type = BE_ASK_PEER,
		.body = CB_SPAN_OF(body) };

	if (organisation != NULL)
		memcpy(body + 1, organisation, WIRE_ID);
	body[sizeof(body) - 1] = (uint8_t)++last_number;
	ck_assert_int_eq(be_channel_send_fds(r->parent, &m, &fd, 1), CB_OK);
	(void)close(fd);
}

struct be_channel *
role_peer(const struct role *r, enum be_role as, const uint8_t *organisation)
{
	struct be_channel *ch;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(be_channel_new(&ch, fds[0]), CB_OK);
	give(r, as, organisation, fds[1]);
	return ch;
}

uint64_t
role_last_number(void)
{
	return last_number;
}

void
role_link(const struct role *store, const struct role *vault)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	give(store, BE_VAULT, NULL, fds[0]);
	give(vault, BE_STORE, NULL, fds[1]);
}
