/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Events, see event.h.
 */
#include "common/tlv.h"
#include "emulator/crypto/cert.h"
#include "emulator/event.h"

static void
tell(const struct emu_app *app, struct emu_event *e)
{
	const struct emu_env *env = app->card->env;

	e->app = (uint8_t)app->no;
	if (env->event != NULL)
		env->event(env->ctx, e);
}

void
emu_tell_pin(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_pin *pin, uint8_t left)
{
	struct emu_event e = { .kind = kind, .reference = pin->ref,
		.left = left };

	tell(app, &e);
}

void
emu_tell_outcome(const struct emu_app *app, enum emu_event_kind tried,
    const struct emu_pin *pin, uint16_t sw, uint8_t before, uint8_t left)
{
	enum { RIGHT = 1, WRONG, BLOCKED };
	int outcome = 0;

	if (sw == SW_OK)
		outcome = RIGHT;
	else if (before == 0)
		outcome = BLOCKED;
	else if ((sw & 0xFFF0) == SW_TRIES ||
	    sw == emu_sw(app->card, EMU_ANS_PIN_LAST_TRY))
		outcome = WRONG;
	if (outcome != 0)
		emu_tell_pin(app,
		    (enum emu_event_kind)((int)tried + outcome), pin, left);
}

void
emu_tell_key(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_file *f, struct cb_span data)
{
	struct emu_event e = { .kind = kind, .fid = f->fid, .bits = f->size,
		.data = data };

	tell(app, &e);
}

void
emu_tell_hash(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_file *f, struct cb_span of)
{
	uint8_t hash[CR_HASH];

	if (app->card->env->event != NULL && cr_sha256(of, hash) == CB_OK)
		emu_tell_key(app, kind, f, CB_SPAN_OF(hash));
}

void
emu_tell_written(const struct emu_app *app, const struct emu_file *f,
    uint32_t off, size_t n, struct cb_span all)
{
	struct emu_cert_parts parts;
	struct cb_span cur = all, inner, whole;
	uint32_t tag;

	if (app->card->env->event == NULL || n == 0 ||
	    cb_tlv_get(&cur, &tag, &inner) != CB_OK || tag != 0x30)
		return;
	whole = cb_span_head(all, all.n - cur.n);
	if (off < whole.n && emu_cert_parse(whole, &parts) == CB_OK)
		emu_tell_hash(app, EMU_CERTIFICATE_WRITTEN, f, whole);
}
