/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Reading groups of settings by table: profile.c and profile_app.c say which
 * settings a group has and where their values go; this refuses all others,
 * names the line, and remembers the first mistake (later calls do nothing).
 */
#ifndef EMU_PROFILE_READ_H
#define EMU_PROFILE_READ_H

#include <libconfig.h>

#include "emulator/profile.h"

struct pf {
	struct emu_profile *p;
	struct emu_pf_app *app;	/* the one being read, or NULL */
	const char *source;	/* the whole text */
	struct cb_why *why;
	enum cb_err r;
};

enum pf_kind {
	PF_NAME,	/* const char *: [a-z][a-z0-9_-]*, at most 31 */
	PF_TEXT,	/* const char *, not empty */
	PF_BOOL,	/* bool */
	PF_U8,		/* uint8_t, min..max */
	PF_U16,		/* uint16_t */
	PF_U32,		/* uint32_t */
	PF_TERMS,	/* struct emu_terms */
	PF_OTHER,	/* fn */
};

struct pf_field {
	const char *name;
	enum pf_kind kind;
	size_t off;		/* of the value in base */
	bool need;
	long min, max;
	void (*fn)(struct pf *c, config_setting_t *at, void *base);
};

/* Remembers a mistake found at a setting. */
void pf_fail(struct pf *c, const config_setting_t *at, const char *fmt, ...)
    CB_PRINTF(3, 4);
/* Fills base from a group, in the order of the table. What the group does
 * not say stays as it is; what it must say and does not is a mistake. */
void pf_group(struct pf *c, config_setting_t *group,
    const struct pf_field *fields, size_t n, void *base);
/* A list or array of min..max elements; how many, 0 after a mistake. */
unsigned pf_list(struct pf *c, config_setting_t *at, unsigned max);
/* One string, or a list of them; may be empty. */
void pf_terms(struct pf *c, config_setting_t *at, struct emu_terms *out);
void pf_terms_free(struct emu_terms *terms);
/* Hexadecimal text of min..max bytes. */
void pf_hex(struct pf *c, const config_setting_t *at, uint8_t *out,
    size_t min, size_t max, uint8_t *n);
/* The string of a setting; "" after a mistake. */
const char *pf_text(struct pf *c, const config_setting_t *at);
unsigned pf_line(const struct pf *c, const config_setting_t *at);
void *pf_calloc(struct pf *c, size_t n, size_t size);

/* profile_app.c: one element of `applications`. */
void pf_app_read(struct pf *c, config_setting_t *at, struct emu_pf_app *app);
void pf_app_free(struct emu_pf_app *app);

#endif
