/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tables of PROTOCOL.md, "Entries".
 */
#include "wire/entry_types.h"

#define F(field) (UINT32_C(1) << WIRE_F_##field)

/* A card in the hands of a device; and whoever may have changed one: a
 * session's command or a person's act. */
#define USE (F(CARD) | F(DEVICE) | F(SESSION))
#define BY (F(DEVICE) | F(SESSION) | F(PERSON) | F(CLAIMED) | F(ACT) | F(NUMBER))

/* clang-format off */
static const struct wire_field_type fields[] = {
	[WIRE_F_CARD] =		{ "card", WIRE_V_ID },
	[WIRE_F_DEVICE] =	{ "device", WIRE_V_ID },
	[WIRE_F_SESSION] =	{ "session", WIRE_V_ID },
	[WIRE_F_PERSON] =	{ "person", WIRE_V_ID },
	[WIRE_F_CLAIMED] =	{ "claimed", WIRE_V_ID },
	[WIRE_F_ACT] =		{ "act", WIRE_V_ID },
	[WIRE_F_SUBJECT] =	{ "subject", WIRE_V_ID },
	[WIRE_F_ORGANISATION] =	{ "organisation", WIRE_V_ID },
	[WIRE_F_SECOND] =	{ "second", WIRE_V_ID },
	[WIRE_F_OUTCOME] =	{ "outcome", WIRE_V_OUTCOME },
	[WIRE_F_TRIES] =	{ "tries", WIRE_V_U8 },
	[WIRE_F_REFERENCE] =	{ "reference", WIRE_V_U32 },
	[WIRE_F_NUMBER] =	{ "number", WIRE_V_U64 },
	[WIRE_F_FROM] =		{ "from", WIRE_V_U64 },
	[WIRE_F_TO] =		{ "to", WIRE_V_U64 },
	[WIRE_F_CODE] =		{ "code", WIRE_V_U32 },
	[WIRE_F_VERSION] =	{ "version", WIRE_V_U32 },
	[WIRE_F_MECHANISM] =	{ "mechanism", WIRE_V_WORD },
	[WIRE_F_WHAT] =		{ "what", WIRE_V_WORD },
	[WIRE_F_DIGEST] =	{ "digest", WIRE_V_DIGEST },
	[WIRE_F_FINGERPRINT] =	{ "fingerprint", WIRE_V_HASH },
	[WIRE_F_REQUEST] =	{ "request", WIRE_V_HASH },
};

static const struct wire_entry_kind kinds[] = {
	[WIRE_SESSION_OPEN] = { "session-open", USE,
	    F(PERSON) | F(CLAIMED) | F(ORGANISATION) | F(NUMBER) },
	[WIRE_SESSION_REFUSED] = { "session-refused", F(CODE),
	    F(CARD) | F(DEVICE) | F(SESSION) | F(PERSON) | F(CLAIMED) |
	    F(ORGANISATION) | F(WHAT) },
	[WIRE_SESSION_END] = { "session-end", USE,
	    F(NUMBER) | F(CODE) | F(WHAT) },
	[WIRE_SESSION_TAKEOVER] = { "session-takeover", USE | F(SUBJECT),
	    F(CLAIMED) | F(WHAT) },
	[WIRE_VERIFY_BEGUN] = { "verify-begun",
	    USE | F(REFERENCE) | F(TRIES), F(CLAIMED) | F(NUMBER) },
	[WIRE_VERIFY] = { "verify", USE | F(REFERENCE) | F(OUTCOME),
	    F(CLAIMED) | F(TRIES) | F(NUMBER) },
	[WIRE_PASSCODE_CREATED] = { "passcode-created",
	    F(CARD) | F(REFERENCE), BY },
	[WIRE_PASSCODE_CHANGED] = { "passcode-changed",
	    F(CARD) | F(REFERENCE) | F(OUTCOME), BY | F(TRIES) },
	[WIRE_PASSCODE_RESET] = { "passcode-reset",
	    F(CARD) | F(REFERENCE) | F(OUTCOME), BY | F(TRIES) },
	[WIRE_KEY_MADE] = { "key-made",
	    F(CARD) | F(REFERENCE) | F(MECHANISM), BY | F(FINGERPRINT) },
	[WIRE_KEY_IMPORTED] = { "key-imported",
	    F(CARD) | F(REFERENCE) | F(MECHANISM), BY | F(FINGERPRINT) },
	[WIRE_KEY_DELETED] = { "key-deleted", F(CARD) | F(REFERENCE), BY },
	[WIRE_CERTIFICATE_WRITTEN] = { "certificate-written",
	    F(CARD) | F(REFERENCE) | F(FINGERPRINT), BY },
	[WIRE_CARD_WRITTEN] = { "card-written", F(CARD),
	    BY | F(REFERENCE) | F(WHAT) },
	[WIRE_SIGNED] = { "signed",
	    USE | F(REFERENCE) | F(MECHANISM) | F(DIGEST),
	    F(CLAIMED) },
	[WIRE_DECIPHERED] = { "deciphered",
	    USE | F(REFERENCE) | F(MECHANISM) | F(DIGEST),
	    F(CLAIMED) },
	[WIRE_UNBLOCK_SECRET_USED] = { "unblock-secret-used",
	    F(CARD) | F(OUTCOME),
	    F(DEVICE) | F(SESSION) | F(PERSON) | F(ACT) | F(NUMBER) },
	[WIRE_ACT] = { "act",
	    F(ACT) | F(PERSON) | F(WHAT) | F(REQUEST) | F(OUTCOME),
	    F(CARD) | F(SUBJECT) | F(ORGANISATION) | F(SECOND) | F(NUMBER) },
	[WIRE_ENROLLED] = { "enrolled", F(DEVICE) | F(FINGERPRINT),
	    F(CARD) | F(ACT) | F(WHAT) },
	[WIRE_KEY_ROTATED] = { "key-rotated", F(WHAT) | F(VERSION),
	    F(ACT) | F(PERSON) },
	[WIRE_RESTORED] = { "restored", F(WHAT),
	    F(ACT) | F(PERSON) | F(FROM) | F(TO) },
	[WIRE_AUDIT_READ] = { "audit-read", F(FROM) | F(TO),
	    F(ACT) | F(PERSON) },
	[WIRE_CLOCK_STEP] = { "clock-step", F(FROM) | F(TO), F(WHAT) },
	[WIRE_CHECKPOINT] = { "checkpoint", F(FROM) | F(TO) | F(REQUEST),
	    F(ACT) | F(PERSON) },
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct wire_field_type *
wire_field_type(unsigned field)
{
	return field < COUNT(fields) && fields[field].name != NULL
	    ? &fields[field]
	    : NULL;
}

const struct wire_entry_kind *
wire_entry_kind(unsigned type)
{
	return type < COUNT(kinds) && kinds[type].name != NULL ? &kinds[type]
							       : NULL;
}

const char *
wire_outcome_name(uint64_t outcome)
{
	static const char *const names[] = { NULL, "done", "failed",
		"blocked", "refused" };

	return outcome < COUNT(names) ? names[outcome] : NULL;
}
