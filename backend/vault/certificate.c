/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See certificate.h.
 */
#include <string.h>

#include "backend/vault/certificate.h"

#define DAY 86400
#define EARLIER 300
#define DAYS_MAX 36525

/* The operator renews the door's (backend/renew.h). Devices and people are
 * enrolled anew, with another token; what makes an authority or a service anew
 * is another backend. */
static const struct be_lifetimes defaults = {
	.authority = 20 * 365, .service = 5 * 365, .door = 365,
	.device = 365, .person = 365,
};

static unsigned
days_of(const struct be_lifetimes *l, enum wire_usage usage)
{
	const unsigned days[] = {
		[WIRE_AUTHORITY] = l->authority, [WIRE_DOOR] = l->door,
		[WIRE_DEVICE] = l->device, [WIRE_PERSON] = l->person,
		[WIRE_SERVICE] = l->service,
	};

	return days[usage];
}

enum cb_err
be_certificate_wish(struct wire_cert_wish *out, const struct be_self *self,
    enum wire_usage usage, const struct be_lifetimes *lifetimes, int64_t now)
{
	unsigned days = lifetimes == NULL ? 0 : days_of(lifetimes, usage);

	if (days == 0)
		days = days_of(&defaults, usage);
	if (days > DAYS_MAX)
		return CB_E_LIMIT;
	*out = (struct wire_cert_wish){ .usage = usage, .kind = self->kind,
		.from = now - EARLIER, .until = now + (int64_t)days * DAY };
	return cr_random(out->serial, sizeof(out->serial));
}
