/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A disk that fails, and a process that is killed: what was told as done is
 * there, nothing is there by half, and what is unknown can be looked up.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/store_rig.h"
#include "tests/backend/vfs_fault.h"

/* Act number n: three records that say n, an entry, an answer. Its id has n. */
struct step {
	struct be_record_change records[3];
	uint8_t value[8];
	struct be_answer answer;
	struct be_act act;
};

static void
step_init(struct step *s, uint64_t n, uint64_t fence)
{
	static const char *const names[] = { "a", "b", "c" };

	for (int i = 0; i < 8; i++)
		s->value[i] = (uint8_t)(n >> (8 * i));
	for (int i = 0; i < 3; i++)
		s->records[i] = (struct be_record_change){ names[i],
			CB_SPAN_OF(s->value), false };
	s->answer = (struct be_answer){ .sequence = n,
		.sealed = cb_span_str("answer") };
	s->act = act_command(id(0x11), id(0x91), id(0x51), fence);
	s->act.records = s->records;
	s->act.records_n = 3;
	s->act.answer = &s->answer;
	memset(s->act.id, 0x55, WIRE_ID);
	memcpy(s->act.id, s->value, 8);
}

static bool
was_done(struct be_store *st, uint64_t n)
{
	struct step s;
	bool done;

	step_init(&s, n, 0);
	ck_assert_int_eq(
	    be_store_outcome(st, id(1), s.act.id, nobodys, &done, NULL),
	    CB_OK);
	return done;
}

/* The last act that is there; all of it is, and all those before it. */
static uint64_t
check_whole(struct be_store *st)
{
	static const char *const names[] = { "a", "b", "c" };
	struct cb_buf v = CB_BUF_INIT;
	static const uint8_t hash[CR_HASH];
	struct be_verdict verdict;
	struct wire_chain c;
	uint64_t n = 0, got;
	enum be_found found;

	for (int i = 0; i < 3; i++) {
		cb_buf_clear(&v);
		if (be_store_record(st, id(1), id(0x11), names[i], &v,
			NULL) != CB_OK)
			ck_assert_uint_eq(n, 0);
		got = 0;
		for (size_t k = v.n; k > 0; k--)
			got = got << 8 | v.p[k - 1];
		ck_assert(i == 0 || got == n);
		n = got;
	}
	/* four entries of the rig, one of the lease, one for each act */
	ck_assert_int_eq(be_store_tip(st, id(1), &c, NULL), CB_OK);
	ck_assert_uint_eq(c.number, 5 + n);
	ck_assert_int_eq(
	    be_store_verify(st, id(1), hash, NULL, 0, &verdict, NULL),
	    CB_OK);
	cb_buf_clear(&v);
	ck_assert_int_eq(be_store_answer(st, id(1), id(0x91), id(0x51), n,
			     hash, NULL, &found, &v, NULL),
	    CB_OK);
	ck_assert_int_eq(found, n == 0 ? BE_NO_ANSWER : BE_ANSWER);
	for (uint64_t i = 1; i <= n; i++)
		ck_assert(was_done(st, i));
	ck_assert(!was_done(st, n + 1));
	cb_buf_free(&v);
	return n;
}

/* ---- a disk that fails --------------------------------------------------- */

static const struct {
	enum vf_fault fault;
	enum cb_err want;
	const char *words;
} faults[] = {
	{ VF_FULL, CB_E_STORE, "the disk is full" },
	{ VF_WRITE, CB_E_STORE, "the disk failed" },
	{ VF_SYNC, CB_E_STORE, "the disk failed" },
};

/* A store whose disk can be told to fail, and a session's fence. */
static uint64_t
rig_on_faults(struct rig *g)
{
	uint64_t fence;

	rig_init(g);
	fence = take(g, id(0x11), id(0x91), id(0x51));
	be_store_close(&g->st);
	ck_assert_int_eq(vf_register(), 0);
	be_store_set_vfs(VF_VFS);
	g->st = rig_open(g);
	return fence;
}

/* At every write and sync of a commit in turn. */
START_TEST(a_failed_commit_is_looked_up)
{
	struct cb_why why;
	struct rig g;
	struct step s;
	uint64_t n = 0, fence;
	unsigned after, looked_up = 0;
	bool unknown;

	fence = rig_on_faults(&g);
	for (after = 0;; after++) {
		step_init(&s, n + 1, fence);
		vf_fail(faults[_i].fault, after);
		if (be_store_act(g.st, &s.act) == CB_OK) {
			n++;
			if (vf_failed() == 0)
				break;
			vf_fail(VF_NONE, 0);
			continue;
		}
		ck_assert_int_eq(s.act.err, faults[_i].want);
		ck_assert_msg(strstr(s.act.why.text, faults[_i].words) !=
			NULL, "%s", s.act.why.text);
		/* nothing is done before it was looked up */
		if ((unknown = s.act.unknown))
			ck_assert_int_eq(
			    be_store_act(g.st, &s.act), CB_E_STORE);
		vf_fail(VF_NONE, 0);
		if (unknown)
			ck_assert_msg(be_store_reopen(g.st, &why) == CB_OK,
			    "%s", why.text);
		looked_up += unknown;
		if (was_done(g.st, n + 1)) {
			ck_assert(unknown);
			n++;
		}
		ck_assert_uint_eq(check_whole(g.st), n);
	}
	vf_fail(VF_NONE, 0);
	ck_assert_uint_gt(looked_up, 0);
	ck_assert_uint_eq(check_whole(g.st), n);
	ck_assert_int_eq(be_store_check(g.st, NULL), CB_OK);
	rig_clear(&g);
}
END_TEST

/* Without anybody who wants anything. */
START_TEST(that_there_is_room_again_is_found_out)
{
	struct cb_why why = { "" };
	struct rig g;
	struct step s;
	uint64_t fence;

	fence = rig_on_faults(&g);
	ck_assert_int_eq(be_store_try(g.st, &why), CB_OK);
	step_init(&s, 1, fence);
	vf_fail(VF_FULL, 0);
	ck_assert_int_eq(be_store_act(g.st, &s.act), CB_E_STORE);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(be_store_try(g.st, &why), CB_E_STORE);
		ck_assert_ptr_nonnull(strstr(why.text, "the disk is full"));
	}
	vf_fail(VF_NONE, 0);
	ck_assert_int_eq(be_store_try(g.st, &why), CB_OK);
	ck_assert_uint_eq(check_whole(g.st), 0);
	ck_assert_int_eq(be_store_act(g.st, &s.act), CB_OK);
	/* what a commit takes to be in the file, too */
	vf_fail(VF_SYNC, 1);
	ck_assert_int_eq(be_store_try(g.st, &why), CB_E_STORE);
	vf_fail(VF_NONE, 0);
	ck_assert_int_eq(be_store_try(g.st, &why), CB_OK);
	ck_assert_uint_eq(check_whole(g.st), 1);
	rig_clear(&g);
}
END_TEST

START_TEST(a_commit_is_synced)
{
	struct be_act acts[20];
	struct step s[20];
	struct rig g;
	uint64_t fence;
	unsigned before;

	fence = rig_on_faults(&g);
	step_init(&s[0], 1, fence);
	ck_assert_int_eq(be_store_act(g.st, &s[0].act), CB_OK);
	before = vf_syncs();
	step_init(&s[0], 2, fence);
	ck_assert_int_eq(be_store_act(g.st, &s[0].act), CB_OK);
	ck_assert_uint_eq(vf_syncs(), before + 1);
	/* twenty of them, once */
	for (unsigned i = 0; i < 20; i++) {
		step_init(&s[i], 3 + i, fence);
		acts[i] = s[i].act;
	}
	ck_assert_int_eq(be_store_commit_batch(g.st, acts, 20, NULL), CB_OK);
	ck_assert_uint_eq(vf_syncs(), before + 2);
	ck_assert_uint_eq(check_whole(g.st), 22);
	rig_clear(&g);
}
END_TEST

START_TEST(a_disk_may_be_read_only)
{
	struct be_store *st;
	struct cb_why why;
	struct rig g;

	(void)rig_on_faults(&g);
	be_store_close(&g.st);
	vf_fail(VF_READONLY, 0);
	ck_assert_int_eq(be_store_open(&st, g.path, &why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "it may not be written"));
	vf_fail(VF_NONE, 0);
	rig_clear(&g);
}
END_TEST

/* ---- a process that is killed -------------------------------------------- */

enum { BATCH = 3 };

/* Commits act after act, alone and in batches; says each that was told as
 * done. */
static void
live(const char *path, uint64_t n, uint64_t fence, int to)
{
	struct be_act acts[BATCH];
	struct step s[BATCH];
	struct be_store *st;

	alarm(60);
	if (be_store_open(&st, path, NULL) != CB_OK)
		_exit(1);
	for (unsigned round = 0;; round++) {
		const unsigned k = round % 2 == 0 ? 1 : BATCH;

		for (unsigned i = 0; i < k; i++) {
			step_init(&s[i], n + 1 + i, fence);
			acts[i] = s[i].act;
		}
		if (be_store_commit_batch(st, acts, k, NULL) != CB_OK)
			_exit(1);
		for (unsigned i = 0; i < k; i++)
			if (acts[i].err != CB_OK)
				_exit(1);
		n += k;
		if (write(to, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

/* One life of some commits and some time of the next; what it told as done. */
static uint64_t
one_life(const struct rig *g, uint64_t n, uint64_t fence, unsigned commits,
    unsigned us)
{
	const struct timespec rest = { 0, (long)us * 1000 };
	uint64_t told = n, next;
	int pipes[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		close(pipes[0]);
		live(g->path, n, fence, pipes[1]);
	}
	close(pipes[1]);
	while (commits-- > 0 &&
	    read(pipes[0], &next, sizeof(next)) == sizeof(next))
		told = next;
	nanosleep(&rest, NULL);
	kill(pid, SIGKILL);
	while (read(pipes[0], &next, sizeof(next)) == sizeof(next))
		told = next;
	close(pipes[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return told;
}

START_TEST(kills_lose_nothing)
{
	const char *wish = getenv("CB_KILLS");
	const unsigned kills = wish != NULL
	    ? (unsigned)strtoul(wish, NULL, 10) : 40;
	unsigned more = 0;
	uint64_t n = 0, fence, told, there;
	struct rig g;
	uint8_t dice[4];

	rig_init(&g);
	fence = take(&g, id(0x11), id(0x91), id(0x51));
	for (unsigned i = 0; i < kills; i++) {
		be_store_close(&g.st);
		ck_assert_int_eq(cr_random(dice, sizeof(dice)), CB_OK);
		told = one_life(&g, n, fence, dice[0] % 4,
		    (unsigned)(dice[1] << 8 | dice[2]) % 6000);
		g.st = rig_open(&g);
		there = check_whole(g.st);
		ck_assert_uint_ge(there, told);
		ck_assert_uint_le(there, told + BATCH);
		more += there > told;
		n = there;
	}
	/* which the batches must be able to show */
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(be_store_check(g.st, NULL), CB_OK);
	printf("# %u kills, %" PRIu64 " acts, %u done and not told\n", kills,
	    n, more);
	fflush(stdout);
	rig_clear(&g);
}
END_TEST

Suite *
store_fault_suite(void)
{
	Suite *s = suite_create("store_fault");
	TCase *tc = tcase_create("fault"), *slow = tcase_create("kill");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, a_failed_commit_is_looked_up, 0, COUNT(faults));
	tcase_add_test(tc, that_there_is_room_again_is_found_out);
	tcase_add_test(tc, a_commit_is_synced);
	tcase_add_test(tc, a_disk_may_be_read_only);
	suite_add_tcase(s, tc);
	tcase_set_tags(slow, "slow");
	tcase_set_timeout(slow, 600);
	tcase_add_test(slow, kills_lose_nothing);
	suite_add_tcase(s, slow);
	return s;
}
