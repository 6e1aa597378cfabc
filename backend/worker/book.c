/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See book.h.
 */
#include <stdio.h>
#include <string.h>

#include "backend/worker/book.h"
#include "common/tlv.h"
#include "wire/entry_types.h"

#define F(name) (UINT32_C(1) << WIRE_F_##name)

/* What each event of the emulator is called in the books. */
static const struct {
	enum wire_entry_type type;
	uint8_t outcome;	/* 0: has none */
	bool tries;
	bool unblock;		/* of the unblock value, not the passcode */
	const char *what;
} kinds[] = {
	[EMU_PASSCODE_TRIED] = { WIRE_VERIFY_BEGUN, 0, true, false, NULL },
	[EMU_PASSCODE_RIGHT] = { WIRE_VERIFY, WIRE_OUTCOME_DONE, true, false,
	    NULL },
	[EMU_PASSCODE_WRONG] = { WIRE_VERIFY, WIRE_OUTCOME_FAILED, true,
	    false, NULL },
	[EMU_PASSCODE_BLOCKED] = { WIRE_VERIFY, WIRE_OUTCOME_BLOCKED, true,
	    false, NULL },
	[EMU_PASSCODE_CREATED] = { WIRE_PASSCODE_CREATED, 0, false, false,
	    NULL },
	[EMU_PASSCODE_CHANGED] = { WIRE_PASSCODE_CHANGED, WIRE_OUTCOME_DONE,
	    false, false, NULL },
	[EMU_PASSCODE_RESET] = { WIRE_PASSCODE_RESET, WIRE_OUTCOME_DONE,
	    false, false, NULL },
	[EMU_PASSCODE_REFILLED] = { WIRE_CARD_WRITTEN, 0, false, false,
	    "passcode-refilled" },
	[EMU_PASSCODE_REMOVED] = { WIRE_CARD_WRITTEN, 0, false, false,
	    "passcode-removed" },
	[EMU_UNBLOCK_TRIED] = { WIRE_VERIFY_BEGUN, 0, true, true, NULL },
	[EMU_UNBLOCK_RIGHT] = { WIRE_VERIFY, WIRE_OUTCOME_DONE, true, true,
	    NULL },
	[EMU_UNBLOCK_WRONG] = { WIRE_VERIFY, WIRE_OUTCOME_FAILED, true, true,
	    NULL },
	[EMU_UNBLOCK_BLOCKED] = { WIRE_VERIFY, WIRE_OUTCOME_BLOCKED, true,
	    true, NULL },
	[EMU_KEY_MADE] = { WIRE_KEY_MADE, 0, false, false, NULL },
	[EMU_KEY_IMPORTED] = { WIRE_KEY_IMPORTED, 0, false, false, NULL },
	[EMU_KEY_DELETED] = { WIRE_KEY_DELETED, 0, false, false, NULL },
	[EMU_KEY_SIGNED] = { WIRE_SIGNED, 0, false, false, NULL },
	[EMU_KEY_DECIPHERED] = { WIRE_DECIPHERED, 0, false, false, NULL },
	[EMU_CERTIFICATE_WRITTEN] = { WIRE_CERTIFICATE_WRITTEN, 0, false,
	    false, NULL },
};

static struct be_note *
add(struct be_book *book, enum wire_entry_type type)
{
	struct be_note *n;

	if (book->n == BE_NOTES_MAX) {
		book->full = true;
		return NULL;
	}
	n = &book->notes[book->n++];
	memset(n, 0, sizeof(*n));
	n->type = type;
	return n;
}

/* The digest in a DigestInfo (RFC 8017, 9.2); empty: it is none. */
static struct cb_span
digest_in(struct cb_span info)
{
	struct cb_span seq, of, digest;
	uint32_t tag;

	if (cb_tlv_get(&info, &tag, &seq) != CB_OK || tag != 0x30 ||
	    info.n != 0 || cb_tlv_get(&seq, &tag, &of) != CB_OK ||
	    tag != 0x30 || cb_tlv_get(&seq, &tag, &digest) != CB_OK ||
	    tag != 0x04 || seq.n != 0)
		return CB_SPAN_EMPTY;
	return digest;
}

/* What was signed, if it is as long as digests are, or the digest of it. */
static void
set_digest(struct be_note *n, struct cb_span data)
{
	struct cb_span digest = digest_in(data);

	if (digest.n < 16 || digest.n > WIRE_DIGEST_MAX)
		digest = data;
	n->has |= F(DIGEST);
	n->bytes_n = CR_HASH;
	if (digest.n >= 16 && digest.n <= WIRE_DIGEST_MAX) {
		memcpy(n->bytes, digest.p, digest.n);
		n->bytes_n = digest.n;
	} else if (cr_sha256(data, n->bytes) != CB_OK) {
		n->has &= ~F(DIGEST);	/* refused when it is put */
	}
}

static void
set_word(struct be_note *n, enum wire_field field, const char *word)
{
	n->has |= UINT32_C(1) << field;
	snprintf(n->word, sizeof(n->word), "%s", word);
}

static void
set_fingerprint(struct be_note *n, struct cb_span hash)
{
	if (hash.n != CR_HASH)
		return;
	memcpy(n->bytes, hash.p, CR_HASH);
	n->bytes_n = CR_HASH;
	n->has |= F(FINGERPRINT);
}

static void
set_key(struct be_note *n, const struct emu_event *e)
{
	char word[16];

	switch (e->kind) {
	case EMU_KEY_SIGNED:
	case EMU_KEY_DECIPHERED:
		set_digest(n, e->data);
		break;
	case EMU_KEY_MADE:
	case EMU_KEY_IMPORTED:
		set_fingerprint(n, e->data);
		break;
	case EMU_CERTIFICATE_WRITTEN:
		set_fingerprint(n, e->data);
		return;
	case EMU_KEY_DELETED:
		return;
	default:
		break;
	}
	snprintf(word, sizeof(word), "rsa-%u", e->bits);
	set_word(n, WIRE_F_MECHANISM, word);
}

void
be_book_event(struct be_book *book, const struct emu_event *e)
{
	struct be_note *n;

	if ((size_t)e->kind >= sizeof(kinds) / sizeof(kinds[0]) ||
	    (n = add(book, kinds[e->kind].type)) == NULL)
		return;
	n->has |= F(REFERENCE);
	n->reference = (uint32_t)e->app << 24;
	if (kinds[e->kind].outcome != 0) {
		n->has |= F(OUTCOME);
		n->outcome = kinds[e->kind].outcome;
	}
	if (kinds[e->kind].tries) {
		n->has |= F(TRIES);
		n->tries = e->left;
	}
	if (kinds[e->kind].what != NULL)
		set_word(n, WIRE_F_WHAT, kinds[e->kind].what);
	if (e->kind < EMU_KEY_MADE) {
		n->reference |= (uint32_t)e->reference |
		    (kinds[e->kind].unblock ? 0x10000 : 0);
	} else {
		n->reference |= e->fid;
		set_key(n, e);
	}
	if (e->kind == EMU_KEY_DECIPHERED)
		book->deciphered = true;
}

void
be_book_add(struct be_book *book, enum wire_entry_type type, uint32_t code,
    const char *what)
{
	struct be_note *n = add(book, type);

	if (n == NULL)
		return;
	if (code != 0) {
		n->has |= F(CODE);
		n->code = code;
	}
	if (what != NULL)
		set_word(n, WIRE_F_WHAT, what);
}

static void
set_id(struct wire_entry *e, enum wire_field field, const uint8_t *id)
{
	if (id != NULL)
		wire_entry_set(e, field, cb_span(id, WIRE_ID));
}

static bool
tells_number(const struct be_note *n)
{
	return (wire_entry_kind(n->type)->may & F(NUMBER)) != 0;
}

bool
be_book_tells_number(const struct be_book *book)
{
	size_t i = 0;

	while (i < book->n && !tells_number(&book->notes[i]))
		i++;
	return i < book->n;
}

static void
fill(struct wire_entry *e, const struct be_note *n,
    const struct be_book_of *of)
{
	wire_entry_init(e, n->type, of->time);
	set_id(e, WIRE_F_CARD, of->card);
	set_id(e, WIRE_F_DEVICE, of->device);
	set_id(e, WIRE_F_SESSION, of->session);
	set_id(e, WIRE_F_PERSON, of->person);
	set_id(e, WIRE_F_ACT, of->act);
	if (of->number != 0 && tells_number(n))
		wire_entry_set_number(e, WIRE_F_NUMBER, of->number);
	if ((n->has & F(REFERENCE)) != 0)
		wire_entry_set_number(e, WIRE_F_REFERENCE, n->reference);
	if ((n->has & F(OUTCOME)) != 0)
		wire_entry_set_number(e, WIRE_F_OUTCOME, n->outcome);
	if ((n->has & F(TRIES)) != 0)
		wire_entry_set_number(e, WIRE_F_TRIES, n->tries);
	if ((n->has & F(CODE)) != 0)
		wire_entry_set_number(e, WIRE_F_CODE, n->code);
	if ((n->has & F(WHAT)) != 0)
		wire_entry_set(e, WIRE_F_WHAT, cb_span_str(n->word));
	if ((n->has & F(MECHANISM)) != 0)
		wire_entry_set(e, WIRE_F_MECHANISM, cb_span_str(n->word));
	if ((n->has & F(DIGEST)) != 0)
		wire_entry_set(
		    e, WIRE_F_DIGEST, cb_span(n->bytes, n->bytes_n));
	if ((n->has & F(FINGERPRINT)) != 0)
		wire_entry_set(
		    e, WIRE_F_FINGERPRINT, cb_span(n->bytes, n->bytes_n));
	if (n->type == WIRE_SESSION_TAKEOVER)
		wire_entry_set(e, WIRE_F_SUBJECT, CB_SPAN_OF(n->subject));
}

enum cb_err
be_book_put(const struct be_book *book, const struct be_book_of *of,
    struct cb_buf *bytes, size_t ends[])
{
	struct wire_entry e;
	enum cb_err r;

	if (book->full)
		return CB_E_LIMIT;
	for (size_t i = 0; i < book->n; i++) {
		fill(&e, &book->notes[i], of);
		if ((r = wire_entry_put(bytes, &e)) != CB_OK)
			return r;
		ends[i] = bytes->n;
	}
	return CB_OK;
}

enum cb_err
be_book_one(const struct be_book_of *of, enum wire_entry_type type,
    uint32_t code, const char *what, struct cb_buf *bytes)
{
	struct be_book book = { .n = 0 };
	size_t end[1];

	be_book_add(&book, type, code, what);
	return be_book_put(&book, of, bytes, end);
}

void
be_book_clear(struct be_book *book)
{
	book->n = 0;
	book->full = book->deciphered = false;
}
