/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making and ending a rig; what is made once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "emulator/crypto/crypto.h"
#include "tests/backend/founder.h"
#include "tests/backend/sql.h"
#include "tests/backend/worker/rig_serve.h"

struct rig_keys rig_keys;

static unsigned scrypts;	/* atomic */
const uint8_t rig_unblock[CR_KEY] = { 0x40, 0x5E, 0xC2 };

static const uint8_t card_id[WIRE_ID] = { 0xCA, 0x2D };
static struct founder founder;

/* ---- once ---------------------------------------------------------------- */

static enum cb_err
make_org(struct be_org **org, uint8_t id)
{
	struct cb_buf wraps[BE_ORG_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT };
	struct cb_span spans[BE_ORG_KEYS];
	uint8_t name[WIRE_ID];
	enum cb_err r;

	memset(name, id, sizeof(name));
	r = be_org_make(rig_keys.ring, name, wraps);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		spans[i] = cb_buf_span(&wraps[i]);
	if (r == CB_OK)
		r = be_org_open(org, rig_keys.ring, name, spans);
	for (int i = 0; i < BE_ORG_KEYS; i++)
		cb_buf_free(&wraps[i]);
	return r;
}

static enum cb_err
make_ring(void)
{
	const struct be_self self = { .kind = WIRE_TEST, .id = { 0xBE } };
	struct be_root *root = NULL;
	struct cb_buf wraps[BE_RING_KEYS] = { CB_BUF_INIT, CB_BUF_INIT,
		CB_BUF_INIT, CB_BUF_INIT };
	struct cb_span spans[BE_RING_KEYS];
	enum cb_err r;

	if ((r = be_root_new(&root, &self)) == CB_OK)
		r = be_ring_make(root, NULL, (int64_t)time(NULL), wraps);
	for (int i = 0; i < BE_RING_KEYS; i++)
		spans[i] = cb_buf_span(&wraps[i]);
	if (r == CB_OK)
		r = be_ring_open(&rig_keys.ring, root, spans, NULL);
	for (int i = 0; i < BE_RING_KEYS; i++)
		cb_buf_free(&wraps[i]);
	be_root_free(&root);
	return r;
}

static enum cb_err
make_card(void)
{
	struct emu_make wish = { .scrypt_log2n = 10, .serial = "1A2B3C4D" };
	struct cb_why why = { "" };
	char path[512], keys[512];
	const char *src = getenv("srcdir");
	uint8_t service[EMU_SERVICE_N];
	enum cb_err r;

	if ((r = cr_x25519_public(rig_unblock, service)) != CB_OK)
		return r;
	snprintf(path, sizeof(path), "%s/data/profiles/authentic5.profile",
	    src != NULL ? src : ".");
	snprintf(keys, sizeof(keys),
	    "%s/tests/vectors/authentic5/test-keys.txt",
	    src != NULL ? src : ".");
	wish.keys_from = keys;
	wish.service = service;
	founder = (struct founder){ .ring = rig_keys.ring,
		.org = rig_keys.org };
	memcpy(founder.card, card_id, WIRE_ID);
	founder_env(&founder, &rig_keys.env);
	if ((r = founder_card(&rig_keys.env, path, &wish, &rig_keys.card,
		 &why)) != CB_OK)
		fprintf(stderr, "%s\n", why.text);
	return r;
}

static enum cb_err
read_profiles(void)
{
	const char *src = getenv("srcdir");
	struct cb_why why = { "" };
	char dir[512];

	snprintf(dir, sizeof(dir), "%s/data/profiles",
	    src != NULL ? src : ".");
	return be_profiles_read(&rig_keys.profiles, dir, &why);
}

bool
rig_once(void)
{
	return make_ring() == CB_OK &&
	    make_org(&rig_keys.org, 0xA0) == CB_OK &&
	    make_org(&rig_keys.other_org, 0xA1) == CB_OK &&
	    make_card() == CB_OK && read_profiles() == CB_OK;
}

void
rig_end(void)
{
	emu_nvm_free(&rig_keys.card);
	be_profiles_free(&rig_keys.profiles);
	be_org_free(&rig_keys.org);
	be_org_free(&rig_keys.other_org);
	be_ring_free(&rig_keys.ring);
}

struct emu_card *
rig_direct(void)
{
	struct emu_nvm *nvm = emu_mem_again(rig_keys.card);
	struct emu_card *card;

	ck_assert_int_eq(
	    emu_card_open(&card, &nvm, &rig_keys.env, NULL), CB_OK);
	emu_card_power_on(card);
	return card;
}

/* ---- the store's contents ------------------------------------------------ */

static void
found(struct rig *g, const uint8_t *organisation,
    const struct be_row_change *row, const struct be_card_key *card)
{
	const struct founding what = { .organisation = organisation,
		.rows = row, .rows_n = 1, .card = card,
		.from = rig_keys.card };
	struct cb_why why = { "" };

	ck_assert_msg(
	    founder_act(g->st, &what, &why) == CB_OK, "%s", why.text);
}

static void
add_card(struct rig *g)
{
	struct be_value v[BE_COLUMNS_MAX] = { BE_ID(g->card), BE_I(1),
		BE_I(0), BE_I(1), BE_T(cb_span_str("authentic5")),
		BE_B(cb_span_str("label")), BE_I(1), BE_I(5),
		BE_I(7), BE_B(cb_span_str("mac")), BE_B(cb_span_str("atr")) };
	const struct be_row_change row = { BE_CARD, false, v };
	struct be_card_key key = { .kind = WIRE_TEST, .version = 7 };

	memcpy(key.backend, rig_keys.ring->self.id, WIRE_ID);
	memcpy(key.organisation, rig_keys.org->id, WIRE_ID);
	memcpy(key.card, g->card, WIRE_ID);
	ck_assert_int_eq(be_org_card_make(rig_keys.org, g->card, key.version,
			     &g->card_key),
	    CB_OK);
	ck_assert_int_eq(be_org_card_open(rig_keys.org, g->card, key.version,
			     cb_buf_span(&g->card_key), key.key),
	    CB_OK);
	found(g, rig_keys.org->id, &row, &key);
}

static void
add_organisation(struct rig *g)
{
	static const uint8_t platform[WIRE_ID];
	const struct be_value v[] = { BE_ID(rig_keys.org->id), BE_I(1),
		BE_B(cb_span_str("setting")), BE_I(5) };
	const struct be_row_change row = { BE_ORGANISATION, false, v };

	found(g, platform, &row, NULL);
}

void
rig_token(struct rig *g, const uint8_t token[WIRE_TOKEN],
    const uint8_t device[WIRE_ID])
{
	uint8_t hash[CR_HASH] = { 0 };
	const struct be_value v[] = { BE_HASH(hash),
		BE_T(cb_span_str(WIRE_TOKEN_DEVICE)), BE_ID(device), BE_I(2),
		BE_I(((int64_t)time(NULL) + 600) * 1000),
		BE_B(cb_span_str("mac")), BE_NONE,
		BE_B(cb_span_str("Desk 3")) };
	const struct be_row_change row = { BE_TOKEN, false, v };

	ck_assert_int_eq(cr_sha256(cb_span(token, WIRE_TOKEN), hash), CB_OK);
	found(g, rig_keys.org->id, &row, NULL);
}

void
rig_enrol(const uint8_t token[WIRE_TOKEN], struct cb_buf *out)
{
	struct wire_key *key;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_enrol_put(out, WIRE_TEST,
			     rig_keys.ring->self.id, rig_keys.ring->service,
			     token, key),
	    CB_OK);
	wire_key_free(&key);
}

static void
make_holder(struct device *d, enum wire_usage usage, int id)
{
	memset(d->id, id, WIRE_ID);
	ck_assert_int_eq(wire_key_new_p256(&d->key), CB_OK);
	ck_assert_int_eq(be_certificate_make(rig_keys.ring, usage, d->id, rig_keys.org->id, NULL, 0, d->key, NULL,
			     (int64_t)time(NULL), &d->cert),
	    CB_OK);
}

static void
free_holder(struct device *d)
{
	wire_key_free(&d->key);
	cb_buf_free(&d->cert);
}

/* ---- starting and ending ------------------------------------------------- */

static void *
run_loop(void *arg)
{
	struct server *s = arg;

	ck_assert_int_eq(be_loop_run(s->loop), CB_OK);
	return NULL;
}

/* A loop is stopped from within. */
static void
on_stop(void *ctx, int fd)
{
	(void)fd;
	be_loop_stop(ctx);
}

static void
server_start(struct server *s)
{
	ck_assert_int_eq(pipe(s->stop), 0);
	ck_assert_int_eq(be_loop_fd(s->loop, &s->stopping, s->stop[0],
			     on_stop, s->loop),
	    CB_OK);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, run_loop, s), 0);
	s->running = true;
}

static void
server_stop(struct server *s)
{
	if (!s->running)
		return;
	(void)close(s->stop[1]);
	ck_assert_int_eq(pthread_join(s->thread, NULL), 0);
	be_loop_forget(s->loop, &s->stopping);
	(void)close(s->stop[0]);
	s->running = false;
}

static void
server_end(struct server *s)
{
	server_stop(s);
	be_loop_forget(s->loop, &s->watched);
	be_channel_free(&s->ch);
	be_loop_free(&s->loop);
}

static void
on_store_gone(void *ctx, struct be_channel *ch)
{
	struct rig *g = ctx;

	(void)ch;
	g->store.watched = NULL;
}

static void
on_vault_gone(void *ctx, struct be_channel *ch)
{
	struct rig *g = ctx;

	(void)ch;
	g->vault.watched = NULL;
}

/* Between the worker and one of our ends. */
static void
connect_role(struct rig *g, enum be_role role, int *theirs)
{
	const int little = 1;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	/* a few messages fill it */
	if (role == BE_STORE && g->set.unsent != 0)
		ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF,
				     &little, sizeof(little)),
		    0);
	ck_assert_int_eq(be_worker_peer(g->w, role, fds[0]), CB_OK);
	*theirs = fds[1];
}

static void
serve(struct rig *g, struct server *s, enum be_role role, be_message_fn *fn)
{
	int fd;

	ck_assert_int_eq(be_loop_new(&s->loop), CB_OK);
	connect_role(g, role, &fd);
	ck_assert_int_eq(be_channel_new(&s->ch, fd), CB_OK);
	ck_assert_int_eq(be_loop_channel(s->loop, &s->watched, s->ch, fn,
			     role == BE_STORE ? on_store_gone
					      : on_vault_gone,
			     g),
	    CB_OK);
	server_start(s);
}

static void
start(struct rig *g)
{
	int fd;

	ck_assert_int_eq(be_loop_new(&g->worker.loop), CB_OK);
	ck_assert_int_eq(
	    be_worker_new(&g->w, g->worker.loop, &g->set), CB_OK);
	serve(g, &g->store, BE_STORE, rig_on_store);
	serve(g, &g->vault, BE_VAULT, rig_on_vault);
	connect_role(g, BE_DOOR, &fd);
	ck_assert_int_eq(be_channel_new(&g->door, fd), CB_OK);
	server_start(&g->worker);
}

static void
stop(struct rig *g)
{
	server_stop(&g->worker);
	be_worker_free(&g->w);
	be_loop_free(&g->worker.loop);
	server_end(&g->store);
	server_end(&g->vault);
	be_channel_free(&g->door);
}

void
rig_open(struct rig *g)
{
	struct cb_why why = { "" };

	__atomic_store_n(&scrypts, 0, __ATOMIC_RELAXED);
	*g = (struct rig){ .next_id = 1,
		.set = { .kind = WIRE_TEST, .threads = 4,
		    .patience = 3000, .profiles = rig_keys.profiles } };
	memcpy(g->set.backend, rig_keys.ring->self.id, WIRE_ID);
	memcpy(g->set.organisation, rig_keys.org->id, WIRE_ID);
	memcpy(g->card, card_id, WIRE_ID);
	snprintf(g->dir, sizeof(g->dir), "/tmp/test_worker.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(g->dir));
	snprintf(g->path, sizeof(g->path), "%s/store", g->dir);
	ck_assert_int_eq(pthread_mutex_init(&g->lock, NULL), 0);
	ck_assert_msg(be_store_create(g->path, WIRE_TEST,
			  rig_keys.ring->self.id, 1, &why) == CB_OK &&
		be_store_open(&g->st, g->path, &why) == CB_OK,
	    "%s", why.text);
	add_organisation(g);
	add_card(g);
	for (int i = 0; i < DEVICES; i++) {
		make_holder(&g->devices[i], WIRE_DEVICE, 0x91 + i);
		g->devices[i].assigned = i < DEVICES - 1;
	}
	for (int i = 0; i < PEOPLE; i++)
		make_holder(&g->people[i], WIRE_PERSON, 0xE1 + i);
	g->card_state = BE_STATE_IN_USE;
	g->take_over = true;
	g->late_type = BE_ASK_RECORDS;
	be_challenges_init(&g->challenges, 4, 64);
	be_helds_init(&g->opened, 1);
	be_limit_init(&g->limit, NULL);
	start(g);
}

void
rig_restart(struct rig *g)
{
	stop(g);
	rig_fault(g, NO_FAULT, 0);
	g->late_id = 0;
	start(g);
}

void
rig_store_stop(struct rig *g)
{
	server_stop(&g->store);
}

void
rig_store_go(struct rig *g)
{
	server_start(&g->store);
}

void
rig_store_die(struct rig *g)
{
	server_end(&g->store);
}

void
rig_store_again(struct rig *g)
{
	/* peers are the loop's to change */
	server_stop(&g->worker);
	serve(g, &g->store, BE_STORE, rig_on_store);
	server_start(&g->worker);
}

void
rig_vault_again(struct rig *g)
{
	/* peers are the loop's to change */
	server_stop(&g->worker);
	server_end(&g->vault);
	be_challenges_clear(&g->challenges);
	be_challenges_init(&g->challenges, 4, 64);
	be_helds_clear(&g->opened);
	be_helds_init(&g->opened, 1);
	__atomic_store_n(&g->held, 0, __ATOMIC_RELAXED);
	/* what was given in this millisecond is of the life before */
	usleep(1000);
	__atomic_store_n(&g->born, rig_tick(), __ATOMIC_RELAXED);
	serve(g, &g->vault, BE_VAULT, rig_on_vault);
	server_start(&g->worker);
}

void
rig_close(struct rig *g)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[96];

	stop(g);
	be_store_close(&g->st);
	for (int i = 0; i < COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", g->path, ends[i]);
		unlink(name);
	}
	ck_assert_int_eq(rmdir(g->dir), 0);
	for (int i = 0; i < DEVICES; i++)
		free_holder(&g->devices[i]);
	for (int i = 0; i < PEOPLE; i++)
		free_holder(&g->people[i]);
	cb_buf_free(&g->late_body);
	cb_buf_free(&g->card_key);
	be_challenges_clear(&g->challenges);
	be_helds_clear(&g->opened);
	be_limit_clear(&g->limit);
	(void)pthread_mutex_destroy(&g->lock);
}

void
rig_fault(struct rig *g, enum fault fault, unsigned after)
{
	(void)pthread_mutex_lock(&g->lock);
	g->fault = fault;
	g->after = after;
	(void)pthread_mutex_unlock(&g->lock);
}

/* ---- by hand ------------------------------------------------------------- */

int64_t
rig_number(struct rig *g, const char *sql)
{
	return sql_number_at(g->path, sql);
}

void
rig_sql(struct rig *g, const char *sql)
{
	sql_run_at(g->path, sql);
}

unsigned
rig_passcodes(struct rig *g)
{
	return __atomic_load_n(&g->passcodes, __ATOMIC_RELAXED);
}

unsigned
rig_swallowed(struct rig *g)
{
	unsigned n;

	(void)pthread_mutex_lock(&g->lock);
	n = g->swallowed;
	(void)pthread_mutex_unlock(&g->lock);
	return n;
}

bool
rig_holds(struct rig *g, int sessions)
{
	int held = -1;

	for (int i = 0; i < 1000 && held != sessions; i++) {
		if (i > 0)
			(void)rig_has(g, 0xFFFF, 5);
		held = __atomic_load_n(&g->held, __ATOMIC_RELAXED);
	}
	return held == sessions;
}

struct be_worker_stats
rig_stats(struct rig *g)
{
	struct be_worker_stats s;

	be_worker_stats(g->w, &s);
	return s;
}

struct counting {
	enum wire_entry_type type;
	unsigned n;
};

static enum cb_err
count_entry(void *ctx, const struct be_value *v, size_t n)
{
	struct counting *c = ctx;
	struct wire_entry e;

	ck_assert_uint_ge(n, 2);
	ck_assert_int_eq(wire_entry_get(v[1].s, &e), CB_OK);
	c->n += e.type == c->type;
	return CB_OK;
}

unsigned
rig_entries(struct rig *g, enum wire_entry_type type)
{
	struct counting c = { type, 0 };
	struct be_store *st;
	struct cb_why why = { "" };

	ck_assert_int_eq(be_store_open(&st, g->path, &why), CB_OK);
	ck_assert_int_eq(be_store_entries(st, rig_keys.org->id, 1, 1000,
			     count_entry, &c, &why),
	    CB_OK);
	be_store_close(&st);
	return c.n;
}

/* ---- what is computed ---------------------------------------------------- */

/* By --wrap: every scrypt of the worker's emulator comes by here. */
enum cb_err __real_emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t key[EMU_KEY]);
enum cb_err __wrap_emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t key[EMU_KEY]);

enum cb_err
__wrap_emu_scrypt(const struct emu_scrypt *how, struct cb_span passcode,
    uint8_t key[EMU_KEY])
{
	__atomic_add_fetch(&scrypts, 1, __ATOMIC_RELAXED);
	return __real_emu_scrypt(how, passcode, key);
}

unsigned
rig_scrypts(void)
{
	return __atomic_load_n(&scrypts, __ATOMIC_RELAXED);
}
