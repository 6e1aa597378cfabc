/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The interindustry commands that several applets share.
 */
#include "common/tlv.h"
#include "emulator/applets/applet.h"
#include "emulator/iso_cmds.h"

#define EF_SIZE_MAX 0x7FFF	/* what 15 bits of offset reach */

uint16_t
emu_iso_current(struct emu_call *c, enum emu_op op, struct emu_file **f)
{
	*f = c->app->ef;
	if (*f == NULL)
		return emu_sw(c->card, EMU_ANS_NO_CURRENT_EF);
	return emu_allowed(c->app, *f, op);
}

/* The current EF, of this type, with the right to `op`: type before right,
 * so that a right that the type does not know is never asked for. */
static uint16_t
current_typed(struct emu_call *c, uint8_t type, enum emu_op op,
    struct emu_file **f)
{
	*f = NULL;
	if (c->app->ef != NULL && c->app->ef->type != type)
		return emu_sw(c->card, EMU_ANS_WRONG_FILE_TYPE);
	return emu_iso_current(c, op, f);
}

/* P1-P2 of READ/UPDATE BINARY: 15 bits of offset (11.3.2). */
static uint16_t
offset(const struct emu_call *c)
{
	return (uint16_t)((c->p1 & 0x7F) << 8 | c->p2);
}

uint16_t
emu_iso_read_binary(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	sw = current_typed(c, EMU_EF_TRANSPARENT, EMU_OP_READ, &f);
	if (sw != SW_OK)
		return sw;
	return emu_ef_read(
	    c->app, f, offset(c), c->ne != 0 ? c->ne : 256, c->rsp);
}

uint16_t
emu_iso_update_binary(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	sw = current_typed(c, EMU_EF_TRANSPARENT, EMU_OP_UPDATE, &f);
	if (sw != SW_OK)
		return sw;
	return emu_ef_write(c->app, f, offset(c), c->data);
}

/* Bits 5 to 1 of P1 name an EF, P2 is the offset (11.3.2). */
static uint16_t
short_ef(struct emu_call *c)
{
	struct emu_file *f = emu_fs_short(c->app->df, c->p1 & 0x1F);

	if (f == NULL)
		return SW_FILE_NOT_FOUND;
	c->app->ef = f;
	c->p1 = 0;
	return SW_OK;
}

uint16_t
emu_iso_read_short(struct emu_call *c)
{
	uint16_t sw = short_ef(c);

	return sw != SW_OK ? sw : emu_iso_read_binary(c);
}

uint16_t
emu_iso_update_short(struct emu_call *c)
{
	uint16_t sw = short_ef(c);

	return sw != SW_OK ? sw : emu_iso_update_binary(c);
}

uint16_t
emu_iso_read_record(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	sw = current_typed(c, EMU_EF_LINEAR, EMU_OP_READ, &f);
	if (sw != SW_OK)
		return sw;
	return emu_ef_record_read(
	    c->app, f, c->p1, c->ne != 0 ? c->ne : 256, c->rsp);
}

uint16_t
emu_iso_update_record(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	sw = current_typed(c, EMU_EF_LINEAR, EMU_OP_UPDATE, &f);
	if (sw != SW_OK)
		return sw;
	return emu_ef_record_update(c->app, f, c->p1, c->data);
}

uint16_t
emu_iso_append_record(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	sw = current_typed(c, EMU_EF_LINEAR, EMU_OP_APPEND, &f);
	if (sw != SW_OK)
		return sw;
	return emu_ef_record_append(c->app, f, c->data);
}

struct cb_span
emu_iso_unpad(struct cb_span field)
{
	while (field.n > 0 && field.p[field.n - 1] == 0xFF)
		field.n--;
	return field;
}

uint16_t
emu_iso_verify(struct emu_call *c, struct emu_pin *pin, size_t field)
{
	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if (c->data.n == 0)
		return emu_pin_query(c->app, pin);
	if (c->data.n != field)
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	/* A field without a value is a wrong value: it costs a try. */
	return emu_pin_verify(c->app, pin, emu_iso_unpad(c->data));
}

uint16_t
emu_iso_change(struct emu_call *c, struct emu_pin *pin, size_t field)
{
	struct cb_span new_value =
	    emu_iso_unpad(cb_span_tail(c->data, field));

	if (pin->tries > 0 && new_value.n == 0)
		return emu_sw(c->card, EMU_ANS_PIN_FORMAT);
	return emu_pin_change(c->app, pin,
	    emu_iso_unpad(cb_span_head(c->data, field)), new_value, NULL);
}

uint16_t
emu_iso_reset(struct emu_call *c, struct emu_pin *pin, struct cb_span new_value)
{
	uint16_t sw;

	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if ((sw = emu_pin_named(c->app, pin, EMU_OP_PIN_RESET)) != SW_OK ||
	    (sw = emu_pin_replace(c->app, pin, new_value, NULL)) != SW_OK)
		return sw;
	return emu_pin_refill(c->app, pin);
}

uint16_t
emu_iso_reset_counter(struct emu_call *c, struct emu_pin *pin)
{
	uint16_t sw;

	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if ((sw = emu_pin_named(c->app, pin, EMU_OP_PIN_RESET)) != SW_OK)
		return sw;
	return emu_pin_refill(c->app, pin);
}

bool
emu_iso_parse_create(
    struct cb_span in, struct emu_file *model, struct cb_span *rest)
{
	return cb_tlv_expect(&in, 0x62, rest) == CB_OK &&
	    cb_tlv_end(&in) == CB_OK &&
	    cb_tlv_expect_u16(rest, 0x80, &model->size) == CB_OK &&
	    cb_tlv_expect_u8(rest, 0x82, &model->type) == CB_OK &&
	    cb_tlv_expect_u16(rest, 0x83, &model->fid) == CB_OK;
}

uint16_t
emu_iso_create_ef(struct emu_call *c, const struct emu_file *model)
{
	struct emu_app *app = c->app;
	uint16_t sw;

	if (model->type != EMU_EF_TRANSPARENT || model->size > EF_SIZE_MAX)
		return emu_sw(c->card, EMU_ANS_CREATE_DATA);
	if (emu_fs_fid_reserved(model->fid))
		return emu_sw(c->card, EMU_ANS_RESERVED_FID);
	if ((sw = emu_allowed(app, app->df, EMU_OP_CREATE)) != SW_OK)
		return sw;
	if (emu_fs_no_key(app->df, model->fid) != NULL ||
	    emu_fs_short(app->df, model->sfi) != NULL)
		return SW_FILE_EXISTS;
	return emu_fs_create(app, app->df, model, &app->ef);
}

uint16_t
emu_iso_get_challenge(struct emu_call *c)
{
	const struct emu_env *env = c->card->env;
	uint8_t *p;

	if (c->ne == 0 || c->ne > 256)
		return SW_WRONG_LENGTH;
	if (cb_buf_grow(c->rsp, c->ne, &p) != CB_OK ||
	    env->random(env->ctx, p, c->ne) != CB_OK)
		return SW_UNKNOWN;
	return SW_OK;
}
