/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PINs: what VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (7816-4,
 * 11.6.6, 11.6.7, 11.6.10) do to counters, wraps and verified states.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ct.h"
#include "emulator/domain.h"
#include "emulator/event.h"

enum { WRAP_PIN = 1, WRAP_UNBLOCK = 2 };

static uint16_t
tries_sw(unsigned left)
{
	return (uint16_t)(SW_TRIES | (left > 15 ? 15 : left));
}

/* ---- wraps --------------------------------------------------------------- */

#define WRAP_AAD_N (16 + 6 + EMU_RULES_N)

/* What a wrap belongs to: card, application, PIN, and the card's rules. */
static enum cb_err
wrap_aad(const struct emu_app *app, const struct emu_pin *pin, uint8_t kind,
    uint8_t out[WRAP_AAD_N])
{
	memcpy(out, app->card->uuid, 16);
	out[16] = (uint8_t)app->no;
	out[17] = kind;
	for (unsigned b = 0; b < 4; b++)
		out[18 + b] = (uint8_t)(pin->id >> (24 - 8 * b));
	return emu_store_rules(app->card, out + 22);
}

/* The key of a wrap: scrypt of the passcode, and what the card's keeper adds. */
static enum cb_err
wrap_key(const struct emu_card *card, const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t key[EMU_KEY])
{
	uint8_t both[2 * EMU_KEY];
	enum cb_err r;

	if ((r = emu_scrypt(how, passcode, key)) != CB_OK ||
	    card->env->pepper == NULL)
		return r;
	memcpy(both, key, EMU_KEY);
	if ((r = card->env->pepper(card->env->ctx, key, both + EMU_KEY)) ==
	    CB_OK)
		r = cr_hkdf_sha256(CB_SPAN_OF(both), CB_SPAN_OF(how->salt),
		    "cardbridge passcode 1", key, EMU_KEY);
	cb_wipe(both, sizeof(both));
	return r;
}

static enum cb_err
wrap_seal(struct emu_app *app, const struct emu_pin *pin, uint8_t kind,
    struct cb_span passcode, const uint8_t secret[EMU_KEY],
    struct emu_wrap *wrap)
{
	const struct emu_card *card = app->card;
	struct emu_wrap made = { .set = true };
	struct cb_buf blob = CB_BUF_INIT;
	uint8_t key[EMU_KEY], aad[WRAP_AAD_N];
	enum cb_err r;

	made.how.log2n = card->policy.scrypt_log2n;
	made.how.r = card->policy.scrypt_r;
	made.how.p = card->policy.scrypt_p;
	if ((r = wrap_aad(app, pin, kind, aad)) != CB_OK ||
	    (r = card->env->random(card->env->ctx, made.how.salt,
		 sizeof(made.how.salt))) != CB_OK ||
	    (r = wrap_key(card, &made.how, passcode, key)) != CB_OK ||
	    (r = emu_gcm_seal(card->env, key, CB_SPAN_OF(aad),
		 cb_span(secret, EMU_KEY), &blob)) != CB_OK)
		goto out;
	memcpy(made.blob, blob.p, sizeof(made.blob));
	*wrap = made;
out:
	cb_wipe(key, sizeof(key));
	cb_buf_free(&blob);
	return r;
}

static const struct emu_wrap *
wrap_of(const struct emu_pin *pin, uint8_t kind)
{
	return kind == WRAP_PIN ? &pin->pin : &pin->unblock;
}

/* CB_E_CRYPTO: not this passcode. CB_E_FORMAT: it is, but the domain is not
 * what it was. */
static enum cb_err
wrap_open_by(struct emu_app *app, const struct emu_pin *pin, uint8_t kind,
    const uint8_t key[EMU_KEY], uint8_t secret[EMU_KEY])
{
	const struct emu_domain *d = emu_domain_by_id(app, pin->domain);
	struct cb_buf plain = CB_BUF_INIT;
	uint8_t aad[WRAP_AAD_N];
	enum cb_err r;

	if ((r = wrap_aad(app, pin, kind, aad)) != CB_OK ||
	    (r = emu_gcm_open(key, CB_SPAN_OF(aad),
		 CB_SPAN_OF(wrap_of(pin, kind)->blob), &plain)) != CB_OK)
		goto out;
	if (d == NULL || (r = emu_domain_check(d, plain.p)) == CB_E_FORMAT) {
		emu_card_note(app->card, "somebody has changed the card's "
		    "file: a key in it is not the one that belongs to this "
		    "passcode, which opens nothing any more");
		r = CB_E_FORMAT;
	}
	if (r == CB_OK)
		memcpy(secret, plain.p, EMU_KEY);
out:
	cb_buf_free(&plain);
	return r;
}

static enum cb_err
wrap_open(struct emu_app *app, const struct emu_pin *pin, uint8_t kind,
    struct cb_span passcode, uint8_t secret[EMU_KEY])
{
	uint8_t key[EMU_KEY];
	enum cb_err r;

	if ((r = wrap_key(app->card, &wrap_of(pin, kind)->how, passcode,
		 key)) == CB_OK)
		r = wrap_open_by(app, pin, kind, key, secret);
	cb_wipe(key, sizeof(key));
	return r;
}

/* ---- verified states ------------------------------------------------------ */

static void
login_drop(struct emu_pin *pin)
{
	cr_secret_free(pin->login, sizeof(*pin->login));
	pin->login = NULL;
}

void
emu_pin_logout(struct emu_app *app, struct emu_pin *pin)
{
	struct emu_domain *d = emu_domain_by_id(app, pin->domain);
	const struct emu_pin *other;

	if (pin->login == NULL)
		return;
	login_drop(pin);
	for (other = app->pins; other != NULL; other = other->next)
		if (other->domain == pin->domain && other->login != NULL)
			return;
	if (d != NULL) {
		emu_domain_close(d);
		emu_parts_close(app);
	}
}

void
emu_pins_logout(struct emu_app *app)
{
	for (struct emu_pin *p = app->pins; p != NULL; p = p->next)
		if (p->login != NULL)
			login_drop(p);
	for (struct emu_domain *d = app->domains; d != NULL; d = d->next)
		emu_domain_close(d);
	emu_parts_close(app);
}

/* Leaves the PIN verified with this value. */
static uint16_t
login_begin(struct emu_app *app, struct emu_pin *pin, struct cb_span value,
    const uint8_t secret[EMU_KEY])
{
	struct emu_card *card = app->card;
	struct emu_domain *d = emu_domain_by_id(app, pin->domain);
	bool first = true;

	for (unsigned i = 0; i < card->apps_n; i++)
		first = first && !emu_pins_any(&card->apps[i]);
	if (pin->login == NULL &&
	    (pin->login = cr_secret_new(sizeof(*pin->login))) == NULL)
		return SW_MEMORY_FAILURE;
	if (d == NULL || emu_domain_open(d, secret) != CB_OK ||
	    card->env->random(card->env->ctx, pin->login->mac_key,
		EMU_KEY) != CB_OK ||
	    cr_hmac_sha256(pin->login->mac_key, value, pin->login->mac) !=
		CB_OK) {
		emu_pin_logout(app, pin);
		login_drop(pin);
		return SW_MEMORY_FAILURE;
	}
	if (first)
		card->login_since = card->env->mono_ms(card->env->ctx);
	return SW_OK;
}

static bool
login_matches(const struct emu_pin *pin, struct cb_span value)
{
	uint8_t mac[32];
	bool same;

	same = cr_hmac_sha256(pin->login->mac_key, value, mac) == CB_OK &&
	    cb_ct_equal(CB_SPAN_OF(mac), CB_SPAN_OF(pin->login->mac));
	cb_wipe(mac, sizeof(mac));
	return same;
}

/* ---- spending tries -------------------------------------------------------- */

/* Takes one try off a counter, durably: only then may anything be compared. */
static uint16_t
try_spend(struct emu_app *app, struct emu_pin *pin, uint8_t *counter,
    enum emu_event_kind tried)
{
	uint16_t sw;

	if (*counter == 0)
		return SW_BLOCKED;
	(*counter)--;
	emu_tell_pin(app, tried, pin, *counter);
	if ((sw = emu_store_tries(app, pin)) == SW_OK)
		sw = emu_store_commit(app->card, EMU_NVM_NOW);
	return sw;
}

static uint16_t
try_failed(struct emu_app *app, uint8_t left)
{
	return left == 0 ? emu_sw(app->card, EMU_ANS_PIN_LAST_TRY)
			 : tries_sw(left);
}

/* Spends a try, and opens the wrap. A keeper is asked before, as it may refuse,
 * or be away, and that must not cost a try: there is nothing to be seen of the
 * card until its answer is used. Without one all is computed after. */
static uint16_t
try_open(struct emu_app *app, struct emu_pin *pin, uint8_t kind,
    struct cb_span value, uint8_t secret[EMU_KEY])
{
	const bool unblock = kind == WRAP_UNBLOCK;
	const bool ahead = app->card->env->pepper != NULL;
	uint8_t *counter = unblock ? &pin->unblock_tries : &pin->tries;
	uint8_t key[EMU_KEY];
	uint16_t sw = SW_MEMORY_FAILURE;
	enum cb_err r;

	if (*counter == 0)
		return SW_BLOCKED;
	if (ahead &&
	    wrap_key(app->card, &wrap_of(pin, kind)->how, value, key) !=
		CB_OK)
		goto out;
	if ((sw = try_spend(app, pin, counter,
		 unblock ? EMU_UNBLOCK_TRIED : EMU_PASSCODE_TRIED)) != SW_OK)
		goto out;
	r = ahead ? wrap_open_by(app, pin, kind, key, secret)
		  : wrap_open(app, pin, kind, value, secret);
	sw = r == CB_OK		? SW_OK
	    : r == CB_E_CRYPTO	? try_failed(app, *counter)
	    : r == CB_E_FORMAT	? SW_DATA_NOT_USABLE
				: SW_MEMORY_FAILURE;	/* it is spent */
out:
	cb_wipe(key, sizeof(key));
	return sw;
}

static uint16_t
pin_compare(struct emu_app *app, struct emu_pin *pin, struct cb_span value,
    uint8_t secret[EMU_KEY])
{
	uint16_t sw;

	if (pin->tries == 0)
		return SW_BLOCKED;
	if (pin->login != NULL && login_matches(pin, value)) {
		const struct emu_domain *d =
		    emu_domain_by_id(app, pin->domain);

		memcpy(secret, d->secret, EMU_KEY);
		return SW_OK;
	}
	bool known_wrong = pin->login != NULL;

	emu_pin_logout(app, pin);
	if (known_wrong) {
		sw = try_spend(app, pin, &pin->tries, EMU_PASSCODE_TRIED);
		return sw == SW_OK ? try_failed(app, pin->tries) : sw;
	}
	if ((sw = try_open(app, pin, WRAP_PIN, value, secret)) != SW_OK)
		return sw;
	pin->tries = pin->tries_max;
	return emu_store_tries(app, pin);
}

/* Compares a PIN; on SW_OK *secret is its domain's and the counter full. */
static uint16_t
pin_check(struct emu_app *app, struct emu_pin *pin, struct cb_span value,
    uint8_t secret[EMU_KEY])
{
	const uint8_t before = pin->tries;
	uint16_t sw = pin_compare(app, pin, value, secret);

	emu_tell_outcome(
	    app, EMU_PASSCODE_TRIED, pin, sw, before, pin->tries);
	return sw;
}

uint16_t
emu_pin_query(struct emu_app *app, const struct emu_pin *pin)
{
	if (emu_pin_verified(pin))
		return SW_OK;
	return pin->tries == 0
	    ? emu_sw(app->card, EMU_ANS_PIN_BLOCKED_QUERY)
	    : tries_sw(pin->tries);
}

uint16_t
emu_pin_verify(struct emu_app *app, struct emu_pin *pin, struct cb_span value)
{
	uint8_t secret[EMU_KEY];
	uint16_t sw;

	sw = pin_check(app, pin, value, secret);
	if (sw == SW_OK && pin->login == NULL)
		sw = login_begin(app, pin, value, secret);
	cb_wipe(secret, sizeof(secret));
	return sw;
}

uint8_t
emu_pin_min(const struct emu_card *card, const struct emu_pin *pin)
{
	return pin->max != 0 ? pin->min : card->policy.pin_min;
}

uint8_t
emu_pin_max(const struct emu_card *card, const struct emu_pin *pin)
{
	return pin->max != 0 ? pin->max : card->policy.pin_max;
}

uint16_t
emu_pin_fits(struct emu_card *card, uint8_t min, uint8_t max,
    struct cb_span value, struct cb_why *why)
{
	if (max == 0 || (value.n >= min && value.n <= max))
		return emu_policy_pin(card, value, why);
	cb_why_set(why,
	    "this passcode has %u to %u characters; choose another length",
	    min, max);
	return emu_sw(card, EMU_ANS_PIN_FORMAT);
}

static uint16_t
new_value_fits(struct emu_app *app, const struct emu_pin *pin,
    struct cb_span value, struct cb_why *why)
{
	return emu_pin_fits(app->card, pin->min, pin->max, value, why);
}

uint16_t
emu_pin_change(struct emu_app *app, struct emu_pin *pin,
    struct cb_span old_value, struct cb_span new_value, struct cb_why *why)
{
	uint8_t secret[EMU_KEY];
	uint16_t sw;

	if (pin->tries > 0 &&
	    (sw = new_value_fits(app, pin, new_value, why)) != SW_OK)
		return sw;
	if ((sw = pin_check(app, pin, old_value, secret)) != SW_OK)
		goto out;
	if (wrap_seal(app, pin, WRAP_PIN, new_value, secret, &pin->pin) !=
	    CB_OK) {
		sw = SW_MEMORY_FAILURE;
		goto out;
	}
	emu_tell_pin(app, EMU_PASSCODE_CHANGED, pin, pin->tries);
	if ((sw = emu_store_pin(app, pin)) == SW_OK)
		sw = login_begin(app, pin, new_value, secret);
out:
	cb_wipe(secret, sizeof(secret));
	return sw;
}

size_t
emu_pin_known_n(const struct emu_pin *pin, struct cb_span bytes)
{
	size_t known = 0;

	/* All of them, whatever is found: the time must not tell where. */
	for (size_t n = 1; pin->login != NULL && n <= bytes.n; n++)
		if (login_matches(pin, cb_span_head(bytes, n)))
			known = n;
	return known;
}

uint16_t
emu_pin_unblock(struct emu_app *app, struct emu_pin *pin,
    struct cb_span unblock, struct cb_span new_value, struct cb_why *why)
{
	const uint8_t before = pin->unblock_tries;
	uint8_t secret[EMU_KEY];
	uint16_t sw;

	if (!pin->unblock.set)
		return SW_DATA_NOT_USABLE;
	if (before > 0 &&
	    (sw = new_value_fits(app, pin, new_value, why)) != SW_OK)
		return sw;
	sw = try_open(app, pin, WRAP_UNBLOCK, unblock, secret);
	emu_tell_outcome(
	    app, EMU_UNBLOCK_TRIED, pin, sw, before, pin->unblock_tries);
	if (sw != SW_OK)
		goto out;
	/* Both wraps anew: the card's scrypt costs may have been raised. */
	if (wrap_seal(app, pin, WRAP_PIN, new_value, secret, &pin->pin) !=
		CB_OK ||
	    wrap_seal(app, pin, WRAP_UNBLOCK, unblock, secret,
		&pin->unblock) != CB_OK) {
		sw = SW_MEMORY_FAILURE;
		goto out;
	}
	emu_pin_logout(app, pin);
	pin->tries = pin->tries_max;
	pin->unblock_tries = pin->unblock_max;
	emu_tell_pin(app, EMU_PASSCODE_RESET, pin, pin->tries);
	if ((sw = emu_store_pin(app, pin)) == SW_OK)
		sw = emu_store_tries(app, pin);
out:
	cb_wipe(secret, sizeof(secret));
	return sw;
}

static uint16_t
put_wrap(struct emu_app *app, struct emu_pin *pin, const struct emu_wrap *made)
{
	emu_pin_logout(app, pin);
	pin->pin = *made;
	emu_tell_pin(app, EMU_PASSCODE_RESET, pin, pin->tries);
	return emu_store_pin(app, pin);
}

uint16_t
emu_pin_replace(struct emu_app *app, struct emu_pin *pin,
    struct cb_span new_value, struct cb_why *why)
{
	const struct emu_domain *d = emu_domain_by_id(app, pin->domain);
	uint8_t secret[EMU_KEY];
	struct emu_wrap made;
	uint16_t sw;

	if ((sw = new_value_fits(app, pin, new_value, why)) != SW_OK)
		return sw;
	switch (emu_domain_secret(app, d, secret)) {
	case CB_OK:
		break;
	case CB_E_DENIED:
		sw = SW_SECURITY_STATUS;
		goto out;
	default:
		sw = SW_DATA_NOT_USABLE;
		goto out;
	}
	if (wrap_seal(app, pin, WRAP_PIN, new_value, secret, &made) != CB_OK)
		sw = SW_MEMORY_FAILURE;
	else
		sw = put_wrap(app, pin, &made);
out:
	cb_wipe(secret, sizeof(secret));
	return sw;
}

uint16_t
emu_pin_reset(struct emu_app *app, struct emu_pin *pin,
    const uint8_t secret[EMU_KEY], struct cb_span new_value,
    struct cb_why *why)
{
	struct emu_wrap made;
	uint16_t sw;

	if ((sw = new_value_fits(app, pin, new_value, why)) != SW_OK)
		return sw;
	if (wrap_seal(app, pin, WRAP_PIN, new_value, secret, &made) != CB_OK)
		return SW_CONDITIONS;
	emu_card_logout(app->card);
	if ((sw = put_wrap(app, pin, &made)) == SW_OK)
		sw = emu_pin_refill(app, pin);
	return sw;
}

uint16_t
emu_pin_refill(struct emu_app *app, struct emu_pin *pin)
{
	emu_pin_logout(app, pin);
	pin->tries = pin->tries_max;
	emu_tell_pin(app, EMU_PASSCODE_REFILLED, pin, pin->tries);
	return emu_store_tries(app, pin);
}

const struct emu_pin *
emu_pin_opened_by(struct emu_app *app, struct cb_span value)
{
	uint8_t secret[EMU_KEY];
	const struct emu_pin *p;

	if (value.n < EMU_UNBLOCK_MIN || value.n > EMU_UNBLOCK_MAX)
		return NULL;
	for (p = app->pins; p != NULL; p = p->next)
		if (p->unblock.set &&
		    wrap_open(app, p, WRAP_UNBLOCK, value, secret) == CB_OK)
			break;
	cb_wipe(secret, sizeof(secret));
	return p;
}

/* ---- creating --------------------------------------------------------------- */

/* The domain a new or replaced PIN shall belong to, and its secret: the one
 * it had or may join where that can be opened now, else a new one. */
static uint16_t
create_domain(struct emu_app *app, const struct emu_pin_def *def,
    const struct emu_pin *old, struct emu_domain **out,
    uint8_t secret[EMU_KEY])
{
	struct emu_domain *d = NULL;

	if (old != NULL)
		d = emu_domain_by_id(app, old->domain);
	else if (def->join)
		d = emu_domain_by_role(app, def->owner, def->role);
	if (d != NULL && emu_domain_secret(app, d, secret) == CB_OK) {
		*out = d;
		return SW_OK;
	}
	if (old != NULL && d != NULL && emu_parts_only_for(app, d)) {
		emu_card_note(app->card, "a passcode was not replaced: it "
		    "alone opens what it guards, and nobody is logged in who "
		    "may hand that on");
		return SW_CONDITIONS;
	}
	return emu_domain_create(app, def->owner, def->role, out, secret);
}

static uint16_t
domain_drop_unused(struct emu_app *app, uint32_t id)
{
	struct emu_domain *d = emu_domain_by_id(app, id);

	for (struct emu_pin *p = app->pins; p != NULL; p = p->next)
		if (p->domain == id)
			return SW_OK;
	return d == NULL ? SW_OK : emu_domain_delete(app, d);
}

uint16_t
emu_pin_create(struct emu_app *app, const struct emu_pin_def *def)
{
	struct emu_card *card = app->card;
	struct emu_pin *pin = emu_pin_find(app, def->owner, def->ref);
	struct emu_domain *d = NULL;
	uint8_t secret[EMU_KEY];
	uint32_t old_domain = 0;
	uint16_t sw;

	if ((sw = emu_pin_fits(card, def->min, def->max, def->pin, NULL)) !=
	    SW_OK)
		return sw;
	if ((sw = create_domain(app, def, pin, &d, secret)) != SW_OK)
		goto out;
	if (pin == NULL) {
		struct emu_pin **at;

		if ((pin = calloc(1, sizeof(*pin))) == NULL) {
			sw = SW_MEMORY_FAILURE;
			goto out;
		}
		pin->id = ++app->last_pin;
		pin->owner = def->owner;
		pin->ref = def->ref;
		for (at = &app->pins; *at != NULL; at = &(*at)->next)
			continue;
		*at = pin;
	} else {
		emu_pin_logout(app, pin);
		old_domain = pin->domain;
	}
	pin->role = def->role;
	pin->domain = d->id;
	pin->min = def->min;
	pin->max = def->max;
	pin->access_n = (uint8_t)def->access.n;
	if (def->access.n > 0)
		memcpy(pin->access, def->access.p, def->access.n);
	pin->tries_max = pin->tries = emu_policy_tries(card, def->tries);
	pin->unblock.set = false;
	pin->unblock_max = pin->unblock_tries = 0;
	if (def->unblock.n > 0)
		pin->unblock_max = pin->unblock_tries =
		    emu_policy_tries(card, def->unblock_tries);
	if (wrap_seal(app, pin, WRAP_PIN, def->pin, secret, &pin->pin) !=
		CB_OK ||
	    (def->unblock.n > 0 &&
		wrap_seal(app, pin, WRAP_UNBLOCK, def->unblock, secret,
		    &pin->unblock) != CB_OK) ||
	    (def->escrow != NULL && def->escrow != d &&
		emu_domain_escrow(app, d, def->escrow, secret) != CB_OK)) {
		sw = SW_MEMORY_FAILURE;
		goto out;
	}
	emu_tell_pin(app, EMU_PASSCODE_CREATED, pin, pin->tries);
	if ((sw = emu_store_domain(app, d)) != SW_OK ||
	    (sw = emu_store_pin(app, pin)) != SW_OK ||
	    (sw = emu_store_tries(app, pin)) != SW_OK)
		goto out;
	if (old_domain != 0 && old_domain != d->id &&
	    (sw = domain_drop_unused(app, old_domain)) != SW_OK)
		goto out;
	if (def->open && emu_domain_open(d, secret) != CB_OK) {
		sw = SW_MEMORY_FAILURE;
		goto out;
	}
	sw = emu_parts_reseal(app, def->owner);
out:
	cb_wipe(secret, sizeof(secret));
	return sw;
}

uint16_t
emu_pins_forget(struct emu_app *app, const struct emu_file *df)
{
	struct emu_pin **at = &app->pins, *pin;
	uint32_t id;
	uint16_t sw;

	while ((pin = *at) != NULL) {
		if (pin->owner != df) {
			at = &pin->next;
			continue;
		}
		emu_pin_logout(app, pin);
		emu_tell_pin(app, EMU_PASSCODE_REMOVED, pin, pin->tries);
		if ((sw = emu_store_pin_del(app, pin)) != SW_OK)
			return sw;
		id = pin->domain;
		*at = pin->next;
		free(pin);
		if ((sw = domain_drop_unused(app, id)) != SW_OK)
			return sw;
	}
	return SW_OK;
}

void
emu_pins_free(struct emu_app *app)
{
	struct emu_pin *pin;

	emu_pins_logout(app);
	while ((pin = app->pins) != NULL) {
		app->pins = pin->next;
		free(pin);
	}
	emu_domains_free(app);
}
