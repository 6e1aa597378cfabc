/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys in key files. Components are parts, numbered as AuthentIC numbers
 * them: private 1 p, 2 q, 3 q^-1 mod p, 4 d mod p-1, 5 d mod q-1; public
 * 1 modulus, 2 exponent. A private key is usable once 1, 2, 4 and 5 are there.
 */
#include <stdlib.h>

#include "emulator/crypto/cert.h"
#include "emulator/event.h"

#define PRIVATE_PARTS 5

/* Component `no` of a private key. */
static struct cb_buf *
part_of(struct emu_rsa_parts *parts, uint16_t no)
{
	struct cb_buf *const all[PRIVATE_PARTS] = { &parts->p, &parts->q,
		&parts->qi, &parts->dp, &parts->dq };

	return all[no - 1];
}

uint16_t
emu_key_private(struct emu_app *app, struct emu_file *f, struct emu_rsa **out)
{
	struct emu_rsa_parts parts = { 0 };
	struct cb_span s;
	uint16_t sw;

	*out = f->rsa;
	if (f->rsa != NULL)
		return SW_OK;
	for (uint16_t no = 1; no <= PRIVATE_PARTS; no++) {
		sw = emu_part_get(app, f, no, &s);
		if (sw == SW_RECORD_NOT_FOUND && no == 3)
			continue;
		if (sw == SW_RECORD_NOT_FOUND)
			sw = emu_sw(app->card, EMU_ANS_KEY_INCOMPLETE);
		if (sw != SW_OK)
			goto out;
		if (cb_buf_set(part_of(&parts, no), s) != CB_OK) {
			sw = SW_MEMORY_FAILURE;
			goto out;
		}
	}
	sw = emu_rsa_load(&f->rsa, &parts) == CB_OK ? SW_OK
						    : SW_DATA_NOT_USABLE;
	*out = f->rsa;
out:
	emu_parts_shut(f);
	emu_rsa_parts_free(&parts);
	return sw;
}

bool
emu_key_filled(const struct emu_file *f)
{
	const uint16_t last = f->type == EMU_KEY_RSA_PRIVATE ? PRIVATE_PARTS : 2;

	for (uint16_t no = 1; no <= last; no++)
		if (emu_part_find(f, no) == NULL)
			return false;
	return true;
}

uint16_t
emu_key_empty(struct emu_app *app, struct emu_file *f)
{
	uint16_t sw = SW_OK;

	emu_rsa_free(&f->rsa);
	emu_key_forget(f);
	while (sw == SW_OK && f->parts != NULL)
		sw = emu_part_del(app, f, f->parts->no);
	return sw;
}

uint16_t
emu_key_store_private(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key)
{
	struct emu_rsa_parts parts = { 0 };
	uint16_t sw = SW_MEMORY_FAILURE;

	emu_key_forget(f);
	if (emu_rsa_parts(key, &parts) != CB_OK)
		goto out;
	for (uint16_t no = 1; no <= PRIVATE_PARTS; no++)
		if ((sw = emu_part_put(app, f, no,
			 cb_buf_span(part_of(&parts, no)))) != SW_OK)
			break;
out:
	emu_rsa_parts_free(&parts);
	return sw;
}

/* ---- keys from outside --------------------------------------------------- */

void
emu_key_forget(struct emu_file *f)
{
	if (f->coming == NULL)
		return;
	emu_rsa_parts_free(f->coming);
	free(f->coming);
	f->coming = NULL;
}

/* Who puts a key in for a holder that is not logged in cannot read it again:
 * each component is sealed as it comes. Which key they make is told by what
 * was put in, when the last one is. */
static enum cb_err
keep_coming(const struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span value)
{
	if (app->card->env->event == NULL || f->type != EMU_KEY_RSA_PRIVATE)
		return CB_OK;
	if (f->coming == NULL &&
	    (f->coming = calloc(1, sizeof(*f->coming))) == NULL)
		return CB_E_NOMEM;
	return cb_buf_set(part_of(f->coming, no), value);
}

uint16_t
emu_key_put(
    struct emu_app *app, struct emu_file *f, uint16_t no, struct cb_span value)
{
	return keep_coming(app, f, no, value) == CB_OK
	    ? emu_part_put(app, f, no, value)
	    : SW_MEMORY_FAILURE;
}

/* The key that the file has now: *own, if that is not NULL, is to be freed. */
static const struct emu_rsa *
key_told(struct emu_app *app, struct emu_file *f, struct emu_rsa **own)
{
	struct emu_rsa *key;

	*own = NULL;
	if (emu_key_private(app, f, &key) == SW_OK)
		return key;
	if (f->coming != NULL && emu_rsa_load(own, f->coming) != CB_OK)
		*own = NULL;
	return *own;
}

void
emu_key_imported(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key)
{
	struct cb_buf public = CB_BUF_INIT;
	struct emu_rsa *own = NULL;

	if (f->type != EMU_KEY_RSA_PRIVATE || !emu_key_filled(f) ||
	    app->card->env->event == NULL)
		return;
	if (key == NULL)
		key = key_told(app, f, &own);
	if (key != NULL && emu_cert_key(key, &public) == CB_OK) {
		emu_tell_hash(
		    app, EMU_KEY_IMPORTED, f, cb_buf_span(&public));
		emu_key_forget(f);
	} else {
		/* components of two keys: more of them come, it may be */
		emu_tell_key(app, EMU_KEY_IMPORTED, f, CB_SPAN_EMPTY);
	}
	emu_rsa_free(&own);
	cb_buf_free(&public);
}

void
emu_key_dropped(const struct emu_app *app, const struct emu_file *f)
{
	if (f->type == EMU_KEY_RSA_PRIVATE && emu_key_filled(f))
		emu_tell_key(app, EMU_KEY_DELETED, f, CB_SPAN_EMPTY);
}

uint16_t
emu_key_store_public(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key)
{
	struct emu_rsa_parts parts = { 0 };
	uint16_t sw = SW_MEMORY_FAILURE;

	if (emu_rsa_parts(key, &parts) == CB_OK &&
	    (sw = emu_part_put(app, f, 1, cb_buf_span(&parts.n))) == SW_OK)
		sw = emu_part_put(app, f, 2, cb_buf_span(&parts.e));
	emu_rsa_parts_free(&parts);
	return sw;
}

uint16_t
emu_key_generate(struct emu_app *app, struct emu_file *f, struct cb_span e,
    struct emu_rsa **out)
{
	struct cb_buf public = CB_BUF_INIT;
	uint16_t sw = SW_MEMORY_FAILURE;

	switch (emu_rsa_generate(out, f->size, e)) {
	case CB_OK:
		break;
	case CB_E_ARG:
		return SW_WRONG_DATA;
	default:
		return SW_MEMORY_FAILURE;
	}
	if (emu_cert_key(*out, &public) == CB_OK) {
		emu_tell_hash(app, EMU_KEY_MADE, f, cb_buf_span(&public));
		sw = emu_key_store_private(app, f, *out);
	}
	if (sw != SW_OK)
		emu_rsa_free(out);
	cb_buf_free(&public);
	return sw;
}

uint16_t
emu_key_sign(struct emu_app *app, struct emu_file *f, struct cb_span data,
    struct cb_buf *out)
{
	struct emu_rsa *key;
	uint16_t sw;

	if ((sw = emu_key_private(app, f, &key)) != SW_OK)
		return sw;
	switch (emu_rsa_sign(key, data, out)) {
	case CB_OK:
		emu_tell_key(app, EMU_KEY_SIGNED, f, data);
		return SW_OK;
	case CB_E_ARG:
		return SW_WRONG_LENGTH;
	default:
		return SW_UNKNOWN;
	}
}

uint16_t
emu_key_decipher(struct emu_app *app, struct emu_file *f,
    struct cb_span cryptogram, struct cb_buf *out)
{
	struct emu_rsa *key;
	uint16_t sw;

	if ((sw = emu_key_private(app, f, &key)) != SW_OK)
		return sw;
	if (cryptogram.n != emu_rsa_bytes(key))
		return SW_WRONG_LENGTH;
	emu_tell_hash(app, EMU_KEY_DECIPHERED, f, cryptogram);
	switch (emu_rsa_decipher(key, cryptogram, out)) {
	case CB_OK:
		return SW_OK;
	case CB_E_ARG:
	case CB_E_FORMAT:
		return emu_sw(app->card, EMU_ANS_BAD_PADDING);
	default:
		return SW_UNKNOWN;
	}
}
