/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Profiles: opening the file, following an alias, and everything that is the
 * card's own. Its applications are read by profile_app.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/atr.h"
#include "common/ct.h"
#include "common/text.h"
#include "emulator/crypto/cert.h"
#include "emulator/profile_read.h"
#include "emulator/template.h"

#define FILE_MAX (1 << 20)
#define LABEL_MAX 32		/* as struct emu_info has it */
#define KEYS_MAX 64
/* kdf.c takes no more for one derivation. */
#define SCRYPT_MIB_MAX 256
#define DRAWN_DIGITS 8
#define DRAWN_LETTERS 12
#define N(table) (sizeof(table) / sizeof((table)[0]))

static void read_atrs(struct pf *, config_setting_t *, void *);
static void read_cm_aid(struct pf *, config_setting_t *, void *);
static void read_policies(struct pf *, config_setting_t *, void *);
static void read_live(struct pf *, config_setting_t *, void *);
static void read_test(struct pf *, config_setting_t *, void *);
static void read_characters(struct pf *, config_setting_t *, void *);
static void read_answers(struct pf *, config_setting_t *, void *);
static void read_keys(struct pf *, config_setting_t *, void *);
static void read_bits(struct pf *, config_setting_t *, void *);
static void read_certs(struct pf *, config_setting_t *, void *);
static void read_cert_key(struct pf *, config_setting_t *, void *);
static void read_usage(struct pf *, config_setting_t *, void *);
static void read_cplc(struct pf *, config_setting_t *, void *);
static void read_apps(struct pf *, config_setting_t *, void *);

#define AT(m) offsetof(struct emu_profile, m)
static const struct pf_field card_fields[] = {
	/* name          kind      offset          need   min  max       fn */
	{ "name",         PF_NAME,  AT(name),       true,  0, 0, NULL },
	{ "label",        PF_TEXT,  AT(label),      true,  0, 0, NULL },
	{ "label_max",    PF_U32,   AT(label_max),  true,  1, LABEL_MAX, NULL },
	{ "serial_bytes", PF_U32,   AT(serial_n),   true,  1,
	    EMU_PF_SERIAL_MAX, NULL },
	{ "atrs",         PF_OTHER, 0,              true,  0, 0, read_atrs },
	{ "card_manager", PF_OTHER, 0,              true,  0, 0, read_cm_aid },
	{ "size",         PF_U32,   AT(size),       true,  1024, 1 << 24,
	    NULL },
	{ "max_apdu",     PF_U32,   AT(max_apdu),   true,  256, 65536, NULL },
	{ "policy",       PF_OTHER, 0,              true,  0, 0,
	    read_policies },
	{ "answers",      PF_OTHER, 0,              false, 0, 0,
	    read_answers },
	{ "keys",         PF_OTHER, 0,              false, 0, 0, read_keys },
	{ "certificates", PF_OTHER, 0,              false, 0, 0, read_certs },
	{ "cplc",         PF_OTHER, 0,              true,  0, 0, read_cplc },
	{ "applications", PF_OTHER, 0,              true,  0, 0, read_apps },
};
#undef AT

static const struct pf_field policies_fields[] = {
	{ "live", PF_OTHER, 0, true, 0, 0, read_live },
	{ "test", PF_OTHER, 0, true, 0, 0, read_test },
};

#define AT(m) offsetof(struct emu_policy, m)
static const struct pf_field policy_fields[] = {
	{ "tries",          PF_U8,    AT(tries),         true, 1, 15, NULL },
	{ "pin_min",        PF_U8,    AT(pin_min),       true, 1, 64, NULL },
	{ "pin_max",        PF_U8,    AT(pin_max),       true, 1, 64, NULL },
	{ "pin_characters", PF_OTHER, 0,                 true, 0, 0,
	    read_characters },
	{ "rsa_min",        PF_U16,   AT(rsa_min),       true, 512, 4096,
	    NULL },
	{ "idle_seconds",   PF_U32,   AT(idle_s),        true, 0, 1 << 30,
	    NULL },
	{ "total_seconds",  PF_U32,   AT(total_s),       true, 0, 1 << 30,
	    NULL },
	{ "scrypt_log2n",   PF_U8,    AT(scrypt_log2n),  true, 10, 20, NULL },
	{ "scrypt_r",       PF_U8,    AT(scrypt_r),      false, 1, 32, NULL },
	{ "scrypt_p",       PF_U8,    AT(scrypt_p),      false, 1, 32, NULL },
};
#undef AT

#define AT(m) offsetof(struct emu_pf_key, m)
static const struct pf_field key_fields[] = {
	{ "name",      PF_NAME,  AT(name),      true,  0, 0, NULL },
	{ "bits",      PF_OTHER, 0,             true,  0, 0, read_bits },
	{ "published", PF_TEXT,  AT(published), false, 0, 0, NULL },
};
#undef AT

#define AT(m) offsetof(struct emu_pf_cert, m)
static const struct pf_field cert_fields[] = {
	{ "name",  PF_NAME,  AT(name), true, 0, 0, NULL },
	{ "key",   PF_OTHER, 0,        true, 0, 0, read_cert_key },
	{ "usage", PF_OTHER, 0,        true, 0, 0, read_usage },
};
#undef AT

/* ---- one setting each ---------------------------------------------------- */

static void
read_atrs(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	struct cb_atr parsed;

	p->atrs_n = pf_list(c, at, EMU_PF_ATRS_MAX);
	if (p->atrs_n == 0)
		pf_fail(c, at, "atrs: at least one is needed");
	for (unsigned i = 0; i < p->atrs_n && c->r == CB_OK; i++) {
		const config_setting_t *el = config_setting_get_elem(at, i);
		struct emu_pf_atr *atr = &p->atrs[i];

		pf_hex(c, el, atr->p, 2, CB_ATR_MAX, &atr->n);
		if (c->r == CB_OK &&
		    cb_atr_parse(&parsed, cb_span(atr->p, atr->n)) != CB_OK)
			pf_fail(c, el, "not a whole ATR (ISO 7816-3, 8.2): "
			    "check its length and its last byte");
	}
}

static void
read_cm_aid(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;

	pf_hex(c, at, p->cm_aid, 5, EMU_AID_MAX, &p->cm_aid_n);
}

static void
read_characters(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_policy *policy = base;
	const char *text = pf_text(c, at);

	if (strcmp(text, "digits") == 0)
		policy->pin_digits = true;
	else if (strcmp(text, "printable") == 0)
		policy->pin_digits = false;
	else
		pf_fail(c, at,
		    "pin_characters: expected \"printable\" or \"digits\"");
}

static void
read_policy(struct pf *c, config_setting_t *at, struct emu_policy *policy)
{
	policy->scrypt_r = 8;
	policy->scrypt_p = 1;
	pf_group(c, at, policy_fields, N(policy_fields), policy);
	if (policy->pin_min > policy->pin_max)
		pf_fail(c, at, "pin_min is larger than pin_max");
	if (emu_policy_scrypt_mib(policy) > SCRYPT_MIB_MAX)
		pf_fail(c, at, "scrypt takes %u MiB with this scrypt_log2n and "
		    "scrypt_r; at most %d", emu_policy_scrypt_mib(policy),
		    SCRYPT_MIB_MAX);
}

static void
read_live(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;

	read_policy(c, at, &p->live);
	if (!emu_policy_scrypt_live(&p->live))
		pf_fail(c, at, "scrypt_log2n: at least %d (and scrypt_r %d) "
		    "on live cards", EMU_SCRYPT_LOG2N_LIVE, EMU_SCRYPT_R_LIVE);
}

static void
read_test(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;

	read_policy(c, at, &p->test);
}

static void
read_policies(struct pf *c, config_setting_t *at, void *base)
{
	pf_group(c, at, policies_fields, N(policies_fields), base);
}

static void
read_answers(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	int n;

	if (config_setting_is_group(at) == CONFIG_FALSE)
		pf_fail(c, at, "answers: expected settings between { and }");
	n = c->r == CB_OK ? config_setting_length(at) : 0;
	for (int i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, (unsigned)i);
		int sw = config_setting_get_int(el);
		enum emu_answer a;

		if (emu_answer_find(config_setting_name(el), &a) != CB_OK)
			pf_fail(c, el, "there is no answer \"%.40s\"; "
			    "cardbridge-profile(5) lists them",
			    config_setting_name(el));
		else if (config_setting_type(el) != CONFIG_TYPE_INT ||
		    sw < 0 || sw > 0xFFFF ||
		    !emu_answer_valid(a, (uint16_t)sw))
			pf_fail(c, el, "%s: expected the status word of an "
			    "error (0x6A80)",
			    config_setting_name(el));
		else
			p->answers[a] = (uint16_t)sw;
	}
}

static void
read_bits(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_key *key = base;
	int bits = config_setting_get_int(at);

	key->bits = (unsigned)bits;
	if (bits != 512 && bits != 1024 && bits != 2048)
		pf_fail(c, at, "bits: expected 512, 1024 or 2048");
	else if (key->bits < c->p->live.rsa_min)
		pf_fail(c, at, "bits: the live policy's rsa_min is %u",
		    c->p->live.rsa_min);
}

static void
read_keys(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	unsigned n = pf_list(c, at, KEYS_MAX);

	if ((p->keys = pf_calloc(c, n, sizeof(*p->keys))) == NULL)
		return;
	p->keys_n = n;
	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, i);

		p->keys[i].line = pf_line(c, el);
		pf_group(c, el, key_fields, N(key_fields), &p->keys[i]);
		for (unsigned j = 0; j < i && c->r == CB_OK; j++)
			if (strcmp(p->keys[j].name, p->keys[i].name) == 0)
				pf_fail(c, el, "there are two keys \"%s\"",
				    p->keys[i].name);
	}
}

static void
read_cert_key(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_cert *cert = base;
	const char *name = pf_text(c, at);

	for (cert->key = 0; cert->key < c->p->keys_n; cert->key++)
		if (strcmp(c->p->keys[cert->key].name, name) == 0)
			return;
	cert->key = 0;
	pf_fail(c, at, "key: there is no key \"%.40s\"", name);
}

static void
read_usage(struct pf *c, config_setting_t *at, void *base)
{
	static const struct {
		const char *name;
		unsigned bit;
	} usages[] = {
		{ "digitalSignature", EMU_USAGE_DIGITAL_SIGNATURE },
		{ "nonRepudiation", EMU_USAGE_NON_REPUDIATION },
		{ "keyEncipherment", EMU_USAGE_KEY_ENCIPHERMENT },
	};
	struct emu_pf_cert *cert = base;
	unsigned n = pf_list(c, at, (unsigned)N(usages));

	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		const config_setting_t *el = config_setting_get_elem(at, i);
		const char *text = pf_text(c, el);
		size_t u = 0;

		while (u < N(usages) && strcmp(usages[u].name, text) != 0)
			u++;
		if (u < N(usages))
			cert->usage |= usages[u].bit;
		else
			pf_fail(c, el, "usage: expected digitalSignature, "
			    "nonRepudiation or keyEncipherment");
	}
	if (cert->usage == 0)
		pf_fail(c, at, "usage: at least one is needed");
}

static void
read_certs(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	unsigned n = pf_list(c, at, KEYS_MAX);

	if ((p->certs = pf_calloc(c, n, sizeof(*p->certs))) == NULL)
		return;
	p->certs_n = n;
	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, i);

		p->certs[i].line = pf_line(c, el);
		pf_group(c, el, cert_fields, N(cert_fields), &p->certs[i]);
		for (unsigned j = 0; j < i && c->r == CB_OK; j++)
			if (strcmp(p->certs[j].name, p->certs[i].name) == 0)
				pf_fail(c, el,
				    "there are two certificates \"%s\"",
				    p->certs[i].name);
	}
}

static void
read_cplc(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	bool exact = false;
	size_t n = 0;

	pf_terms(c, at, &p->cplc);
	if (c->r != CB_OK)
		return;
	c->r = emu_template_check(p, NULL, &p->cplc, &n, &exact, c->why);
	if (c->r == CB_OK && (n != EMU_CPLC_N || !exact))
		pf_fail(c, at, "cplc: expected %d bytes, found %zu",
		    EMU_CPLC_N, n);
}

/* SELECT takes the first name that begins with what it was given. */
static bool
aid_hides(const uint8_t *aid, size_t n, const struct emu_pf_app *app)
{
	return app->aid_n <= n && memcmp(aid, app->aid, app->aid_n) == 0;
}

static void
read_apps(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_profile *p = base;
	unsigned n = pf_list(c, at, EMU_APPS_MAX);

	if (n == 0)
		pf_fail(c, at, "applications: at least one is needed");
	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, i);

		p->apps_n = i + 1;
		pf_app_read(c, el, &p->apps[i]);
		if (c->r != CB_OK)
			break;
		if (aid_hides(p->cm_aid, p->cm_aid_n, &p->apps[i]))
			pf_fail(c, el, "aid: the card manager has this one "
			    "or one that begins so; SELECT would find that");
		for (unsigned j = 0; j < i && c->r == CB_OK; j++)
			if (p->apps[j].from_reset && p->apps[i].from_reset)
				pf_fail(c, el, "from_reset: an application "
				    "above is selected after a reset already");
		for (unsigned j = 0; j < i && c->r == CB_OK; j++)
			if (aid_hides(p->apps[j].aid, p->apps[j].aid_n,
				&p->apps[i]))
				pf_fail(c, el, "aid: an application above has "
				    "this one or one that begins so");
	}
}

/* ---- the file ------------------------------------------------------------ */

/* Whose file it is that cannot be read. */
static enum cb_err
read_text(char **out, const char *path, struct cb_why *why)
{
	enum cb_err r = cb_text_read(out, path, FILE_MAX);

	if (r == CB_E_ABSENT || r == CB_E_DENIED)
		cb_why_set(why, "profile %s: %s", path, strerror(errno));
	else if (r != CB_OK)
		cb_why_set(why, "profile %s: not a text file of at most %d "
				"KiB", path, FILE_MAX / 1024);
	return r;
}

static enum cb_err
parse(struct pf *c, char **text, const char *path)
{
	const char *at;
	enum cb_err r;

	if ((r = read_text(text, path, c->why)) != CB_OK)
		return r;
	c->source = *text;
	/* A profile is one file: lines are told of one only. */
	for (at = *text; at != NULL; at = strchr(at, '\n')) {
		at += strspn(at, " \t\n");
		if (strncmp(at, "@include", 8) != 0)
			continue;
		cb_why_set(c->why, "%s: @include is not for profiles", path);
		return CB_E_FORMAT;
	}
	if (config_read_string(c->p->text, *text) == CONFIG_TRUE)
		return CB_OK;
	cb_why_set(c->why, "%s:%d: %s", path, config_error_line(c->p->text),
	    config_error_text(c->p->text));
	return CB_E_FORMAT;
}

/* The profile of another name beside this one. */
static char *
beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int dir = slash != NULL ? (int)(slash + 1 - path) : 0;
	char *out = NULL;

	if (asprintf(&out, "%.*s%s.profile", dir, path, name) < 0)
		return NULL;
	return out;
}

static void
read_card(struct pf *c, config_setting_t *root)
{
	for (unsigned a = 0; a < EMU_ANS_N; a++)
		c->p->answers[a] = emu_answer_default((enum emu_answer)a);
	pf_group(c, root, card_fields, N(card_fields), c->p);
	if (c->r == CB_OK)
		c->p->size_line =
		    pf_line(c, config_setting_get_member(root, "size"));
	if (c->r == CB_OK && strlen(c->p->label) > c->p->label_max)
		pf_fail(c, config_setting_get_member(root, "label"),
		    "label: longer than label_max");
}

static enum cb_err
read_file(struct emu_profile **out, const char *path, bool alias_allowed,
    struct cb_why *why)
{
	static const struct pf_field alias_fields[] = {
		{ "alias", PF_NAME, 0, true, 0, 0, NULL },
	};
	struct pf c = { .why = why, .r = CB_OK };
	const char *alias = NULL;
	config_setting_t *root, *at;
	char *other = NULL, *source = NULL;

	if ((c.p = calloc(1, sizeof(*c.p))) == NULL ||
	    (c.p->where = strdup(path)) == NULL ||
	    (c.p->text = malloc(sizeof(*c.p->text))) == NULL) {
		c.r = CB_E_NOMEM;
		goto out;
	}
	c.p->file = c.p->where;
	config_init(c.p->text);
	if ((c.r = parse(&c, &source, path)) != CB_OK)
		goto out;
	root = config_root_setting(c.p->text);
	at = config_setting_get_member(root, "alias");
	if (at == NULL) {
		read_card(&c, root);
		goto out;
	}
	pf_group(&c, root, alias_fields, N(alias_fields), &alias);
	if (!alias_allowed)
		pf_fail(&c, at, "an alias of an alias");
	if (c.r == CB_OK && (other = beside(path, alias)) == NULL)
		c.r = CB_E_NOMEM;
	if (c.r == CB_OK)
		c.r = read_file(out, other, false, why);
	free(other);
	free(source);
	emu_profile_free(&c.p);
	return c.r;
out:
	free(source);
	if (c.r != CB_OK)
		emu_profile_free(&c.p);
	*out = c.p;
	return c.r;
}

enum cb_err
emu_profile_read(
    struct emu_profile **out, const char *path, struct cb_why *why)
{
	enum cb_err r;

	*out = NULL;
	r = read_file(out, path, true, why);
	return r == CB_E_ARG ? CB_E_FORMAT : r;
}

void
emu_profile_free(struct emu_profile **pp)
{
	struct emu_profile *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->apps_n; i++)
		pf_app_free(&p->apps[i]);
	pf_terms_free(&p->cplc);
	free(p->keys);
	free(p->certs);
	if (p->text != NULL)
		config_destroy(p->text);
	free(p->text);
	free(p->where);
	free(p);
}

const char *
emu_profile_name(const struct emu_profile *p)
{
	return p->name;
}

bool
emu_profile_has_user_pin(const struct emu_profile *p, bool blank)
{
	for (unsigned i = 0; i < p->apps_n; i++)
		for (unsigned k = 0; k < p->apps[i].pins_n; k++)
			if (p->apps[i].pins[k].role == EMU_ROLE_USER &&
			    (!blank || p->apps[i].pins[k].blank))
				return true;
	return false;
}

/* The most characters that each passcode of its cards may have. */
static size_t
pin_room(const struct emu_profile *p, size_t n)
{
	for (unsigned i = 0; i < p->apps_n; i++)
		for (unsigned k = 0; k < p->apps[i].pins_n; k++) {
			uint8_t max = p->apps[i].pins[k].max;

			if (max != 0 && max < n)
				n = max;
		}
	return n;
}

/* Digits where the policy wants them; else letters and digits that people do
 * not take for each other (12 of 32: 60 bits, for a card file that is stolen
 * has scrypt alone to hold it). */
enum cb_err
emu_profile_draw_pin(const struct emu_profile *p, bool test,
    const struct emu_env *env, struct cb_buf *out)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	const struct emu_policy *policy = test ? &p->test : &p->live;
	size_t n = policy->pin_digits ? DRAWN_DIGITS : DRAWN_LETTERS;
	uint8_t byte = 0;
	enum cb_err r = CB_OK;

	if (n < policy->pin_min)
		n = policy->pin_min;
	if (n > policy->pin_max)
		n = policy->pin_max;
	n = pin_room(p, n);
	while (n > 0 && r == CB_OK) {
		if ((r = env->random(env->ctx, &byte, 1)) != CB_OK)
			break;
		if (!policy->pin_digits)
			r = cb_put_u8(out, (uint8_t)letters[byte % 32]);
		else if (byte < 250)	/* else 0 to 5 would come too often */
			r = cb_put_u8(out, (uint8_t)('0' + byte % 10));
		else
			continue;
		n--;
	}
	cb_wipe(&byte, sizeof(byte));
	return r;
}
