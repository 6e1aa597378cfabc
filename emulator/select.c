/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * SELECT of files (7816-4, 11.2.2), and which of its freedoms a kind of card
 * takes. A file that is not found changes nothing.
 */
#include "emulator/applets/applet.h"
#include "emulator/iso_cmds.h"

#define FID_MF 0x3F00
#define P2_NO_ANSWER 0x0C

static bool
has(const struct emu_app *app, unsigned flag)
{
	return (app->applet->select & flag) != 0;
}

/* The identifier that is the whole data field. */
static uint16_t
get_fid(const struct emu_call *c, uint16_t *fid)
{
	struct cb_span in = c->data;

	if (cb_get_u16(&in, fid) != CB_OK || cb_get_end(&in) != CB_OK)
		return SW_WRONG_LENGTH;
	return SW_OK;
}

static struct emu_file *
child(const struct emu_app *app, const struct emu_file *df, uint16_t fid)
{
	return has(app, EMU_SELECT_NO_KEYS) ? emu_fs_no_key(df, fid)
					    : emu_fs_child(df, fid);
}

uint16_t
emu_iso_child(const struct emu_call *c, struct emu_file **f)
{
	uint16_t fid, sw;

	*f = NULL;
	if ((sw = get_fid(c, &fid)) != SW_OK)
		return sw;
	*f = child(c->app, c->app->df, fid);
	return *f != NULL ? SW_OK : SW_FILE_NOT_FOUND;
}

uint16_t
emu_select_file(struct emu_call *c, struct emu_file *f)
{
	if (f == NULL)
		return SW_FILE_NOT_FOUND;
	c->app->df = f->type == EMU_DF ? f : f->parent;
	c->app->ef = f->type == EMU_DF ? NULL : f;
	if (c->p2 == P2_NO_ANSWER)
		return SW_OK;
	return c->app->applet->control(c->app, f, c->rsp) == CB_OK
	    ? SW_OK
	    : SW_UNKNOWN;
}

/* The current DF, its parent, the parent's children. */
static struct emu_file *
around(const struct emu_app *app, uint16_t fid)
{
	struct emu_file *df = app->df, *up = df->parent;

	if (df->fid == fid)
		return df;
	if (up == NULL)
		return NULL;
	return up->fid == fid ? up : child(app, up, fid);
}

uint16_t
emu_iso_select_fid(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t fid, sw;

	if (c->data.n == 0)
		return emu_select_file(c, c->app->mf);
	if ((sw = get_fid(c, &fid)) != SW_OK)
		return sw;
	f = fid == FID_MF ? c->app->mf : child(c->app, c->app->df, fid);
	if (f == NULL && has(c->app, EMU_SELECT_AROUND))
		f = around(c->app, fid);
	return emu_select_file(c, f);
}

uint16_t
emu_iso_select_parent(struct emu_call *c)
{
	struct emu_file *df = c->app->df;

	return emu_select_file(c, df->parent != NULL ? df->parent : df);
}

static struct emu_file *
follow(struct emu_call *c, struct cb_span path, struct emu_file *f)
{
	uint16_t fid;

	while (f != NULL && cb_get_u16(&path, &fid) == CB_OK)
		f = f->type == EMU_DF ? child(c->app, f, fid) : NULL;
	return f;
}

/* Does it begin with 3F00? Takes that off then. */
static bool
from_mf(struct cb_span *path)
{
	struct cb_span ahead = *path;
	uint16_t fid;

	if (cb_get_u16(&ahead, &fid) != CB_OK || fid != FID_MF)
		return false;
	*path = ahead;
	return true;
}

uint16_t
emu_iso_select_path(struct emu_call *c)
{
	struct cb_span path = c->data;

	if (path.n == 0 || path.n % 2 != 0)
		return SW_WRONG_LENGTH;
	if (has(c->app, EMU_SELECT_MF_NAMED))
		(void)from_mf(&path);
	return emu_select_file(c, follow(c, path, c->app->mf));
}

uint16_t
emu_iso_select_path_here(struct emu_call *c)
{
	struct cb_span path = c->data;
	struct emu_file *f = c->app->df;
	bool again = has(c->app, EMU_SELECT_PATH_RETRY);

	if (path.n == 0 || path.n % 2 != 0)
		return SW_WRONG_LENGTH;
	if (again && from_mf(&path))
		f = c->app->mf;
	if ((f = follow(c, path, f)) == NULL && again)
		f = follow(c, path, c->app->mf);
	return emu_select_file(c, f);
}

uint16_t
emu_iso_select_child(struct emu_call *c)
{
	uint16_t fid, sw;

	if ((sw = get_fid(c, &fid)) != SW_OK)
		return sw;
	return emu_select_file(c, child(c->app, c->app->df, fid));
}

uint16_t
emu_iso_select_ef(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t fid, sw;

	if ((sw = get_fid(c, &fid)) != SW_OK)
		return sw;
	f = fid == FID_MF ? c->app->mf : child(c->app, c->app->df, fid);
	if (f != NULL && f->type == EMU_DF && f != c->app->mf)
		f = NULL;
	return emu_select_file(c, f);
}
