/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See client.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/sock.h"
#include "tests/road/client.h"

#define TRIES 3
#define RETURN_MS 60000
#define PAUSE_US 20000
/* The vault lets ten be tried at once, for a card; some are kept for the
 * logins after a session was lost. */
#define PASSCODES_MAX 9
#define WRONG_BELOW 3
#define DIGEST 16

atomic_uint client_vaults;

static void
wrong(struct client *c, const char *what, unsigned long long got)
{
	if (c->wrong[0] == '\0')
		snprintf(c->wrong, sizeof(c->wrong), "client %u: %s (%llX; "
		    "tries %u to %u, written %llu to %llu)", c->no, what, got,
		    c->lo, c->hi, (unsigned long long)c->written,
		    (unsigned long long)c->writing);
}

static unsigned
draw(struct client *c, unsigned n)
{
	c->random = c->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(c->random >> 33) % n;
}

/* ---- commands ------------------------------------------------------------ */

/* False: the session is lost, or the card says what it must not. */
static bool
step(struct client *c, enum talk_step s, unsigned *sw)
{
	if (talk_step(&c->t, s, sw) != CB_OK)
		return false;
	if (s == TALK_SELECT && *sw == 0x9000)
		atomic_store(&c->selected, br_now_ms());
	return true;
}

static bool
good(struct client *c, enum talk_step s)
{
	unsigned sw;

	if (!step(c, s, &sw))
		return false;
	if (sw != 0x9000)
		wrong(c, talk_name(s), sw);
	return sw == 0x9000;
}

static void
put_number(uint8_t *at, uint64_t n)
{
	for (int i = 7; i >= 0; i--, n >>= 8)
		at[i] = (uint8_t)n;
}

static uint64_t
get_number(const uint8_t *at)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | at[i];
	return n;
}

/* ---- what the card says of what was done --------------------------------- */

static void
look_at_tries(struct client *c, unsigned sw)
{
	const unsigned tries = (sw & 0xFFF0) == 0x63C0 ? sw & 0xF : 0;

	if (sw != 0x9000 && (tries < c->lo || tries > c->hi))
		wrong(c, "other tries than there can be", sw);
	if (sw != 0x9000)
		c->lo = c->hi = tries;
	c->blocked = c->hi == 0;
}

static bool
look_at_file(struct client *c)
{
	uint64_t n;
	unsigned sw;

	if (!good(c, TALK_DIRECTORY) || !good(c, TALK_FILE) ||
	    !step(c, TALK_READ, &sw))
		return false;
	if (sw != 0x9000 || c->t.rsp.n != 18) {
		wrong(c, "reading", sw);
		return false;
	}
	n = get_number(c->t.rsp.p + 8);
	/* before the first one there is something else */
	if (n == c->writing && n != c->written)
		c->writes.found++;
	else if (n != c->written && c->written != 0)
		wrong(c, "the file is none that was written", n);
	if (n == c->writing)
		c->written = n;
	c->writing = c->written;
	return true;
}

static bool
look(struct client *c)
{
	unsigned sw;

	if (!good(c, TALK_SELECT) || !step(c, TALK_TRIES, &sw))
		return false;
	look_at_tries(c, sw);
	return look_at_file(c) && good(c, TALK_SELECT);
}

/* ---- what it does -------------------------------------------------------- */

static bool
count_passcode(struct client *c, unsigned most)
{
	const unsigned vault = atomic_load(&client_vaults);

	if (vault != c->vault)
		c->passcodes = 0;
	c->vault = vault;
	if (c->passcodes >= most)
		return false;
	c->passcodes++;
	return true;
}

/* A try may be spent if the answer is lost. */
static bool
passcode(struct client *c, enum talk_step s, unsigned *sw)
{
	if (step(c, s, sw))
		return true;
	c->lo -= c->lo > 0;
	if (s == TALK_VERIFY)
		c->hi = TRIES;
	return false;
}

static bool
do_wrong(struct client *c)
{
	unsigned sw;

	if (c->lo != TRIES || !count_passcode(c, WRONG_BELOW))
		return true;
	c->wrongs_tried++;
	if (!passcode(c, TALK_WRONG, &sw))
		return false;
	c->wrongs.acked++;
	c->lo = c->hi = TRIES - 1;
	c->verified = false;
	if (sw != (0x63C0 | (TRIES - 1)))
		wrong(c, "a wrong passcode", sw);
	return true;
}

static bool
do_verify(struct client *c)
{
	unsigned sw;

	if (c->blocked || !count_passcode(c, PASSCODES_MAX))
		return true;
	c->rights_tried++;
	if (!passcode(c, TALK_VERIFY, &sw))
		return false;
	if (sw != 0x9000) {
		wrong(c, "the right passcode", sw);
		return true;
	}
	c->rights.acked++;
	c->verified = true;
	c->lo = c->hi = TRIES;
	return true;
}

static bool
do_write(struct client *c)
{
	uint8_t apdu[5 + DIGEST] = { 0x00, 0xD6, 0x00, 0xF0, DIGEST };
	unsigned sw;

	if (!good(c, TALK_DIRECTORY) || !good(c, TALK_FILE))
		return false;
	put_number(apdu + 13, c->writing + 1);
	c->writing++;
	if (talk_send(&c->t, CB_SPAN_OF(apdu), &sw) != CB_OK)
		return false;
	if (sw != 0x9000)
		wrong(c, "writing", sw);
	c->writes.acked++;
	c->written = c->writing;
	return good(c, TALK_SELECT);
}

static bool
do_make(struct client *c)
{
	unsigned sw;

	/* it may be there */
	if (c->key_is == NO_KEY && !step(c, TALK_CREATE_KEY, &sw))
		return false;
	c->key_is = KEY_UNSURE;
	if (!good(c, TALK_MAKE_KEY))
		return false;
	c->makes.acked++;
	c->key_is = KEY;
	if (cb_buf_set(&c->key, cb_buf_span(&c->t.key)) != CB_OK)
		exit(2);
	return true;
}

/* Each with a number of its own, which the books repeat. */
static bool
sign(struct client *c, unsigned *sw, bool *by_key)
{
	uint8_t apdu[6 + DIGEST] = { 0x00, 0x2A, 0x9E, 0x9A, DIGEST };
	const unsigned n = c->signs_n;

	if (n == CLIENT_SIGNS || !step(c, TALK_CHOOSE_KEY, sw))
		return false;
	*by_key = false;
	if (*sw != 0x9000)
		return true;
	memcpy(apdu + 5, "siege...", 8);
	put_number(apdu + 13, n);
	c->signs[n] = 1;
	c->signs_n++;
	if (talk_send(&c->t, CB_SPAN_OF(apdu), sw) != CB_OK)
		return false;
	if (*sw != 0x9000) {
		c->signs[n] = 0;
		return true;
	}
	c->signs[n] = 2;
	c->signs_acked++;
	*by_key = c->key.n > 0 && talk_signed(cb_buf_span(&c->key),
	    cb_span(apdu + 5, DIGEST), cb_span(c->t.rsp.p, c->t.rsp.n - 2));
	return true;
}

static bool
do_sign(struct client *c)
{
	bool by_key;
	unsigned sw;

	if (!sign(c, &sw, &by_key))
		return false;
	if (sw != 0x9000 || !by_key)
		wrong(c, sw == 0x9000 ? "a signature by another key"
				      : "no signature", sw);
	return true;
}

/* Was a key made, whose answer was lost? What it is nobody can say then. */
static bool
do_key_check(struct client *c)
{
	bool by_key;
	unsigned sw;

	if (!sign(c, &sw, &by_key))
		return false;
	if (sw == 0x9000 && !by_key)
		c->makes.found++;
	c->key_is = sw == 0x9000 && by_key ? KEY : NO_KEY;
	if (c->key_is == NO_KEY)
		cb_buf_clear(&c->key);
	return true;
}

typedef bool op_fn(struct client *c);
static op_fn *const ops[CLIENT_OPS] = { do_wrong, do_verify, do_make,
	do_write, do_sign };

/* What must be done before: NULL, nothing. */
static op_fn *
owed(const struct client *c)
{
	if (!c->verified)
		return do_verify;
	if (c->key_is == KEY_UNSURE)
		return do_key_check;
	return c->key_is == NO_KEY ? do_make : NULL;
}

static bool
do_something(struct client *c)
{
	const unsigned what = draw(c, 100);
	op_fn *op = owed(c);

	if (!good(c, TALK_SELECT))
		return false;
	if (op == NULL)
		op = ops[what < 4 ? CLIENT_MAKE : what < 7 ? CLIENT_WRONG
		    : what < 50 ? CLIENT_WRITE : CLIENT_SIGN];
	return op(c);
}

/* ---- a life -------------------------------------------------------------- */

static void
lose(struct client *c)
{
	talk_end(&c->t);
	atomic_fetch_add(&c->lost, 1);
	c->open = c->verified = false;
}

static void
come_back(struct client *c)
{
	const uint64_t until = br_now_ms() + RETURN_MS;
	struct cb_why why = { "" };

	while (!c->open && br_now_ms() < until) {
		if (talk_begin(&c->t, c->socket, "card", &why) != CB_OK) {
			usleep(5000);
			continue;
		}
		c->open = look(c);
		/* lost again, within the same death */
		if (!c->open)
			talk_end(&c->t);
		if (c->wrong[0] != '\0')
			return;
	}
	if (!c->open)
		wrong(c, "no card any more", 0);
}

void
client_begin(struct client *c)
{
	c->lo = c->hi = TRIES;
	if ((c->signs = calloc(CLIENT_SIGNS, 1)) == NULL)
		exit(2);
}

/* What this one needs before: NULL, nothing. */
static op_fn *
needs(const struct client *c, enum client_op op)
{
	if (op == CLIENT_WRONG || op == CLIENT_VERIFY)
		return NULL;
	return op == CLIENT_SIGN || c->key_is == KEY_UNSURE || !c->verified
	    ? owed(c) : NULL;
}

bool
client_do(struct client *c, enum client_op op)
{
	bool done = false;

	while (c->wrong[0] == '\0' && !done) {
		op_fn *first = needs(c, op);

		if (!c->open) {
			come_back(c);
		} else if (!(first != NULL ? first : ops[op])(c)) {
			/* nobody is wrong twice on purpose */
			done = first == NULL && op == CLIENT_WRONG;
			lose(c);
		} else {
			done = first == NULL;
			if (first == do_verify && !c->verified)
				wrong(c, "no passcode is left", c->passcodes);
		}
	}
	return c->wrong[0] == '\0';
}

void
client_settle(struct client *c)
{
	while (c->wrong[0] == '\0' && !c->blocked &&
	    (!c->open || c->key_is == KEY_UNSURE)) {
		if (!c->open)
			come_back(c);
		else if (!(c->verified ? do_key_check(c) : do_verify(c)))
			lose(c);
	}
	if (c->open)
		talk_end(&c->t);
	c->open = c->verified = false;
}

static void *
live(void *arg)
{
	struct client *c = arg;

	while (!atomic_load(&c->stop) && c->wrong[0] == '\0') {
		if (!c->open)
			come_back(c);
		else if (!do_something(c))
			lose(c);
		else
			usleep(PAUSE_US);
	}
	client_settle(c);
	return NULL;
}

void
client_start(struct client *c)
{
	client_begin(c);
	if (pthread_create(&c->thread, NULL, live, c) != 0)
		exit(2);
}

void
client_stop(struct client *c)
{
	atomic_store(&c->stop, true);
	(void)pthread_join(c->thread, NULL);
}

void
client_clear(struct client *c)
{
	free(c->signs);
	cb_buf_free(&c->key);
}

/* ---- the books ----------------------------------------------------------- */

struct entered {
	struct client *c;
	unsigned makes, writes, wrongs, rights;
};

static void
count_signed(struct client *c, const struct wire_entry *e)
{
	const struct cb_span digest = e->bytes[WIRE_F_DIGEST];
	uint64_t n = CLIENT_SIGNS;

	if (digest.n == DIGEST)
		n = get_number(digest.p + 8);
	if (n >= c->signs_n || c->signs[n] == 0)
		wrong(c, "an entry of a signature nobody asked for", n);
	else if (c->signs[n] > 2)
		wrong(c, "a signature that was entered twice", n);
	else
		c->signs[n] = (uint8_t)(c->signs[n] + 2);
}

static void
count_entry(void *ctx, const struct wire_entry *e)
{
	struct entered *n = ctx;

	if (!wire_entry_has(e, WIRE_F_CARD) ||
	    !cb_span_equal(e->bytes[WIRE_F_CARD],
		cb_span(n->c->card, WIRE_ID)))
		return;
	if (e->type == WIRE_SIGNED)
		count_signed(n->c, e);
	else if (e->type == WIRE_KEY_MADE)
		n->makes++;
	else if (e->type == WIRE_CARD_WRITTEN &&
	    cb_span_equal(e->bytes[WIRE_F_WHAT], cb_span_str("ins-d6")))
		n->writes++;
	else if (e->type == WIRE_VERIFY &&
	    e->number[WIRE_F_OUTCOME] == WIRE_OUTCOME_FAILED)
		n->wrongs++;
	else if (e->type == WIRE_VERIFY &&
	    e->number[WIRE_F_OUTCOME] == WIRE_OUTCOME_DONE)
		n->rights++;
}

static void
same(struct client *c, unsigned entries, unsigned least, unsigned most,
    const char *what)
{
	if (entries < least || entries > most) {
		fprintf(stderr, "client %u: %s: %u entries, %u to %u done\n",
		    c->no, what, entries, least, most);
		wrong(c, what, entries);
	}
}

void
client_check(struct client *c, struct ledger *l)
{
	struct entered n = { .c = c };

	ledger_walk(l, c->organisation, 0, count_entry, &n);
	for (unsigned i = 0; i < c->signs_n; i++)
		if (c->signs[i] == 2)
			wrong(c, "a signature that is not entered", i);
	same(c, n.makes, c->makes.acked + c->makes.found,
	    c->makes.acked + c->makes.found, "keys made");
	same(c, n.writes, c->writes.acked + c->writes.found,
	    c->writes.acked + c->writes.found, "written");
	same(c, n.wrongs, c->wrongs.acked, c->wrongs_tried,
	    "wrong passcodes");
	same(c, n.rights, c->rights.acked, c->rights_tried,
	    "right passcodes");
}
