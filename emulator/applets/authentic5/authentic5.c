/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v5: the table of commands, and those that work on the tree.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/authentic5/authentic5.h"
#include "emulator/iso_cmds.h"

static emu_cmd_fn create_file, delete_ef, delete_df, list_files, delete_record;
static enum cb_err put_fci(const struct emu_app *app,
    const struct emu_file *f, struct cb_buf *out);

/* clang-format off */
static const struct emu_cmd cmds[] = {
	/* CLA   INS   P1    mask  P2    mask  flags */
	{ 0x00, 0xA4, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, emu_iso_select_fid, "SELECT" },
	{ 0x00, 0xA4, 0x00, 0xFF, 0x0C, 0xFF, EMU_DATA, emu_iso_select_fid, "SELECT" },
	{ 0x00, 0xA4, 0x03, 0xFF, 0x00, 0xFF, EMU_NO_DATA, emu_iso_select_parent, "SELECT (parent)" },
	{ 0x00, 0xA4, 0x08, 0xFF, 0x00, 0xFF, EMU_DATA, emu_iso_select_path, "SELECT (path)" },
	{ 0x00, 0xB0, 0x00, 0x80, 0x00, 0x00, EMU_NO_DATA, emu_iso_read_binary, "READ BINARY" },
	{ 0x00, 0xD6, 0x00, 0x80, 0x00, 0x00, EMU_DATA, emu_iso_update_binary, "UPDATE BINARY" },
	{ 0x00, 0xB2, 0x00, 0x00, 0x04, 0xFF, EMU_NO_DATA, emu_iso_read_record, "READ RECORD" },
	{ 0x00, 0xDC, 0x00, 0x00, 0x04, 0xFF, EMU_DATA, emu_iso_update_record, "UPDATE RECORD" },
	{ 0x00, 0xE2, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, emu_iso_append_record, "APPEND RECORD" },
	{ 0x80, 0x32, 0x00, 0x00, 0x04, 0xFF, EMU_NO_DATA | EMU_NO_RESPONSE, delete_record, "DELETE RECORD" },
	{ 0x00, 0xE0, 0x00, 0xFF, 0x00, 0x00, EMU_DATA, create_file, "CREATE FILE" },
	{ 0x00, 0xE4, 0x02, 0xFF, 0x00, 0xFF, EMU_DATA, delete_ef, "DELETE FILE (EF)" },
	{ 0x00, 0xE4, 0x01, 0xFF, 0x00, 0xFF, EMU_DATA, delete_df, "DELETE FILE (DF)" },
	{ 0x80, 0x34, 0x00, 0xFF, 0x00, 0xFF, EMU_NO_DATA, list_files, "LIST FILES" },
	{ 0x00, 0x84, 0x00, 0xFF, 0x00, 0xFF, EMU_NO_DATA, emu_iso_get_challenge, "GET CHALLENGE" },
	{ 0x00, 0x20, 0x00, 0xFF, 0x00, 0x00, EMU_NO_RESPONSE, a5_verify, "VERIFY" },
	{ 0x00, 0x24, 0x00, 0xFF, 0x00, 0x00, EMU_DATA, a5_change, "CHANGE REFERENCE DATA" },
	{ 0x00, 0x24, 0x01, 0xFF, 0x00, 0x00, EMU_DATA, a5_create_pin, "CREATE PIN" },
	{ 0x00, 0x2C, 0x00, 0xFF, 0x00, 0x00, EMU_DATA, a5_reset_retry, "RESET RETRY COUNTER" },
	{ 0x80, 0x2E, 0x00, 0xFF, 0x00, 0x00, EMU_NO_DATA | EMU_NO_RESPONSE, a5_logout, "LOGOUT" },
	{ 0x80, 0xD8, 0x00, 0x00, 0x00, 0xFB, EMU_DATA | EMU_CHAIN, a5_put_component, "PUT KEY COMPONENT" },
	{ 0x80, 0xB4, 0x00, 0x00, 0x00, 0xFF, EMU_NO_DATA, a5_get_component, "GET KEY COMPONENT" },
	{ 0x00, 0x46, 0x00, 0xFF, 0x00, 0xFF, EMU_DATA, a5_generate, "GENERATE KEY PAIR" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB6, 0xFF, EMU_DATA, a5_mse_set, "MSE SET (sign)" },
	{ 0x00, 0x22, 0x41, 0xFF, 0xB8, 0xFF, EMU_DATA, a5_mse_set, "MSE SET (decipher)" },
	{ 0x00, 0x2A, 0x9E, 0xFF, 0x9A, 0xFF, EMU_DATA, a5_pso_sign, "PSO COMPUTE DIGITAL SIGNATURE" },
	{ 0x00, 0x2A, 0x80, 0xFF, 0x86, 0xFF, EMU_DATA | EMU_CHAIN, a5_pso_decipher, "PSO DECIPHER" },
};
/* clang-format on */

const struct emu_applet emu_authentic5 = {
	.name = "authentic5",
	.cmds = cmds,
	.cmds_n = sizeof(cmds) / sizeof(cmds[0]),
	.control = put_fci,
	.rule = a5_rule,
	.access_n = a5_access_n,
};

/* ---- SELECT ------------------------------------------------------------------ */

/* File control information (7816-4, 7.4): 6F with 82, 83, 80 or 85, 86. */
static enum cb_err
put_fci(const struct emu_app *app, const struct emu_file *f,
    struct cb_buf *out)
{
	const uint8_t size[] = { (uint8_t)(f->size >> 8), (uint8_t)f->size };
	const uint16_t longest = emu_ef_longest(f);
	const uint8_t linear[] = { EMU_EF_LINEAR, 0x01,
		(uint8_t)(longest >> 8), (uint8_t)longest,
		(uint8_t)emu_ef_records(f) };
	const uint8_t plain[] = { f->type,
		f->type == EMU_EF_TRANSPARENT ? 0x01 : 0x00 };
	struct cb_span descriptor = CB_SPAN_OF(plain);
	struct cb_span length = CB_SPAN_OF(size);
	uint32_t tag = 0x85;
	enum cb_err r;
	size_t mark;

	(void)app;
	if (f->type == EMU_EF_LINEAR)
		descriptor = CB_SPAN_OF(linear);
	else if (f->type == EMU_EF_TRANSPARENT)
		tag = 0x80;
	else if (f->type == EMU_DF)
		length = cb_span_tail(length, 1);
	if ((r = cb_tlv_open(out, 0x6F, &mark)) != CB_OK ||
	    (r = cb_tlv_put(out, 0x82, descriptor)) != CB_OK ||
	    (r = cb_tlv_put_u16(out, 0x83, f->fid)) != CB_OK ||
	    (tag == 0x80 && (r = cb_tlv_put(out, tag, length)) != CB_OK) ||
	    (tag == 0x85 && (r = cb_tlv_put(out, tag, length)) != CB_OK) ||
	    (r = cb_tlv_put(out, 0x86,
		 cb_span(f->access, f->access_n))) != CB_OK)
		return r;
	return cb_tlv_close(out, mark);
}

/* ---- CREATE, DELETE, LIST ------------------------------------------------------- */

/* What may be made: file descriptor, and how SIZE is to be understood. */
static const struct file_form {
	uint8_t type, second;
} file_forms[] = {
	{ EMU_EF_TRANSPARENT, 0x01 },
	{ EMU_EF_LINEAR, 0x01 },
	{ EMU_DF, 0x00 },
	{ EMU_KEY_DES, 0x00 },
	{ EMU_KEY_RSA_PUBLIC, 0x00 },
	{ EMU_KEY_RSA_PRIVATE, 0x00 },
};

static bool
size_good(const struct emu_file *f)
{
	switch (f->type) {
	case EMU_KEY_RSA_PUBLIC:
	case EMU_KEY_RSA_PRIVATE:
		return f->size == 512 || f->size == 1024 || f->size == 2048;
	case EMU_KEY_DES:
		return f->size == 64 || f->size == 128 || f->size == 192;
	case EMU_EF_TRANSPARENT:
		return f->size <= 0x7FFF;
	default:
		return true;
	}
}

/* 62 (82 descriptor, 83 FID, 85 size, 86 access bytes). */
static bool
parse_create(struct cb_span in, struct emu_file *model)
{
	struct cb_span t, v;
	uint8_t type, second;

	if (cb_tlv_expect(&in, 0x62, &t) != CB_OK || cb_get_end(&in) != CB_OK)
		return false;
	if (cb_tlv_expect(&t, 0x82, &v) != CB_OK ||
	    cb_get_u8(&v, &type) != CB_OK || cb_get_u8(&v, &second) != CB_OK ||
	    cb_get_end(&v) != CB_OK ||
	    cb_tlv_expect_u16(&t, 0x83, &model->fid) != CB_OK ||
	    cb_tlv_expect_u16(&t, 0x85, &model->size) != CB_OK ||
	    cb_tlv_expect(&t, 0x86, &v) != CB_OK ||
	    v.n != a5_access_n(type, v) ||
	    cb_get_end(&t) != CB_OK)
		return false;
	memcpy(model->access, v.p, v.n);
	model->access_n = (uint8_t)v.n;
	model->type = type;
	for (size_t i = 0; i < sizeof(file_forms) / sizeof(file_forms[0]); i++)
		if (file_forms[i].type == type &&
		    file_forms[i].second == second)
			return size_good(model);
	return false;
}

static uint16_t
create_file(struct emu_call *c)
{
	struct emu_app *app = c->app;
	struct emu_file model = { 0 }, *f;
	uint16_t sw;

	if (!parse_create(c->data, &model))
		return emu_sw(c->card, EMU_ANS_CREATE_DATA);
	if (emu_fs_fid_reserved(model.fid))
		return emu_sw(c->card, EMU_ANS_RESERVED_FID);
	if ((sw = emu_allowed(app, app->df, EMU_OP_CREATE)) != SW_OK)
		return sw;
	if (emu_fs_child(app->df, model.fid) != NULL)
		return SW_FILE_EXISTS;
	if ((model.type == EMU_KEY_RSA_PRIVATE ||
		model.type == EMU_KEY_RSA_PUBLIC) &&
	    (sw = emu_policy_rsa(c->card, model.size)) != SW_OK)
		return sw;
	if ((sw = emu_fs_create(app, app->df, &model, &f)) != SW_OK)
		return sw;
	if (f->type != EMU_DF)
		app->ef = f;
	return SW_OK;
}

/* The child to delete; rights are the parent's alone. */
static uint16_t
delete_target(struct emu_call *c, struct emu_file **f)
{
	uint16_t sw;

	if ((sw = emu_iso_child(c, f)) != SW_OK)
		return sw;
	return emu_allowed(c->app, c->app->df, EMU_OP_DELETE);
}

static uint16_t
delete_ef(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = delete_target(c, &f)) != SW_OK)
		return sw;
	if (f->type == EMU_DF)
		return emu_sw(c->card, EMU_ANS_DELETE_DF_AS_EF);
	return emu_fs_delete(c->app, f);
}

static uint16_t
delete_df(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = delete_target(c, &f)) != SW_OK)
		return sw;
	if (f->type != EMU_DF)
		return emu_sw(c->card, EMU_ANS_DELETE_EF_AS_DF);
	if (f->child != NULL)
		return emu_sw(c->card, EMU_ANS_DELETE_NOT_EMPTY);
	return emu_fs_delete(c->app, f);
}

static uint16_t
list_files(struct emu_call *c)
{
	size_t room = c->ne != 0 ? c->ne : 256;
	uint16_t sw;

	if ((sw = emu_allowed(c->app, c->app->df, EMU_OP_LIST)) != SW_OK)
		return sw;
	for (const struct emu_file *f = c->app->df->child;
	    f != NULL && c->rsp->n + 2 <= room; f = f->next)
		if (cb_put_u16(c->rsp, f->fid) != CB_OK)
			return SW_UNKNOWN;
	return SW_OK;
}

static uint16_t
delete_record(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if (c->app->ef != NULL && c->app->ef->type != EMU_EF_LINEAR)
		return emu_sw(c->card, EMU_ANS_WRONG_FILE_TYPE);
	if ((sw = emu_iso_current(c, EMU_OP_ERASE, &f)) != SW_OK)
		return sw;
	return emu_ef_record_delete(c->app, f, c->p1);
}
