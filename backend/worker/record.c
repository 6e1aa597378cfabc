/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See record.h. Format (u8) 1, algorithm (u8) 1, version of the key (u32),
 * version of the record (u64), nonce, text and tag.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/ask.h"
#include "backend/worker/record.h"

#define FORMAT 1
#define AES_256_GCM 1

static enum cb_err
bind(const struct be_card_key *key, const char *name, uint64_t version,
    struct cb_buf *aad)
{
	enum cb_err r;

	(void)((r = cb_buf_add(aad, cb_span_str("cardbridge record 1"))) !=
		CB_OK ||
	    (r = cb_put_u8(aad, AES_256_GCM)) != CB_OK ||
	    (r = cb_put_u32(aad, key->version)) != CB_OK ||
	    (r = cb_put_u8(aad, (uint8_t)key->kind)) != CB_OK ||
	    (r = cb_buf_add(aad, CB_SPAN_OF(key->backend))) != CB_OK ||
	    (r = cb_buf_add(aad, CB_SPAN_OF(key->organisation))) != CB_OK ||
	    (r = cb_buf_add(aad, CB_SPAN_OF(key->card))) != CB_OK ||
	    (r = cb_put_u64(aad, version)) != CB_OK ||
	    (r = cb_buf_add(aad, cb_span_str(name))) != CB_OK);
	return r;
}

enum cb_err
be_record_seal(const struct be_card_key *key, const char *name,
    uint64_t version, struct cb_span text, struct cb_buf *out)
{
	const size_t before = out->n;
	struct cb_buf aad = CB_BUF_INIT;
	uint8_t nonce[CR_NONCE];
	enum cb_err r;

	if ((r = cr_random(nonce, sizeof(nonce))) == CB_OK &&
	    (r = bind(key, name, version, &aad)) == CB_OK &&
	    (r = cb_put_u8(out, FORMAT)) == CB_OK &&
	    (r = cb_put_u8(out, AES_256_GCM)) == CB_OK &&
	    (r = cb_put_u32(out, key->version)) == CB_OK &&
	    (r = cb_put_u64(out, version)) == CB_OK &&
	    (r = cb_buf_add(out, CB_SPAN_OF(nonce))) == CB_OK)
		r = cr_gcm_seal(
		    key->key, nonce, cb_buf_span(&aad), text, out);
	cb_buf_free(&aad);
	return cb_buf_undo(out, before, r);
}

enum cb_err
be_record_open(const struct be_card_key *key, const char *name,
    struct cb_span sealed, uint64_t *version, struct cb_buf *out)
{
	struct cb_buf aad = CB_BUF_INIT;
	uint8_t format, algorithm, nonce[CR_NONCE];
	uint32_t of_key;
	uint64_t number;
	enum cb_err r;

	if ((r = cb_get_u8(&sealed, &format)) != CB_OK ||
	    (r = cb_get_u8(&sealed, &algorithm)) != CB_OK ||
	    (r = cb_get_u32(&sealed, &of_key)) != CB_OK ||
	    (r = cb_get_u64(&sealed, &number)) != CB_OK ||
	    (r = be_bytes_get(&sealed, nonce, sizeof(nonce))) != CB_OK)
		return r;
	if (format != FORMAT || algorithm != AES_256_GCM)
		return format == 0 ? CB_E_FORMAT : CB_E_LIMIT;
	if (of_key != key->version)
		return CB_E_ABSENT;
	if ((r = bind(key, name, number, &aad)) == CB_OK &&
	    (r = cr_gcm_open(key->key, nonce, cb_buf_span(&aad), sealed,
		 out)) == CB_OK)
		*version = number;
	cb_buf_free(&aad);
	return r;
}

/* ---- the root ------------------------------------------------------------ */

void
be_root_record_clear(struct be_root_record *root)
{
	free(root->p);
	*root = (struct be_root_record){ .number = 0 };
}

enum cb_err
be_root_record_copy(
    struct be_root_record *to, const struct be_root_record *from)
{
	struct be_listed *p;

	*to = (struct be_root_record){ .number = from->number };
	if (from->n == 0)
		return CB_OK;
	if ((p = calloc(from->n, sizeof(*p))) == NULL)
		return CB_E_NOMEM;
	memcpy(p, from->p, from->n * sizeof(*p));
	to->p = p;
	to->n = to->room = from->n;
	return CB_OK;
}

/* Where a name is, or belongs. */
static size_t
place(const struct be_root_record *root, const char *name, bool *found)
{
	size_t low = 0, high = root->n;

	*found = false;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int order = strcmp(root->p[mid].name, name);

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct be_listed *
be_root_record_find(const struct be_root_record *root, const char *name)
{
	bool found;
	const size_t at = place(root, name, &found);

	return found ? &root->p[at] : NULL;
}

enum cb_err
be_root_record_put(
    struct be_root_record *root, const char *name, uint64_t version)
{
	bool found;
	const size_t at = place(root, name, &found);
	const size_t n = strlen(name);
	struct be_listed *p;

	if (found) {
		root->p[at].version = version;
		return CB_OK;
	}
	if (n > EMU_NVM_NAME_MAX || root->n == BE_RECORDS_MAX)
		return CB_E_LIMIT;
	if (root->n == root->room) {
		p = reallocarray(
		    root->p, root->room + 16, sizeof(*root->p));
		if (p == NULL)
			return CB_E_NOMEM;
		root->p = p;
		root->room += 16;
	}
	p = &root->p[at];
	memmove(p + 1, p, (root->n - at) * sizeof(*p));
	*p = (struct be_listed){ .version = version };
	memcpy(p->name, name, n);
	root->n++;
	return CB_OK;
}

void
be_root_record_remove(struct be_root_record *root, const char *name)
{
	bool found;
	const size_t at = place(root, name, &found);

	if (!found)
		return;
	root->n--;
	memmove(&root->p[at], &root->p[at + 1],
	    (root->n - at) * sizeof(*root->p));
}

enum cb_err
be_root_record_seal(const struct be_card_key *key,
    const struct be_root_record *root, struct cb_buf *out)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if ((r = cb_put_u8(&text, FORMAT)) != CB_OK ||
	    (r = cb_put_u16(&text, (uint16_t)root->n)) != CB_OK)
		goto out;
	for (size_t i = 0; i < root->n; i++)
		if ((r = cb_put_lv16(&text, cb_span_str(root->p[i].name))) !=
			CB_OK ||
		    (r = cb_put_u64(&text, root->p[i].version)) != CB_OK)
			goto out;
	r = be_record_seal(key, BE_ROOT_NAME, root->number,
	    cb_buf_span(&text), out);
out:
	cb_buf_free(&text);
	return r;
}

static enum cb_err
get_listed(struct cb_span *cur, struct be_root_record *root)
{
	char name[EMU_NVM_NAME_MAX + 1] = "";
	struct cb_span s;
	uint64_t version;
	enum cb_err r;

	if ((r = cb_get_lv16(cur, &s)) != CB_OK ||
	    (r = cb_get_u64(cur, &version)) != CB_OK)
		return r;
	if (s.n == 0 || s.n > EMU_NVM_NAME_MAX ||
	    memchr(s.p, 0, s.n) != NULL || version > root->number)
		return CB_E_FORMAT;
	memcpy(name, s.p, s.n);
	if (root->n > 0 && strcmp(root->p[root->n - 1].name, name) >= 0)
		return CB_E_FORMAT;
	return be_root_record_put(root, name, version);
}

enum cb_err
be_root_record_open(const struct be_card_key *key, struct cb_span sealed,
    struct be_root_record *root)
{
	struct cb_buf text = CB_BUF_INIT;
	struct cb_span cur;
	uint8_t format;
	uint16_t n;
	enum cb_err r;

	be_root_record_clear(root);
	if ((r = be_record_open(key, BE_ROOT_NAME, sealed, &root->number,
		 &text)) != CB_OK)
		goto out;
	cur = cb_buf_span(&text);
	if ((r = cb_get_u8(&cur, &format)) != CB_OK ||
	    (r = cb_get_u16(&cur, &n)) != CB_OK)
		goto out;
	r = format == FORMAT ? CB_OK : CB_E_LIMIT;
	while (r == CB_OK && n-- > 0)
		r = get_listed(&cur, root);
	if (r == CB_OK)
		r = cb_get_end(&cur);
out:
	cb_buf_free(&text);
	if (r != CB_OK)
		be_root_record_clear(root);
	return r;
}
