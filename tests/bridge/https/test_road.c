/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A conversation over a road on which something goes wrong: the card runs each
 * command once, the program gets what an undisturbed one gets, or it is told
 * that its card is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/sock.h"
#include "bridge/https/call.h"
#include "common/hex.h"
#include "tests/bridge/https/relay.h"
#include "tests/bridge/https/rig.h"

/* Tries are spent, won back and spent; T=0, so answers come in two. */
static const char *const commands[] = {
	"00A4040010A0000000770100700A1000F100000100",
	"00A40000022F00",
	"00C0000017",
	"0020000108393939393931FFFF",
	"0020000108313233343536FFFF",
	"0020000108393939393931FFFF",
	"0020000108393939393931FFFF",
	"00CA5F0100",
	"00A40000025015",
	"00C0000011",
};
#define COMMANDS ((int)(sizeof(commands) / sizeof(commands[0])))
/* Requests of one: power, protocol, and those that are no GET RESPONSE. */
#define REQUESTS (2 + COMMANDS - 2)

static enum mischief what;
static unsigned at;

static enum mischief
once(unsigned n)
{
	/* the second time on a new connection, where it is not sent again by
	 * the client itself */
	return n == at || (n == at + 1 && what <= CUT_AFTER) ? what : FINE;
}

static int
took_ms(uint64_t since)
{
	return (int)(br_now_ms() - since) / (int)slower();
}

static enum cb_err
say(struct br_client *c, const char *hex, struct cb_buf *rsp)
{
	struct cb_buf apdu = CB_BUF_INIT;
	enum cb_err r;

	ck_ok(cb_hex_decode(&apdu, hex, strlen(hex)));
	r = br_transmit(c, cb_buf_span(&apdu), rsp);
	cb_buf_free(&apdu);
	return r;
}

/* Appends all answers. */
static enum cb_err
converse(struct br_client *c, struct cb_buf *said)
{
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r;

	if ((r = rig_power(c)) == CB_OK)
		r = br_protocol(c, 0);
	for (int i = 0; i < COMMANDS && r == CB_OK; i++)
		if ((r = say(c, commands[i], &rsp)) == CB_OK)
			ck_ok(cb_buf_add(said, cb_buf_span(&rsp)));
	cb_buf_free(&rsp);
	return r;
}

/* What an undisturbed card says, without any road. */
static void
undisturbed(struct cb_buf *said)
{
	struct backend b;
	struct cb_buf apdu = CB_BUF_INIT, rsp = CB_BUF_INIT;

	memset(&b, 0, sizeof(b));
	worker_card(&b);
	emu_card_power_on(b.card);
	ck_ok(emu_card_set_protocol(b.card, EMU_T0));
	for (int i = 0; i < COMMANDS; i++) {
		cb_buf_clear(&apdu);
		ck_ok(cb_hex_decode(
		    &apdu, commands[i], strlen(commands[i])));
		ck_ok(emu_card_transmit(b.card, cb_buf_span(&apdu), &rsp));
		ck_ok(cb_buf_add(said, cb_buf_span(&rsp)));
	}
	emu_card_free(&b.card);
	cb_buf_free(&apdu);
	cb_buf_free(&rsp);
}

static void
is_undisturbed(const struct cb_buf *said)
{
	struct cb_buf want = CB_BUF_INIT;

	undisturbed(&want);
	ck_assert_uint_eq(said->n, want.n);
	ck_assert_mem_eq(said->p, want.p, want.n);
	/* the right passcode came between: one, then two tries are gone */
	ck_assert_ptr_nonnull(memmem(said->p, said->n, "\x63\xC1", 2));
	cb_buf_free(&want);
}

START_TEST(an_undisturbed_conversation)
{
	struct cb_buf said = CB_BUF_INIT;
	struct br_client *c;
	struct br_reader_info info;

	rig_start();
	rig_info(&info);
	ck_assert_str_eq(info.trouble, "");
	ck_assert(info.present && info.test);
	/* it is there, and nobody has it */
	ck_assert_uint_eq(far.offers, 0);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(converse(c, &said));
	is_undisturbed(&said);
	/* an answer in two parts costs one round trip */
	ck_assert_uint_eq(far.requests, REQUESTS);
	ck_assert_uint_eq(far.runs, COMMANDS - 2);
	/* and of the last one nobody has told yet */
	ck_assert_uint_eq(far.ahead_told, 1);
	br_close(&c);
	cb_buf_free(&said);
}
END_TEST

static const enum mischief harmless[] = { CUT_BEFORE, CUT_AFTER, TWICE, LATE };
#define HARMLESS ((int)(sizeof(harmless) / sizeof(harmless[0])))

/* At each request. */
START_TEST(the_road_breaks_and_nobody_sees_it)
{
	struct cb_buf said = CB_BUF_INIT;
	struct br_client *c;

	what = harmless[_i % HARMLESS];
	at = (unsigned)(_i / HARMLESS) % REQUESTS + 1;
	far.plan = once;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(converse(c, &said));
	is_undisturbed(&said);
	ck_assert_uint_eq(far.runs, COMMANDS - 2);
	ck_assert_uint_ge(far.requests, REQUESTS +
	    (what <= CUT_AFTER && at < REQUESTS ? 2 : 0));
	br_close(&c);
	cb_buf_free(&said);
}
END_TEST

/* A role that is being started is there long before a second is over, which is
 * what a door asks for that is busy. */
START_TEST(a_door_is_asked_again_when_it_says)
{
	struct cb_buf said = CB_BUF_INIT;
	struct br_client *c;
	uint64_t begun;

	what = _i == 0 ? BUSY : STARTING;
	at = 2;
	far.plan = once;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	begun = br_now_ms();
	ck_ok(converse(c, &said));
	is_undisturbed(&said);
	ck_assert_uint_eq(far.runs, COMMANDS - 2);
	ck_assert_uint_eq(far.requests, REQUESTS + 1);
	if (what == BUSY)
		ck_assert_uint_ge(br_now_ms() - begun, 1000);
	else
		ck_assert_int_lt(took_ms(begun), 1000);
	br_close(&c);
	cb_buf_free(&said);
}
END_TEST

static const enum mischief harmful[] = { OLD_ANSWER, FLIPPED };

/* From the first command on: no answer is taken for the card's that is not,
 * nothing is run again, and the card counts as taken out and is there again. */
START_TEST(what_the_worker_did_not_say_is_no_answer)
{
	struct cb_buf said = CB_BUF_INIT;
	struct br_state state;
	struct br_client *c, *watch;
	struct br_target t = { .name = "hosted" };
	uint32_t changes;
	unsigned runs;
	enum cb_err r;

	what = harmful[_i % 2];
	at = (unsigned)(_i / 2) + 3;
	far.plan = once;
	rig_start();
	watch = dial(&near);
	ck_ok(br_watch(watch, &t, BR_ROAD_DIRECT, &state));
	ck_assert(state.present);
	changes = state.changes;
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	/* whichever of the two is told first */
	r = converse(c, &said);
	ck_assert(r == CB_E_PEER || r == CB_E_ABSENT);
	runs = far.runs;
	ck_assert_uint_eq(runs, at - 2);
	while (state.changes < changes + 2 || !state.present)
		ck_assert(news(watch, &state, 5000));
	ck_assert_uint_eq(far.runs, runs);
	br_close(&c);
	/* and may be used again */
	far.plan = NULL;
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
	br_close(&watch);
	cb_buf_free(&said);
}
END_TEST

/* An ACCEPT is good once: whose answer is lost needs another offer. */
START_TEST(an_opening_whose_answer_is_lost_is_begun_anew)
{
	struct br_client *c;

	far.cut_opens = 1;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_assert_uint_eq(far.offers, 2);
	ck_assert_uint_eq(far.opens, 3);
	br_close(&c);
}
END_TEST

START_TEST(a_backend_that_forgot_the_session_is_told_as_such)
{
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_client *c;

	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_ok(say(c, commands[0], &rsp));
	pthread_mutex_lock(&far.lock);
	far.open = false;
	pthread_mutex_unlock(&far.lock);
	ck_assert_int_ne(say(c, commands[1], &rsp), CB_OK);
	ck_assert_uint_eq(far.runs, 1);
	br_close(&c);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
	cb_buf_free(&rsp);
}
END_TEST

/* Down and up again within a command: the program waits, and that is all. */
START_TEST(a_backend_that_is_away_for_a_moment_is_not_missed)
{
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_client *c;

	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	backend_down(&far);
	backend_up(&far);
	ck_ok(say(c, commands[0], &rsp));
	ck_assert_uint_eq(far.runs, 1);
	ck_assert(rig_present(true, 0));
	br_close(&c);
	cb_buf_free(&rsp);
}
END_TEST

/* How many CLOSE have come, as soon as there is one. */
static unsigned
closes_in(int ms)
{
	const struct timespec step = { 0, 10000000 };
	unsigned closes = 0;

	for (int i = 0; i < ms / 10 && closes == 0; i++) {
		nanosleep(&step, NULL);
		pthread_mutex_lock(&far.lock);
		closes = far.closes;
		pthread_mutex_unlock(&far.lock);
	}
	return closes;
}

/* A card at rest is given back, and its connection is closed; the next one
 * resumes what TLS had agreed. */
START_TEST(a_card_at_rest_is_given_back)
{
	struct br_client *c;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	ck_assert_uint_eq(closes_in(10000), 1);
	ck_assert(rig_present(true, 0));
	ck_ok(rig_power(c));
	ck_assert_uint_gt(far.resumed, 0);
	br_close(&c);
}
END_TEST

/* Also where nobody has heard it at first: others would wait for the card until
 * this bridge is missed. */
START_TEST(a_card_is_given_back_once_more)
{
	struct br_client *c;
	uint8_t atr[CB_ATR_MAX];
	uint64_t begun;
	size_t n;

	at = 3;		/* power, its end, CLOSE */
	what = STUCK;
	far.plan = once;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	begun = br_now_ms();
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	ck_assert_uint_eq(closes_in(15000), 1);
	ck_assert_int_ge(took_ms(begun), 1500 / (int)slower());
	ck_assert(rig_present(true, 0));
	ck_ok(rig_power(c));
	br_close(&c);
}
END_TEST

/* So does that of one which is used, but not now; nobody sees it. */
START_TEST(a_connection_without_commands_is_closed)
{
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_client *c;
	unsigned connections, resumed;

	ck_assert_uint_eq(br_https_idle_ms, 30000);
	br_https_idle_ms = 300;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	rig_wait_count(&far.holds, 3);
	ck_assert(rig_wait_links(far.port, 2, 1000));
	for (int i = 0; i < 2; i++) {
		ck_assert(rig_wait_links(far.port, 1, 3000));
		connections = far.connections;
		resumed = far.resumed;
		ck_ok(say(c, commands[i], &rsp));
		ck_assert_uint_eq(far.connections, connections + 1);
		ck_assert_uint_eq(far.resumed, resumed + 1);
	}
	ck_assert_uint_eq(far.offers, 1);
	ck_assert_uint_eq(far.runs, 2);
	br_close(&c);
	cb_buf_free(&rsp);
}
END_TEST

/* ---- several places ------------------------------------------------------ */

/* The first place is a relay, the second the backend itself. */
static struct relay relay;

static void
start_at_two(bool first)
{
	char uri[sizeof(far.uri) + 64];
	const char *readers[] = { "hosted", uri, NULL };

	backend_start(&far);
	relay.to = far.port;
	relay_start(&relay);
	if (!first)
		relay_stop(&relay);
	snprintf(uri, sizeof(uri), "https://localhost:%u%s&also=localhost:%u",
	    relay.port, strstr(far.uri, "/cards/"), far.port);
	bridge_init(&near);
	near.set.patient = true;
	bridge_start(&near, readers);
}

START_TEST(another_place_takes_over)
{
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_state state;
	struct br_target t = { .name = "hosted" };
	struct br_client *c, *watch;

	start_at_two(true);
	ck_assert(rig_present(true, 3000));
	watch = dial(&near);
	ck_ok(br_watch(watch, &t, BR_ROAD_DIRECT, &state));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_ok(say(c, commands[0], &rsp));
	rig_wait_count(&far.holds, 3);
	ck_assert(rig_wait_links(relay.port, 2, 1000));
	relay_stop(&relay);
	/* the session goes on; nobody has seen it */
	for (int i = 1; i < COMMANDS; i++)
		ck_ok(say(c, commands[i], &rsp));
	ck_assert(rig_wait_links(relay.port, 0, 3000));
	ck_assert_uint_eq(far.offers, 1);
	ck_assert(!news(watch, &state, 0));
	br_close(&c);
	br_close(&watch);
	cb_buf_free(&rsp);
}
END_TEST

START_TEST(a_place_that_was_never_there_is_passed_over)
{
	struct br_reader_info info;
	struct br_client *c;

	start_at_two(false);
	/* who adds it is not told of the first one */
	rig_info(&info);
	ck_assert_str_eq(info.trouble, "");
	ck_assert(info.present);
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	br_close(&c);
}
END_TEST

/* ---- ends ---------------------------------------------------------------- */

static enum mischief
stuck(unsigned n)
{
	return n >= at ? STUCK : FINE;
}

static void *
ask_in_vain(void *arg)
{
	struct br_client *c = arg;
	struct cb_buf rsp = CB_BUF_INIT;
	enum cb_err r = say(c, commands[0], &rsp);

	cb_buf_free(&rsp);
	return r == CB_OK ? NULL : arg;
}

/* A card elsewhere may compute as long as it likes. */
START_TEST(a_bridge_ends_without_the_answer_to_a_command)
{
	struct br_client *c;
	pthread_t program;
	void *failed = NULL;
	uint64_t begun;

	at = 2;
	far.plan = stuck;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_assert_int_eq(
	    pthread_create(&program, NULL, ask_in_vain, c), 0);
	rig_wait_count(&far.requests, 2);
	begun = br_now_ms();
	bridge_clear(&near);
	ck_assert_int_le(took_ms(begun), 3000);
	pthread_join(program, &failed);
	ck_assert_ptr_nonnull(failed);
	br_close(&c);
}
END_TEST

/* One that is not used is given back, by a bridge that ends, too. */
START_TEST(a_bridge_that_ends_gives_its_cards_back)
{
	struct br_client *c;

	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	bridge_clear(&near);
	ck_assert_uint_eq(far.closes, 1);
	br_close(&c);
}
END_TEST

static bool
is_taken(void)
{
	bool open;

	pthread_mutex_lock(&far.lock);
	open = far.open;
	pthread_mutex_unlock(&far.lock);
	return open;
}

/* What becomes of the requests behind power. */
static const struct {
	enum mischief next[3];
	bool command;		/* the first of them is one, and no CLOSE */
	unsigned closes;
} endings[] = {
	/* it never came, so that CLOSE is out of order */
	{ { STUCK }, true, 0 },
	{ { MUTE }, true, 1 },
	/* while it runs */
	{ { MUTE, STARTING, STARTING }, true, 1 },
	{ { MUTE, CUT_AFTER }, true, 1 },
	{ { CUT_BEFORE }, false, 1 },
	{ { STARTING }, false, 1 },
	{ { BUSY }, false, 1 },
	{ { STUCK }, false, 1 },
};

static enum mischief
ending(unsigned n)
{
	return n >= 2 && n < 5 ? endings[at].next[n - 2] : FINE;
}

/* Whatever is under way at that time; also where it takes another try. */
START_TEST(a_bridge_that_ends_frees_its_card)
{
	struct br_client *c;
	pthread_t program;
	void *failed = NULL;

	at = (unsigned)_i;
	far.plan = ending;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	if (endings[_i].command) {
		ck_assert_int_eq(
		    pthread_create(&program, NULL, ask_in_vain, c), 0);
		rig_wait_count(&far.requests, 2);
	}
	ck_assert(is_taken());
	bridge_clear(&near);
	ck_assert(!is_taken());
	ck_assert_uint_eq(far.closes, endings[_i].closes);
	if (endings[_i].command)
		pthread_join(program, &failed);
	br_close(&c);
}
END_TEST

/* A card that is being given back already is not forgotten for it. */
START_TEST(a_bridge_that_ends_meanwhile_frees_its_card)
{
	struct br_client *c;
	uint8_t atr[CB_ATR_MAX];
	size_t n;

	at = 3;
	what = STUCK;
	far.plan = once;
	rig_start();
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	rig_wait_count(&far.requests, 3);
	ck_assert(is_taken());
	bridge_clear(&near);
	ck_assert(!is_taken());
	ck_assert_uint_eq(far.closes, 1);
	br_close(&c);
}
END_TEST

/* Where another place is: also behind one that is gone, or says nothing. */
START_TEST(a_bridge_that_ends_frees_its_card_elsewhere)
{
	struct br_client *c;

	start_at_two(true);
	ck_assert(rig_present(true, 3000));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	rig_wait_count(&far.holds, 3);
	ck_assert(is_taken());
	if (_i == 0)
		relay_stop(&relay);
	else
		atomic_store(&relay.deaf, true);
	bridge_clear(&near);
	ck_assert(!is_taken());
	ck_assert_uint_eq(far.closes, 1);
	if (_i > 0)
		relay_stop(&relay);
	br_close(&c);
}
END_TEST

/* And one that does not hear of it is not waited for. */
START_TEST(what_is_not_heard_at_the_end_is_not_waited_for)
{
	struct br_state state;
	struct br_target t = { .name = "hosted" };
	struct br_client *c, *watch;
	uint8_t atr[CB_ATR_MAX];
	uint64_t begun;
	size_t n;

	at = 2;
	far.plan = stuck;
	rig_start();
	watch = dial(&near);
	ck_ok(br_watch(watch, &t, BR_ROAD_DIRECT, &state));
	c = attached(&near, "hosted", BR_ROAD_DIRECT);
	ck_ok(rig_power(c));
	begun = br_now_ms();
	ck_ok(br_power(c, BR_POWER_OFF, atr, &n, NULL));
	ck_assert_int_ge(took_ms(begun), 1500 / (int)slower());
	ck_assert_int_le(took_ms(begun), 3000);
	/* nobody sees that, and it is opened anew */
	ck_assert(!news(watch, &state, 0));
	far.plan = NULL;
	ck_ok(rig_power(c));
	ck_assert_uint_eq(far.offers, 2);
	far.plan = stuck;
	begun = br_now_ms();
	bridge_clear(&near);
	ck_assert_int_le(took_ms(begun), 3000);
	br_close(&c);
	br_close(&watch);
}
END_TEST

Suite *
road_suite(void)
{
	Suite *s = suite_create("road");
	TCase *t = tcase_create("road");

	tcase_add_unchecked_fixture(t, pki_make, pki_free);
	tcase_add_checked_fixture(t, rig_setup, rig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, an_undisturbed_conversation);
	tcase_add_loop_test(t, the_road_breaks_and_nobody_sees_it, 0,
	    HARMLESS * REQUESTS);
	tcase_add_loop_test(t, a_door_is_asked_again_when_it_says, 0, 2);
	tcase_add_loop_test(t, what_the_worker_did_not_say_is_no_answer, 2,
	    2 * (COMMANDS - 2));
	tcase_add_test(t, an_opening_whose_answer_is_lost_is_begun_anew);
	tcase_add_test(t, a_backend_that_forgot_the_session_is_told_as_such);
	tcase_add_test(
	    t, a_backend_that_is_away_for_a_moment_is_not_missed);
	tcase_add_test(t, a_card_at_rest_is_given_back);
	tcase_add_test(t, a_card_is_given_back_once_more);
	tcase_add_test(t, a_connection_without_commands_is_closed);
	tcase_add_test(t, another_place_takes_over);
	tcase_add_test(t, a_place_that_was_never_there_is_passed_over);
	tcase_add_test(t, a_bridge_ends_without_the_answer_to_a_command);
	tcase_add_test(t, a_bridge_that_ends_gives_its_cards_back);
	tcase_add_loop_test(t, a_bridge_that_ends_frees_its_card, 0,
	    (int)(sizeof(endings) / sizeof(endings[0])));
	tcase_add_test(t, a_bridge_that_ends_meanwhile_frees_its_card);
	tcase_add_loop_test(
	    t, a_bridge_that_ends_frees_its_card_elsewhere, 0, 2);
	tcase_add_test(t, what_is_not_heard_at_the_end_is_not_waited_for);
	suite_add_tcase(s, t);
	return s;
}
