/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See wraps.h.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/layout.h"
#include "backend/store/store.h"
#include "backend/walls.h"
#include "backend/wraps.h"
#include "common/text.h"
#include "crypto/crypto.h"

static const uint8_t platform[WIRE_ID];	/* zeros */

#define WRAPS_MAX ((size_t)1 << 20)

/* ---- the other process --------------------------------------------------- */

/* Who runs as root becomes who the store runs as, or whose the directory is
 * that SQLite writes to. */
enum cb_err
be_wraps_enclose(
    const struct be_conf *conf, const char *heads_path, struct cb_why *why)
{
	char *store = strdup(conf->store), *heads = strdup(heads_path);
	uint32_t user = be_conf_user(conf, BE_STORE, 0);
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct be_walls up;
	struct stat st;
	enum cb_err r = CB_E_NOMEM;

	if (store != NULL && heads != NULL) {
		const char *const dirs[] = { dirname(store), dirname(heads),
			NULL };

		if (user == 0 && stat(dirs[0], &st) == 0)
			user = st.st_uid;
		be_store_prepare();
		(void)setrlimit(RLIMIT_MEMLOCK, &all);
		cr_secret_free(cr_secret_new(1), 1);	/* see control.c */
		if (geteuid() != 0)
			user = 0;
		if ((r = be_walls_become(user, why)) == CB_OK)
			r = be_walls_up(BE_STORE, dirs, &up, why);
	}
	free(store);
	free(heads);
	return r;
}

static enum cb_err
keep_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return cb_buf_set(ctx, columns[4].s);
}

enum cb_err
be_wraps_get(struct be_store *st, size_t i, struct cb_buf *wrap,
    struct cb_why *why)
{
	const struct be_value key[] = { BE_ID(platform),
		BE_T(cb_span_str(be_birth_wrap(i))), BE_I(1) };

	cb_buf_clear(wrap);
	if (be_store_row(
		st, BE_WRAP, platform, key, keep_wrap, wrap, why) == CB_OK)
		return CB_OK;
	cb_why_set(why, "the key \"%s\" is not there", be_birth_wrap(i));
	return CB_E_ABSENT;
}

bool
be_wraps_send(int fd, struct cb_span s)
{
	ssize_t n;

	for (; s.n > 0; s = cb_span_tail(s, n < 0 ? 0 : (size_t)n))
		if ((n = send(fd, s.p, s.n, MSG_NOSIGNAL)) < 0 &&
		    errno != EINTR)
			return false;
	return true;
}

static enum cb_err
put_all(const struct be_conf *conf, const char *heads, struct cb_buf *told,
    struct cb_why *why)
{
	struct cb_buf wrap = CB_BUF_INIT;
	struct be_store *st = NULL;
	enum cb_err r;

	(void)((r = be_wraps_enclose(conf, heads, why)) != CB_OK ||
	    (r = be_store_open(&st, conf->store, why)) != CB_OK ||
	    (r = cb_put_u8(told, 1)) != CB_OK);
	for (size_t i = 0; r == CB_OK && i < BE_BIRTH_WRAPS; i++)
		if ((r = be_wraps_get(st, i, &wrap, why)) == CB_OK)
			r = cb_put_lv32(told, cb_buf_span(&wrap));
	be_store_close(&st);
	cb_buf_free(&wrap);
	return r;
}

static int
run_other(const struct be_conf *conf, const char *heads, int fd)
{
	struct cb_buf told = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = put_all(conf, heads, &told, &why)) != CB_OK) {
		if (why.text[0] == '\0')
			cb_why_set(&why, "%s", cb_err_text(r));
		cb_buf_clear(&told);
		if ((r = cb_put_u8(&told, 0)) == CB_OK)
			r = cb_buf_add(&told, cb_span_str(why.text));
	}
	if (r == CB_OK)
		(void)be_wraps_send(fd, cb_buf_span(&told));
	cb_buf_free(&told);
	return 0;
}

/* ---- this one ------------------------------------------------------------ */

static enum cb_err
get_all(struct cb_span cur, struct cb_buf wraps[BE_BIRTH_WRAPS],
    struct cb_why *why)
{
	struct cb_span one;
	uint8_t there;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &there)) != CB_OK)
		return r;
	if (there == 0) {
		cb_why_set(why, "%.*s", (int)cur.n, (const char *)cur.p);
		if (why != NULL)
			cb_make_plain(why->text);
		return CB_E_STORE;
	}
	for (size_t i = 0; r == CB_OK && i < BE_BIRTH_WRAPS; i++)
		if ((r = cb_get_lv32(&cur, &one)) == CB_OK)
			r = cb_buf_set(&wraps[i], one);
	return r == CB_OK ? cb_get_end(&cur) : r;
}

enum cb_err
be_wraps_take(int fd, struct cb_buf wraps[BE_BIRTH_WRAPS],
    struct cb_why *why)
{
	struct cb_buf told = CB_BUF_INIT_MAX(WRAPS_MAX);
	uint8_t p[4096];
	ssize_t n;
	enum cb_err r = CB_OK;

	while (r == CB_OK && (n = recv(fd, p, sizeof(p), 0)) > 0)
		r = cb_buf_add(&told, cb_span(p, (size_t)n));
	if (r == CB_OK)
		r = get_all(cb_buf_span(&told), wraps, why);
	cb_buf_free(&told);
	return r;
}

enum cb_err
be_wraps_read(struct cb_buf wraps[BE_BIRTH_WRAPS],
    const struct be_conf *conf, const char *dir, struct cb_why *why)
{
	char *heads = be_path(dir, BE_FILE_HEADS);
	int fds[2];
	pid_t pid;
	enum cb_err r = CB_E_INTERNAL;

	if (heads == NULL)
		return CB_E_NOMEM;
	(void)fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0) {
		if ((pid = fork()) == 0) {
			(void)close(fds[0]);
			_exit(run_other(conf, heads, fds[1]));
		}
		(void)close(fds[1]);
		if (pid > 0)
			r = be_wraps_take(fds[0], wraps, why);
		(void)close(fds[0]);
		while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (r != CB_OK && why->text[0] == '\0')
		cb_why_set(why, "the wraps of its keys cannot be read "
		    "(cardbridge-backend check may say more)");
	free(heads);
	return r;
}
