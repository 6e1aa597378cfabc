/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Non-volatile memory that ends with the process: a list of records in order
 * of name. A transaction works on a copy of the list, which takes the list's
 * place at commit; so a commit cannot fail half-way.
 */
#include <stdlib.h>
#include <string.h>

#include "emulator/emu.h"
#include "emulator/nvm.h"

struct mem_record {
	char name[EMU_NVM_NAME_MAX + 1];
	struct cb_buf value;
};

struct mem_list {
	struct mem_record *p;
	size_t n, cap;
};

struct nvm_mem {
	struct emu_nvm base;
	struct mem_list now, next;
	unsigned owners;
	bool open;		/* a transaction, working on `next` */
	enum cb_err broken;	/* what a put in it failed with */
};

static enum cb_err mem_begin(struct emu_nvm *nvm);
static enum cb_err mem_put(
    struct emu_nvm *nvm, const char *name, struct cb_span value);
static enum cb_err mem_del(struct emu_nvm *nvm, const char *name);
static enum cb_err mem_commit(struct emu_nvm *nvm, enum emu_nvm_by by);
static void mem_rollback(struct emu_nvm *nvm);
static enum cb_err mem_each(
    struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx);
static void mem_free(struct emu_nvm *nvm);

static const struct emu_nvm_ops mem_ops = {
	mem_begin,
	mem_put,
	mem_del,
	mem_commit,
	mem_rollback,
	mem_each,
	mem_free,
};

static void
list_free(struct mem_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		cb_buf_free(&list->p[i].value);
	free(list->p);
	*list = (struct mem_list){ NULL, 0, 0 };
}

/* Where name is (*found) or belongs. */
static size_t
list_find(const struct mem_list *list, const char *name, bool *found)
{
	size_t low = 0, high = list->n, mid;
	int order;

	*found = false;
	while (low < high) {
		mid = low + (high - low) / 2;
		order = strcmp(list->p[mid].name, name);
		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum cb_err
list_insert(struct mem_list *list, size_t at, const char *name)
{
	struct mem_record *p;
	size_t cap = list->cap == 0 ? 16 : list->cap * 2;

	if (list->n == list->cap) {
		p = reallocarray(list->p, cap, sizeof(*p));
		if (p == NULL)
			return CB_E_NOMEM;
		list->p = p;
		list->cap = cap;
	}
	p = &list->p[at];
	memmove(p + 1, p, (list->n - at) * sizeof(*p));
	memset(p, 0, sizeof(*p));
	memcpy(p->name, name, strlen(name));
	p->value = (struct cb_buf)CB_BUF_INIT_MAX(EMU_NVM_VALUE_MAX);
	list->n++;
	return CB_OK;
}

static enum cb_err
list_put(struct mem_list *list, const char *name, struct cb_span value)
{
	struct cb_buf copy = CB_BUF_INIT_MAX(EMU_NVM_VALUE_MAX);
	enum cb_err r;
	size_t at;
	bool found;

	if ((r = cb_buf_set(&copy, value)) != CB_OK)
		goto out;
	at = list_find(list, name, &found);
	if (!found && (r = list_insert(list, at, name)) != CB_OK)
		goto out;
	cb_buf_move(&list->p[at].value, &copy);
out:
	cb_buf_free(&copy);
	return r;
}

static enum cb_err
mem_begin(struct emu_nvm *nvm)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;
	enum cb_err r = CB_OK;
	size_t i;

	if (nvm->readonly)
		return CB_E_DENIED;
	if (m->open)
		return CB_E_ARG;
	for (i = 0; i < m->now.n && r == CB_OK; i++)
		r = list_put(&m->next, m->now.p[i].name,
		    cb_buf_span(&m->now.p[i].value));
	if (r != CB_OK) {
		list_free(&m->next);
		return r;
	}
	m->open = true;
	m->broken = CB_OK;
	return CB_OK;
}

static enum cb_err
mem_put(struct emu_nvm *nvm, const char *name, struct cb_span value)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;
	enum cb_err r;

	if (!m->open)
		return CB_E_ARG;
	if ((r = emu_nvm_check(name, value)) == CB_OK)
		r = list_put(&m->next, name, value);
	if (r != CB_OK && m->broken == CB_OK)
		m->broken = r;
	return r;
}

static enum cb_err
mem_del(struct emu_nvm *nvm, const char *name)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;
	struct mem_record *p;
	size_t at;
	bool found;

	if (!m->open)
		return CB_E_ARG;
	at = list_find(&m->next, name, &found);
	if (!found)
		return CB_OK;
	p = &m->next.p[at];
	cb_buf_free(&p->value);
	m->next.n--;
	memmove(p, p + 1, (m->next.n - at) * sizeof(*p));
	return CB_OK;
}

static enum cb_err
mem_commit(struct emu_nvm *nvm, enum emu_nvm_by by)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;
	enum cb_err r;

	(void)by;	/* nothing of it outlives the process */
	if (!m->open)
		return CB_E_ARG;
	if ((r = m->broken) != CB_OK) {
		mem_rollback(nvm);
		return r;
	}
	list_free(&m->now);
	m->now = m->next;
	m->next = (struct mem_list){ NULL, 0, 0 };
	m->open = false;
	return CB_OK;
}

static void
mem_rollback(struct emu_nvm *nvm)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;

	list_free(&m->next);
	m->open = false;
}

static enum cb_err
mem_each(struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;
	enum cb_err r = CB_OK;
	size_t i;

	if (m->open)
		return CB_E_ARG;
	for (i = 0; i < m->now.n && r == CB_OK; i++)
		r = fn(ctx, m->now.p[i].name, cb_buf_span(&m->now.p[i].value));
	return r;
}

static void
mem_free(struct emu_nvm *nvm)
{
	struct nvm_mem *m = (struct nvm_mem *)nvm;

	mem_rollback(nvm);
	if (--m->owners > 0)
		return;
	list_free(&m->now);
	free(m);
}

enum cb_err
emu_mem_new(struct emu_nvm **out)
{
	struct nvm_mem *m = calloc(1, sizeof(*m));

	*out = NULL;
	if (m == NULL)
		return CB_E_NOMEM;
	m->base.ops = &mem_ops;
	m->owners = 1;
	*out = &m->base;
	return CB_OK;
}

struct emu_nvm *
emu_mem_again(struct emu_nvm *nvm)
{
	((struct nvm_mem *)nvm)->owners++;
	return nvm;
}
