/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * LIST: rows of the store as items. Where a list goes on is the key of the
 * last item that is known.
 */
#include <string.h>

#include "backend/worker/desk.h"

#define PAGE 64		/* rows of one question */

struct list {
	enum be_table table;
	/* the key's columns, from fields of an item */
	size_t keys;
	enum wire_desk_field key[3];
	enum wire_desk_field filter;	/* its first column; 0: none */
	/* CB_E_ABSENT: it is not told */
	enum cb_err (*item)(struct be_desk_call *c,
	    const struct be_value *v, struct wire_fields *out);
};

/* ---- columns ------------------------------------------------------------- */

static void
set(struct wire_fields *out, enum wire_desk_field field,
    const struct be_value *v)
{
	switch (v->type) {
	case BE_INT:
		wire_fields_number(out, field, (uint64_t)v->i);
		break;
	case BE_TEXT:
	case BE_BLOB:
		wire_fields_bytes(out, field, v->s);
		break;
	case BE_NULL:
		break;
	}
}

/* A name is nothing where there is none. */
static void
set_name(struct wire_fields *out, const struct be_value *v)
{
	if (v->s.n > 0)
		set(out, WIRE_D_NAME, v);
}

static void
set_flag(struct wire_fields *out, enum wire_desk_field field,
    const struct be_value *v)
{
	if (v->i == 1)
		wire_fields_number(out, field, 1);
}

static enum cb_err
item_organisation(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	set(out, WIRE_D_ID, &v[0]);
	set(out, WIRE_D_STATE, &v[1]);
	set_name(out, &v[2]);
	set(out, WIRE_D_CREATED, &v[3]);
	wire_fields_number(out, WIRE_D_KIND, c->w->set.kind);
	return CB_OK;
}

static enum cb_err
item_policy(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	(void)c;
	set(out, WIRE_D_NAME, &v[0]);
	set(out, WIRE_D_VALUE, &v[1]);
	return CB_OK;
}

static enum cb_err
item_device(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	(void)c;
	set(out, WIRE_D_ID, &v[0]);
	set(out, WIRE_D_CLASS, &v[1]);
	set(out, WIRE_D_STATE, &v[2]);
	set(out, WIRE_D_FINGERPRINT, &v[3]);
	set(out, WIRE_D_UNTIL, &v[4]);
	set_name(out, &v[5]);
	return CB_OK;
}

static enum cb_err
item_token(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	(void)c;
	if (v[6].type != BE_NULL)
		return CB_E_ABSENT;	/* it was used */
	set(out, WIRE_D_FINGERPRINT, &v[0]);
	set(out, WIRE_D_NAME, &v[1]);
	set(out, WIRE_D_ID, &v[2]);
	set(out, WIRE_D_CLASS, &v[3]);
	set(out, WIRE_D_UNTIL, &v[4]);
	if (v[7].s.n > 0)
		set(out, WIRE_D_TEXT, &v[7]);
	return CB_OK;
}

static enum cb_err
item_assignment(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	(void)c;
	set(out, WIRE_D_CARD, &v[0]);
	set(out, WIRE_D_KIND, &v[1]);
	set(out, WIRE_D_ID, &v[2]);
	set(out, WIRE_D_UNTIL, &v[3]);
	return CB_OK;
}

/* ---- cards --------------------------------------------------------------- */

static enum cb_err
set_lease(struct be_desk_call *c, struct cb_span card, struct wire_fields *out,
    struct be_lease *lease)
{
	struct cb_buf answer = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_ask_store(c->w, BE_ASK_LEASE, card, &answer)) == CB_OK &&
	    (r = be_ask_lease_get(cb_buf_span(&answer), lease)) == CB_OK &&
	    lease->held) {
		wire_fields_bytes(
		    out, WIRE_D_DEVICE, CB_SPAN_OF(lease->device));
		wire_fields_bytes(
		    out, WIRE_D_SESSION, CB_SPAN_OF(lease->session));
	}
	cb_buf_free(&answer);
	return r;
}

/* What only the open card says, if nobody uses it just now. */
static void
set_open(struct be_desk_call *c, struct cb_span card, struct wire_fields *out,
    char serial[17])
{
	struct be_session *s;
	unsigned tries;

	(void)pthread_mutex_lock(&c->w->lock);
	s = be_session_of_card(c->w, card.p);
	if (s != NULL && !s->busy && s->emu != NULL) {
		memcpy(serial, emu_card_info(s->emu)->serial, 17);
		for (size_t i = 0; serial[i] != '\0'; i++)
			if (serial[i] >= 'A' && serial[i] <= 'F')
				serial[i] += 'a' - 'A';
		if (serial[0] != '\0')
			wire_fields_bytes(
			    out, WIRE_D_SERIAL, cb_span_str(serial));
		if (emu_card_tries(s->emu, &tries) == CB_OK)
			wire_fields_number(out, WIRE_D_TRIES, tries);
	}
	(void)pthread_mutex_unlock(&c->w->lock);
}

static enum cb_err
item_card(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	set(out, WIRE_D_ID, &v[0]);
	set(out, WIRE_D_STATE, &v[1]);
	set_flag(out, WIRE_D_BLANK, &v[2]);
	set_flag(out, WIRE_D_TAKE_OVER, &v[3]);
	set(out, WIRE_D_PROFILE, &v[4]);
	set_name(out, &v[5]);
	set(out, WIRE_D_CREATED, &v[7]);
	set(out, WIRE_D_VERSION, &v[8]);
	if (c->w->set.kind == WIRE_TEST)
		wire_fields_number(out, WIRE_D_TEST, 1);
	return CB_OK;
}

/* ---- people -------------------------------------------------------------- */

/* The first role of a person, and until when. */
static enum cb_err
set_role(
    struct be_desk_call *c, struct cb_span person, struct wire_fields *out)
{
	struct be_ask_rows ask = { .table = BE_ROLE, .limit = 1,
		.key = { 2, { BE_B(person), BE_I(0) } } };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_ask_row row;
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_rows_put(&body, BE_ASK_LIST, &ask)) == CB_OK &&
	    (r = be_ask_store(c->w, BE_ASK_LIST, cb_buf_span(&body),
		 &answer)) == CB_OK) {
		cur = cb_buf_span(&answer);
		if (cur.n > 0 &&
		    (r = be_ask_row_get(&cur, &row)) == CB_OK &&
		    row.n >= 3 && cb_span_equal(row.values[0].s, person)) {
			set(out, WIRE_D_ROLE, &row.values[1]);
			set(out, WIRE_D_UNTIL, &row.values[2]);
		}
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
item_person(struct be_desk_call *c, const struct be_value *v,
    struct wire_fields *out)
{
	set(out, WIRE_D_ID, &v[0]);
	set(out, WIRE_D_PERSON, &v[1]);
	set(out, WIRE_D_STATE, &v[3]);
	if (v[4].s.n == CR_HASH)
		set(out, WIRE_D_FINGERPRINT, &v[4]);
	return set_role(c, v[1].s, out);
}

/* ---- rows of a table ----------------------------------------------------- */

/* clang-format off */
static const struct list lists[WIRE_LIST_END] = {
	[WIRE_LIST_ORGANISATIONS] = { BE_ORGANISATION, 1, { WIRE_D_ID },
	    WIRE_D_ID, item_organisation },
	[WIRE_LIST_POLICIES] = { BE_POLICY, 1, { WIRE_D_NAME }, WIRE_D_NAME,
	    item_policy },
	[WIRE_LIST_CARDS] = { BE_CARD, 1, { WIRE_D_ID }, WIRE_D_ID,
	    item_card },
	[WIRE_LIST_DEVICES] = { BE_DEVICE, 1, { WIRE_D_ID }, WIRE_D_ID,
	    item_device },
	[WIRE_LIST_TOKENS] = { BE_TOKEN, 1, { WIRE_D_FINGERPRINT }, 0,
	    item_token },
	[WIRE_LIST_ASSIGNMENTS] = { BE_ASSIGNMENT, 3,
	    { WIRE_D_CARD, WIRE_D_KIND, WIRE_D_ID }, WIRE_D_CARD,
	    item_assignment },
	[WIRE_LIST_PEOPLE] = { BE_FACTOR, 1, { WIRE_D_ID }, WIRE_D_ID,
	    item_person },
};
/* clang-format on */

static struct be_value
value_of(const struct wire_fields *f, enum wire_desk_field field)
{
	if (wire_field_is_number(field))
		return BE_I((int64_t)f->number[field]);
	return field == WIRE_D_NAME ? BE_T(f->bytes[field])
				    : BE_B(f->bytes[field]);
}

/* The key of an item. CB_E_ARG: it is not whole. */
static enum cb_err
key_of(const struct list *l, const struct wire_fields *f, struct be_ask_row *key)
{
	for (key->n = 0; key->n < l->keys; key->n++) {
		if (!wire_fields_has(f, l->key[key->n]))
			return CB_E_ARG;
		key->values[key->n] = value_of(f, l->key[key->n]);
	}
	return CB_OK;
}

/* Of rows of one first column: what is before all of them. */
static void
key_before(const struct list *l, const struct wire_fields *filter,
    struct be_ask_row *key)
{
	key->n = l->keys;
	key->values[0] = value_of(filter, l->filter);
	for (size_t i = 1; i < l->keys; i++)
		key->values[i] = wire_field_is_number(l->key[i])
		    ? BE_I(0)
		    : BE_B(CB_SPAN_EMPTY);
}

struct walk {
	const struct list *l;
	const struct wire_fields *filter, *after;
	enum be_ask how;	/* ROW or LIST */
	struct be_ask_rows ask;	/* its key borrows from the page before */
	struct cb_buf answer;
	bool end;
};

static enum cb_err
begin(struct walk *k)
{
	const bool filtered =
	    k->l->filter != 0 && wire_fields_has(k->filter, k->l->filter);

	k->ask.table = k->l->table;
	k->ask.limit = PAGE;
	k->how = BE_ASK_LIST;
	if (k->after->has != 0)
		return key_of(k->l, k->after, &k->ask.key);
	if (filtered && k->l->keys == 1) {
		k->how = BE_ASK_ROW;
		return key_of(k->l, k->filter, &k->ask.key);
	}
	if (filtered)
		key_before(k->l, k->filter, &k->ask.key);
	return CB_OK;
}

static enum cb_err
next_page(struct be_desk_call *c, struct walk *k)
{
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_ask_rows_put(&body, k->how, &k->ask)) == CB_OK)
		r = be_ask_store(
		    c->w, k->how, cb_buf_span(&body), &k->answer);
	cb_buf_free(&body);
	if (r != CB_E_ABSENT || k->how != BE_ASK_ROW)
		return r;
	cb_buf_clear(&k->answer);
	return CB_OK;
}

static bool
is_wanted(const struct walk *k, const struct be_value *v)
{
	const struct list *l = k->l;

	return l->filter == 0 || !wire_fields_has(k->filter, l->filter) ||
	    cb_span_equal(v[0].s, k->filter->bytes[l->filter]);
}

static enum cb_err
tell_row(struct be_desk_call *c, struct walk *k, const struct be_ask_row *row)
{
	const bool by_id = k->how == BE_ASK_ROW;
	struct wire_fields item = { .has = 0 };
	struct be_lease lease;
	char serial[17] = "";
	enum cb_err r;

	if (!is_wanted(k, row->values)) {
		k->end = true;
		return CB_OK;
	}
	if ((r = k->l->item(c, row->values, &item)) == CB_E_ABSENT)
		return CB_OK;
	if (r == CB_OK && k->l->table == BE_CARD) {
		r = set_lease(c, row->values[0].s, &item, &lease);
		if (by_id)
			set_open(c, row->values[0].s, &item, serial);
	}
	return r == CB_OK ? be_desk_tell(c, &item) : r;
}

/* Tells the rows of a page as long as there is room. */
static enum cb_err
tell_page(struct be_desk_call *c, struct walk *k)
{
	struct cb_span cur = cb_buf_span(&k->answer);
	struct be_ask_row row;
	size_t n = 0, keys;
	const size_t columns = be_table_columns(k->l->table, &keys);
	enum cb_err r;

	for (; cur.n > 0 && !k->end; n++) {
		if ((r = be_ask_row_get(&cur, &row)) != CB_OK)
			return r;
		if (row.n != columns)
			return CB_E_FORMAT;
		if (!be_desk_has_room(c)) {
			k->end = true;
			return CB_OK;
		}
		if ((r = tell_row(c, k, &row)) != CB_OK)
			return r;
		k->ask.key.n = k->l->keys;
		memcpy(k->ask.key.values, row.values,
		    k->l->keys * sizeof(row.values[0]));
	}
	k->end = k->end || n < PAGE;
	return CB_OK;
}

static enum cb_err
tell_table(struct be_desk_call *c, const struct list *l,
    const struct wire_fields *filter, const struct wire_fields *after)
{
	struct walk k = { .l = l, .filter = filter, .after = after };
	enum cb_err r = begin(&k);

	while (r == CB_OK && !k.end)
		if ((r = next_page(c, &k)) == CB_OK)
			r = tell_page(c, &k);
	cb_buf_free(&k.answer);
	return r;
}

/* ---- what is in no table ------------------------------------------------- */

static enum cb_err
tell_leases(struct be_desk_call *c, const struct wire_fields *filter,
    struct cb_span page, uint8_t after[WIRE_ID], bool *end)
{
	struct wire_fields item;
	struct be_lease lease;
	enum cb_err r = CB_OK;

	*end = page.n == 0;
	while (r == CB_OK && page.n > 0 && !*end) {
		if (!be_desk_has_room(c)) {
			*end = true;
			break;
		}
		if ((r = be_ask_leases_get(&page, &lease)) != CB_OK)
			break;
		memcpy(after, lease.card, WIRE_ID);
		if (wire_fields_has(filter, WIRE_D_CARD) &&
		    !cb_span_equal(filter->bytes[WIRE_D_CARD],
			CB_SPAN_OF(lease.card)))
			continue;
		item = (struct wire_fields){ .has = 0 };
		wire_fields_bytes(
		    &item, WIRE_D_ID, CB_SPAN_OF(lease.session));
		wire_fields_bytes(
		    &item, WIRE_D_CARD, CB_SPAN_OF(lease.card));
		wire_fields_bytes(
		    &item, WIRE_D_DEVICE, CB_SPAN_OF(lease.device));
		wire_fields_number(&item, WIRE_D_CREATED, lease.since);
		r = be_desk_tell(c, &item);
	}
	return r;
}

static enum cb_err
tell_sessions(struct be_desk_call *c, const struct wire_fields *filter,
    const struct wire_fields *after)
{
	struct cb_buf answer = CB_BUF_INIT;
	uint8_t behind[WIRE_ID] = { 0 };
	bool end = false;
	enum cb_err r = CB_OK;

	if (wire_fields_has(after, WIRE_D_CARD))
		memcpy(behind, after->bytes[WIRE_D_CARD].p, WIRE_ID);
	while (r == CB_OK && !end)
		if ((r = be_ask_store(c->w, BE_ASK_LEASES,
			 CB_SPAN_OF(behind), &answer)) == CB_OK)
			r = tell_leases(c, filter, cb_buf_span(&answer),
			    behind, &end);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
tell_backend(struct be_desk_call *c)
{
	const struct be_worker_settings *set = &c->w->set;
	struct wire_fields item = { .has = 0 };
	struct cb_buf head = CB_BUF_INIT;
	enum cb_err r;

	wire_fields_bytes(&item, WIRE_D_ID, CB_SPAN_OF(set->backend));
	wire_fields_number(&item, WIRE_D_KIND, set->kind);
	wire_fields_bytes(&item, WIRE_D_VALUE, CB_SPAN_OF(set->books));
	if ((r = be_ask_vault(c->w, BE_ASK_LAST_HEAD, CB_SPAN_EMPTY,
		 &head)) == CB_OK) {
		if (head.n > 0)
			wire_fields_bytes(
			    &item, WIRE_D_HEAD, cb_buf_span(&head));
		r = be_desk_tell(c, &item);
	}
	cb_buf_free(&head);
	return r;
}

/* Of an organisation's desk: its own row, which is one of the platform's and
 * in no list of its own. */
static enum cb_err
tell_own(struct be_desk_call *c)
{
	const struct be_value key = BE_ID(c->w->set.organisation);
	struct wire_fields item = { .has = 0 };
	struct cb_buf kept = CB_BUF_INIT;
	struct be_ask_row row;
	enum cb_err r;

	if ((r = be_ask_row_of(
		 c->w, BE_ORGANISATION, &key, 1, &kept, &row)) == CB_OK &&
	    (r = item_organisation(c, row.values, &item)) == CB_OK)
		r = be_desk_tell(c, &item);
	cb_buf_free(&kept);
	return r;
}

enum cb_err
be_desk_list(struct be_desk_call *c)
{
	struct wire_fields filter, after;

	if (wire_fields_get(c->d->filter, &filter) != CB_OK ||
	    wire_fields_get(c->d->after, &after) != CB_OK)
		return be_desk_refuse(
		    c, CB_E_FORMAT, "these are not fields of a list");
	switch (c->d->list) {
	case WIRE_LIST_SESSIONS:
		return tell_sessions(c, &filter, &after);
	case WIRE_LIST_BACKEND:
		return tell_backend(c);
	case WIRE_LIST_ORGANISATIONS:
		if (!be_is_zeros(c->w->set.organisation))
			return tell_own(c);
		break;
	default:
		break;
	}
	return tell_table(c, &lists[c->d->list], &filter, &after);
}
