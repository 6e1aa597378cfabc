/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See nvm_test.h.
 */
#include "tests/emulator/nvm_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char text[1 << 17];

void
nvm_dir_setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_nvm.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

void
nvm_dir_teardown(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	ck_assert_int_eq(rmdir(dir), 0);
}

const char *
nvm_path(const char *base)
{
	static char ring[32][PATH_MAX];
	static unsigned at;
	char *p = ring[at++ % 32];

	snprintf(p, PATH_MAX, "%s/%s", dir, base);
	return p;
}

enum cb_err
nvm_put1(struct emu_nvm *nvm, const char *name, const char *value)
{
	enum cb_err r;

	if ((r = nvm->ops->begin(nvm)) != CB_OK)
		return r;
	(void)nvm->ops->put(nvm, name, cb_span_str(value));
	return nvm->ops->commit(nvm, EMU_NVM_NOW);
}

void
nvm_make_file(const char *path, unsigned records)
{
	struct emu_nvm *nvm = NULL;
	char name[16], value[101];
	unsigned i;

	ck_assert_int_eq(
	    emu_file_open(&nvm, path, EMU_FILE_CREATE, NULL), CB_OK);
	ck_assert_int_eq(nvm->ops->begin(nvm), CB_OK);
	for (i = 0; i < records; i++) {
		snprintf(name, sizeof(name), "r%03u", i);
		memset(value, 'a' + (int)(i % 26), 100);
		value[100] = '\0';
		ck_assert_int_eq(
		    nvm->ops->put(nvm, name, cb_span_str(value)), CB_OK);
	}
	ck_assert_int_eq(nvm->ops->commit(nvm, EMU_NVM_NOW), CB_OK);
	emu_nvm_free(&nvm);
}

static enum cb_err
add_text(void *ctx, const char *name, struct cb_span value)
{
	size_t n = strlen(text);

	(void)ctx;
	ck_assert_uint_lt(n + value.n + 64, sizeof(text));
	snprintf(text + n, sizeof(text) - n, "%s=%.*s\n", name, (int)value.n,
	    value.n > 0 ? (const char *)value.p : "");
	return CB_OK;
}

const char *
nvm_text(struct emu_nvm *nvm)
{
	text[0] = '\0';
	ck_assert_int_eq(nvm->ops->each(nvm, add_text, NULL), CB_OK);
	return text;
}

const char *
nvm_file_text(const char *path, unsigned flags, enum cb_err *result)
{
	struct emu_nvm *nvm = NULL;
	struct cb_why why = { "" };
	enum cb_err r;

	text[0] = '\0';
	r = emu_file_open(&nvm, path, flags, &why);
	if (result != NULL)
		*result = r;
	else
		ck_assert_msg(r == CB_OK, "%s", why.text);
	if (r == CB_OK)
		(void)nvm_text(nvm);
	emu_nvm_free(&nvm);
	return text;
}

struct cb_buf
nvm_load(const char *path)
{
	struct cb_buf b = CB_BUF_INIT_MAX(16 << 20);
	uint8_t block[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, block, sizeof(block))) > 0)
		ck_assert_int_eq(
		    cb_buf_add(&b, cb_span(block, (size_t)n)), CB_OK);
	close(fd);
	return b;
}

void
nvm_store(const char *path, struct cb_span s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, s.p, s.n), (ssize_t)s.n);
	close(fd);
}

/* FNV-1a */
static uint64_t
fold(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

uint64_t
nvm_dir_print(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;
	struct cb_buf b;
	uint64_t sum = 0, h;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		ck_assert_int_eq(fstatat(dirfd(d), e->d_name, &st,
		    AT_SYMLINK_NOFOLLOW), 0);
		if (strcmp(e->d_name, "..") == 0)
			continue;
		h = fold(1469598103934665603u, e->d_name, strlen(e->d_name));
		h = fold(h, &st.st_mode, sizeof(st.st_mode));
		h = fold(h, &st.st_ino, sizeof(st.st_ino));
		h = fold(h, &st.st_mtim, sizeof(st.st_mtim));
		if (S_ISREG(st.st_mode)) {
			b = nvm_load(nvm_path(e->d_name));
			h = fold(h, b.p, b.n);
			cb_buf_free(&b);
		}
		sum += h;
	}
	closedir(d);
	return sum;
}
