/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The content language of profiles: small expressions that become the bytes
 * of a file, a record or the CPLC ("lv16('Authentication')",
 * "key.auth.modulus"). The grammar is in template.c and, for people, in
 * cardbridge-profile(5).
 */
#ifndef EMU_TEMPLATE_H
#define EMU_TEMPLATE_H

#include "emulator/profile.h"

struct emu_tpl_key {
	struct cb_span modulus;	/* full length */
	struct cb_span exponent; /* no leading zeros */
};

struct emu_tpl_cert {
	struct cb_span der, subject, issuer, serial; /* DER, whole objects */
	bool self_signed;
};

/* What the names in an expression stand for. All borrowed. */
struct emu_tpl {
	const struct emu_profile *profile;
	const struct emu_pf_app *app;	/* whose files and pins; NULL: none */
	const struct emu_env *env;	/* random() and guid() */
	struct cb_span label, serial, user;
	const struct emu_tpl_key *keys;	/* one for each of profile->keys */
	const struct emu_tpl_cert *certs; /* one for each of profile->certs */
	const struct cb_span *unblock;	/* one for each of app->pins */
};

/* Appends the bytes. CB_E_ARG: *why names file, line and what is wrong. */
CB_MUST_USE enum cb_err emu_template_eval(const struct emu_tpl *t,
    const struct emu_terms *terms, struct cb_buf *out, struct cb_why *why);

/* The bytes of a transparent file as it starts: content, then zeros up to
 * its size. CB_E_ARG: longer than its size. */
CB_MUST_USE enum cb_err emu_template_file(const struct emu_tpl *t,
    const struct emu_pf_file *f, struct cb_buf *out, struct cb_why *why);

/* Reads expressions without values: syntax, names, and lengths as far as
 * they do not depend on keys, certificates or wishes. *n: how long they are
 * at least; *exact: and at most. */
CB_MUST_USE enum cb_err emu_template_check(const struct emu_profile *profile,
    const struct emu_pf_app *app, const struct emu_terms *terms, size_t *n,
    bool *exact, struct cb_why *why);

#endif
