/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Will a program's loader take our library? See program.h. What this reads is
 * ld.so(8) and elf(5): LD_LIBRARY_PATH is for programs that are linked
 * dynamically, run with the rights of who starts them, are of the library's
 * machine and libc, and have no DT_RPATH that comes first.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/program.h"

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr elf_head;
typedef Elf64_Phdr elf_part;
typedef Elf64_Dyn elf_entry;
#define OUR_CLASS ELFCLASS64
#else
typedef Elf32_Ehdr elf_head;
typedef Elf32_Phdr elf_part;
typedef Elf32_Dyn elf_entry;
#define OUR_CLASS ELFCLASS32
#endif

/* The kernel follows as many first lines (execve(2)). */
#define SCRIPTS_MAX 4
#define LINE_MAX_N 255

static const char soname[] = "libpcsclite.so.1";
static const char through[] = "if only programs that it starts use a card, "
    "have a shell start it: -- sh -c '...'";

/* ---- finding it ---------------------------------------------------------- */

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* As execvp does; to be freed. NULL with errno: EACCES, ENOENT, ENOMEM. */
static char *
find(const char *name)
{
	const char *path = getenv("PATH"), *end;
	int trouble = ENOENT;
	char *out = NULL;

	if (strchr(name, '/') != NULL) {
		if (access(name, F_OK) != 0)
			return NULL;
		if (is_program(name))
			return strdup(name);
		errno = EACCES;
		return NULL;
	}
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (; name[0] != '\0'; path = end + 1) {
		end = strchrnul(path, ':');
		if (asprintf(&out, "%.*s%s%s", (int)(end - path), path,
			end > path ? "/" : "./", name) < 0)
			return NULL;
		if (is_program(out))
			return out;
		if (access(out, F_OK) == 0)
			trouble = EACCES;
		free(out);
		if (*end == '\0')
			break;
	}
	errno = trouble;
	return NULL;
}

/* ---- an ELF file --------------------------------------------------------- */

struct image {
	const uint8_t *p;
	size_t n;
};

/* What lies there, or NULL where the file is shorter. */
static const void *
at(const struct image *m, uint64_t off, uint64_t n)
{
	return off <= m->n && n <= m->n - off ? m->p + off : NULL;
}

static bool
part(const struct image *m, size_t i, elf_part *out)
{
	elf_head h;
	const void *p;

	memcpy(&h, m->p, sizeof(h));
	if (i >= h.e_phnum || h.e_phentsize != sizeof(*out) ||
	    (p = at(m, h.e_phoff + i * sizeof(*out), sizeof(*out))) == NULL)
		return false;
	memcpy(out, p, sizeof(*out));
	return true;
}

static bool
part_of_type(const struct image *m, uint32_t type, elf_part *out)
{
	for (size_t i = 0; part(m, i, out); i++)
		if (out->p_type == type)
			return true;
	return false;
}

/* A string that lies at an address, as the loader will see it. */
static const char *
string_at(const struct image *m, uint64_t address)
{
	elf_part load;
	const char *s;

	for (size_t i = 0; part(m, i, &load); i++) {
		if (load.p_type != PT_LOAD || address < load.p_vaddr ||
		    address - load.p_vaddr >= load.p_filesz)
			continue;
		address = address - load.p_vaddr + load.p_offset;
		s = at(m, address, 1);
		return s != NULL && memchr(s, '\0', m->n - address) != NULL
		    ? s : NULL;
	}
	return NULL;
}

/* The name of the loader; NULL: none, the program is linked statically. */
static const char *
loader(const struct image *m)
{
	elf_part interp;
	const char *s;

	if (!part_of_type(m, PT_INTERP, &interp) || interp.p_filesz == 0 ||
	    (s = at(m, interp.p_offset, interp.p_filesz)) == NULL ||
	    s[interp.p_filesz - 1] != '\0')
		return NULL;
	return s;
}

/* DT_RPATH, which a DT_RUNPATH makes void; NULL: there is none that counts. */
static const char *
rpath(const struct image *m)
{
	uint64_t strings = 0, offset = 0;
	bool has = false;
	elf_part dynamic;
	elf_entry e;
	const void *p;

	if (!part_of_type(m, PT_DYNAMIC, &dynamic))
		return NULL;
	for (uint64_t i = 0; i < dynamic.p_filesz / sizeof(e); i++) {
		p = at(m, dynamic.p_offset + i * sizeof(e), sizeof(e));
		if (p == NULL)
			return NULL;
		memcpy(&e, p, sizeof(e));
		if (e.d_tag == DT_NULL)
			break;
		if (e.d_tag == DT_RUNPATH)
			return NULL;
		if (e.d_tag == DT_STRTAB)
			strings = e.d_un.d_ptr;
		if (e.d_tag == DT_RPATH) {
			offset = e.d_un.d_val;
			has = true;
		}
	}
	return has ? string_at(m, strings + offset) : NULL;
}

/* One directory of a DT_RPATH, with $ORIGIN in it; to be freed. */
static char *
expand(const char *dir, size_t n, const char *program)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	char *real, *out = NULL, *slash;
	size_t w = 0;

	for (size_t i = 0; i < 2; i++)
		if (n >= strlen(words[i]) &&
		    strncmp(dir, words[i], strlen(words[i])) == 0)
			w = strlen(words[i]);
	if (w == 0)
		return asprintf(&out, "%.*s/%s", (int)n, dir, soname) < 0
		    ? NULL : out;
	if ((real = realpath(program, NULL)) == NULL)
		return NULL;
	if ((slash = strrchr(real, '/')) != NULL)
		*slash = '\0';
	if (asprintf(&out, "%s%.*s/%s", real, (int)(n - w), dir + w, soname) <
	    0)
		out = NULL;
	free(real);
	return out;
}

static int
check_rpath(const struct image *m, const char *path, const char *ours)
{
	const char *dir = rpath(m), *end;
	struct stat st, own;
	int code = CLI_OK;
	char *there;

	for (; dir != NULL && code == CLI_OK; dir = *end != '\0' ? end + 1
							       : NULL) {
		end = strchrnul(dir, ':');
		there = expand(dir, (size_t)(end - dir), path);
		if (there != NULL && stat(there, &st) == 0 &&
		    (stat(ours, &own) != 0 || st.st_ino != own.st_ino ||
			st.st_dev != own.st_dev))
			code = cli_fail(CLI_REFUSED, "%s has a DT_RPATH, which "
			    "comes before LD_LIBRARY_PATH, and so would load "
			    "%s: take that away (chrpath -d or patchelf "
			    "--remove-rpath, on a copy)", path, there);
		free(there);
	}
	return code;
}

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool
map(const char *path, struct image *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;

	*out = (struct image){ NULL, 0 };
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
		    0);
	if (fd >= 0)
		(void)close(fd);
	if (p == MAP_FAILED)
		return false;
	*out = (struct image){ p, (size_t)st.st_size };
	return true;
}

static void
unmap(struct image *m)
{
	if (m->p != NULL)
		(void)munmap((void *)(uintptr_t)m->p, m->n);
	*m = (struct image){ NULL, 0 };
}

static int
check_elf(const struct image *m, const char *path, const char *ours)
{
	struct image self = { NULL, 0 };
	elf_head h, own;
	const char *theirs, *mine;
	int code;

	/* the class stands where both kinds of header have it */
	if (m->n < sizeof(h) || m->p[EI_CLASS] != OUR_CLASS)
		return cli_fail(CLI_REFUSED, "%s is a program of another word "
		    "size (this cardbridge is of %d bits): it needs a "
		    "cardbridge that is built for it", path,
		    8 * (int)sizeof(void *));
	memcpy(&h, m->p, sizeof(h));
	if (!map("/proc/self/exe", &self) || self.n < sizeof(own)) {
		unmap(&self);
		return CLI_OK;
	}
	memcpy(&own, self.p, sizeof(own));
	theirs = loader(m);
	mine = loader(&self);
	if (h.e_machine != own.e_machine)
		code = cli_fail(CLI_REFUSED, "%s is a program for another kind "
		    "of processor: it needs a cardbridge that is built for it",
		    path);
	else if (theirs == NULL)
		code = cli_fail(CLI_REFUSED, "%s is linked statically: it "
		    "loads no library; %s", path, through);
	else if (mine != NULL && strcmp(base(theirs), base(mine)) != 0)
		code = cli_fail(CLI_REFUSED, "%s is a program for another libc "
		    "(its loader is %s): it needs a cardbridge that is built "
		    "for it", path, theirs);
	else
		code = check_rpath(m, path, ours);
	unmap(&self);
	return code;
}

/* ---- rights -------------------------------------------------------------- */

/* Where no new privileges are given (prctl(2)), a program's user and group are
 * those of who starts it; of capabilities the loader is wary all the same. */
static int
check_rights(const char *path)
{
	const bool given = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
	const char *what = NULL;
	struct stat st;

	if (stat(path, &st) != 0)
		return cli_fail(CLI_NOT_RUN, "%s: %s", path, strerror(errno));
	if (given && (st.st_mode & S_ISUID) != 0)
		what = "setuid";
	else if (given &&
	    (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		what = "setgid";
	else if (getxattr(path, "security.capability", NULL, 0) > 0)
		what = "a program with file capabilities";
	if (what == NULL)
		return CLI_OK;
	return cli_fail(CLI_REFUSED, "%s is %s: the loader does not look at "
	    "LD_LIBRARY_PATH for it; run a copy of it, which has no such "
	    "rights, or run inside of it: %s ... cardbridge run ...", path,
	    what, base(path));
}

/* ---- scripts ------------------------------------------------------------- */

/* The words of "#!interpreter [argument]". */
static bool
first_line(const struct image *m, char line[LINE_MAX_N + 1],
    const char **interpreter, const char **argument)
{
	size_t n = m->n < LINE_MAX_N ? m->n : LINE_MAX_N;
	char *p;

	if (n < 3 || memcmp(m->p, "#!", 2) != 0)
		return false;
	memcpy(line, m->p + 2, n - 2);
	line[n - 2] = '\0';
	line[strcspn(line, "\n")] = '\0';
	p = line + strspn(line, " \t");
	*interpreter = p;
	p += strcspn(p, " \t");
	*argument = p;
	if (*p != '\0') {
		*p++ = '\0';
		p += strspn(p, " \t");
		*argument = p;
	}
	return **interpreter != '\0';
}

static int check(const char *path, const char *ours, int depth);

static int
check_name(const char *name, const char *ours, int depth)
{
	char *path = find(name);
	int code;

	if (path == NULL && errno == ENOMEM)
		return cli_fail(CLI_REFUSED, "out of memory");
	if (path == NULL)
		return errno == EACCES
		    ? cli_fail(CLI_NOT_RUN, "%s: %s", name, strerror(errno))
		    : cli_fail(CLI_NOT_FOUND, "%s: there is no such program",
			  name);
	code = check(path, ours, depth);
	free(path);
	return code;
}

/* #!/usr/bin/env NAME: env hands on to it. */
static int
check_script(const char *interpreter, const char *argument, const char *ours,
    int depth)
{
	char word[LINE_MAX_N + 1];
	int code;

	if (depth == SCRIPTS_MAX)
		return CLI_OK;	/* the kernel will say it */
	if (!is_program(interpreter))
		return cli_fail(CLI_NOT_RUN, "%s, which the first line of the "
		    "script names: %s", interpreter,
		    access(interpreter, F_OK) == 0 ? strerror(EACCES)
						   : strerror(ENOENT));
	code = check(interpreter, ours, depth + 1);
	if (code != CLI_OK || strcmp(base(interpreter), "env") != 0)
		return code;
	(void)snprintf(word, sizeof(word), "%.*s",
	    (int)strcspn(argument, " \t"), argument);
	if (word[0] == '\0' || word[0] == '-' || strchr(word, '=') != NULL)
		return CLI_OK;
	return check_name(word, ours, depth + 1);
}

static int
check(const char *path, const char *ours, int depth)
{
	char line[LINE_MAX_N + 1];
	const char *interpreter, *argument;
	struct image m;
	int code = check_rights(path);

	/* what may be run but not read cannot be looked into */
	if (code != CLI_OK || !map(path, &m))
		return code;
	if (m.n >= SELFMAG && memcmp(m.p, ELFMAG, SELFMAG) == 0)
		code = check_elf(&m, path, ours);
	else if (first_line(&m, line, &interpreter, &argument))
		code = check_script(interpreter, argument, ours, depth);
	unmap(&m);
	return code;
}

int
cli_program_check(const char *name, const char *library)
{
	return check_name(name, library, 0);
}
