/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Laying out a new card: a profile's tables and somebody's wishes become
 * files, PINs and contents, in one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ct.h"
#include "common/hex.h"
#include "emulator/applets/applet.h"
#include "emulator/crypto/cert.h"
#include "emulator/domain.h"
#include "emulator/published.h"
#include "emulator/template.h"

const char emu_test_pin[] = "123456", emu_test_so_pin[] = "87654321";

#define USER_DIGITS 12	/* the user's number in a certificate */

/* Everything that exists while a card is being made. */
struct make {
	const struct emu_profile *profile;
	const struct emu_make *wish;
	const struct emu_env *env;
	struct cb_why *why;
	struct emu_card *card;
	char user[USER_DIGITS + 1];
	struct cb_buf serial;
	/* one for each of the profile's */
	struct emu_rsa **keys;
	struct emu_rsa_parts *key_parts;
	struct cb_buf *certs;		/* DER */
	struct cb_buf *published;	/* a key's published certificate */
	struct emu_tpl_key *tpl_keys;
	struct emu_tpl_cert *tpl_certs;
	struct emu_tpl tpl;
};

static enum cb_err
refuse(struct make *m, const char *what)
{
	cb_why_set(m->why, "%s", what);
	return CB_E_ARG;
}

/* ---- wishes -------------------------------------------------------------------- */

static enum cb_err
make_policy(struct make *m)
{
	struct emu_policy *p = &m->card->policy;
	const struct emu_make *w = m->wish;

	*p = w->test ? m->profile->test : m->profile->live;
	if (w->tries > 15)
		return refuse(m, "--tries: at most 15 are possible");
	if (w->tries > p->tries) {
		if (!w->test) {
			cb_why_set(m->why,
			    "--tries %u: the policy of a live card allows at "
			    "most %u",
			    w->tries, p->tries);
			return CB_E_ARG;
		}
	}
	if (w->tries != 0)
		p->tries = (uint8_t)w->tries;
	if (w->scrypt_log2n != 0) {
		if (w->scrypt_log2n < 10 || w->scrypt_log2n > 20)
			return refuse(m, "scrypt: log2 of N is 10 to 20");
		if (!w->test && w->scrypt_log2n < p->scrypt_log2n)
			return refuse(m, "scrypt: a live card takes no "
					 "cheaper one than its profile's");
		p->scrypt_log2n = (uint8_t)w->scrypt_log2n;
	}
	return CB_OK;
}

static enum cb_err
make_atr(struct make *m)
{
	struct emu_info *info = &m->card->info;
	struct cb_buf atr = CB_BUF_INIT_MAX(CB_ATR_MAX);
	struct cb_atr parsed;
	const char *text = m->wish->atr;
	enum cb_err r;

	if (text == NULL) {
		memcpy(info->atr, m->profile->atrs[0].p, CB_ATR_MAX);
		info->atr_n = m->profile->atrs[0].n;
		return CB_OK;
	}
	if ((r = cb_hex_decode(&atr, text, strlen(text))) != CB_OK ||
	    (r = cb_atr_parse(&parsed, cb_buf_span(&atr))) != CB_OK) {
		cb_why_set(m->why, "--atr %s: not an answer-to-reset (ISO "
				   "7816-3, 8.2); check its digits and the "
				   "check byte", text);
		r = CB_E_ARG;
		goto out;
	}
	if (!m->wish->test &&
	    !cb_span_equal(cb_buf_span(&atr),
		cb_span(m->profile->atrs[0].p, m->profile->atrs[0].n))) {
		r = refuse(m, "--atr: only a card marked --test may answer "
			      "another ATR than its profile's first");
		goto out;
	}
	memcpy(info->atr, atr.p, atr.n);
	info->atr_n = atr.n;
out:
	cb_buf_free(&atr);
	return r;
}

static enum cb_err
make_serial(struct make *m)
{
	const unsigned n = m->profile->serial_n;
	const char *text = m->wish->serial;
	uint8_t *p;
	enum cb_err r;

	if (text == NULL) {
		if ((r = cb_buf_grow(&m->serial, n, &p)) == CB_OK)
			r = m->env->random(m->env->ctx, p, n);
	} else {
		r = cb_hex_decode(&m->serial, text, strlen(text));
		if (r != CB_OK || m->serial.n != n) {
			cb_why_set(m->why,
			    "--serial %s: expected %u hexadecimal digits",
			    text, 2 * n);
			r = CB_E_ARG;
		}
	}
	if (r == CB_OK)
		cb_hex_encode(m->card->info.serial,
		    sizeof(m->card->info.serial), cb_buf_span(&m->serial));
	return r;
}

static enum cb_err
make_label(struct make *m)
{
	const char *label =
	    m->wish->label != NULL ? m->wish->label : m->profile->label;
	size_t n = strlen(label);

	if (n > m->profile->label_max || n >= sizeof(m->card->info.label)) {
		cb_why_set(m->why, "--label: at most %u characters",
		    m->profile->label_max);
		return CB_E_ARG;
	}
	if (n == 0)
		return refuse(m, "--label: a card has a label");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)label[i] < 0x20 || label[i] == 0x7F)
			return refuse(m, "--label: control characters");
	memcpy(m->card->info.label, label, n + 1);
	return CB_OK;
}

static enum cb_err
make_user(struct make *m)
{
	uint8_t raw[USER_DIGITS];
	enum cb_err r;

	if ((r = m->env->random(m->env->ctx, raw, sizeof(raw))) != CB_OK)
		return r;
	for (size_t i = 0; i < sizeof(raw); i++)
		m->user[i] = (char)('0' + raw[i] % 10);
	m->user[USER_DIGITS] = '\0';
	return CB_OK;
}

/* ---- keys and certificates --------------------------------------------------------- */

static enum cb_err
make_key(struct make *m, unsigned i)
{
	const struct emu_pf_key *k = &m->profile->keys[i];
	struct emu_rsa_parts parts = { 0 };
	enum cb_err r;

	if (k->bits < m->card->policy.rsa_min) {
		cb_why_set(m->why,
		    "%s:%u: key %s has %u bits; the card's policy wants at "
		    "least %u",
		    m->profile->file, k->line, k->name, k->bits,
		    m->card->policy.rsa_min);
		return CB_E_ARG;
	}
	if (m->wish->keys_from == NULL) {
		r = emu_rsa_generate(&m->keys[i], k->bits, CB_SPAN_EMPTY);
	} else if (k->published == NULL) {
		cb_why_set(m->why,
		    "%s:%u: key %s names no section of a published keys file",
		    m->profile->file, k->line, k->name);
		r = CB_E_ARG;
	} else {
		r = emu_published_read(m->wish->keys_from, k->published,
		    &parts, &m->published[i], m->why);
		if (r == CB_OK &&
		    (r = emu_rsa_load(&m->keys[i], &parts)) != CB_OK)
			cb_why_set(m->why,
			    "%s: section [%s] does not hold an RSA key",
			    m->wish->keys_from, k->published);
		if (r == CB_OK && emu_rsa_bytes(m->keys[i]) * 8 != k->bits) {
			cb_why_set(m->why,
			    "%s: section [%s]: the profile wants %u bits",
			    m->wish->keys_from, k->published, k->bits);
			r = CB_E_ARG;
		}
	}
	emu_rsa_parts_free(&parts);
	if (r == CB_OK)
		r = emu_rsa_parts(m->keys[i], &m->key_parts[i]);
	if (r != CB_OK)
		return r;
	m->tpl_keys[i].modulus = cb_buf_span(&m->key_parts[i].n);
	m->tpl_keys[i].exponent = cb_buf_span(&m->key_parts[i].e);
	return CB_OK;
}

static enum cb_err
make_cert(struct make *m, unsigned i)
{
	const struct emu_pf_cert *pf = &m->profile->certs[i];
	struct emu_tpl_cert *out = &m->tpl_certs[i];
	struct emu_cert_wish wish = {
		.user = m->user,
		.usage = pf->usage,
		.test = m->wish->test,
		.now = m->env->utc(m->env->ctx),
	};
	struct emu_cert_parts parts;
	enum cb_err r;

	if (m->published[pf->key].n > 0) {
		r = cb_buf_set(
		    &m->certs[i], cb_buf_span(&m->published[pf->key]));
	} else {
		r = m->env->random(
		    m->env->ctx, wish.serial, sizeof(wish.serial));
		if (r == CB_OK)
			r = emu_cert_make(
			    m->keys[pf->key], &wish, &m->certs[i]);
	}
	if (r != CB_OK)
		return r;
	out->der = cb_buf_span(&m->certs[i]);
	if ((r = emu_cert_parse(out->der, &parts)) != CB_OK) {
		cb_why_set(m->why, "the certificate %s does not parse",
		    pf->name);
		return r;
	}
	if (!cb_span_equal(
		parts.modulus, m->tpl_keys[pf->key].modulus)) {
		cb_why_set(m->why,
		    "the certificate %s does not belong to its key",
		    pf->name);
		return CB_E_ARG;
	}
	out->subject = parts.subject;
	out->issuer = parts.issuer;
	out->serial = parts.serial;
	out->self_signed = cb_span_equal(parts.subject, parts.issuer);
	return CB_OK;
}

static enum cb_err
make_keys(struct make *m)
{
	const struct emu_profile *p = m->profile;
	enum cb_err r = CB_OK;

	m->keys = calloc(p->keys_n + 1, sizeof(*m->keys));
	m->key_parts = calloc(p->keys_n + 1, sizeof(*m->key_parts));
	m->published = calloc(p->keys_n + 1, sizeof(*m->published));
	m->certs = calloc(p->certs_n + 1, sizeof(*m->certs));
	m->tpl_keys = calloc(p->keys_n + 1, sizeof(*m->tpl_keys));
	m->tpl_certs = calloc(p->certs_n + 1, sizeof(*m->tpl_certs));
	if (m->keys == NULL || m->key_parts == NULL || m->published == NULL ||
	    m->certs == NULL || m->tpl_keys == NULL || m->tpl_certs == NULL)
		return CB_E_NOMEM;
	if (m->wish->blank)
		return CB_OK;
	for (unsigned i = 0; r == CB_OK && i < p->keys_n; i++)
		r = make_key(m, i);
	for (unsigned i = 0; r == CB_OK && i < p->certs_n; i++)
		r = make_cert(m, i);
	return r;
}

static void
make_free(struct make *m)
{
	for (unsigned i = 0; m->keys != NULL && i < m->profile->keys_n; i++)
		emu_rsa_free(&m->keys[i]);
	for (unsigned i = 0;
	    m->key_parts != NULL && i < m->profile->keys_n; i++)
		emu_rsa_parts_free(&m->key_parts[i]);
	for (unsigned i = 0;
	    m->published != NULL && i < m->profile->keys_n; i++)
		cb_buf_free(&m->published[i]);
	for (unsigned i = 0; m->certs != NULL && i < m->profile->certs_n; i++)
		cb_buf_free(&m->certs[i]);
	free(m->keys);
	free(m->key_parts);
	free(m->published);
	free(m->certs);
	free(m->tpl_keys);
	free(m->tpl_certs);
	cb_buf_free(&m->serial);
}

/* ---- one application ------------------------------------------------------------------ */

static enum cb_err
sw_err(struct make *m, uint16_t sw, const char *what)
{
	if (sw == SW_OK)
		return CB_OK;
	if (sw == SW_NO_SPACE) {
		cb_why_set(m->why,
		    "%s:%u: the card's size (%u bytes) is too small for its "
		    "files",
		    m->profile->file, m->profile->size_line,
		    m->profile->size);
		return CB_E_ARG;
	}
	cb_why_set(m->why, "%s could not be made (status word %04X)", what, sw);
	return sw == SW_MEMORY_FAILURE ? CB_E_STORE : CB_E_INTERNAL;
}

/* Files of the profile that this card gets, NULL for the others. */
static enum cb_err
app_files(struct make *m, struct emu_app *app, const struct emu_pf_app *pf,
    struct emu_file **made)
{
	enum cb_err r = CB_OK;

	for (unsigned i = 0; r == CB_OK && i < pf->files_n; i++) {
		const struct emu_pf_file *file = &pf->files[i];
		struct emu_file model = { .fid = file->fid,
			.type = file->type, .size = file->size,
			.access_n = file->access_n, .sfi = file->sfi,
			.template = file->template, .commits = file->commits,
			.name_n = file->name_n };
		struct emu_file *parent = NULL;

		if (m->wish->blank && !file->blank)
			continue;
		if (file->fit) {
			struct cb_buf content = CB_BUF_INIT;

			r = emu_template_file(
			    &m->tpl, file, &content, m->why);
			model.size = (uint16_t)content.n;
			cb_buf_free(&content);
			if (r != CB_OK)
				return r;
		}
		if (file->parent != EMU_PF_NONE)
			parent = made[file->parent];
		memcpy(model.access, file->access, sizeof(model.access));
		memcpy(model.name, file->name, sizeof(model.name));
		r = sw_err(m, emu_fs_create(app, parent, &model, &made[i]),
		    file->path);
	}
	return r;
}

static enum cb_err
app_pin(struct make *m, struct emu_app *app, const struct emu_pf_pin *pf,
    struct emu_file *const *made, struct cb_span unblock)
{
	struct emu_pin_def def = {
		.owner = made[pf->owner],
		.ref = pf->ref,
		.role = (uint8_t)pf->role,
		.tries = pf->tries,
		.unblock_tries = pf->unblock_tries,
		.unblock = unblock,
		.min = pf->min,
		.max = pf->max,
		.access = cb_span(pf->access, pf->access_n),
		.join = pf->role == EMU_ROLE_SO,
		.open = pf->role == EMU_ROLE_SO,
	};

	def.pin = pf->role == EMU_ROLE_SO ? m->wish->so_pin
					  : m->wish->user_pin;
	if (m->wish->tries != 0 && pf->role == EMU_ROLE_USER)
		def.tries = def.unblock_tries = m->wish->tries;
	/* A profile may name what its model has; the ceiling is policy. */
	if (def.tries > m->card->policy.tries)
		def.tries = m->card->policy.tries;
	if (def.unblock_tries > m->card->policy.tries)
		def.unblock_tries = m->card->policy.tries;
	if (emu_pin_fits(m->card, def.min, def.max, def.pin, m->why) != SW_OK)
		return CB_E_ARG;
	if (pf->role != EMU_ROLE_SO)
		def.escrow =
		    emu_domain_by_role(app, def.owner, EMU_ROLE_SO);
	if (m->wish->unblock != NULL && pf->role == EMU_ROLE_USER &&
	    cb_buf_set(m->wish->unblock, unblock) != CB_OK)
		return CB_E_NOMEM;
	return sw_err(m, emu_pin_create(app, &def), pf->name);
}

/* SO first, and of these the card's own before one of a directory: the later
 * share the domain of those above, and other PINs are sealed to it as well. */
static unsigned
pin_turn(const struct emu_pf_app *pf, const struct emu_pf_pin *pin)
{
	if (pin->role != EMU_ROLE_SO)
		return 2;
	return pf->files[pin->owner].parent == EMU_PF_NONE ? 0 : 1;
}

static enum cb_err
app_pins(struct make *m, struct emu_app *app, const struct emu_pf_app *pf,
    struct emu_file *const *made, const struct cb_span *unblock)
{
	enum cb_err r = CB_OK;

	for (unsigned turn = 0; turn <= 2; turn++) {
		for (unsigned i = 0; r == CB_OK && i < pf->pins_n; i++) {
			const struct emu_pf_pin *pin = &pf->pins[i];

			if (pin_turn(pf, pin) != turn ||
			    (m->wish->blank && !pin->blank))
				continue;
			r = app_pin(m, app, pin, made, unblock[i]);
		}
	}
	return r;
}

static enum cb_err
file_fill(struct make *m, struct emu_app *app, const struct emu_pf_file *pf,
    struct emu_file *f)
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r = CB_OK;

	if (pf->key != EMU_PF_NONE && !m->wish->blank) {
		const struct emu_rsa *key = m->keys[pf->key];

		r = sw_err(m,
		    f->type == EMU_KEY_RSA_PRIVATE
			? emu_key_store_private(app, f, key)
			: emu_key_store_public(app, f, key),
		    pf->path);
	}
	if (pf->content.n > 0 && (!m->wish->blank || pf->blank_content) &&
	    r == CB_OK &&
	    (r = emu_template_file(&m->tpl, pf, &b, m->why)) == CB_OK)
		r = sw_err(
		    m, emu_ef_write(app, f, 0, cb_buf_span(&b)), pf->path);
	for (unsigned i = 0; r == CB_OK && i < pf->records_n; i++) {
		cb_buf_clear(&b);
		r = emu_template_eval(&m->tpl, &pf->records[i], &b, m->why);
		if (r == CB_OK)
			r = sw_err(m,
			    emu_ef_record_append(app, f, cb_buf_span(&b)),
			    pf->path);
	}
	cb_buf_free(&b);
	return r;
}

static enum cb_err
make_app(struct make *m, struct emu_app *app, const struct emu_pf_app *pf)
{
	struct emu_file **made = NULL;
	struct cb_span *unblock = NULL;
	struct cb_buf values = CB_BUF_INIT;
	enum cb_err r = CB_E_NOMEM;
	uint8_t *p;
	size_t n = 0;

	if ((app->applet = emu_applet_find(pf->applet)) == NULL) {
		cb_why_set(m->why, "%s:%u: there is no applet \"%s\"",
		    m->profile->file, pf->line, pf->applet);
		return CB_E_ARG;
	}
	app->keep_verified = pf->keep_verified;
	app->bare_fcp = pf->bare_fcp;
	app->silent_names = pf->silent_names;
	app->from_reset = pf->from_reset;
	app->aid_n = pf->aid_n;
	memcpy(app->aid, pf->aid, sizeof(app->aid));
	made = calloc(pf->files_n + 1, sizeof(*made));
	unblock = calloc(pf->pins_n + 1, sizeof(*unblock));
	for (unsigned i = 0; i < pf->pins_n; i++)
		n += pf->pins[i].unblock_n;
	if (made == NULL || unblock == NULL ||
	    cb_buf_grow(&values, n + 1, &p) != CB_OK ||
	    (r = m->env->random(m->env->ctx, p, n + 1)) != CB_OK)
		goto out;
	for (unsigned i = 0; i < pf->pins_n; i++) {
		unblock[i] = cb_span(p, pf->pins[i].unblock_n);
		p += pf->pins[i].unblock_n;
	}
	m->tpl.app = pf;
	m->tpl.unblock = unblock;
	if ((r = app_files(m, app, pf, made)) != CB_OK ||
	    (r = app_pins(m, app, pf, made, unblock)) != CB_OK)
		goto out;
	/* Objects first: rules ask them who guards the other contents. */
	for (unsigned turn = 0; turn <= 1; turn++)
		for (unsigned i = 0; r == CB_OK && i < pf->files_n; i++)
			if (made[i] != NULL &&
			    (pf->files[i].type == EMU_OBJECT) == (turn == 0))
				r = file_fill(m, app, &pf->files[i], made[i]);
out:
	emu_pins_logout(app);
	m->tpl.app = NULL;
	m->tpl.unblock = NULL;
	free(made);
	free(unblock);
	cb_buf_free(&values);
	return r;
}

/* ---- the card --------------------------------------------------------------------------- */

static enum cb_err
make_cplc(struct make *m)
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	r = emu_template_eval(&m->tpl, &m->profile->cplc, &b, m->why);
	if (r == CB_OK && b.n != EMU_CPLC_N)
		r = refuse(m, "the profile's cplc is not 42 bytes");
	if (r == CB_OK)
		memcpy(m->card->cplc, b.p, EMU_CPLC_N);
	cb_buf_free(&b);
	return r;
}

static enum cb_err
make_head(struct make *m)
{
	const struct emu_profile *p = m->profile;
	struct emu_card *card = m->card;
	enum cb_err r;

	if (!m->wish->test && m->wish->keys_from != NULL)
		return refuse(m, "--keys-from: published keys go on a card "
				 "marked --test only");
	card->info.test = m->wish->test;
	card->info.max_apdu = p->max_apdu;
	snprintf(card->info.profile, sizeof(card->info.profile), "%s",
	    p->name);
	card->size = p->size;
	card->cm_aid_n = p->cm_aid_n;
	memcpy(card->cm_aid, p->cm_aid, sizeof(card->cm_aid));
	memcpy(card->answers, p->answers, sizeof(card->answers));
	card->has_service = m->wish->service != NULL;
	if (card->has_service)
		memcpy(card->service, m->wish->service, EMU_KEY);
	if ((r = m->env->random(
		 m->env->ctx, card->uuid, sizeof(card->uuid))) != CB_OK ||
	    (r = make_policy(m)) != CB_OK || (r = make_atr(m)) != CB_OK ||
	    (r = make_serial(m)) != CB_OK || (r = make_label(m)) != CB_OK ||
	    (r = make_user(m)) != CB_OK || (r = make_keys(m)) != CB_OK)
		return r;
	m->tpl = (struct emu_tpl){
		.profile = p,
		.env = m->env,
		.label = cb_span_str(card->info.label),
		.serial = cb_buf_span(&m->serial),
		.user = cb_span_str(m->user),
		.keys = m->tpl_keys,
		.certs = m->tpl_certs,
	};
	return make_cplc(m);
}

enum cb_err
emu_card_make(struct emu_nvm *nvm, const struct emu_profile *profile,
    const struct emu_make *wish, const struct emu_env *env, struct cb_why *why)
{
	struct make m = { .profile = profile, .wish = wish, .env = env,
		.why = why };
	enum cb_err r = CB_E_NOMEM;

	if ((m.card = calloc(1, sizeof(*m.card))) == NULL)
		return r;
	m.card->nvm = nvm;
	m.card->env = env;
	if ((r = make_head(&m)) != CB_OK)
		goto out;
	for (unsigned i = 0; r == CB_OK && i < profile->apps_n; i++) {
		struct emu_app *app = &m.card->apps[i];

		app->card = m.card;
		app->no = i;
		m.card->apps_n = i + 1;
		r = make_app(&m, app, &profile->apps[i]);
	}
	if (r == CB_OK)
		r = sw_err(&m, emu_store_card(m.card), "the card's record");
	if (r == CB_OK && emu_store_commit(m.card, EMU_NVM_ANSWER) != SW_OK) {
		cb_why_set(why, "the new card could not be stored: the disk "
				"is full, or the name was taken meanwhile");
		r = CB_E_STORE;
	}
out:
	emu_store_rollback(m.card);
	emu_card_unload(m.card);
	free(m.card);
	make_free(&m);
	cb_wipe_stack();
	return r;
}
