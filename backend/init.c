/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See init.h. The configuration comes last: where it is, there is a backend.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/apart.h"
#include "backend/init.h"
#include "backend/layout.h"
#include "backend/made.h"
#include "backend/store/heads.h"
#include "backend/store/store.h"
#include "backend/vault/operator.h"
#include "common/hex.h"
#include "wire/entry.h"
#include "wire/identity.h"

struct work {
	const struct be_init *init;
	struct be_conf conf;
	struct be_birth birth;
	struct be_made made;
	bool root_saved, operator_made;
	const char *roots[BE_ROOTS_MAX];
	uint64_t now;	/* milliseconds */
	struct cb_why *why;
	sigset_t ends;	/* what would end us, kept off until all is made */
};

typedef enum cb_err step_fn(struct work *w);

/* ---- before anything is made --------------------------------------------- */

static enum cb_err
check_store(struct work *w)
{
	const char *path = w->conf.store;

	if (access(path, F_OK) == 0) {
		cb_why_set(w->why, "%.300s is there already. If it is a "
		    "backend's store, run that backend; else name another "
		    "file. Nothing was changed.", path);
		return CB_E_BUSY;
	}
	return be_apart(path, be_conf_user(&w->conf, BE_STORE, 0),
	    w->init->dir, w->roots, w->conf.roots_n, w->why);
}

static enum cb_err
check_dir(struct work *w)
{
	char *conf = be_path(w->init->dir, BE_CONF_NAME);
	enum cb_err r = CB_OK;

	if (conf == NULL)
		return CB_E_NOMEM;
	if (access(conf, F_OK) == 0) {
		cb_why_set(w->why, "%.300s has a backend already. Name "
		    "another directory. Nothing was changed.", w->init->dir);
		r = CB_E_BUSY;
	}
	free(conf);
	return r;
}

/* Who runs as root has the roles run as others. */
static enum cb_err
fill_conf(struct work *w)
{
	const struct be_init *in = w->init;
	char *text = NULL;
	const char *path;
	enum cb_err r;

	w->conf = (struct be_conf){ .kind = in->kind, .log = CB_LOG_NOTICE,
		.first_user = geteuid() == 0 ? BE_FIRST_USER : 0 };
	if ((r = cr_random(w->conf.node, WIRE_ID)) != CB_OK)
		return r;
	if (in->store != NULL) {
		if ((r = be_conf_store(in->store, &path, w->why)) != CB_OK)
			return r;
		w->conf.store = strdup(path);
	} else {
		w->conf.store = be_path(in->dir, BE_FILE_STORE);
	}
	if (in->roots_n == 0) {
		if (asprintf(&text, "file:%s/%s", in->dir, BE_FILE_ROOT) < 0)
			text = NULL;
		w->conf.roots[0] = text;
		w->conf.roots_n = 1;
	}
	for (size_t i = 0; i < in->roots_n; i++) {
		if ((r = be_birth_place(in->roots[i], w->why)) != CB_OK)
			return r;
		w->conf.roots[w->conf.roots_n++] = strdup(in->roots[i]);
	}
	if (asprintf(&text, "file:%s/%s", in->dir, BE_FILE_RECOVERY) < 0)
		text = NULL;
	if ((w->conf.recovery = text) == NULL)
		r = CB_E_NOMEM;
	for (size_t i = 0; i < w->conf.roots_n; i++)
		if ((w->roots[i] = w->conf.roots[i]) == NULL)
			r = CB_E_NOMEM;
	return w->conf.store == NULL ? CB_E_NOMEM : r;
}

/* ---- making -------------------------------------------------------------- */

static enum cb_err
make_file(struct work *w, const char *name, struct cb_span text)
{
	char *path = be_path(w->init->dir, name);
	enum cb_err r = path == NULL
	    ? CB_E_NOMEM
	    : be_made_file(&w->made, path, text, w->why);

	free(path);
	return r;
}

static enum cb_err
make_dir(struct work *w, const char *name)
{
	char *path = be_path(w->init->dir, name);
	enum cb_err r = path == NULL ? CB_E_NOMEM
				     : be_made_dir(&w->made, path, w->why);

	free(path);
	return r;
}

static enum cb_err
make_dirs(struct work *w)
{
	const char *dir = w->init->dir;
	struct stat st;
	enum cb_err r = CB_OK;

	if (stat(dir, &st) != 0)
		r = be_made_dir(&w->made, dir, w->why);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0) {
		cb_why_set(w->why, "%.300s is no directory of yours that "
		    "nobody else may write to: name another, or take the "
		    "rights of others away (chmod go-w).", dir);
		r = CB_E_DENIED;
	}
	if (r == CB_OK)
		r = make_dir(w, BE_DIR_VAULT);
	if (r == CB_OK && w->init->store == NULL)
		r = make_dir(w, BE_DIR_STORE);
	if (r == CB_OK)
		r = make_dir(w, BE_DIR_HEADS);
	return r == CB_OK ? make_dir(w, BE_DIR_DOOR) : r;
}

static enum cb_err
make_keys(struct work *w)
{
	static const char *const here[] = { "localhost", "127.0.0.1", "::1" };
	const struct be_init *in = w->init;
	const bool named = in->names_n > 0;
	enum cb_err r;

	if ((r = be_birth_new(&w->birth, in->kind, named ? in->names : here,
		 named ? in->names_n : 3, (int64_t)(w->now / 1000),
		 w->why)) == CB_OK)
		memcpy(w->conf.backend, w->birth.id, WIRE_ID);
	return r;
}

static enum cb_err
make_root(struct work *w)
{
	enum cb_err r;

	if ((r = be_birth_save(&w->birth, w->roots, w->conf.roots_n,
		 w->conf.recovery, w->why)) == CB_OK)
		w->root_saved = true;
	return r;
}

static enum cb_err
make_door(struct work *w)
{
	const struct be_birth *b = &w->birth;
	struct cb_buf pem = CB_BUF_INIT, hex = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = wire_key_put_pem(b->door_key, &pem)) != CB_OK ||
	    (r = make_file(w, BE_FILE_DOOR_KEY, cb_buf_span(&pem))) !=
		CB_OK ||
	    (r = make_file(w, BE_FILE_DOOR, cb_buf_span(&b->door))) !=
		CB_OK ||
	    (r = make_file(w, BE_FILE_AUTHORITY,
		 cb_buf_span(&b->authority))) != CB_OK ||
	    (r = make_file(w, BE_FILE_SERVICE, cb_buf_span(&b->service))) !=
		CB_OK ||
	    (r = cb_hex_put(&hex, CB_SPAN_OF(b->books))) != CB_OK ||
	    (r = cb_put_u8(&hex, '\n')) != CB_OK ||
	    (r = make_file(w, BE_FILE_BOOKS, cb_buf_span(&hex))) != CB_OK);
	cb_buf_free(&pem);
	cb_buf_free(&hex);
	return r;
}

/* Their holders take them away, each their own. */
static enum cb_err
make_shares(struct work *w)
{
	struct cb_buf texts[BE_ROOTS_MAX] = { CB_BUF_INIT };
	char name[64];
	enum cb_err r;

	if (w->init->shares == 0)
		return CB_OK;
	if ((r = make_dir(w, BE_DIR_SHARES)) == CB_OK)
		r = be_birth_shares(
		    &w->birth, w->init->needed, w->init->shares, texts);
	for (unsigned i = 0; r == CB_OK && i < w->init->shares; i++) {
		(void)snprintf(name, sizeof(name), BE_DIR_SHARES "/share-%u",
		    i + 1);
		r = make_file(w, name, cb_buf_span(&texts[i]));
	}
	for (size_t i = 0; i < BE_ROOTS_MAX; i++)
		cb_buf_free(&texts[i]);
	return r;
}

static enum cb_err
make_operator(struct work *w)
{
	const struct be_birth *b = &w->birth;
	char *path = be_path(w->init->dir, BE_DIR_OPERATOR);
	struct wire_identity id = { .kind = b->kind, .usage = WIRE_PERSON,
		.key = b->operator_key, .certificate = b->operator,
		.authority = b->authority, .service = b->service };
	enum cb_err r;

	memcpy(id.backend, b->id, WIRE_ID);
	r = path == NULL ? CB_E_NOMEM
			 : wire_identity_write(&id, path, w->why);
	w->operator_made = r == CB_OK;
	free(path);
	return r;
}

/* ---- the store ----------------------------------------------------------- */

#define FIRST_POLICY 3
#define FIRST_WRAP (FIRST_POLICY + BE_BIRTH_POLICIES)
#define FIRST_ROWS (FIRST_WRAP + BE_BIRTH_WRAPS)

static struct cb_span
first_mac(const struct be_birth *b, size_t i)
{
	return cb_span_head(
	    cb_span_tail(cb_buf_span(&b->macs), i * BE_BIRTH_MAC),
	    BE_BIRTH_MAC);
}

static enum cb_err
first_entry(struct work *w, const uint8_t act[WIRE_ID], struct cb_buf *out)
{
	struct wire_entry e;
	uint8_t request[CR_HASH];
	enum cb_err r;

	/* nobody has signed it: what was made is named */
	if ((r = cr_sha256(cb_buf_span(&w->birth.authority), request)) !=
	    CB_OK)
		return r;
	wire_entry_init(&e, WIRE_ACT, w->now);
	wire_entry_set(&e, WIRE_F_ACT, cb_span(act, WIRE_ID));
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(w->birth.person));
	wire_entry_set(&e, WIRE_F_WHAT, cb_span_str("init"));
	wire_entry_set(&e, WIRE_F_REQUEST, CB_SPAN_OF(request));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, WIRE_OUTCOME_DONE);
	return wire_entry_put(out, &e);
}

static enum cb_err
first_act(struct work *w, struct be_store *st)
{
	static const uint8_t platform[WIRE_ID];
	const struct be_birth *b = &w->birth;
	const struct be_value person[] = { BE_ID(b->person), BE_I(1),
		BE_B(CB_SPAN_EMPTY) };
	const struct be_value factor[] = { BE_ID(b->factor), BE_ID(b->person),
		BE_T(cb_span_str(BE_BIRTH_FACTOR)), BE_I(1),
		BE_B(CB_SPAN_OF(b->fingerprint)), BE_B(first_mac(b, 0)) };
	const struct be_value role[] = { BE_ID(b->person),
		BE_I(BE_BIRTH_ROLE), BE_I(0), BE_B(first_mac(b, 1)) };
	struct be_value policies[BE_BIRTH_POLICIES][3];
	struct be_value wraps[BE_BIRTH_WRAPS][5];
	struct be_row_change rows[FIRST_ROWS] = {
		{ BE_PERSON, false, person },
		{ BE_FACTOR, false, factor },
		{ BE_ROLE, false, role },
	};
	struct be_act act = { .kind = BE_ADMIN, .now = w->now, .rows = rows,
		.rows_n = FIRST_ROWS };
	struct cb_buf entry = CB_BUF_INIT;
	struct cb_span entries[1];
	enum cb_err r;

	for (size_t i = 0; i < BE_BIRTH_POLICIES; i++) {
		policies[i][0] = BE_T(cb_span_str(b->policies[i].name));
		policies[i][1] = BE_B(b->policies[i].value);
		policies[i][2] = BE_B(first_mac(b, 2 + i));
		rows[FIRST_POLICY + i] =
		    (struct be_row_change){ BE_POLICY, false, policies[i] };
	}
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++) {
		wraps[i][0] = BE_ID(platform);
		wraps[i][1] = BE_T(cb_span_str(be_birth_wrap(i)));
		wraps[i][2] = BE_I(1);
		wraps[i][3] = BE_B(CB_SPAN_EMPTY);
		wraps[i][4] = BE_B(cb_buf_span(&b->wraps[i]));
		rows[FIRST_WRAP + i] =
		    (struct be_row_change){ BE_WRAP, false, wraps[i] };
	}
	if ((r = cr_random(act.id, WIRE_ID)) != CB_OK)
		return r;
	be_act_time(act.id, act.now);
	if ((r = first_entry(w, act.id, &entry)) == CB_OK) {
		entries[0] = cb_buf_span(&entry);
		act.entries = entries;
		act.entries_n = 1;
		if ((r = be_store_act(st, &act)) != CB_OK)
			*w->why = act.why;
	}
	cb_buf_free(&entry);
	return r;
}

static enum cb_err
first_head(struct work *w, struct be_store *st)
{
	static const uint8_t platform[WIRE_ID];
	char *path = be_path(w->init->dir, BE_FILE_HEADS);
	struct be_heads *heads = NULL;
	struct wire_head head = { .time = w->now };
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if (path == NULL || be_made_note(&w->made, path) != CB_OK) {
		free(path);
		return CB_E_NOMEM;
	}
	(void)((r = be_store_tip(st, platform, &head.at, w->why)) != CB_OK ||
	    (r = be_birth_head(&w->birth, head.at.number, head.at.hash,
		 w->now, &text)) != CB_OK ||
	    (r = be_heads_open(&heads, path, w->birth.books, true,
		 w->why)) != CB_OK ||
	    (r = be_heads_add(heads, cb_buf_span(&text), w->why)) != CB_OK ||
	    (r = be_store_head_add(
		 st, &head, cb_buf_span(&text), w->why)) != CB_OK);
	be_heads_close(&heads);
	cb_buf_free(&text);
	free(path);
	return r;
}

static enum cb_err
note_store(struct work *w)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[BE_PATH_MAX + 8];
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < 3; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", w->conf.store, ends[i]);
		r = be_made_note(&w->made, path);
	}
	return r;
}

static enum cb_err
make_store(struct work *w)
{
	struct be_store *st = NULL;
	enum cb_err r;

	if ((r = be_store_create(w->conf.store, w->init->kind, w->birth.id,
		 w->now, w->why)) != CB_OK)
		return r;
	if ((r = note_store(w)) != CB_OK) {
		(void)unlink(w->conf.store);
		return r;
	}
	if ((r = be_store_open(&st, w->conf.store, w->why)) == CB_OK &&
	    (r = first_act(w, st)) == CB_OK)
		r = first_head(w, st);
	be_store_close(&st);
	if (r == CB_OK && chmod(w->conf.store, 0600) != 0)
		r = CB_E_STORE;
	return r;
}

/* With users of its own for each role the store gets what it writes to. */
static enum cb_err
give_store(struct work *w)
{
	const uid_t user = be_conf_user(&w->conf, BE_STORE, 0);
	char *heads = be_path(w->init->dir, BE_DIR_HEADS);
	char *dir = strndup(w->conf.store,
	    (size_t)(strrchr(w->conf.store, '/') - w->conf.store));
	struct stat st;
	enum cb_err r = heads == NULL || dir == NULL ? CB_E_NOMEM : CB_OK;

	if (r == CB_OK && w->conf.first_user != 0 &&
	    (r = be_made_give(&w->made, dir, user, w->why)) == CB_OK &&
	    (r = be_made_give(&w->made, heads, user, w->why)) == CB_OK &&
	    (stat(dir, &st) != 0 ||
		(st.st_uid != user && (st.st_mode & 02) == 0))) {
		cb_why_set(w->why, "the store runs as user %u, who may not "
		    "write to %.300s: give it to that user, or name a "
		    "directory that is not there yet.", (unsigned)user, dir);
		r = CB_E_DENIED;
	}
	free(heads);
	free(dir);
	return r;
}

static enum cb_err
make_store_dir(struct work *w)
{
	char *dir;
	enum cb_err r = CB_OK;

	if (w->init->store == NULL)
		return CB_OK;
	if ((dir = strndup(w->conf.store, (size_t)(
		 strrchr(w->conf.store, '/') - w->conf.store))) == NULL)
		return CB_E_NOMEM;
	if (dir[0] != '\0' && access(dir, F_OK) != 0 && errno == ENOENT)
		r = be_made_dir(&w->made, dir, w->why);
	free(dir);
	return r;
}

/* Who can open it can lock it, and then no backend runs there. The roles' users
 * must pass through it to what is theirs. */
static enum cb_err
close_dir(struct work *w)
{
	const mode_t mode = w->conf.first_user != 0 ? 0711 : 0700;

	if (chmod(w->init->dir, mode) == 0)
		return CB_OK;
	cb_why_set(w->why, "%.300s: %s", w->init->dir, strerror(errno));
	return CB_E_STORE;
}

static enum cb_err
make_conf(struct work *w)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_conf_put(&text, &w->conf)) == CB_OK)
		r = make_file(w, BE_CONF_NAME, cb_buf_span(&text));
	cb_buf_free(&text);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static void
undo(struct work *w)
{
	static const char *const parts[] = { "backend", "key.pem",
		"certificate.der", "authority.der", "service.der", "." };
	char name[64];
	char *path;

	const char *const recovery[] = { w->conf.recovery };

	if (w->root_saved) {
		be_birth_unsave(w->roots, w->conf.roots_n);
		be_birth_unsave(recovery, 1);
	}
	for (size_t i = 0; w->operator_made && i < 6; i++) {
		(void)snprintf(name, sizeof(name), "%s%s%s", BE_DIR_OPERATOR,
		    i < 5 ? "/" : "", i < 5 ? parts[i] : "");
		if ((path = be_path(w->init->dir, name)) != NULL)
			(void)remove(path);
		free(path);
	}
	be_made_undo(&w->made);
}

/* What ends programs and is not ignored here; *old is what was before. */
static void
hold_signals(struct work *w, sigset_t *old)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction now;

	(void)sigemptyset(&w->ends);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (sigaction(ends[i], NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			(void)sigaddset(&w->ends, ends[i]);
	(void)sigprocmask(SIG_BLOCK, &w->ends, old);
}

/* One that has come is taken: we end by ourselves, and say so. */
static enum cb_err
look_interrupted(struct work *w)
{
	const struct timespec at_once = { 0, 0 };
	bool came = false;

	while (sigtimedwait(&w->ends, NULL, &at_once) > 0)
		came = true;
	if (!came)
		return CB_OK;
	cb_why_set(w->why, "interrupted; nothing was changed");
	return CB_E_BUSY;
}

static enum cb_err
run_all(struct work *w)
{
	static step_fn *const steps[] = { fill_conf, check_dir, check_store,
		make_dirs, make_store_dir, make_keys, make_root, make_door,
		make_shares, make_store, give_store, make_operator,
		close_dir, make_conf };
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < sizeof(steps) / sizeof(steps[0]);
	     i++)
		if ((r = steps[i](w)) == CB_OK)
			r = look_interrupted(w);
	return r;
}

enum cb_err
be_init(const struct be_init *init, struct cb_why *why)
{
	struct work w = { .init = init, .why = why };
	sigset_t old;
	enum cb_err r;

	cb_why_set(why, "%s", "");
	hold_signals(&w, &old);
	w.now = (uint64_t)(init->now != 0 ? init->now : time(NULL)) * 1000;
	r = run_all(&w);
	if (r == CB_OK)
		be_made_keep(&w.made);
	else
		undo(&w);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (r != CB_OK && why->text[0] == '\0')
		cb_why_set(why, "%s", cb_err_text(r));
	be_birth_free(&w.birth);
	be_conf_clear(&w.conf);
	return r;
}
