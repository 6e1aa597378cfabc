/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fake_desk.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/https/desk.h"
#include "tests/cli/fake_desk.h"
#include "tests/tree.h"

#define DAY INT64_C(86400)
#define ck_ok(what) ck_assert_int_eq((what), CB_OK)
#define ITEMS_MAX 512

struct fake_desk desk;

static struct {
	enum wire_desk_list list;
	uint8_t organisation;
	struct cb_buf bytes;
} items[ITEMS_MAX];
static size_t items_n;

struct br_desk {
	uint8_t organisation;	/* a byte of its id */
	struct cb_buf answer;
};

/* ---- who there is -------------------------------------------------------- */

static struct wire_key *authority, *service;	/* for all tests */

void
fake_desk_make(void)
{
	ck_ok(wire_key_new_p256(&authority));
	ck_ok(wire_key_new_rsa(&service, WIRE_RSA_BITS));
}

void
fake_desk_free(void)
{
	wire_key_free(&authority);
	wire_key_free(&service);
}

static struct cb_buf
certificate(enum wire_usage usage, uint8_t subject, uint8_t organisation,
    const struct wire_key *key, struct cb_span issuer, int64_t until)
{
	const int64_t now = (int64_t)time(NULL);
	struct wire_cert_wish wish = { .usage = usage, .kind = WIRE_TEST,
		.from = now - 10 * DAY, .until = until, .serial = { 7 } };
	struct cb_buf der = CB_BUF_INIT;

	memset(wish.subject, subject, WIRE_ID);
	memset(wish.organisation, organisation, WIRE_ID);
	ck_ok(wire_cert_make(&wish, key, authority, issuer, &der));
	return der;
}

/* *who: a new identity, written to `dir`. */
static void
identity(struct wire_identity *who, const char *dir, enum wire_usage usage,
    uint8_t id, uint8_t organisation, int64_t until)
{
	const int64_t year = (int64_t)time(NULL) + 365 * DAY;
	struct cb_why why = { "" };

	memset(who, 0, sizeof(*who));
	who->kind = WIRE_TEST;
	who->usage = usage;
	memset(who->backend, 0xBE, WIRE_ID);
	ck_ok(wire_key_new_p256(&who->key));
	who->authority = certificate(
	    WIRE_AUTHORITY, 0xBE, 0, authority, CB_SPAN_EMPTY, year);
	who->service = certificate(WIRE_SERVICE, 0xBE, 0, service,
	    cb_buf_span(&who->authority), year);
	who->certificate = certificate(usage, id, organisation,
	    who->key, cb_buf_span(&who->authority), until);
	ck_assert_msg(wire_identity_check(who, until - 1, &why) == CB_OK,
	    "%s", why.text);
	ck_assert_msg(wire_identity_write(who, dir, &why) == CB_OK, "%s",
	    why.text);
}

void
fake_desk_setup(void)
{
	const int64_t year = (int64_t)time(NULL) + 365 * DAY;
	struct wire_identity other;

	memset(&desk, 0, sizeof(desk));
	items_n = 0;
	desk.page = WIRE_DESK_ITEMS_MAX;
	desk.books = books_public();
	snprintf(desk.dir, sizeof(desk.dir), "/tmp/cb-admin.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(desk.dir));
	snprintf(desk.person, sizeof(desk.person), "%s/person", desk.dir);
	snprintf(desk.stranger, sizeof(desk.stranger), "%s/other", desk.dir);
	snprintf(desk.device, sizeof(desk.device), "%s/device", desk.dir);
	snprintf(desk.second, sizeof(desk.second), "%s/second", desk.dir);
	identity(&desk.who, desk.person, WIRE_PERSON, FAKE_PERSON, 0, year);
	identity(
	    &other, desk.stranger, WIRE_PERSON, FAKE_PERSON, FAKE_ORG, year);
	wire_identity_clear(&other);
	identity(
	    &other, desk.device, WIRE_DEVICE, FAKE_PERSON, FAKE_ORG, year);
	wire_identity_clear(&other);
	identity(&other, desk.second, WIRE_PERSON, FAKE_SECOND, 0, year);
	wire_identity_clear(&other);
}

void
fake_desk_identity(const char *dir, enum wire_usage usage, int64_t until)
{
	struct wire_identity other;

	identity(&other, dir, usage, FAKE_PERSON, 0, until);
	wire_identity_clear(&other);
}

void
fake_desk_teardown(void)
{
	ck_assert(tree_remove(desk.dir));
	for (size_t i = 0; i < items_n; i++)
		cb_buf_free(&items[i].bytes);
	cb_buf_free(&desk.order);
	cb_buf_free(&desk.secrets);
	cb_buf_free(&desk.approval);
	wire_identity_clear(&desk.who);
}

/* ---- what it has --------------------------------------------------------- */

void
fake_desk_add(enum wire_desk_list list, uint8_t organisation,
    const struct wire_fields *item)
{
	ck_assert_uint_lt(items_n, ITEMS_MAX);
	items[items_n].list = list;
	items[items_n].organisation = organisation;
	items[items_n].bytes = (struct cb_buf)CB_BUF_INIT;
	ck_ok(wire_fields_put(&items[items_n++].bytes, item));
}

void
fake_desk_org(uint8_t organisation, const char *name)
{
	struct wire_fields item = { .has = 0 };
	uint8_t id[WIRE_ID];

	memset(id, organisation, WIRE_ID);
	wire_fields_bytes(&item, WIRE_D_ID, CB_SPAN_OF(id));
	wire_fields_bytes(&item, WIRE_D_NAME, cb_span_str(name));
	wire_fields_number(&item, WIRE_D_STATE, 1);
	wire_fields_number(&item, WIRE_D_CREATED, 1800000000000);
	fake_desk_add(WIRE_LIST_ORGANISATIONS, 0, &item);
}

void
fake_desk_role(uint8_t organisation, uint8_t person, enum wire_role role)
{
	struct wire_fields item = { .has = 0 };
	uint8_t id[WIRE_ID], print[CR_HASH] = { person };

	memset(id, person, WIRE_ID);
	wire_fields_bytes(&item, WIRE_D_ID, cb_span(print, WIRE_ID));
	wire_fields_bytes(&item, WIRE_D_PERSON, CB_SPAN_OF(id));
	wire_fields_number(&item, WIRE_D_ROLE, role);
	wire_fields_number(&item, WIRE_D_STATE, 1);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	fake_desk_add(WIRE_LIST_PEOPLE, organisation, &item);
}

struct wire_change
fake_desk_change(unsigned i, struct wire_grant *row)
{
	struct cb_span cur = desk.act.changes;
	struct wire_change c;

	ck_assert_uint_lt(i, desk.act.count);
	do
		ck_ok(wire_change_get(&cur, &c));
	while (i-- > 0);
	ck_ok(wire_grant_get(c.row, row));
	return c;
}

/* ---- what it answers ----------------------------------------------------- */

static bool
fits(const struct wire_fields *item, const struct wire_fields *filter)
{
	for (int i = 1; i < WIRE_D_END; i++)
		if (wire_fields_has(filter, (enum wire_desk_field)i) &&
		    !cb_span_equal(item->bytes[i], filter->bytes[i]))
			return false;
	return true;
}

static void
list(const struct br_desk *d, const struct wire_desk *ask,
    struct wire_told_items *told, struct cb_buf *out)
{
	bool behind = ask->after.n == 0;
	struct wire_fields filter, item;

	ck_ok(wire_fields_get(ask->filter, &filter));
	for (size_t i = 0; i < items_n; i++) {
		const struct cb_span bytes = cb_buf_span(&items[i].bytes);

		if (items[i].list != ask->list ||
		    items[i].organisation != d->organisation)
			continue;
		ck_ok(wire_fields_get(bytes, &item));
		if (behind && fits(&item, &filter)) {
			if (told->count == ask->most ||
			    told->count == desk.page) {
				told->more = true;
				return;
			}
			ck_ok(wire_item_put(out, &item));
			told->count++;
		}
		behind = behind || cb_span_equal(bytes, ask->after);
	}
	ck_assert(behind);
}

/* The vault knows the head of all six entries, whatever is there. */
static void
backend(const struct br_desk *d, struct wire_told_items *told,
    struct cb_buf *out)
{
	struct cb_buf head = books_signed(d->organisation, 6);
	struct wire_fields item = { .has = 0 };
	uint8_t print[CR_HASH];

	ck_ok(cr_sha256(cb_buf_span(&desk.who.authority), print));
	wire_fields_bytes(&item, WIRE_D_ID, CB_SPAN_OF(desk.who.backend));
	wire_fields_number(&item, WIRE_D_KIND, WIRE_TEST);
	wire_fields_bytes(
	    &item, WIRE_D_VALUE, cb_span(desk.books, CR_KEY));
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(print));
	if (!desk.unsigned_yet)
		wire_fields_bytes(&item, WIRE_D_HEAD, cb_buf_span(&head));
	ck_ok(wire_item_put(out, &item));
	cb_buf_free(&head);
	told->count = 1;
}

/* Six entries; the fourth and the last have a signed head. */
static void
books(const struct br_desk *d, const struct wire_desk *ask,
    struct wire_told_items *told, struct cb_buf *out)
{
	const uint64_t first = ask->first != 0 ? ask->first
	    : ask->most < 6 ? 7u - ask->most : 1;
	struct books k;
	struct cb_buf head;

	books_init(&k, d->organisation, 6);
	for (size_t i = 0; i < k.n && !told->more; i++) {
		struct wire_fields item = { .has = 0 };
		const uint64_t number = k.entry[i].number;

		if (number < first || number == desk.missing)
			continue;
		if (desk.last != 0 && number > desk.last)
			break;
		told->more = told->count == ask->most ||
		    told->count == desk.page;
		if (told->more)
			break;
		head = books_signed(d->organisation, i + 1);
		wire_fields_number(&item, WIRE_D_NUMBER, number);
		wire_fields_bytes(&item, WIRE_D_VALUE,
		    cb_buf_span(&k.entry[i].bytes));
		wire_fields_bytes(&item, WIRE_D_FINGERPRINT,
		    CB_SPAN_OF(k.entry[i].hash));
		if (number == 4 || number == 6)
			wire_fields_bytes(
			    &item, WIRE_D_HEAD, cb_buf_span(&head));
		ck_ok(wire_item_put(out, &item));
		told->count++;
		desk.entries++;
		cb_buf_free(&head);
	}
	books_clear(&k);
}

static void
challenge(const struct wire_desk *ask, struct wire_told_items *told,
    struct cb_buf *out)
{
	struct wire_fields item = { .has = 0 };

	ck_ok(cr_random(desk.challenge, sizeof(desk.challenge)));
	if (desk.challenges++ > 0 && desk.again)
		ck_assert_mem_eq(desk.announced, ask->act, WIRE_ID);
	memcpy(desk.announced, ask->act, WIRE_ID);
	wire_fields_bytes(&item, WIRE_D_VALUE, CB_SPAN_OF(desk.challenge));
	ck_ok(wire_item_put(out, &item));
	told->count = 1;
}

/* Of the act that is ordered, and by somebody else. */
static void
take_approval(struct cb_span bytes)
{
	struct wire_approval *a = &desk.approved;
	struct cb_span head, signature;
	struct wire_key *key = NULL;
	uint8_t request[CR_HASH];
	struct wire_cert cert;

	memset(a, 0, sizeof(*a));
	ck_ok(cb_buf_set(&desk.approval, bytes));
	if (bytes.n == 0)
		return;
	ck_ok(wire_approval_get(
	    cb_buf_span(&desk.approval), a, &head, &signature));
	ck_ok(wire_cert_check(a->certificate,
	    cb_buf_span(&desk.who.authority), WIRE_PERSON, WIRE_TEST,
	    (int64_t)time(NULL), &cert, &key, NULL));
	ck_ok(wire_approval_verify(key, head, signature));
	ck_assert_mem_eq(cert.subject, a->person, WIRE_ID);
	ck_ok(wire_act_request(&desk.act, request));
	ck_assert_mem_eq(a->request, request, CR_HASH);
	ck_assert_mem_ne(a->person, desk.act.person, WIRE_ID);
	wire_key_free(&key);
}

/* Takes only what the person signed over the challenge. */
static void
order(const struct br_desk *d, const struct wire_desk *ask,
    struct wire_told_items *told, struct cb_buf *out)
{
	struct wire_fields item = { .has = 0 };
	struct cb_span head, signature;
	struct wire_key *key = NULL;
	struct wire_cert cert;
	struct wire_act *act = &desk.act;

	ck_ok(cb_buf_set(&desk.order, ask->order));
	ck_ok(cb_buf_set(&desk.secrets, ask->secrets));
	ck_ok(wire_act_get(
	    cb_buf_span(&desk.order), act, &head, &signature));
	ck_ok(wire_fields_get(act->detail, &desk.detail));
	ck_ok(wire_fields_get(cb_buf_span(&desk.secrets), &desk.secret));
	ck_ok(wire_cert_check(act->certificate,
	    cb_buf_span(&desk.who.authority), WIRE_PERSON, WIRE_TEST,
	    (int64_t)time(NULL), &cert, &key, NULL));
	ck_ok(wire_act_verify(key, head, signature));
	ck_assert_mem_eq(cert.subject, act->person, WIRE_ID);
	ck_assert_mem_eq(act->challenge, desk.challenge, WIRE_CHALLENGE);
	ck_assert_mem_eq(act->id, desk.announced, WIRE_ID);
	ck_assert_uint_eq(act->organisation[0], d->organisation);
	take_approval(ask->approval);
	desk.orders++;
	wire_fields_bytes(&item, WIRE_D_ID, CB_SPAN_OF(act->subject));
	if (desk.unblock.n > 0)
		wire_fields_bytes(&item, WIRE_D_PASSCODE, desk.unblock);
	ck_ok(wire_item_put(out, &item));
	told->count = 1;
	wire_key_free(&key);
}

/* ---- in the place of bridge/https/desk.c --------------------------------- */

enum cb_err
br_desk_open(struct br_desk **out, const char *url,
    const struct wire_identity *person, const uint8_t organisation[WIRE_ID],
    int64_t now, struct cb_why *why)
{
	(void)now;
	*out = NULL;
	if (strcmp(url, "https://far:1") != 0) {
		cb_why_set(why, "the backend cannot be reached");
		return CB_E_PEER;
	}
	ck_assert_int_eq(person->usage, WIRE_PERSON);
	*out = calloc(1, sizeof(**out));
	(*out)->organisation = organisation[0];
	desk.opened++;
	return CB_OK;
}

enum cb_err
br_desk_ask(struct br_desk *d, const struct wire_desk *command,
    struct wire_told_items *told, struct cb_why *why)
{
	struct wire_told_items answer = { .number = 1 };
	struct cb_buf message = CB_BUF_INIT, out = CB_BUF_INIT;
	struct wire_desk ask;

	ck_ok(wire_desk_put(&message, command));
	ck_ok(wire_desk_get(cb_buf_span(&message), &ask));
	if (desk.refuses != CB_OK && ask.type == WIRE_DESK_ORDER) {
		const enum cb_err r = desk.refuses;

		cb_why_set(why, "%s", desk.words);
		cb_buf_free(&message);
		if (desk.refuses_n > 0 && --desk.refuses_n == 0)
			desk.refuses = CB_OK;
		return r;
	}
	if (ask.type == WIRE_DESK_BOOKS)
		books(d, &ask, &answer, &out);
	else if (ask.type == WIRE_DESK_CHALLENGE)
		challenge(&ask, &answer, &out);
	else if (ask.type == WIRE_DESK_ORDER)
		order(d, &ask, &answer, &out);
	else if (ask.list == WIRE_LIST_BACKEND)
		backend(d, &answer, &out);
	else
		list(d, &ask, &answer, &out);
	answer.items = cb_buf_span(&out);
	cb_buf_clear(&d->answer);
	ck_ok(wire_told_items_put(&d->answer, &answer));
	ck_ok(wire_told_items_get(cb_buf_span(&d->answer), told));
	cb_buf_free(&message);
	cb_buf_free(&out);
	return CB_OK;
}

bool
br_desk_is_open(const struct br_desk *d)
{
	(void)d;
	return !desk.closed;
}

const char *
br_desk_origin(const struct br_desk *d)
{
	(void)d;
	return "https://far:1";
}

void
br_desk_close(struct br_desk **d)
{
	if (*d != NULL)
		cb_buf_free(&(*d)->answer);
	free(*d);
	*d = NULL;
}
