/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Format 1 of the database. Every table has a first column that says whose a
 * row is; zeros are the platform. Columns `mac` are the vault's, opaque here.
 */
#include "backend/store/internal.h"

#define ID(name) #name " BLOB NOT NULL CHECK(length(" #name ")=16)"
#define ID_OR_NULL(name) #name " BLOB CHECK(length(" #name ")=16)"
#define HASH(name) #name " BLOB NOT NULL CHECK(length(" #name ")=32)"
#define INT(name) #name " INTEGER NOT NULL CHECK(" #name ">=0)"
#define ANY_BLOB(name) #name " BLOB NOT NULL"
#define NAME(name, n) \
	#name " TEXT NOT NULL CHECK(length(" #name ") BETWEEN 1 AND " #n ")"
/* a row of the same organisation: nobody refers to what is another's */
#define OWN(name, table) \
	"FOREIGN KEY(organisation, " #name ") REFERENCES " #table \
	"(organisation, id), "
#define OWN_ID ", UNIQUE(organisation, id), PRIMARY KEY(id)"
#define MAC "mac BLOB NOT NULL CHECK(length(mac)<=64)"
#define OF_ORGANISATION \
	"organisation BLOB NOT NULL REFERENCES organisation(id)"
#define STRICT ") STRICT"
#define BARE ") STRICT, WITHOUT ROWID"

const char *const be_schema[] = {
	"CREATE TABLE backend(one INTEGER PRIMARY KEY CHECK(one=1), " ID(id)
	    ", kind INTEGER NOT NULL CHECK(kind IN (1,2)), " INT(created)
	    STRICT,
	/* made by the platform; its own row is there from the start */
	"CREATE TABLE organisation(owner BLOB NOT NULL"
	    " CHECK(owner=zeroblob(16)), " ID(id) ", " INT(state) ", "
	    ANY_BLOB(setting) ", " INT(created) ", PRIMARY KEY(id)" BARE,
	"CREATE TABLE card(" OF_ORGANISATION ", " ID(id)
	    ", state INTEGER NOT NULL CHECK(state IN (1,2,3))"
	    ", blank INTEGER NOT NULL CHECK(blank IN (0,1))"
	    ", take_over INTEGER NOT NULL CHECK(take_over IN (0,1)), "
	    NAME(profile, 64) ", " ANY_BLOB(label) ", " INT(number) ", "
	    INT(created) ", " INT(key_version) ", " MAC
	    ", atr BLOB NOT NULL CHECK(length(atr)<=33)" OWN_ID BARE,
	"CREATE TABLE record(card BLOB NOT NULL REFERENCES card(id), "
	    NAME(name, 64) ", " ANY_BLOB(value) ", PRIMARY KEY(card, name)"
	    BARE,
	"CREATE TABLE device(" OF_ORGANISATION ", " ID(id)
	    ", class INTEGER NOT NULL CHECK(class IN (1,2))"
	    ", state INTEGER NOT NULL CHECK(state IN (1,2)), "
	    HASH(fingerprint) ", " INT(until) ", " ANY_BLOB(label) ", " MAC
	    OWN_ID BARE,
	"CREATE TABLE device_group(" OF_ORGANISATION ", " ID(id) ", "
	    ANY_BLOB(label) OWN_ID BARE,
	"CREATE TABLE device_member(" OF_ORGANISATION
	    ", device_group BLOB NOT NULL"
	    ", device BLOB NOT NULL, " MAC
	    ", " OWN(device_group, device_group) OWN(device, device) "PRIMARY KEY(device_group, device)" BARE,
	"CREATE TABLE assignment(" OF_ORGANISATION
	    ", card BLOB NOT NULL"
	    ", kind INTEGER NOT NULL CHECK(kind IN (1,2,3)), " ID(subject)
	    ", " INT(until) ", " MAC ", " OWN(card, card) "PRIMARY KEY(card, kind, subject)"
	    BARE,
	/* people of the platform are let into organisations by their rows:
	 * one of them may be a person, with a certificate, of several */
	"CREATE TABLE person(" OF_ORGANISATION ", " ID(id) ", " INT(state)
	    ", " ANY_BLOB(sealed) ", PRIMARY KEY(organisation, id)" BARE,
	"CREATE TABLE identifier(" OF_ORGANISATION ", " NAME(kind, 32) ", "
	    ANY_BLOB(value) ", person BLOB NOT NULL"
	    ", " OWN(person, person) "PRIMARY KEY(organisation, kind, value)" BARE,
	"CREATE TABLE factor(" OF_ORGANISATION ", " ID(id) ", " ID(person)
	    ", " NAME(kind, 32) ", " INT(state) ", " ANY_BLOB(data) ", " MAC
	    ", PRIMARY KEY(organisation, id)" BARE,
	"CREATE INDEX factor_person ON factor(organisation, person)",
	"CREATE TABLE role(" OF_ORGANISATION ", " ID(person) ", " INT(role)
	    ", " INT(until) ", " MAC
	    ", PRIMARY KEY(organisation, person, role)" BARE,
	"CREATE TABLE policy(" OF_ORGANISATION ", " NAME(name, 64) ", "
	    ANY_BLOB(value) ", " MAC ", PRIMARY KEY(organisation, name)"
	    BARE,
	"CREATE TABLE network(" OF_ORGANISATION ", " ID(id) ", "
	    ANY_BLOB(rule) ", " MAC ", PRIMARY KEY(id)" BARE,
	"CREATE TABLE revocation(" OF_ORGANISATION ", " HASH(fingerprint)
	    ", " ID(subject) ", " INT(since) ", " MAC
	    ", PRIMARY KEY(organisation, fingerprint)" BARE,
	"CREATE INDEX revocation_subject ON revocation(organisation, subject)",
	"CREATE TABLE token(" OF_ORGANISATION ", " HASH(hash) ", "
	    NAME(purpose, 32) ", " ID(subject)
	    ", class INTEGER NOT NULL CHECK(class IN (1,2)), " INT(until)
	    ", " MAC ", used INTEGER, " ANY_BLOB(label) ", PRIMARY KEY(hash)"
	    BARE,
	"CREATE INDEX token_subject ON token(subject)",
	"CREATE TABLE recovery_share(" OF_ORGANISATION ", " INT(number) ", "
	    INT(needed) ", " INT(shares) ", " HASH(fingerprint) ", "
	    INT(made) ", PRIMARY KEY(organisation, number)" BARE,
	"CREATE TABLE approval(" OF_ORGANISATION ", " ID(id)
	    ", person BLOB NOT NULL, " HASH(request)
	    ", " ANY_BLOB(signature) ", " INT(until) ", " OWN(person, person) "PRIMARY KEY(id)"
	    BARE,
	"CREATE TABLE outbox(" OF_ORGANISATION ", " ID(id) ", "
	    NAME(kind, 32) ", " ANY_BLOB(body) ", " INT(made)
	    ", sent INTEGER, PRIMARY KEY(id)" BARE,
	"CREATE TABLE certificate(" OF_ORGANISATION
	    ", card BLOB NOT NULL, " NAME(name, 64)
	    ", " ANY_BLOB(serial) ", " ANY_BLOB(subject)
	    ", not_after INTEGER NOT NULL, " HASH(fingerprint)
	    ", " OWN(card, card) "PRIMARY KEY(card, name)" BARE,
	"CREATE TABLE slot(" OF_ORGANISATION ", " ID(id)
	    ", device BLOB NOT NULL, " NAME(name, 64)
	    ", card BLOB, " OWN(device, device) OWN(card, card) "PRIMARY KEY(id)" BARE,
	"CREATE TABLE wrap(" OF_ORGANISATION ", " ID(owner) ", "
	    NAME(kind, 32) ", " INT(version) ", " ANY_BLOB(parameters) ", "
	    ANY_BLOB(sealed) ", PRIMARY KEY(owner, kind, version)" BARE,
	"CREATE TABLE enrolment(" OF_ORGANISATION ", " HASH(hash) ", "
	    HASH(public) ", " ANY_BLOB(certificate) ", " INT(made)
	    ", PRIMARY KEY(hash)" BARE,
	/* what is not a row that acts name: */
	"CREATE TABLE lease(card BLOB NOT NULL REFERENCES card(id), "
	    INT(fence) ", " ID_OR_NULL(device) ", " ID_OR_NULL(session)
	    ", " ID_OR_NULL(node) ", since INTEGER NOT NULL"
	    ", PRIMARY KEY(card)" BARE,
	"CREATE INDEX lease_session ON lease(session)"
	    " WHERE session IS NOT NULL",
	"CREATE TABLE node(" ID(id) ", " INT(beat) ", " INT(change)
	    ", PRIMARY KEY(id)" BARE,
	/* whose, too: a worker that was taken over says what device it likes */
	"CREATE TABLE answer(" ID(organisation) ", " ID(device) ", "
	    ID(session) ", "
	    INT(sequence) ", " HASH(request)
	    ", begun INTEGER NOT NULL CHECK(begun IN (0,1)), "
	    ANY_BLOB(sealed) ", " INT(made) ", " ID_OR_NULL(given)
	    ", PRIMARY KEY(organisation, device, session)" BARE,
	"CREATE INDEX answer_made ON answer(made)",
	/* `request`: of an act of a person what was ordered. Ids of others
	 * begin with the time: of these, which are most, no index is kept. */
	"CREATE TABLE done(" ID(organisation) ", " ID(id)
	    ", request BLOB CHECK(length(request)=32), " INT(made)
	    ", PRIMARY KEY(organisation, id)" BARE,
	"CREATE INDEX done_made ON done(made) WHERE request IS NOT NULL",
	/* the card is read from the bytes, whose first field it is: nobody
	 * can write another one beside them. Of entries that never tell a
	 * number of it, 2 session-refused, 4 session-takeover, 15 signed and
	 * 16 deciphered, which are the most, no index is kept. (For IN with a
	 * list of four SQLite makes a table at each insertion.) */
	"CREATE TABLE entry(" OF_ORGANISATION
	    ", number INTEGER NOT NULL CHECK(number>0), " ANY_BLOB(bytes)
	    ", " HASH(hash) ", card BLOB GENERATED ALWAYS AS (CASE"
	    " WHEN substr(bytes, 12, 3)=x'010010'"
	    " THEN CASE substr(bytes, 2, 2)"
	    " WHEN x'0002' THEN NULL WHEN x'0004' THEN NULL"
	    " WHEN x'000f' THEN NULL WHEN x'0010' THEN NULL"
	    " ELSE substr(bytes, 15, 16) END END) VIRTUAL"
	    ", PRIMARY KEY(organisation, number)" BARE,
	"CREATE INDEX entry_card ON entry(organisation, card, number)"
	    " WHERE card IS NOT NULL",
	"CREATE TABLE head(" ID(organisation)
	    ", number INTEGER NOT NULL CHECK(number>0)"
	    ", signed BLOB NOT NULL CHECK(length(signed)=162)"
	    ", PRIMARY KEY(organisation, number)" BARE,
};
const size_t be_schema_n = sizeof(be_schema) / sizeof(be_schema[0]);
