/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access rules at work.
 */
#include <stdarg.h>
#include <stdio.h>

#include "emulator/access.h"
#include "emulator/applets/applet.h"

const struct emu_position *
emu_position_find(
    const struct emu_position *table, size_t n, uint8_t type, enum emu_op op)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].type == type && table[i].op == op)
			return &table[i];
	return NULL;
}

/* ---- asking ----------------------------------------------------------------- */

static struct emu_rule
rule_of(struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	struct emu_rule rule = { .kind = EMU_NO_RULE };

	app->applet->rule(app, f, op, &rule);
	return rule;
}

uint16_t
emu_rule_check(const struct emu_rule *rule)
{
	if (rule->kind == EMU_ALWAYS)
		return SW_OK;
	if (rule->kind == EMU_ANY_OF)
		for (unsigned i = 0; i < rule->pins_n; i++)
			if (emu_pin_verified(rule->pins[i]))
				return SW_OK;
	return SW_SECURITY_STATUS;
}

uint16_t
emu_allowed(struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	struct emu_rule rule = rule_of(app, f, op);

	return emu_rule_check(&rule);
}

void
emu_pin_rule(struct emu_app *app, const struct emu_pin *pin, enum emu_op op,
    struct emu_rule *out)
{
	*out = (struct emu_rule){ .kind = EMU_NO_RULE };
	if (app->applet->pin_rule != NULL)
		app->applet->pin_rule(app, pin, op, out);
	else
		app->applet->rule(app, pin->owner, op, out);
}

uint16_t
emu_pin_allowed(
    struct emu_app *app, const struct emu_pin *pin, enum emu_op op)
{
	struct emu_rule rule;

	emu_pin_rule(app, pin, op, &rule);
	return emu_rule_check(&rule);
}

uint16_t
emu_pin_named(struct emu_app *app, const struct emu_pin *pin, enum emu_op op)
{
	struct emu_rule rule;

	emu_pin_rule(app, pin, op, &rule);
	return rule.kind == EMU_ANY_OF ? emu_rule_check(&rule)
				       : SW_SECURITY_STATUS;
}

uint16_t
emu_key_allowed(struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	uint16_t sw;

	if ((sw = emu_allowed(app, f->parent, EMU_OP_CRYPTO)) != SW_OK)
		return sw;
	return emu_allowed(app, f, op);
}

/* ---- guards ----------------------------------------------------------------- */

/* Adds the domains behind a rule, each once. */
static unsigned
add_domains(struct emu_app *app, const struct emu_rule *rule,
    struct emu_domain *out[EMU_GUARDS_MAX], unsigned n)
{
	for (unsigned i = 0; i < rule->pins_n && n < EMU_GUARDS_MAX; i++) {
		struct emu_domain *d =
		    emu_domain_by_id(app, rule->pins[i]->domain);
		bool known = d == NULL;

		for (unsigned k = 0; k < n; k++)
			known = known || out[k] == d;
		if (!known)
			out[n++] = d;
	}
	return n;
}

static unsigned
guards_by(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_domain *out[EMU_GUARDS_MAX])
{
	struct emu_rule rule = rule_of(app, f, op);

	return add_domains(app, &rule, out, 0);
}

static unsigned
ef_guards(struct emu_app *app, const struct emu_file *f,
    struct emu_domain *out[EMU_GUARDS_MAX])
{
	struct emu_rule read = rule_of(app, f, EMU_OP_READ);
	unsigned n;

	if (read.kind == EMU_ALWAYS)
		return 0;
	n = add_domains(app, &read, out, 0);
	/* Nobody may read it: then whoever may write it. */
	return n > 0 ? n : guards_by(app, f, EMU_OP_UPDATE, out);
}

/* CRYPTO of the DF must be satisfied for every use; only where it is free, or
 * a kind of card knows no such rule, do the key's own rules guard it. */
static unsigned
key_guards(struct emu_app *app, const struct emu_file *f,
    struct emu_domain *out[EMU_GUARDS_MAX])
{
	struct emu_rule crypto = rule_of(app, f->parent, EMU_OP_CRYPTO);
	struct emu_rule sign = rule_of(app, f, EMU_OP_SIGN);
	struct emu_rule decipher = rule_of(app, f, EMU_OP_DECIPHER);
	struct emu_rule auth = rule_of(app, f, EMU_OP_AUTH);
	unsigned n;

	if ((n = add_domains(app, &crypto, out, 0)) > 0)
		return n;
	if ((crypto.kind == EMU_ALWAYS || crypto.kind == EMU_NO_RULE) &&
	    (sign.kind == EMU_ALWAYS || decipher.kind == EMU_ALWAYS ||
		auth.kind == EMU_ALWAYS))
		return 0;
	n = add_domains(app, &sign, out, 0);
	n = add_domains(app, &decipher, out, n);
	n = add_domains(app, &auth, out, n);
	/* Nobody may use it (yet: the PIN may still come): then whoever may
	 * write it. */
	return n > 0 ? n : guards_by(app, f, EMU_OP_UPDATE, out);
}

unsigned
emu_guards(struct emu_app *app, const struct emu_file *f,
    struct emu_domain *out[EMU_GUARDS_MAX])
{
	switch (f->type) {
	case EMU_EF_TRANSPARENT:
	case EMU_EF_LINEAR:
		return ef_guards(app, f, out);
	case EMU_KEY_DES:
		return guards_by(app, f, EMU_OP_UPDATE, out);
	case EMU_KEY_RSA_PRIVATE:
		return key_guards(app, f, out);
	default:
		return 0;	/* directories and public keys */
	}
}

/* ---- words ------------------------------------------------------------------ */

struct op_word {
	enum emu_op op;
	const char *word;
};

static const struct op_word file_words[] = {
	{ EMU_OP_READ, "read" },
	{ EMU_OP_UPDATE, "update" },
	{ EMU_OP_SIGN, "sign" },
	{ EMU_OP_DECIPHER, "decipher" },
	{ EMU_OP_AUTH, "authenticate" },
	{ EMU_OP_CREATE, "create" },
	{ EMU_OP_CRYPTO, "crypto" },
	{ EMU_OP_DELETE, "delete" },
};

static const struct op_word pin_words[] = {
	{ EMU_OP_PIN_CHANGE, "change" },
	{ EMU_OP_PIN_RESET, "reset" },
};

struct text {
	char *out;
	size_t size, at;
};

static void CB_PRINTF(2, 3)
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->at >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->out + t->at, t->size - t->at, fmt, ap);
	va_end(ap);
	t->at += n > 0 ? (size_t)n : 0;
}

/* "user or SO"; a PIN is named once, also where there is a local and a global
 * one of its role. */
static void
say_pins(struct text *t, const struct emu_rule *rule)
{
	unsigned said = 0;

	for (unsigned i = 0; i < rule->pins_n; i++) {
		uint8_t role = rule->pins[i]->role;

		if (role != EMU_ROLE_OTHER && (said & 1u << role) != 0)
			continue;
		say(t, "%s", said != 0 ? " or " : "");
		said |= 1u << role;
		if (role == EMU_ROLE_OTHER)
			say(t, "PIN %02X", rule->pins[i]->ref);
		else
			say(t, "%s", role == EMU_ROLE_USER ? "user" : "SO");
	}
	if (said == 0)
		say(t, "nobody yet");
}

static void
say_rule(struct text *t, const char *word, const struct emu_rule *rule)
{
	if (rule->kind == EMU_NO_RULE)
		return;
	say(t, "%s%s: ", t->at > 0 ? ", " : "", word);
	if (rule->kind == EMU_ANY_OF)
		say_pins(t, rule);
	else
		say(t, "%s", rule->kind == EMU_ALWAYS ? "always" : "never");
}

void
emu_rules_text(
    struct emu_app *app, const struct emu_file *f, char *out, size_t size)
{
	struct text t = { out, size, 0 };

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(file_words) / sizeof(file_words[0]);
	    i++) {
		struct emu_rule rule = rule_of(app, f, file_words[i].op);

		say_rule(&t, file_words[i].word, &rule);
	}
}

void
emu_pin_rules_text(
    struct emu_app *app, const struct emu_pin *pin, char *out, size_t size)
{
	struct text t = { out, size, 0 };

	out[0] = '\0';
	if (app->applet->pin_rule == NULL)
		return;
	for (size_t i = 0; i < sizeof(pin_words) / sizeof(pin_words[0]); i++) {
		struct emu_rule rule;

		emu_pin_rule(app, pin, pin_words[i].op, &rule);
		say_rule(&t, pin_words[i].word, &rule);
	}
}
