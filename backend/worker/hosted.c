/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See hosted.h. A transaction of the emulator is collected in `open`; at its
 * commit it joins `kept`, which awaits the answer. Nothing else is held in
 * memory but the root: the emulator has read what it needs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/ask_store.h"
#include "backend/worker/hosted.h"

struct change {
	char name[EMU_NVM_NAME_MAX + 1];
	bool remove;
	struct cb_buf value;
};

struct changes {
	struct change *p;	/* in order of name */
	size_t n, room;
};

struct be_hosted {
	struct emu_nvm base;
	const struct be_card_key *key;
	struct be_hosted_ops ops;
	struct be_root_record root, next;
	bool begun, failed;
	enum cb_err broken;	/* what a put of this transaction met */
	struct changes open, kept;
	/* be_hosted_changes */
	struct be_record_change *out;
	struct cb_buf *sealed;
	size_t out_n, sealed_n;
};

/* ---- lists of changes ---------------------------------------------------- */

static void
changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		cb_buf_free(&c->p[i].value);
	free(c->p);
	*c = (struct changes){ .n = 0 };
}

static size_t
place(const struct changes *c, const char *name, bool *found)
{
	size_t at = 0;

	while (at < c->n && strcmp(c->p[at].name, name) < 0)
		at++;
	*found = at < c->n && strcmp(c->p[at].name, name) == 0;
	return at;
}

/* The change of this name: new and empty if there was none. */
static enum cb_err
change_of(struct changes *c, const char *name, struct change **out)
{
	bool found;
	const size_t at = place(c, name, &found);
	struct change *p;

	if (!found) {
		if (c->n == c->room) {
			p = reallocarray(
			    c->p, c->room + 16, sizeof(*c->p));
			if (p == NULL)
				return CB_E_NOMEM;
			c->p = p;
			c->room += 16;
		}
		p = &c->p[at];
		memmove(p + 1, p, (c->n - at) * sizeof(*p));
		*p = (struct change){ .value = CB_BUF_INIT };
		memcpy(p->name, name, strlen(name));
		c->n++;
	}
	*out = &c->p[at];
	return CB_OK;
}

/* Moves all of one into the other, over what was there. */
static enum cb_err
changes_join(struct changes *to, struct changes *from)
{
	struct change *c;
	enum cb_err r;

	for (size_t i = 0; i < from->n; i++) {
		if ((r = change_of(to, from->p[i].name, &c)) != CB_OK)
			return r;
		c->remove = from->p[i].remove;
		cb_buf_move(&c->value, &from->p[i].value);
	}
	changes_clear(from);
	return CB_OK;
}

/* ---- transactions -------------------------------------------------------- */

static enum cb_err
hosted_begin(struct emu_nvm *nvm)
{
	struct be_hosted *h = (struct be_hosted *)nvm;

	if (h->failed)
		return CB_E_STORE;
	if (h->begun)
		return CB_E_ARG;
	h->begun = true;
	h->broken = CB_OK;
	return CB_OK;
}

static enum cb_err
hosted_put(struct emu_nvm *nvm, const char *name, struct cb_span value)
{
	struct be_hosted *h = (struct be_hosted *)nvm;
	struct change *c;
	enum cb_err r;

	if (!h->begun)
		return CB_E_ARG;
	if ((r = emu_nvm_check(name, value)) == CB_OK &&
	    (r = change_of(&h->open, name, &c)) == CB_OK &&
	    (r = cb_buf_set(&c->value, value)) == CB_OK)
		c->remove = false;
	if (r != CB_OK && h->broken == CB_OK)
		h->broken = r;
	return r;
}

static enum cb_err
hosted_del(struct emu_nvm *nvm, const char *name)
{
	struct be_hosted *h = (struct be_hosted *)nvm;
	struct change *c;
	enum cb_err r;

	if (!h->begun)
		return CB_E_ARG;
	if ((r = change_of(&h->open, name, &c)) == CB_OK) {
		c->remove = true;
		cb_buf_free(&c->value);
	} else if (h->broken == CB_OK) {
		h->broken = r;
	}
	return r;
}

static void
hosted_rollback(struct emu_nvm *nvm)
{
	struct be_hosted *h = (struct be_hosted *)nvm;

	changes_clear(&h->open);
	h->begun = false;
}

static enum cb_err
hosted_commit(struct emu_nvm *nvm, enum emu_nvm_by by)
{
	struct be_hosted *h = (struct be_hosted *)nvm;
	enum cb_err r;

	if (!h->begun)
		return CB_E_ARG;
	if ((r = h->broken) != CB_OK) {
		hosted_rollback(nvm);
		return r;
	}
	h->begun = false;
	if ((r = changes_join(&h->kept, &h->open)) == CB_OK &&
	    by == EMU_NVM_NOW)
		r = h->ops.now(h->ops.ctx);
	if (r != CB_OK)
		be_hosted_fail(h);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

struct read {
	char name[EMU_NVM_NAME_MAX + 1];
	struct cb_span sealed;
};

struct reading {
	struct cb_buf bytes;
	struct read *p;
	size_t n;
	struct cb_span root;
	uint64_t booked;	/* the card's number, as the books know it */
};

static void
reading_clear(struct reading *r)
{
	cb_buf_free(&r->bytes);
	free(r->p);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct read *)a)->name,
	    ((const struct read *)b)->name);
}

static enum cb_err
take_record(struct reading *g, const struct be_ask_record *record)
{
	struct read *p;

	if (cb_span_equal(record->name, cb_span_str(BE_ROOT_NAME))) {
		g->root = record->value;
		return CB_OK;
	}
	if (record->name.n > EMU_NVM_NAME_MAX || g->n == BE_RECORDS_MAX ||
	    memchr(record->name.p, 0, record->name.n) != NULL)
		return CB_E_FORMAT;
	if (g->n % 64 == 0) {
		p = reallocarray(g->p, g->n + 64, sizeof(*p));
		if (p == NULL)
			return CB_E_NOMEM;
		g->p = p;
	}
	p = &g->p[g->n++];
	*p = (struct read){ .sealed = record->value };
	memcpy(p->name, record->name.p, record->name.n);
	return CB_OK;
}

static enum cb_err
reading_get(struct be_hosted *h, struct reading *g)
{
	struct be_ask_record record;
	struct cb_span cur;
	enum cb_err r;

	g->bytes.max = BE_CARD_MAX;
	if ((r = h->ops.records(h->ops.ctx, &g->bytes, &g->booked)) != CB_OK)
		return r;
	cur = cb_buf_span(&g->bytes);
	while (cur.n > 0)
		if ((r = be_ask_record_get(&cur, &record)) != CB_OK ||
		    (r = take_record(g, &record)) != CB_OK)
			return r;
	if (g->n > 0)
		qsort(g->p, g->n, sizeof(*g->p), by_name);
	return CB_OK;
}

static enum cb_err
wrong(struct cb_why *why, const char *name, const char *what)
{
	cb_why_set(why, "the record %s of the card is %s", name, what);
	return CB_E_FORMAT;
}

/* The root is not of before the card's last entry, and the rows are those that
 * it lists, all of them, each as it says. */
static enum cb_err
reading_check(const struct be_hosted *h, const struct reading *g,
    struct cb_why *why)
{
	const struct be_listed *l;

	if (h->root.number < g->booked) {
		cb_why_set(why,
		    "the card is behind the books: its records are of "
		    "number %" PRIu64 ", and %" PRIu64 " is entered. They "
		    "were put back.",
		    h->root.number, g->booked);
		return CB_E_FORMAT;
	}
	for (size_t i = 0; i < h->root.n; i++) {
		l = &h->root.p[i];
		if (i >= g->n || strcmp(g->p[i].name, l->name) > 0)
			return wrong(why, l->name, "not there");
		if (strcmp(g->p[i].name, l->name) < 0)
			return wrong(why, g->p[i].name, "not its own");
	}
	if (g->n > h->root.n)
		return wrong(why, g->p[h->root.n].name, "not its own");
	return CB_OK;
}

static enum cb_err
open_one(const struct be_hosted *h, const struct read *read,
    struct cb_buf *text, struct cb_why *why)
{
	const struct be_listed *l = be_root_record_find(&h->root, read->name);
	uint64_t version;
	enum cb_err r;

	r = be_record_open(h->key, read->name, read->sealed, &version, text);
	if (r == CB_E_NOMEM)
		return r;
	if (r != CB_OK)
		return wrong(why, read->name, "not what was sealed");
	if (version != l->version)
		return wrong(why, read->name, "an older or a younger one");
	return CB_OK;
}

/* Each record with what awaits the answer laid over it. */
static enum cb_err
each_over(struct be_hosted *h, const struct reading *g, emu_nvm_each_fn *fn,
    void *ctx)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r = CB_OK;
	size_t i = 0, k = 0;
	int order;

	while (r == CB_OK && (i < g->n || k < h->kept.n)) {
		order = i == g->n ? 1
		    : k == h->kept.n
		    ? -1
		    : strcmp(g->p[i].name, h->kept.p[k].name);
		if (order < 0) {
			cb_buf_clear(&text);
			r = open_one(h, &g->p[i], &text, NULL);
			if (r == CB_OK)
				r = fn(ctx, g->p[i].name,
				    cb_buf_span(&text));
		} else if (!h->kept.p[k].remove) {
			r = fn(ctx, h->kept.p[k].name,
			    cb_buf_span(&h->kept.p[k].value));
		}
		i += order <= 0;
		k += order >= 0;
	}
	cb_buf_free(&text);
	return r;
}

static enum cb_err
hosted_each(struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx)
{
	struct be_hosted *h = (struct be_hosted *)nvm;
	struct reading g = { .n = 0 };
	enum cb_err r;

	if (h->begun)
		return CB_E_ARG;
	if (h->failed)
		return CB_E_STORE;
	if ((r = reading_get(h, &g)) == CB_OK &&
	    (r = reading_check(h, &g, NULL)) == CB_OK)
		r = each_over(h, &g, fn, ctx);
	reading_clear(&g);
	return r;
}

/* ---- making, ending ------------------------------------------------------ */

static void
out_clear(struct be_hosted *h)
{
	for (size_t i = 0; i < h->sealed_n; i++)
		cb_buf_free(&h->sealed[i]);
	free(h->sealed);
	free(h->out);
	h->sealed = NULL;
	h->out = NULL;
	h->out_n = h->sealed_n = 0;
	be_root_record_clear(&h->next);
}

static void
hosted_free(struct emu_nvm *nvm)
{
	struct be_hosted *h = (struct be_hosted *)nvm;

	changes_clear(&h->open);
	changes_clear(&h->kept);
	out_clear(h);
	be_root_record_clear(&h->root);
	free(h);
}

static const struct emu_nvm_ops hosted_ops = {
	hosted_begin,
	hosted_put,
	hosted_del,
	hosted_commit,
	hosted_rollback,
	hosted_each,
	hosted_free,
};

enum cb_err
be_hosted_new(struct be_hosted **out, const struct be_card_key *key,
    const struct be_hosted_ops *ops, struct cb_why *why)
{
	struct be_hosted *h = calloc(1, sizeof(*h));
	struct reading g = { .n = 0 };
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if (h == NULL)
		return r;
	h->base.ops = &hosted_ops;
	h->key = key;
	h->ops = *ops;
	if ((r = reading_get(h, &g)) != CB_OK)
		goto out;
	if (g.root.p == NULL)
		r = wrong(why, BE_ROOT_NAME, "not there");
	else if (be_root_record_open(key, g.root, &h->root) != CB_OK)
		r = wrong(why, BE_ROOT_NAME, "not what was sealed");
	else
		r = reading_check(h, &g, why);
	for (size_t i = 0; r == CB_OK && i < g.n; i++) {
		struct cb_buf text = CB_BUF_INIT;

		r = open_one(h, &g.p[i], &text, why);
		cb_buf_free(&text);
	}
out:
	reading_clear(&g);
	if (r == CB_OK)
		*out = h;
	else
		hosted_free(&h->base);
	return r;
}

struct emu_nvm *
be_hosted_nvm(struct be_hosted *h)
{
	return &h->base;
}

uint64_t
be_hosted_number(const struct be_hosted *h)
{
	return h->root.number;
}

bool
be_hosted_changed(const struct be_hosted *h)
{
	return h->kept.n > 0;
}

/* ---- what an act has of it ----------------------------------------------- */

static enum cb_err
seal_change(struct be_hosted *h, const struct change *c)
{
	struct be_record_change *out = &h->out[h->out_n];
	enum cb_err r;

	if (c->remove) {
		/* what was made and removed since was never there */
		if (be_root_record_find(&h->root, c->name) == NULL)
			return CB_OK;
		*out = (struct be_record_change){ .name = c->name,
			.remove = true };
		be_root_record_remove(&h->next, c->name);
		h->out_n++;
		return CB_OK;
	}
	if ((r = be_record_seal(h->key, c->name, h->next.number,
		 cb_buf_span(&c->value), &h->sealed[h->out_n])) != CB_OK ||
	    (r = be_root_record_put(&h->next, c->name, h->next.number)) !=
		CB_OK)
		return r;
	*out = (struct be_record_change){ .name = c->name,
		.value = cb_buf_span(&h->sealed[h->out_n]) };
	h->out_n++;
	return CB_OK;
}

enum cb_err
be_hosted_changes(struct be_hosted *h, const struct be_record_change **changes,
    size_t *n, uint64_t *number)
{
	const size_t room = h->kept.n + 1;
	enum cb_err r;

	out_clear(h);
	*changes = NULL;
	*n = 0;
	*number = h->root.number;
	if (h->kept.n == 0)
		return CB_OK;
	h->out = calloc(room, sizeof(*h->out));
	h->sealed = calloc(room, sizeof(*h->sealed));
	if (h->out == NULL || h->sealed == NULL)
		return CB_E_NOMEM;
	h->sealed_n = room;
	if ((r = be_root_record_copy(&h->next, &h->root)) != CB_OK)
		return r;
	h->next.number++;
	for (size_t i = 0; i < h->kept.n; i++)
		if ((r = seal_change(h, &h->kept.p[i])) != CB_OK)
			return r;
	if ((r = be_root_record_seal(
		 h->key, &h->next, &h->sealed[h->out_n])) != CB_OK)
		return r;
	h->out[h->out_n] = (struct be_record_change){ .name = BE_ROOT_NAME,
		.value = cb_buf_span(&h->sealed[h->out_n]) };
	h->out_n++;
	*changes = h->out;
	*n = h->out_n;
	*number = h->next.number;
	return CB_OK;
}

void
be_hosted_done(struct be_hosted *h)
{
	if (h->kept.n > 0) {
		be_root_record_clear(&h->root);
		h->root = h->next;
		h->next = (struct be_root_record){ .number = 0 };
	}
	changes_clear(&h->kept);
	out_clear(h);
}

void
be_hosted_fail(struct be_hosted *h)
{
	h->failed = true;
	changes_clear(&h->kept);
	out_clear(h);
}

/* ---- a new card ---------------------------------------------------------- */

struct making {
	const struct be_card_key *key;
	struct be_root_record root;
	struct be_sealed_record *p;
	size_t n;
};

static enum cb_err
add_sealed(struct making *m, const char *name, struct be_sealed_record **out)
{
	struct be_sealed_record *p;

	p = reallocarray(m->p, m->n + 1, sizeof(*p));
	if (p == NULL)
		return CB_E_NOMEM;
	m->p = p;
	p = &m->p[m->n++];
	*p = (struct be_sealed_record){ .value = CB_BUF_INIT };
	memcpy(p->name, name, strlen(name));
	*out = p;
	return CB_OK;
}

static enum cb_err
make_one(void *ctx, const char *name, struct cb_span value)
{
	struct making *m = ctx;
	struct be_sealed_record *p;
	enum cb_err r;

	if ((r = add_sealed(m, name, &p)) != CB_OK ||
	    (r = be_record_seal(m->key, name, m->root.number, value,
		 &p->value)) != CB_OK)
		return r;
	return be_root_record_put(&m->root, name, m->root.number);
}

enum cb_err
be_hosted_make(const struct be_card_key *key, struct emu_nvm *from,
    struct be_sealed_record **records, size_t *n)
{
	struct making m = { .key = key, .root = { .number = 1 } };
	struct be_sealed_record *p;
	enum cb_err r;

	*records = NULL;
	*n = 0;
	if ((r = from->ops->each(from, make_one, &m)) == CB_OK &&
	    (r = add_sealed(&m, BE_ROOT_NAME, &p)) == CB_OK)
		r = be_root_record_seal(key, &m.root, &p->value);
	be_root_record_clear(&m.root);
	if (r == CB_OK) {
		*records = m.p;
		*n = m.n;
	} else {
		be_sealed_records_free(&m.p, m.n);
	}
	return r;
}

void
be_sealed_records_free(struct be_sealed_record **records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cb_buf_free(&(*records)[i].value);
	free(*records);
	*records = NULL;
}
