/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The root in pieces: all parts, enough shares, and nothing else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/vault/place.h"
#include "backend/vault/root.h"
#include "tests/backend/vault.h"

static const char *const names[] = { "first", "second", "third", "fourth",
	"fifth", "sixth" };

static struct be_root *
new_root(void)
{
	const struct be_self self = self_of(WIRE_TEST, 0xAB);
	struct be_root *root;

	ck_assert_int_eq(be_root_new(&root, &self), CB_OK);
	return root;
}

static void
cut(const struct be_root *root, enum be_piece_type type, unsigned needed,
    unsigned of, struct be_piece **pieces)
{
	ck_assert_int_eq(be_pieces_new(pieces, of), CB_OK);
	ck_assert_int_eq(
	    be_root_split(root, type, needed, of, *pieces), CB_OK);
}

/* ---- subsets ------------------------------------------------------------- */

static const struct {
	enum be_piece_type type;
	unsigned needed, of;
} cuts[] = {
	{ BE_PART, 1, 1 }, { BE_PART, 2, 2 }, { BE_PART, 3, 3 },
	{ BE_PART, 5, 5 }, { BE_SHARE, 2, 3 }, { BE_SHARE, 3, 5 },
	{ BE_SHARE, 5, 5 },
};

/* Also when the pieces come in another order. */
START_TEST(only_enough_pieces_are_a_root)
{
	const unsigned of = cuts[_i].of;
	struct be_root *root = new_root(), *back;
	struct be_piece *all, *some;
	struct cb_why why;
	enum cb_err r;
	size_t n;

	cut(root, cuts[_i].type, cuts[_i].needed, of, &all);
	ck_assert_int_eq(be_pieces_new(&some, of), CB_OK);
	for (unsigned set = 0; set < 1u << of; set++) {
		n = 0;
		for (unsigned i = of; i-- > 0;)
			if ((set >> i & 1) != 0)
				some[n++] = all[i];
		why.text[0] = '\0';
		r = be_root_join(&back, &root->self, some, names, n, &why);
		if (n >= cuts[_i].needed) {
			ck_assert_int_eq(r, CB_OK);
			ck_assert_mem_eq(back->key, root->key, CR_KEY);
			ck_assert(be_self_equal(&back->self, &root->self));
		} else {
			ck_assert_int_eq(r, CB_E_ABSENT);
			ck_assert_ptr_null(back);
			ck_assert_uint_gt(strlen(why.text), 20);
		}
		be_root_free(&back);
	}
	be_pieces_free(&all, of);
	be_pieces_free(&some, of);
	be_root_free(&root);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	struct be_root *root = new_root(), *back;
	struct be_piece *all;
	struct cb_why why;

	cut(root, BE_PART, 4, 4, &all);
	all[0] = all[1];	/* 2 and 3 are left */
	ck_assert_int_eq(
	    be_root_join(&back, NULL, all + 1, names, 2, &why), CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "missing: 1, 4."));
	be_pieces_free(&all, 4);
	cut(root, BE_SHARE, 3, 5, &all);
	ck_assert_int_eq(
	    be_root_join(&back, NULL, all, names, 2, &why), CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "give 1 more"));
	be_pieces_free(&all, 5);
	be_root_free(&root);
}
END_TEST

/* ---- one that is wrong --------------------------------------------------- */

static void
other_kind(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->self.kind = WIRE_LIVE;
}

static void
other_backend(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->self.id[15] ^= 1;
}

static void
older_set(struct be_piece *p, const struct be_piece *other)
{
	*p = *other;
}

static void
same_set_forged(struct be_piece *p, const struct be_piece *other)
{
	memcpy(p->value, other->value, CR_KEY);
}

static void
other_type(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->type = p->type == BE_PART ? BE_SHARE : BE_PART;
}

static void
other_count(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->of++;
}

static void
same_number(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->number = 1;
}

static void
one_bit(struct be_piece *p, const struct be_piece *other)
{
	(void)other;
	p->value[31] ^= 0x80;
}

static const struct {
	const char *name;
	void (*spoil)(struct be_piece *p, const struct be_piece *other);
	enum cb_err result;
	const char *says;
} wrongs[] = {
	{ "kind", other_kind, CB_E_DENIED, "of the live backend" },
	{ "backend", other_backend, CB_E_DENIED, "third is a" },
	{ "older", older_set, CB_E_DENIED, "not made at the same time" },
	{ "forged", same_set_forged, CB_E_CRYPTO, "one of them was changed" },
	{ "type", other_type, CB_E_DENIED, "only one of these" },
	{ "count", other_count, CB_E_DENIED, "not made at the same time" },
	{ "twice", same_number, CB_E_ARG, "first and third are both" },
	{ "bit", one_bit, CB_E_CRYPTO, "one of them was changed" },
};

/* The third of three, in parts and in shares. */
START_TEST(a_wrong_piece_is_refused)
{
	const enum be_piece_type type = _i % 2 == 0 ? BE_PART : BE_SHARE;
	struct be_root *root = new_root(), *back;
	struct be_piece *all, *other;
	struct cb_why why = { "" };

	cut(root, type, 3, 3, &all);
	cut(root, type, 3, 3, &other);
	wrongs[_i / 2].spoil(&all[2], &other[2]);
	ck_assert_msg(be_root_join(&back, &root->self, all, names, 3, &why) ==
		wrongs[_i / 2].result, "%s: %s", wrongs[_i / 2].name,
	    why.text);
	ck_assert_ptr_null(back);
	ck_assert_msg(strstr(why.text, wrongs[_i / 2].says) != NULL, "%s: %s",
	    wrongs[_i / 2].name, why.text);
	be_pieces_free(&all, 3);
	be_pieces_free(&other, 3);
	be_root_free(&root);
}
END_TEST

/* Shares say that fewer are needed: what they then make is no root. */
START_TEST(fewer_shares_that_claim_to_be_enough_are_not)
{
	struct be_root *root = new_root(), *back;
	struct be_piece *all;

	cut(root, BE_SHARE, 3, 5, &all);
	all[0].needed = all[1].needed = 2;
	ck_assert_int_eq(
	    be_root_join(&back, NULL, all, names, 2, NULL), CB_E_CRYPTO);
	ck_assert_ptr_null(back);
	be_pieces_free(&all, 5);
	be_root_free(&root);
}
END_TEST

START_TEST(no_root_is_cut_into_what_cannot_be)
{
	struct be_root *root = new_root();
	struct be_piece *all;

	ck_assert_int_eq(be_pieces_new(&all, BE_PIECES_MAX), CB_OK);
	ck_assert_int_eq(be_root_split(root, BE_PART, 0, 0, all), CB_E_ARG);
	ck_assert_int_eq(be_root_split(root, BE_PART, 2, 3, all), CB_E_ARG);
	ck_assert_int_eq(be_root_split(root, BE_SHARE, 1, 3, all), CB_E_ARG);
	ck_assert_int_eq(be_root_split(root, BE_SHARE, 4, 3, all), CB_E_ARG);
	ck_assert_int_eq(be_root_split(root, BE_SHARE, 2, BE_PIECES_MAX + 1,
			     all),
	    CB_E_ARG);
	be_pieces_free(&all, BE_PIECES_MAX);
	be_root_free(&root);
}
END_TEST

/* ---- text ---------------------------------------------------------------- */

static struct cb_buf
text_of(const struct be_piece *p)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_piece_put(&b, p), CB_OK);
	return b;
}

/* As somebody types it: capitals, other blanks, an empty line, CR LF. */
START_TEST(text_may_be_typed)
{
	struct be_root *root = new_root();
	struct be_piece *p, back;
	struct cb_buf text, typed = CB_BUF_INIT;

	cut(root, BE_SHARE, 2, 3, &p);
	text = text_of(p);
	ck_assert_int_eq(be_piece_get(cb_buf_span(&text), &back, NULL),
	    CB_OK);
	ck_assert_mem_eq(&back, p, sizeof(back));
	for (size_t i = 0; i < text.n; i++) {
		const uint8_t c = text.p[i];

		ck_assert_int_eq(cb_put_u8(&typed, c >= 'a' && c <= 'f'
			? (uint8_t)(c - 'a' + 'A') : c), CB_OK);
		if (c == ' ')
			ck_assert_int_eq(cb_put_u8(&typed, '\t'), CB_OK);
		if (c == '\n') {
			typed.p[typed.n - 1] = '\r';
			ck_assert_int_eq(cb_buf_add(&typed,
					     cb_span_str("\n  \n")),
			    CB_OK);
		}
	}
	/* the blank ends of the head's words are one */
	for (size_t i = 0; i < typed.n && typed.p[i] != '\r'; i++)
		if (typed.p[i] == '\t') {
			memmove(typed.p + i, typed.p + i + 1,
			    typed.n - i - 1);
			typed.n--;
		}
	ck_assert_int_eq(be_piece_get(cb_buf_span(&typed), &back, NULL),
	    CB_OK);
	ck_assert_mem_eq(&back, p, sizeof(back));
	cb_buf_free(&text);
	cb_buf_free(&typed);
	be_pieces_free(&p, 3);
	be_root_free(&root);
}
END_TEST

static bool
is_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Every digit in turn, every line cut off, every line left out. */
START_TEST(damage_is_seen)
{
	struct be_root *root = new_root();
	struct be_piece *p, back;
	struct cb_buf text;
	struct cb_why why;
	bool remark = false;

	cut(root, BE_PART, 3, 3, &p);
	text = text_of(&p[1]);
	for (size_t i = 0; i < text.n; i++) {
		const uint8_t was = text.p[i];

		if (i == 0 || text.p[i - 1] == '\n')
			remark = was == '#';
		if (remark || !is_digit(was))
			continue;
		text.p[i] = was == '1' ? '2' : '1';
		ck_assert_msg(be_piece_get(cb_buf_span(&text), &back, &why) ==
			CB_E_FORMAT, "digit at %zu", i);
		ck_assert_uint_gt(strlen(why.text), 20);
		text.p[i] = was;
	}
	for (size_t n = 0; n + 1 < text.n; n++)
		ck_assert_int_eq(be_piece_get(cb_span(text.p, n), &back,
				     NULL),
		    CB_E_FORMAT);
	ck_assert_int_eq(cb_buf_add(&text, cb_span_str("more\n")), CB_OK);
	ck_assert_int_eq(be_piece_get(cb_buf_span(&text), &back, &why),
	    CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, "one too many"));
	cb_buf_free(&text);
	be_pieces_free(&p, 3);
	be_root_free(&root);
}
END_TEST

START_TEST(a_typing_error_is_found_in_its_line)
{
	struct be_root *root = new_root();
	struct be_piece *p, back;
	struct cb_buf text;
	struct cb_why why;
	uint8_t *value;
	size_t line = 1;
	char want[32];

	cut(root, BE_SHARE, 2, 3, &p);
	text = text_of(p);
	value = memmem(text.p, text.n, "value", 5);
	value = memmem(value + 5, 200, "value", 5);
	for (const uint8_t *at = text.p; at < value; at++)
		line += *at == '\n';
	value[6] = value[6] == '1' ? '2' : '1';
	ck_assert_int_eq(be_piece_get(cb_buf_span(&text), &back, &why),
	    CB_E_FORMAT);
	(void)snprintf(want, sizeof(want), "line %zu is damaged", line);
	ck_assert_msg(strstr(why.text, want) != NULL, "%s", why.text);
	cb_buf_free(&text);
	be_pieces_free(&p, 3);
	be_root_free(&root);
}
END_TEST

/* ---- files --------------------------------------------------------------- */

static char folder[64];
static char uri[3][128];
static const char *uris[3];

static void
folder_setup(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/vault-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(uri[i], sizeof(uri[i]), "file:%s/part-%d",
		    folder, i + 1);
		uris[i] = uri[i];
	}
}

static const char *
path(int i)
{
	return uri[i] + strlen("file:");
}

static void
folder_teardown(void)
{
	for (int i = 0; i < 3; i++)
		(void)unlink(path(i));
	(void)rmdir(folder);
}

START_TEST(parts_are_saved_and_loaded)
{
	struct be_root *root = new_root(), *back;
	const struct be_self other = self_of(WIRE_LIVE, 0xAB);
	const mode_t mask = umask(0777);
	struct cb_why why;
	struct stat st;

	ck_assert_int_eq(be_root_save(root, uris, 3, &why), CB_OK);
	(void)umask(mask);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(lstat(path(i), &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
	}
	ck_assert_int_eq(be_root_load(&back, &root->self, uris, 3, &why),
	    CB_OK);
	ck_assert_mem_eq(back->key, root->key, CR_KEY);
	be_root_free(&back);
	ck_assert_int_eq(be_root_load(&back, &root->self, uris, 2, &why),
	    CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "missing: 3"));
	ck_assert_int_eq(be_root_load(&back, &other, uris, 3, &why),
	    CB_E_DENIED);
	ck_assert_int_eq(be_root_load(&back, &root->self, uris, 0, &why),
	    CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "--service-key"));
	be_root_free(&root);
}
END_TEST

/* A second set is not written over the first, nor half of it left. */
START_TEST(nothing_is_written_over)
{
	struct be_root *root = new_root();
	struct cb_why why;
	int fd = open(path(2), O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	ck_assert_int_eq(be_root_save(root, uris, 3, &why), CB_E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, path(2)));
	ck_assert_int_ne(access(path(0), F_OK), 0);
	ck_assert_int_ne(access(path(1), F_OK), 0);
	ck_assert_int_eq(access(path(2), F_OK), 0);
	ck_assert_int_eq(unlink(path(2)), 0);
	/* nor through a link that waits there */
	ck_assert_int_eq(symlink("elsewhere", path(2)), 0);
	ck_assert_int_eq(be_root_save(root, uris, 3, &why), CB_E_BUSY);
	ck_assert_int_ne(access(path(0), F_OK), 0);
	be_root_free(&root);
}
END_TEST

static const mode_t open_modes[] = { 0640, 0604, 0660, 0620, 0610, 0601 };

START_TEST(a_part_that_others_may_read_is_refused)
{
	struct be_root *root = new_root(), *back;
	struct cb_why why;

	ck_assert_int_eq(be_root_save(root, uris, 2, &why), CB_OK);
	ck_assert_int_eq(chmod(path(1), open_modes[_i]), 0);
	ck_assert_int_eq(be_root_load(&back, NULL, uris, 2, &why),
	    CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "chmod 600"));
	ck_assert_int_eq(chmod(path(1), 0400), 0);
	ck_assert_int_eq(be_root_load(&back, NULL, uris, 2, &why), CB_OK);
	be_root_free(&back);
	be_root_free(&root);
}
END_TEST

START_TEST(a_part_is_a_file_of_its_own)
{
	struct be_root *root = new_root();
	struct be_piece p;
	struct cb_why why;
	FILE *f;

	ck_assert_int_eq(be_root_save(root, uris, 1, &why), CB_OK);
	be_root_free(&root);
	ck_assert_int_eq(symlink(path(0), path(1)), 0);
	ck_assert_int_eq(be_place_read(uris[1], &p, &why), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(why.text, "symbolic link"));
	ck_assert_int_eq(mkfifo(path(2), 0600), 0);
	ck_assert_int_eq(be_place_read(uris[2], &p, &why), CB_E_FORMAT);
	ck_assert_int_eq(unlink(path(2)), 0);
	ck_assert_int_eq(be_place_read(uris[2], &p, &why), CB_E_ABSENT);
	ck_assert_ptr_nonnull(strstr(why.text, "recovery shares"));
	/* too long, even if the end is empty */
	ck_assert_ptr_nonnull(f = fopen(path(0), "a"));
	for (int i = 0; i < BE_PIECE_TEXT_MAX; i++)
		(void)fputc('\n', f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(be_place_read(uris[0], &p, &why), CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, "longer"));
}
END_TEST

static const struct { const char *uri, *not_said; } no_places[] = {
	{ "", NULL }, { "/etc/part", "/etc" }, { "file:", NULL },
	{ "file:part", NULL }, { "file:/etc/", NULL },
	{ "pkcs11:token=root;pin-value=482913", "482913" },
	{ "482913", "482913" },
};

START_TEST(a_place_is_named_by_a_uri)
{
	struct cb_why why = { "" };

	ck_assert_int_eq(be_place_check(no_places[_i].uri, &why), CB_E_ARG);
	ck_assert_ptr_nonnull(strstr(why.text, "file:/"));
	if (no_places[_i].not_said != NULL)
		ck_assert_ptr_null(strstr(why.text, no_places[_i].not_said));
	ck_assert_int_eq(be_place_check("file:/a", &why), CB_OK);
}
END_TEST

Suite *
root_suite(void)
{
	Suite *s = suite_create("root");
	TCase *tc = tcase_create("pieces");

	tcase_add_loop_test(tc, only_enough_pieces_are_a_root, 0,
	    COUNT(cuts));
	tcase_add_test(tc, what_is_missing_is_named);
	tcase_add_loop_test(tc, a_wrong_piece_is_refused, 0,
	    2 * COUNT(wrongs));
	tcase_add_test(tc, fewer_shares_that_claim_to_be_enough_are_not);
	tcase_add_test(tc, no_root_is_cut_into_what_cannot_be);
	tcase_add_test(tc, text_may_be_typed);
	tcase_add_test(tc, damage_is_seen);
	tcase_add_test(tc, a_typing_error_is_found_in_its_line);
	suite_add_tcase(s, tc);
	tc = tcase_create("places");
	tcase_add_checked_fixture(tc, folder_setup, folder_teardown);
	tcase_add_test(tc, parts_are_saved_and_loaded);
	tcase_add_test(tc, nothing_is_written_over);
	tcase_add_loop_test(tc, a_part_that_others_may_read_is_refused, 0,
	    COUNT(open_modes));
	tcase_add_test(tc, a_part_is_a_file_of_its_own);
	tcase_add_loop_test(
	    tc, a_place_is_named_by_a_uri, 0, COUNT(no_places));
	suite_add_tcase(s, tc);
	return s;
}
