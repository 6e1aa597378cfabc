/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h: the card, its surroundings, and what the tests ask of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/profile.h"
#include "tests/emulator/rig.h"

static const struct {
	const char *family;
	bool blank;
	const char *atr;	/* NULL: the profile's */
} kinds[RIG_KINDS] = {
	[RIG_PERSONAL] = { "authentic5", false, NULL },
	[RIG_T0] = { "authentic5", false, "3B7B1800000031C06477E30300829000" },
	[RIG_BLANK] = { "authentic5", true, NULL },
	[RIG_A3] = { "authentic3", false, NULL },
	[RIG_A3_T0] = { "authentic3", false,
	    "3B5D180080F9A0000000770100700A9000" },
	[RIG_A3_BLANK] = { "authentic3", true, NULL },
	[RIG_IAS] = { "iasecc-oberthur", false, NULL },
	[RIG_IAS_GEM] = { "iasecc-gemalto", false, NULL },
	[RIG_IAS_BLANK] = { "iasecc-oberthur", true, NULL },
};

static struct emu_nvm *made[RIG_KINDS];

/* ---- the environment ------------------------------------------------------ */

/* xorshift64*: the same card in every run. */
static enum cb_err
rig_random(void *ctx, uint8_t *p, size_t n)
{
	struct rig *r = ctx;

	if (++r->random_calls == r->random_fail_at)
		return CB_E_CRYPTO;
	for (size_t i = 0; i < n; i++) {
		r->seed ^= r->seed >> 12;
		r->seed ^= r->seed << 25;
		r->seed ^= r->seed >> 27;
		p[i] = (uint8_t)((r->seed * 0x2545F4914F6CDD1D) >> 56);
	}
	return CB_OK;
}

static uint64_t
rig_mono_ms(void *ctx)
{
	return ((const struct rig *)ctx)->now;
}

static int64_t
rig_utc(void *ctx)
{
	(void)ctx;
	return 1767225600;	/* 2026-01-01 */
}

static void
rig_note(void *ctx, enum cb_log_level level, const char *line)
{
	struct rig *r = ctx;
	size_t n = strlen(r->notes);

	(void)level;
	snprintf(r->notes + n, sizeof(r->notes) - n, "%s\n", line);
}

/* "right 1 3": what, reference, tries left; "key-made 1234 2048": what, file,
 * bits; then the bytes that came with it, if there are some, by number. */
static void
rig_event(void *ctx, const struct emu_event *e)
{
	static const char *const names[] = { "tried", "right", "wrong",
		"blocked", "created", "changed", "reset", "refilled",
		"removed", "unblock-tried", "unblock-right", "unblock-wrong",
		"unblock-blocked", "key-made", "key-imported", "key-deleted",
		"key-signed", "key-deciphered", "certificate" };
	struct rig *r = ctx;
	size_t n = strlen(r->events);

	ck_assert_uint_le(e->data.n, sizeof(r->event_data));
	if (e->data.n > 0)
		memcpy(r->event_data, e->data.p, e->data.n);
	if (e->kind < EMU_KEY_MADE)
		snprintf(r->events + n, sizeof(r->events) - n, " %s %u %u",
		    names[e->kind], e->reference, e->left);
	else
		snprintf(r->events + n, sizeof(r->events) - n,
		    " %s %04X %u +%zu", names[e->kind], e->fid,
		    e->kind == EMU_CERTIFICATE_WRITTEN ? 0 : e->bits,
		    e->data.n);
}

void
rig_env_init(struct rig *r)
{
	rig_scrypt_cheap();
	memset(r, 0, sizeof(*r));
	r->env = (struct emu_env){ .random = rig_random,
		.mono_ms = rig_mono_ms, .utc = rig_utc, .note = rig_note,
		.event = rig_event, .ctx = r };
	r->now = 1000000;
	r->seed = 0x9E3779B97F4A7C15;
}

/* ---- records that count and fail ------------------------------------------ */

static enum cb_err
op_due(struct rig_nvm *n)
{
	n->ops++;
	if (n->fail_at != 0 &&
	    (n->ops == n->fail_at || (n->broken && n->ops > n->fail_at)))
		return CB_E_STORE;
	return CB_OK;
}

static enum cb_err
nvm_begin(struct emu_nvm *nvm)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;
	enum cb_err r;

	n->begins++;
	if ((r = op_due(n)) != CB_OK)
		return r;
	return n->inner->ops->begin(n->inner);
}

static enum cb_err
nvm_put(struct emu_nvm *nvm, const char *name, struct cb_span value)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;
	enum cb_err r;

	if ((r = op_due(n)) != CB_OK)
		return r;
	return n->inner->ops->put(n->inner, name, value);
}

static enum cb_err
nvm_del(struct emu_nvm *nvm, const char *name)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;
	enum cb_err r;

	if ((r = op_due(n)) != CB_OK)
		return r;
	return n->inner->ops->del(n->inner, name);
}

static enum cb_err
nvm_commit(struct emu_nvm *nvm, enum emu_nvm_by by)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;
	enum cb_err r;

	if ((r = op_due(n)) != CB_OK) {
		n->inner->ops->rollback(n->inner);
		return r;
	}
	n->commits[by]++;
	return n->inner->ops->commit(n->inner, by);
}

static void
nvm_rollback(struct emu_nvm *nvm)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;

	n->inner->ops->rollback(n->inner);
}

static enum cb_err
nvm_each(struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx)
{
	struct rig_nvm *n = (struct rig_nvm *)nvm;

	if (n->unreadable)
		return CB_E_STORE;
	return n->inner->ops->each(n->inner, fn, ctx);
}

static void
nvm_free(struct emu_nvm *nvm)
{
	free(nvm);
}

static const struct emu_nvm_ops nvm_ops = {
	nvm_begin, nvm_put, nvm_del, nvm_commit, nvm_rollback, nvm_each,
	nvm_free,
};

struct emu_nvm *
rig_watch(struct emu_nvm *inner, struct rig_nvm **out)
{
	ck_assert_ptr_nonnull(*out = calloc(1, sizeof(**out)));
	(*out)->base.ops = &nvm_ops;
	(*out)->inner = inner;
	return &(*out)->base;
}

static enum cb_err
copy_record(void *ctx, const char *name, struct cb_span value)
{
	struct emu_nvm *to = ctx;

	return to->ops->put(to, name, value);
}

struct emu_nvm *
rig_copy(struct emu_nvm *from)
{
	struct emu_nvm *to;

	ck_assert_int_eq(emu_mem_new(&to), CB_OK);
	ck_assert_int_eq(to->ops->begin(to), CB_OK);
	ck_assert_int_eq(from->ops->each(from, copy_record, to), CB_OK);
	ck_assert_int_eq(to->ops->commit(to, EMU_NVM_NOW), CB_OK);
	return to;
}

static enum cb_err
dump_record(void *ctx, const char *name, struct cb_span value)
{
	struct cb_buf *out = ctx;
	enum cb_err r;

	if ((r = cb_put_lv16(out, cb_span_str(name))) != CB_OK)
		return r;
	return cb_put_lv16(out, value);
}

void
rig_dump(struct emu_nvm *from, struct cb_buf *out)
{
	cb_buf_clear(out);
	ck_assert_int_eq(from->ops->each(from, dump_record, out), CB_OK);
}

void
rig_put_bytes(struct emu_nvm *into, const char *name, struct cb_span value)
{
	ck_assert_int_eq(into->ops->begin(into), CB_OK);
	ck_assert_int_eq(into->ops->put(into, name, value), CB_OK);
	ck_assert_int_eq(into->ops->commit(into, EMU_NVM_NOW), CB_OK);
}

void
rig_put(struct emu_nvm *into, const char *name, const char *hex)
{
	struct cb_buf b = CB_BUF_INIT;

	if (hex == NULL) {
		ck_assert_int_eq(into->ops->begin(into), CB_OK);
		ck_assert_int_eq(into->ops->del(into, name), CB_OK);
		ck_assert_int_eq(into->ops->commit(into, EMU_NVM_NOW), CB_OK);
	} else {
		rig_bytes(&b, hex);
		rig_put_bytes(into, name, cb_buf_span(&b));
	}
	cb_buf_free(&b);
}

struct wanted {
	const char *name;
	struct cb_buf *out;
};

static enum cb_err
get_record(void *ctx, const char *name, struct cb_span value)
{
	struct wanted *w = ctx;

	return strcmp(name, w->name) == 0 ? cb_buf_set(w->out, value) : CB_OK;
}

void
rig_get(struct emu_nvm *from, const char *name, struct cb_buf *out)
{
	struct wanted w = { name, out };

	cb_buf_clear(out);
	ck_assert_int_eq(from->ops->each(from, get_record, &w), CB_OK);
}

/* ---- profiles ---------------------------------------------------------------- */

struct emu_profile *
rig_profile(const char *find, const char *put)
{
	return rig_profile_of("authentic5", find, put);
}

struct emu_profile *
rig_profile_of(const char *family, const char *find, const char *put)
{
	const char *top = getenv("CB_SRC");
	char path[4096], copy[] = "/tmp/test_profile.XXXXXX";
	static char text[1 << 16];
	struct emu_profile *p = NULL;
	struct cb_why why = { "" };
	const char *at;
	size_t n;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/data/profiles/%s.profile",
	    top == NULL ? "." : top, family);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	at = find == NULL ? text + n : strstr(text, find);
	ck_assert_msg(at != NULL, "the profile does not say: %s", find);
	ck_assert_int_ge(fd = mkstemp(copy), 0);
	ck_assert_ptr_nonnull(f = fdopen(fd, "w"));
	fprintf(f, "%.*s%s%s", (int)(at - text), text, put == NULL ? "" : put,
	    at + (find == NULL ? 0 : strlen(find)));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_msg(
	    emu_profile_read(&p, copy, &why) == CB_OK, "%s", why.text);
	(void)unlink(copy);
	return p;
}

/* ---- cards ------------------------------------------------------------------- */

void
rig_wish(struct emu_make *wish, enum rig_kind kind)
{
	static char keys[4096];
	const char *top = getenv("CB_SRC");

	snprintf(keys, sizeof(keys), "%s/tests/vectors/%s/test-keys.txt",
	    top == NULL ? "." : top, kinds[kind].family);
	*wish = (struct emu_make){
		.test = true,
		.blank = kinds[kind].blank,
		.serial = "1A2B3C4D",
		.atr = kinds[kind].atr,
		.keys_from = kinds[kind].blank ? NULL : keys,
		.user_pin = cb_span_str(RIG_PIN),
		.so_pin = cb_span_str(RIG_SO_PIN),
		.scrypt_log2n = 10,
	};
}

void
rig_make(struct rig *r, struct emu_profile *p, enum rig_kind kind)
{
	struct emu_nvm *nvm;
	struct emu_make wish;
	struct cb_why why = { "" };

	rig_env_init(r);
	rig_wish(&wish, kind);
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_msg(
	    emu_card_make(nvm, p, &wish, &r->env, &why) == CB_OK, "%s",
	    why.text);
	rig_open_records(r, nvm);
}

void
rig_setup(void)
{
	struct emu_profile *p;
	struct rig r;

	if (made[0] != NULL)
		return;
	for (unsigned k = 0; k < RIG_KINDS; k++) {
		p = rig_profile_of(kinds[k].family, NULL, NULL);
		rig_make(&r, p, (enum rig_kind)k);
		made[k] = rig_copy(r.records);
		rig_close(&r);
		emu_profile_free(&p);
	}
}

enum cb_err
rig_try_open(struct rig *r, struct cb_why *why)
{
	struct emu_nvm *nvm = rig_watch(r->records, &r->nvm);
	enum cb_err e;

	e = emu_card_open(&r->card, &nvm, &r->env, why);
	ck_assert_ptr_null(nvm);
	if (e == CB_OK)
		emu_card_power_on(r->card);
	else
		r->nvm = NULL;
	return e;
}

void
rig_reopen(struct rig *r)
{
	struct cb_why why = { "" };

	emu_card_free(&r->card);
	ck_assert_msg(rig_try_open(r, &why) == CB_OK, "%s", why.text);
}

void
rig_open_records(struct rig *r, struct emu_nvm *records)
{
	rig_env_init(r);
	r->records = records;
	rig_reopen(r);
}

void
rig_open(struct rig *r, enum rig_kind kind)
{
	rig_open_records(r, rig_copy(made[kind]));
	r->seed += kind + 1;
}

void
rig_record_end(enum rig_kind kind, const struct record_end *end)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_why why = { "" };
	struct rig r;

	rig_open(&r, kind);
	emu_card_free(&r.card);
	rig_get(r.records, end->record, &b);
	ck_assert_int_eq(cb_buf_truncate(&b, b.n - end->cut), CB_OK);
	rig_bytes(&b, end->put);
	rig_put_bytes(r.records, end->record, cb_buf_span(&b));
	cb_buf_free(&b);
	ck_assert_int_eq(rig_try_open(&r, &why), end->want);
	rig_close(&r);
}

void
rig_close(struct rig *r)
{
	emu_card_free(&r->card);
	emu_nvm_free(&r->records);
	cb_buf_free(&r->rsp);
}

/* ---- the same card? ------------------------------------------------------------- */

static void
same_file(const struct emu_file *a, const struct emu_file *b)
{
	const struct emu_part *p = a->parts, *q = b->parts;

	ck_assert_uint_eq(a->id, b->id);
	ck_assert_uint_eq(a->fid, b->fid);
	ck_assert_uint_eq(a->type, b->type);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->access_n, b->access_n);
	ck_assert_mem_eq(a->access, b->access, sizeof(a->access));
	ck_assert_uint_eq(a->name_n, b->name_n);
	ck_assert_mem_eq(a->name, b->name, sizeof(a->name));
	ck_assert_uint_eq(a->sfi, b->sfi);
	ck_assert_uint_eq(a->template, b->template);
	ck_assert_int_eq(a->commits, b->commits);
	ck_assert_uint_eq(a->parent != NULL ? a->parent->id : 0,
	    b->parent != NULL ? b->parent->id : 0);
	for (; p != NULL && q != NULL; p = p->next, q = q->next) {
		ck_assert_uint_eq(p->no, q->no);
		ck_assert_int_eq(p->deleted, q->deleted);
		ck_assert_uint_eq(p->size, q->size);
		ck_assert(cb_span_equal(
		    cb_buf_span(&p->stored), cb_buf_span(&q->stored)));
		if (p->stored.n == 0)
			ck_assert(cb_span_equal(cb_buf_span(&p->plain),
			    cb_buf_span(&q->plain)));
	}
	ck_assert_msg(p == NULL && q == NULL, "%04X: parts differ", a->fid);
}

static void
same_wrap(const struct emu_wrap *a, const struct emu_wrap *b)
{
	ck_assert_int_eq(a->set, b->set);
	if (a->set) {
		ck_assert_mem_eq(a->blob, b->blob, sizeof(a->blob));
		ck_assert_mem_eq(
		    a->how.salt, b->how.salt, sizeof(a->how.salt));
	}
}

static void
same_pins(const struct emu_pin *a, const struct emu_pin *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		ck_assert_uint_eq(a->id, b->id);
		ck_assert_uint_eq(a->owner->id, b->owner->id);
		ck_assert_uint_eq(a->ref, b->ref);
		ck_assert_uint_eq(a->role, b->role);
		ck_assert_uint_eq(a->domain, b->domain);
		ck_assert_uint_eq(a->tries, b->tries);
		ck_assert_uint_eq(a->tries_max, b->tries_max);
		ck_assert_uint_eq(a->unblock_tries, b->unblock_tries);
		ck_assert_uint_eq(a->unblock_max, b->unblock_max);
		ck_assert_uint_eq(a->min, b->min);
		ck_assert_uint_eq(a->max, b->max);
		ck_assert_uint_eq(a->access_n, b->access_n);
		ck_assert_mem_eq(a->access, b->access, sizeof(a->access));
		same_wrap(&a->pin, &b->pin);
		same_wrap(&a->unblock, &b->unblock);
	}
	ck_assert_msg(a == NULL && b == NULL, "PINs differ");
}

static void
same_domains(const struct emu_domain *a, const struct emu_domain *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		ck_assert_uint_eq(a->id, b->id);
		ck_assert_uint_eq(a->owner, b->owner);
		ck_assert_uint_eq(a->role, b->role);
		ck_assert_uint_eq(a->escrow, b->escrow);
		ck_assert_mem_eq(a->public, b->public, EMU_KEY);
		if (a->escrow != 0)
			ck_assert_mem_eq(a->escrow_blob, b->escrow_blob,
			    sizeof(a->escrow_blob));
	}
	ck_assert_msg(a == NULL && b == NULL, "domains differ");
}

void
rig_same(const struct emu_card *a, const struct emu_card *b)
{
	ck_assert_uint_eq(a->used, b->used);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->apps_n, b->apps_n);
	for (unsigned i = 0; i < a->apps_n; i++) {
		const struct emu_file *f = a->apps[i].mf;
		const struct emu_file *g = b->apps[i].mf;

		for (; f != NULL && g != NULL;
		    f = emu_fs_next(f), g = emu_fs_next(g))
			same_file(f, g);
		ck_assert_msg(f == NULL && g == NULL, "trees differ");
		same_pins(a->apps[i].pins, b->apps[i].pins);
		same_domains(a->apps[i].domains, b->apps[i].domains);
	}
}

void
rig_coherent(struct rig *r)
{
	struct emu_nvm *copy = rig_copy(r->records);
	struct emu_card *again;
	struct cb_why why = { "" };

	ck_assert_msg(emu_card_open(&again, &copy, &r->env, &why) == CB_OK,
	    "%s", why.text);
	rig_same(r->card, again);
	emu_card_free(&again);
}
