/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See child.h.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/child.h"
#include "backend/control.h"
#include "backend/layout.h"

/* In the new process; comes back only if it failed. */
static void
become_role(const struct be_child *c, int control)
{
	const char *const argv[] = { "cardbridge-backend", "role",
		be_role_name(c->role), NULL };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* so that a role that is not root can lock its memory, too; and a door
	 * have as many clients as this process may have descriptors */
	(void)setrlimit(RLIMIT_MEMLOCK, &all);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* what whoever started us has left open is for no role */
	(void)close_range(BE_CONTROL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	/* also where it is that number already: without close-on-exec */
	if (control == BE_CONTROL_FD
		? fcntl(control, F_SETFD, 0) != 0
		: dup2(control, BE_CONTROL_FD) < 0)
		return;
	(void)execv("/proc/self/exe", (char **)(uintptr_t)argv);
}

static enum cb_err
settings_of(
    const struct be_child *c, const struct be_kit *kit, struct cb_buf *out)
{
	const struct be_conf *conf = kit->plan->conf;
	struct be_settings s = { .kind = conf->kind, .user = c->user,
		.log = conf->log, .log_json = conf->log_json };
	char *heads = be_path(kit->plan->dir, BE_FILE_HEADS);
	enum cb_err r = heads == NULL ? CB_E_NOMEM : CB_OK;

	memcpy(s.backend, conf->backend, WIRE_ID);
	memcpy(s.node, conf->node, WIRE_ID);
	memcpy(s.organisation, c->organisation, WIRE_ID);
	memcpy(s.books, kit->books, CR_KEY);
	if (c->role == BE_DOOR) {
		s.bounds = conf->bounds;
		s.tls12 = conf->tls12;
	}
	if (c->role == BE_STORE) {
		s.store = conf->store;
		s.heads = heads;
	}
	if (c->role == BE_WORKER)
		s.profiles = be_profiles_dir();
	if (c->role == BE_VAULT) {
		memcpy(s.run, kit->run, WIRE_ID);
		memcpy(s.roots, conf->roots, sizeof(s.roots));
		s.roots_n = conf->roots_n;
		s.recovery = conf->recovery;
		s.pace = conf->pace;
	}
	if (r == CB_OK)
		r = be_settings_put(out, &s);
	free(heads);
	return r;
}

static enum cb_err
send_start(struct be_child *c, const struct be_kit *kit, uint64_t number)
{
	struct cb_buf settings = CB_BUF_INIT, body = CB_BUF_INIT;
	struct be_message m = { .type = BE_ASK_START, .id = number };
	int fds[BE_FDS_MAX];
	size_t n = 0;
	enum cb_err r;

	if (c->role == BE_DOOR)
		n = be_kit_fds(kit, fds);
	if ((r = settings_of(c, kit, &settings)) == CB_OK &&
	    (r = cb_put_lv32(&body, cb_buf_span(&settings))) == CB_OK &&
	    (r = cb_put_u8(&body, (uint8_t)n)) == CB_OK) {
		m.body = cb_buf_span(&body);
		r = be_channel_send_fds(c->ch, &m, fds, n);
	}
	cb_buf_free(&settings);
	cb_buf_free(&body);
	return r;
}

enum cb_err
be_child_start(struct be_child *c, struct be_kit *kit, uint64_t number)
{
	int fds[2];
	enum cb_err r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return CB_E_INTERNAL;
	if ((r = be_channel_new(&c->ch, fds[0])) != CB_OK) {
		(void)close(fds[1]);
		return r;
	}
	if ((c->pid = fork()) == 0) {
		become_role(c, fds[1]);
		_exit(127);
	}
	(void)close(fds[1]);
	if (c->pid < 0) {
		c->pid = 0;
		return CB_E_INTERNAL;
	}
	return send_start(c, kit, number);
}
