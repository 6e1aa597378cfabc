/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: the table of commands, and those that work on the tree.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/iasecc/iasecc.h"
#include "emulator/iso_cmds.h"

enum { LIFE_ACTIVATED = 0x05 };	/* 7816-4, 7.4.10 */

static emu_cmd_fn create_file, delete_file;
static enum cb_err put_fcp(const struct emu_app *app,
    const struct emu_file *f, struct cb_buf *out);

/* clang-format off */
static const struct emu_cmd cmds[] = {
	/* CLA   INS   P1    mask  P2    mask  flags */
	{ 0x00, 0xA4, 0x00, 0xFF, 0x00, 0xFB, EMU_DATA, emu_iso_select_fid, "SELECT" },
	{ 0x00, 0xA4, 0x00, 0xFF, 0x0C, 0xFF, EMU_DATA, emu_iso_select_fid, "SELECT" },
	{ 0x00, 0xA4, 0x01, 0xFF, 0x00, 0xFB, EMU_DATA, emu_iso_select_child, "SELECT (child)" },
	{ 0x00, 0xA4, 0x02, 0xFF, 0x00, 0xFB, EMU_DATA, emu_iso_select_ef, "SELECT (EF)" },
	{ 0x00, 0xA4, 0x03, 0xFF, 0x00, 0xFB, EMU_NO_DATA, emu_iso_select_parent, "SELECT (parent)" },
	{ 0x00, 0xA4, 0x09, 0xFF, 0x00, 0xFB, EMU_DATA, emu_iso_select_path_here, "SELECT (path from DF)" },
	{ 0x00, 0xB0, 0x00, 0x80, 0x00, 0x00, EMU_NO_DATA, emu_iso_read_binary, "READ BINARY" },
	{ 0x00, 0xB0, 0x80, 0xE0, 0x00, 0x00, EMU_NO_DATA, emu_iso_read_short, "READ BINARY (short EF)" },
	{ 0x00, 0xD6, 0x00, 0x80, 0x00, 0x00, EMU_DATA, emu_iso_update_binary, "UPDATE BINARY" },
	{ 0x00, 0xD6, 0x80, 0xE0, 0x00, 0x00, EMU_DATA, emu_iso_update_short, "UPDATE BINARY (short EF)" },
	{ 0x00, 0xE0, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, create_file, "CREATE FILE" },
	{ 0x00, 0xE4, 0x00, 0xFF, 0x00, 0xFF, EMU_NO_DATA | EMU_NO_RESPONSE, delete_file, "DELETE FILE" },
	{ 0x00, 0x84, 0x00, 0xFF, 0x00, 0xFF, EMU_NO_DATA, emu_iso_get_challenge, "GET CHALLENGE" },
	{ 0x00, 0x20, 0x00, 0xFF, 0x00, 0x00, EMU_NO_RESPONSE, ias_verify, "VERIFY" },
	{ 0x00, 0x24, 0x00, 0xFF, 0x00, 0x00, EMU_DATA, ias_change, "CHANGE REFERENCE DATA" },
	{ 0x00, 0x2C, 0x02, 0xFF, 0x00, 0x00, EMU_DATA, ias_reset, "RESET RETRY COUNTER" },
	{ 0x00, 0x2C, 0x03, 0xFF, 0x00, 0x00, EMU_NO_DATA | EMU_NO_RESPONSE, ias_reset_counter, "RESET RETRY COUNTER (counter only)" },
	{ 0x00, 0xCB, 0x3F, 0xFF, 0xFF, 0xFF, EMU_DATA, ias_get_data, "GET DATA" },
	{ 0x00, 0xDB, 0x3F, 0xFF, 0xFF, 0xFF, EMU_DATA | EMU_CHAIN, ias_put_data, "PUT DATA" },
	{ 0x00, 0x47, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, ias_generate, "GENERATE KEY PAIR" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xAA, 0xFF, EMU_DATA, ias_mse_set_hash, "MSE SET (hash)" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xA4, 0xFF, EMU_DATA, ias_mse_set, "MSE SET (authenticate)" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB6, 0xFF, EMU_DATA, ias_mse_set, "MSE SET (sign)" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB8, 0xFF, EMU_DATA, ias_mse_set, "MSE SET (decipher)" },
	{ 0x00, 0x88, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, ias_authenticate, "INTERNAL AUTHENTICATE" },
	{ 0x00, 0x2A, 0x90, 0xFF, 0xA0, 0xFF, EMU_DATA, ias_pso_hash, "PSO HASH" },
	{ 0x00, 0x2A, 0x9E, 0xFF, 0x9A, 0xFF, EMU_NO_DATA, ias_pso_sign, "PSO COMPUTE DIGITAL SIGNATURE" },
	{ 0x00, 0x2A, 0x80, 0xFF, 0x86, 0xFF, EMU_DATA | EMU_CHAIN, ias_pso_decipher, "PSO DECIPHER" },
};
/* clang-format on */

const struct emu_applet emu_iasecc = {
	.name = "iasecc",
	.cmds = cmds,
	.cmds_n = sizeof(cmds) / sizeof(cmds[0]),
	.select = EMU_SELECT_NO_KEYS | EMU_SELECT_PATH_RETRY |
	    EMU_SELECT_NAME_FCP,
	.control = put_fcp,
	.rule = ias_rule,
	.pin_rule = ias_pin_rule,
	.access_n = ias_access_n,
};

/* ---- SELECT ------------------------------------------------------------- */

/* 84, the name of a DF; 88, the short identifier of an EF: none is empty. */
static enum cb_err
put_name(
    const struct emu_app *app, const struct emu_file *f, struct cb_buf *out)
{
	const uint8_t sfi = (uint8_t)(f->sfi << 3);
	struct cb_span name = cb_span(f->name, f->name_n);

	if (f->type != EMU_DF)
		return cb_tlv_put(out, 0x88, cb_span(&sfi, f->sfi != 0));
	if (f == app->mf)
		name = cb_span(app->aid, app->aid_n);
	return name.n > 0 ? cb_tlv_put(out, 0x84, name) : CB_OK;
}

/* 8C, within A1 or bare. */
static enum cb_err
put_access(
    const struct emu_app *app, const struct emu_file *f, struct cb_buf *out)
{
	struct cb_span access = cb_span(f->access, f->access_n);
	enum cb_err r;
	size_t mark;

	if (app->bare_fcp)
		return cb_tlv_put(out, 0x8C, access);
	if ((r = cb_tlv_open(out, 0xA1, &mark)) != CB_OK ||
	    (r = cb_tlv_put(out, 0x8C, access)) != CB_OK)
		return r;
	return cb_tlv_close(out, mark);
}

/* File control parameters (7816-4, 7.4), in 62 or, with bare access bytes, in
 * 6F. Where the access bytes stand differs, too. */
static enum cb_err
put_fcp(
    const struct emu_app *app, const struct emu_file *f, struct cb_buf *out)
{
	enum cb_err r;
	size_t mark;

	if ((r = cb_tlv_open(out, app->bare_fcp ? 0x6F : 0x62, &mark)) !=
		CB_OK ||
	    (f->type != EMU_DF &&
		(r = cb_tlv_put_u16(out, 0x80, f->size)) != CB_OK) ||
	    (r = cb_tlv_put_u8(out, 0x82, f->type)) != CB_OK ||
	    (r = cb_tlv_put_u16(out, 0x83, f->fid)) != CB_OK ||
	    (r = put_name(app, f, out)) != CB_OK ||
	    (f->type != EMU_DF && (r = put_access(app, f, out)) != CB_OK) ||
	    (r = cb_tlv_put_u8(out, 0x8A, LIFE_ACTIVATED)) != CB_OK ||
	    (f->type == EMU_DF && (r = put_access(app, f, out)) != CB_OK))
		return r;
	return cb_tlv_close(out, mark);
}

/* ---- CREATE, DELETE ----------------------------------------------------- */

/* Nothing, or 1 byte: the identifier in the upper five bits. */
static bool
parse_short(struct cb_span v, uint8_t *sfi)
{
	uint8_t byte = 0;

	if (v.n > 0 && (cb_get_u8(&v, &byte) != CB_OK || (byte & 7) != 0))
		return false;
	*sfi = byte >> 3;
	return v.n == 0 && *sfi <= 30;
}

/* 62 (80 size, 82 descriptor, 83 FID, 88 short identifier, A1 (8C access)). */
static bool
parse_create(struct cb_span in, struct emu_file *model)
{
	struct cb_span t, v, access;

	if (!emu_iso_parse_create(in, model, &t) ||
	    cb_tlv_expect(&t, 0x88, &v) != CB_OK ||
	    !parse_short(v, &model->sfi) ||
	    cb_tlv_expect(&t, 0xA1, &v) != CB_OK || cb_tlv_end(&t) != CB_OK ||
	    cb_tlv_expect(&v, 0x8C, &access) != CB_OK ||
	    cb_tlv_end(&v) != CB_OK ||
	    access.n != ias_access_n(model->type, access))
		return false;
	memcpy(model->access, access.p, access.n);
	model->access_n = (uint8_t)access.n;
	return true;
}

static uint16_t
create_file(struct emu_call *c)
{
	struct emu_file model = { 0 };

	if (!parse_create(c->data, &model))
		return emu_sw(c->card, EMU_ANS_CREATE_DATA);
	return emu_iso_create_ef(c, &model);
}

/* The current EF: the command names none. */
static uint16_t
delete_file(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = emu_iso_current(c, EMU_OP_DELETE, &f)) != SW_OK)
		return sw;
	return emu_fs_delete(c->app, f);
}
