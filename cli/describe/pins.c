/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Passcodes: those of the shipped profile that the card has, with its tries,
 * and those that it has beside them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"

#define LENGTH_MAX 64		/* of a passcode, as profiles have it */

static const struct rep_pin *
find_pin(const struct rep_app *app, const char *owner, int ref)
{
	for (size_t i = 0; i < app->pins_n; i++)
		if ((int)(app->pins[i].ref & DRAFT_REF_MASK) == ref &&
		    strcmp(app->pins[i].owner, owner) == 0)
			return &app->pins[i];
	return NULL;
}

/* Lengths and rules, where the card tells them. */
static void
do_rules(struct draft *d, config_setting_t *pin, const struct rep_pin *found)
{
	char hex[3 * REP_ACCESS_MAX];

	if (found->min > 0 && found->max >= found->min &&
	    found->max <= LENGTH_MAX) {
		draft_set_number(d, pin, "min", found->min);
		draft_set_number(d, pin, "max", found->max);
		draft_policy(d, "pin_min", found->min, false);
		draft_policy(d, "pin_max", found->max, true);
	}
	if (found->access.n > 0)
		draft_set_text(
		    d, pin, "access", draft_hex(&found->access, hex));
}

static void
do_pin(struct draft *d, config_setting_t *pin, const struct rep_pin *found)
{
	const char *name = draft_text(pin, "name");
	int tries = found->limit >= 0 ? found->limit : found->tries;

	do_rules(d, pin, found);
	if (tries <= 0) {
		draft_note(d,
		    "passcode %s: its tries are the shipped profile's, "
		    "since the card's is %s",
		    name, found->tries == 0 ? "blocked" : "silent about them");
		return;
	}
	if (found->limit < 0)
		draft_note(d,
		    "passcode %s: %d tries, as many as the card has left; "
		    "it may have had more",
		    name, tries);
	draft_set_number(d, pin, "tries", tries);
	draft_policy(d, "tries", tries, true);
}

static bool
shipped_pin(config_setting_t *pins, const struct rep_pin *pin)
{
	for (int i = 0; i < config_setting_length(pins); i++) {
		config_setting_t *el =
		    config_setting_get_elem(pins, (unsigned)i);

		if (draft_number(el, "reference") ==
			(int)(pin->ref & DRAFT_REF_MASK) &&
		    strcmp(draft_text(el, "owner"), pin->owner) == 0)
			return true;
	}
	return false;
}

static void
add_pin(struct draft *d, config_setting_t *pins, const struct rep_pin *pin)
{
	config_setting_t *el =
	    config_setting_add(pins, NULL, CONFIG_TYPE_GROUP);
	char name[16];

	if (el == NULL) {
		d->err = CB_E_NOMEM;
		return;
	}
	(void)snprintf(name, sizeof(name), "pin-%02x", pin->ref & 0xFF);
	draft_set_text(d, el, "name", name);
	draft_set_text(d, el, "owner", pin->owner);
	draft_set_number(d, el, "reference", (int)(pin->ref & DRAFT_REF_MASK));
	draft_set_text(d, el, "role", "so");
	draft_set_number(d, el, "tries", 3);
	do_pin(d, el, pin);
	draft_note(d,
	    "passcode %02X, which the shipped profile does not have, is "
	    "taken for one of the SO",
	    pin->ref);
}

/* Which passcode of the card is the holder's cannot be seen: where there is
 * none with the reference of the shipped profile's, the first one that has no
 * part there, and tells of itself. */
static void
find_user(struct draft *d, config_setting_t *pins, const struct rep_app *found)
{
	for (int i = 0; i < config_setting_length(pins); i++) {
		config_setting_t *el =
		    config_setting_get_elem(pins, (unsigned)i);

		if (strcmp(draft_text(el, "role"), "user") != 0 ||
		    find_pin(found, draft_text(el, "owner"),
			draft_number(el, "reference")) != NULL)
			continue;
		for (size_t j = 0; j < found->pins_n; j++) {
			const struct rep_pin *pin = &found->pins[j];

			if (shipped_pin(pins, pin) || pin->access.n == 0)
				continue;
			draft_set_text(d, el, "owner", pin->owner);
			draft_set_number(d, el, "reference",
			    (int)(pin->ref & DRAFT_REF_MASK));
			draft_note(d, "passcode %02X is taken for the "
			    "holder's", pin->ref);
			break;
		}
	}
}

void
draft_pins(struct draft *d, config_setting_t *app, const struct rep_app *found,
    bool blank)
{
	config_setting_t *pins = draft_member(app, "pins");
	int i = 0;

	if (pins != NULL && !blank)
		find_user(d, pins, found);
	while (pins != NULL && i < config_setting_length(pins)) {
		config_setting_t *pin =
		    config_setting_get_elem(pins, (unsigned)i);
		const struct rep_pin *is = find_pin(found,
		    draft_text(pin, "owner"), draft_number(pin, "reference"));

		i++;
		if (is != NULL)
			do_pin(d, pin, is);
		else if (blank)
			continue;
		else if (strcmp(draft_text(pin, "role"), "so") == 0)
			draft_note(d,
			    "passcode %s is there, though the card did not "
			    "tell of it: somebody has to make the card",
			    draft_text(pin, "name"));
		else {
			draft_note(d,
			    "passcode %s is left out: the card has none",
			    draft_text(pin, "name"));
			(void)config_setting_remove_elem(pins, (unsigned)--i);
		}
	}
	for (size_t j = 0; pins != NULL && j < found->pins_n; j++)
		if (!shipped_pin(pins, &found->pins[j]))
			add_pin(d, pins, &found->pins[j]);
}
