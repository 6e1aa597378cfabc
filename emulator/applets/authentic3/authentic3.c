/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v3: the table of commands, and those that work on the tree.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/authentic3/authentic3.h"
#include "emulator/iso_cmds.h"

static emu_cmd_fn create_file, delete_ef, delete_df;
static enum cb_err put_fcp(const struct emu_app *app,
    const struct emu_file *f, struct cb_buf *out);

/* clang-format off */
static const struct emu_cmd cmds[] = {
	/* CLA   INS   P1    mask  P2    mask  flags */
	{ 0x00, 0xA4, 0x00, 0xFF, 0x00, 0xFF, 0, emu_iso_select_fid, "SELECT" },
	{ 0x00, 0xA4, 0x03, 0xFF, 0x00, 0xFF, EMU_NO_DATA, emu_iso_select_parent, "SELECT (parent)" },
	{ 0x00, 0xA4, 0x08, 0xFF, 0x00, 0xFF, EMU_DATA, emu_iso_select_path, "SELECT (path)" },
	{ 0x00, 0xA4, 0x09, 0xFF, 0x00, 0xFF, EMU_DATA, emu_iso_select_path_here, "SELECT (path from DF)" },
	{ 0x00, 0xB0, 0x00, 0x80, 0x00, 0x00, EMU_NO_DATA, emu_iso_read_binary, "READ BINARY" },
	{ 0x00, 0xD6, 0x00, 0x80, 0x00, 0x00, EMU_DATA, emu_iso_update_binary, "UPDATE BINARY" },
	{ 0x00, 0xE0, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, create_file, "CREATE FILE" },
	{ 0x00, 0xE4, 0x02, 0xFF, 0x00, 0xFF, EMU_DATA, delete_ef, "DELETE FILE (EF)" },
	{ 0x00, 0xE4, 0x01, 0xFF, 0x00, 0xFF, EMU_DATA, delete_df, "DELETE FILE (DF)" },
	{ 0x00, 0x84, 0x00, 0xFF, 0x00, 0xFF, EMU_NO_DATA, emu_iso_get_challenge, "GET CHALLENGE" },
	{ 0x00, 0xCA, 0x9F, 0xFF, 0x7F, 0xFF, EMU_NO_DATA, emu_cm_get_cplc, "GET DATA (CPLC)" },
	{ 0x80, 0xCA, 0x9F, 0xFF, 0x7F, 0xFF, EMU_NO_DATA, emu_cm_get_cplc, "GET DATA (CPLC)" },
	{ 0x00, 0xCA, 0x5F, 0xFF, 0x00, 0x00, EMU_NO_DATA, a3_get_pin, "GET DATA (PIN)" },
	{ 0x80, 0xCA, 0x5F, 0xFF, 0x00, 0x00, EMU_NO_DATA, a3_get_pin, "GET DATA (PIN)" },
	{ 0x00, 0x20, 0x00, 0xFF, 0x00, 0x00, EMU_NO_RESPONSE, a3_verify, "VERIFY" },
	{ 0x00, 0x24, 0x00, 0xFF, 0x00, 0x00, EMU_DATA, a3_change, "CHANGE REFERENCE DATA" },
	{ 0x00, 0x24, 0x01, 0xFF, 0x00, 0x00, EMU_DATA, a3_change_by_right, "CHANGE REFERENCE DATA (new value only)" },
	{ 0x00, 0x2C, 0x02, 0xFF, 0x00, 0x00, EMU_DATA, a3_reset, "RESET RETRY COUNTER" },
	{ 0x00, 0x2C, 0x03, 0xFF, 0x00, 0x00, EMU_NO_DATA | EMU_NO_RESPONSE, a3_reset_counter, "RESET RETRY COUNTER (counter only)" },
	{ 0x00, 0xDB, 0x3F, 0xFF, 0xFF, 0xFF, EMU_DATA | EMU_CHAIN, a3_put_key, "PUT DATA (key)" },
	{ 0x00, 0x47, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, a3_generate, "GENERATE KEY PAIR" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB6, 0xFF, EMU_DATA, a3_mse_set, "MSE SET (sign)" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB8, 0xFF, EMU_DATA, a3_mse_set, "MSE SET (decipher)" },
	{ 0x00, 0x2A, 0x9E, 0xFF, 0x9A, 0xFF, EMU_DATA | EMU_EXTENDED, a3_pso_sign, "PSO COMPUTE DIGITAL SIGNATURE" },
	{ 0x00, 0x2A, 0x80, 0xFF, 0x86, 0xFF, EMU_DATA | EMU_CHAIN | EMU_EXTENDED, a3_pso_decipher, "PSO DECIPHER" },
};
/* clang-format on */

const struct emu_applet emu_authentic3 = {
	.name = "authentic3",
	.cmds = cmds,
	.cmds_n = sizeof(cmds) / sizeof(cmds[0]),
	.select = EMU_SELECT_AROUND | EMU_SELECT_MF_NAMED | EMU_SELECT_NO_KEYS,
	.control = put_fcp,
	.rule = a3_rule,
	.pin_rule = a3_pin_rule,
	.access_n = a3_access_n,
	.pin_ref_max = A3_PINS,
};

/* ---- SELECT ------------------------------------------------------------------ */

/* File control parameters (7816-4, 7.4): 62 with 80 of an EF, 82, 83, 86. */
static enum cb_err
put_fcp(const struct emu_app *app, const struct emu_file *f,
    struct cb_buf *out)
{
	enum cb_err r;
	size_t mark;

	(void)app;
	if ((r = cb_tlv_open(out, 0x62, &mark)) != CB_OK ||
	    (f->type != EMU_DF &&
		(r = cb_tlv_put_u16(out, 0x80, f->size)) != CB_OK) ||
	    (r = cb_tlv_put_u8(out, 0x82, f->type)) != CB_OK ||
	    (r = cb_tlv_put_u16(out, 0x83, f->fid)) != CB_OK ||
	    (r = cb_tlv_put(out, 0x86,
		 cb_span(f->access, f->access_n))) != CB_OK)
		return r;
	return cb_tlv_close(out, mark);
}

/* ---- CREATE, DELETE ------------------------------------------------------------ */

/* 62 (80 size, 82 descriptor, 83 FID, 86 rules). */
static bool
parse_create(struct cb_span in, struct emu_file *model)
{
	struct cb_span t, v;

	if (!emu_iso_parse_create(in, model, &t) ||
	    cb_tlv_expect(&t, 0x86, &v) != CB_OK || v.n != A3_RULES_EF ||
	    cb_tlv_end(&t) != CB_OK)
		return false;
	memcpy(model->access, v.p, v.n);
	model->access_n = (uint8_t)v.n;
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

static uint16_t
delete_ef(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = emu_iso_child(c, &f)) != SW_OK)
		return sw;
	if (f->type == EMU_DF)
		return emu_sw(c->card, EMU_ANS_DELETE_DF_AS_EF);
	if ((sw = emu_allowed(c->app, f, EMU_OP_DELETE)) != SW_OK)
		return sw;
	return emu_fs_delete(c->app, f);
}

/* A host that cannot store an object tries to delete the whole application:
 * no rule may ever let it. */
static uint16_t
delete_df(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = emu_iso_child(c, &f)) != SW_OK)
		return sw;
	return emu_sw(c->card,
	    f->type == EMU_DF ? EMU_ANS_DELETE_DF : EMU_ANS_DELETE_EF_AS_DF);
}
