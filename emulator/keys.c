/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys in key files. Components are parts, numbered as AuthentIC numbers
 * them: private 1 p, 2 q, 3 q^-1 mod p, 4 d mod p-1, 5 d mod q-1; public
 * 1 modulus, 2 exponent. A private key is usable once 1, 2, 4 and 5 are there.
 */
#include "emulator/crypto/cert.h"
#include "emulator/event.h"

uint16_t
emu_key_private(struct emu_app *app, struct emu_file *f, struct emu_rsa **out)
{
	struct emu_rsa_parts parts = { 0 };
	struct cb_buf *into[] = { &parts.p, &parts.q, &parts.qi, &parts.dp,
		&parts.dq };
	struct cb_span s;
	uint16_t sw;

	*out = f->rsa;
	if (f->rsa != NULL)
		return SW_OK;
	for (uint16_t no = 1; no <= 5; no++) {
		sw = emu_part_get(app, f, no, &s);
		if (sw == SW_RECORD_NOT_FOUND && no == 3)
			continue;
		if (sw == SW_RECORD_NOT_FOUND)
			sw = emu_sw(app->card, EMU_ANS_KEY_INCOMPLETE);
		if (sw != SW_OK)
			goto out;
		if (cb_buf_set(into[no - 1], s) != CB_OK) {
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
	const uint16_t last = f->type == EMU_KEY_RSA_PRIVATE ? 5 : 2;

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
	while (sw == SW_OK && f->parts != NULL)
		sw = emu_part_del(app, f, f->parts->no);
	return sw;
}

uint16_t
emu_key_store_private(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key)
{
	struct emu_rsa_parts parts = { 0 };
	struct cb_buf *from[] = { &parts.p, &parts.q, &parts.qi, &parts.dp,
		&parts.dq };
	uint16_t sw = SW_MEMORY_FAILURE;

	if (emu_rsa_parts(key, &parts) != CB_OK)
		goto out;
	for (uint16_t no = 1; no <= 5; no++)
		if ((sw = emu_part_put(app, f, no,
			 cb_buf_span(from[no - 1]))) != SW_OK)
			break;
out:
	emu_rsa_parts_free(&parts);
	return sw;
}

/* Which key it is can be told where its parts can be read: not if somebody else
 * has imported them for a holder who is not logged in. */
void
emu_key_imported(struct emu_app *app, struct emu_file *f)
{
	struct cb_buf public = CB_BUF_INIT;
	struct emu_rsa *key;

	if (f->type != EMU_KEY_RSA_PRIVATE || !emu_key_filled(f))
		return;
	if (app->card->env->event != NULL &&
	    emu_key_private(app, f, &key) == SW_OK &&
	    emu_cert_key(key, &public) == CB_OK)
		emu_tell_hash(
		    app, EMU_KEY_IMPORTED, f, cb_buf_span(&public));
	else
		emu_tell_key(app, EMU_KEY_IMPORTED, f, CB_SPAN_EMPTY);
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
