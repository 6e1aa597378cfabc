/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The books as the desk reads them, and the key that they are signed with, see
 * admin.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/admin.h"
#include "common/hex.h"
#include "common/text.h"

#define KEY_NAME "books.pub"
#define KEY_TEXT_MAX 256

/* ---- entries ------------------------------------------------------------- */

static enum cb_err
each(const struct wire_told_items *told, uint64_t *next, cli_entry_fn *f,
    void *ctx)
{
	struct cb_span items = told->items;
	struct wire_fields item;
	enum cb_err r = CB_OK;

	for (unsigned i = 0; r == CB_OK && i < told->count; i++) {
		struct cli_entry entry;

		if ((r = wire_item_get(&items, &item)) != CB_OK)
			return r;
		if (item.bytes[WIRE_D_FINGERPRINT].n != CR_HASH)
			return CB_E_FORMAT;
		entry = (struct cli_entry){
			.number = item.number[WIRE_D_NUMBER],
			.bytes = item.bytes[WIRE_D_VALUE],
			.hash = item.bytes[WIRE_D_FINGERPRINT],
			.head = item.bytes[WIRE_D_HEAD],
		};
		/* or it would be asked for ever */
		if (entry.number < *next || entry.number == UINT64_MAX)
			return CB_E_FORMAT;
		*next = entry.number + 1;
		r = f(ctx, &entry);
	}
	return r;
}

enum cb_err
cli_books_read(struct cli_admin *s, uint64_t first, uint64_t most,
    cli_entry_fn *f, void *ctx)
{
	struct wire_desk ask = { .type = WIRE_DESK_BOOKS };
	struct wire_told_items told = { .more = true };
	uint64_t left = most > 0 ? most : UINT64_MAX, next = first;
	enum cb_err r = CB_OK;

	while (r == CB_OK && told.more && left > 0) {
		ask.first = next;
		ask.most = (uint16_t)(left < WIRE_DESK_ITEMS_MAX
			? left : WIRE_DESK_ITEMS_MAX);
		if ((r = br_desk_ask(s->desk, &ask, &told, &s->why)) ==
			CB_OK &&
		    (told.count > ask.most ||
			(told.more && told.count == 0)))
			r = CB_E_FORMAT;
		if (r == CB_OK)
			r = each(&told, &next, f, ctx);
		left -= told.count;
	}
	return r;
}

static enum cb_err
keep_number(void *ctx, const struct cli_entry *entry)
{
	*(uint64_t *)ctx = entry->number;
	return CB_OK;
}

enum cb_err
cli_books_last(
    struct cli_admin *s, uint64_t most, cli_entry_fn *f, void *ctx)
{
	uint64_t number = 0;
	enum cb_err r;

	if ((r = cli_books_read(s, 0, 1, keep_number, &number)) != CB_OK)
		return r;
	return cli_books_read(
	    s, number > most ? number - most + 1 : 1, 0, f, ctx);
}

struct wire_owner
cli_admin_owner(const struct cli_admin *s)
{
	struct wire_owner owner = { .kind = s->who.kind };

	memcpy(owner.backend, s->who.backend, WIRE_ID);
	memcpy(owner.organisation, s->organisation, WIRE_ID);
	return owner;
}

/* ---- their key ----------------------------------------------------------- */

static int
key_read(const char *path, uint8_t out[CR_KEY])
{
	char *text = NULL;
	enum cb_err r;
	int code = CLI_OK;

	if ((r = cb_text_read(&text, path, KEY_TEXT_MAX)) == CB_E_ABSENT ||
	    r == CB_E_DENIED)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	if (r == CB_OK) {
		text[strcspn(text, "\r\n")] = '\0';
		r = cb_hex_get(cb_span_str(text), out, CR_KEY);
	}
	if (r != CB_OK)
		code = cli_fail(CLI_FAILED, "%s: this is no key of books: a "
		    "line of %d hexadecimal digits", path, 2 * CR_KEY);
	free(text);
	return code;
}

/* Whole under another name, then renamed. */
static int
key_write(const char *path, const uint8_t key[CR_KEY])
{
	struct cb_buf text = CB_BUF_INIT;
	char other[PATH_MAX];
	bool whole = false;
	int fd = -1;

	if ((size_t)snprintf(other, sizeof(other), "%s.new", path) <
		sizeof(other) &&
	    cb_hex_put(&text, cb_span(key, CR_KEY)) == CB_OK &&
	    cb_put_u8(&text, '\n') == CB_OK &&
	    (fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		 O_NOFOLLOW, 0644)) >= 0) {
		whole = write(fd, text.p, text.n) == (ssize_t)text.n &&
		    fsync(fd) == 0;
		whole = close(fd) == 0 && whole && rename(other, path) == 0;
	}
	cb_buf_free(&text);
	return whole ? CLI_OK : cli_fail(CLI_FAILED, "%s: the key of the "
	    "books cannot be kept: %s; give it with --key FILE", path,
	    strerror(errno));
}

struct told_books {
	const struct cli_admin *s;
	uint8_t key[CR_KEY];
	struct cb_buf *head;
	bool found;
};

/* Of this very backend, or it is none. */
static enum cb_err
take_books(void *ctx, const struct wire_fields *item)
{
	struct told_books *t = ctx;
	const struct wire_identity *who = &t->s->who;
	uint8_t authority[CR_HASH];
	enum cb_err r;

	if ((r = cr_sha256(cb_buf_span(&who->authority), authority)) !=
	    CB_OK)
		return r;
	if (item->bytes[WIRE_D_VALUE].n != CR_KEY ||
	    !cb_span_equal(item->bytes[WIRE_D_ID],
		CB_SPAN_OF(who->backend)) ||
	    (wire_fields_has(item, WIRE_D_FINGERPRINT) &&
		!cb_span_equal(item->bytes[WIRE_D_FINGERPRINT],
		    CB_SPAN_OF(authority))))
		return CB_E_FORMAT;
	memcpy(t->key, item->bytes[WIRE_D_VALUE].p, CR_KEY);
	t->found = true;
	return t->head == NULL
	    ? CB_OK
	    : cb_buf_set(t->head, item->bytes[WIRE_D_HEAD]);
}

static int
told_by_desk(struct cli_admin *s, struct told_books *t, const char *what)
{
	enum cb_err r;

	t->s = s;
	if ((r = cli_admin_list(s, WIRE_LIST_BACKEND, NULL, take_books, t)) ==
		CB_OK && !t->found)
		r = CB_E_FORMAT;
	return r == CB_OK ? CLI_OK : cli_admin_err(s, r, what);
}

static int
key_of_desk(struct cli_admin *s, uint8_t out[CR_KEY])
{
	struct told_books t = { .head = NULL };
	int code;

	if ((code = told_by_desk(s, &t, "the key of the books")) == CLI_OK)
		memcpy(out, t.key, CR_KEY);
	return code;
}

int
cli_books_head(struct cli_admin *s, const uint8_t public[CR_KEY],
    struct cb_buf *out, struct wire_head *head)
{
	const struct wire_owner owner = cli_admin_owner(s);
	struct told_books t = { .head = out };
	int code;

	*head = (struct wire_head){ .time = 0 };
	if ((code = told_by_desk(s, &t, "the head of the books")) != CLI_OK ||
	    out->n == 0)
		return code;
	if (wire_head_get(cb_buf_span(out), public, head) == CB_OK &&
	    wire_owner_equal(&head->at.owner, &owner))
		return CLI_OK;
	return cli_fail(CLI_NO, "the head that the backend tells is not "
	    "signed with the key of these books");
}

/* What was told once is believed, and nothing else later. */
static int
compare(const char *path, const uint8_t kept[CR_KEY],
    const uint8_t told[CR_KEY])
{
	if (memcmp(kept, told, CR_KEY) == 0)
		return CLI_OK;
	return cli_fail(CLI_NO, "the backend tells another key of its books "
	    "than %s has: whoever signs now is not who signed then", path);
}

int
cli_books_key(struct cli_admin *s, uint8_t out[CR_KEY])
{
	const struct cli_admin_args *a = s->args;
	char path[PATH_MAX];
	uint8_t told[CR_KEY];
	bool kept;
	int code;

	if (a->key != NULL)
		return key_read(a->key, out);
	if (a->identity == NULL)
		return cli_fail(CLI_USAGE, "with which key? --key FILE, or "
		    "--identity DIR where one was kept");
	if ((size_t)snprintf(path, sizeof(path), "%s/" KEY_NAME,
		a->identity) >= sizeof(path))
		return cli_fail(CLI_USAGE, "--identity: too long");
	kept = access(path, F_OK) == 0;
	if (kept && (code = key_read(path, out)) != CLI_OK)
		return code;
	if (s->desk == NULL)
		return kept ? CLI_OK : cli_fail(CLI_USAGE, "%s is not there "
		    "yet: verify with --server URL once, or give --key FILE",
		    path);
	if ((code = key_of_desk(s, told)) != CLI_OK)
		return code;
	if (kept)
		return compare(path, out, told);
	memcpy(out, told, CR_KEY);
	return key_write(path, told);
}
