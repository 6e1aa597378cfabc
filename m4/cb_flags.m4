dnl SPDX-License-Identifier: BSD-2-Clause
dnl Compiler and linker flags that are used where they work.

dnl CB_TRY_CFLAGS(VARIABLE, FLAGS): appends each flag that the compiler takes
dnl without a word of complaint. clang only warns of flags it does not know,
dnl and some flags mean something only with the user's own CFLAGS, so both are
dnl in the trial.
AC_DEFUN([CB_TRY_CFLAGS], [
	for cb_flag in $2; do
		AC_MSG_CHECKING([whether $CC takes $cb_flag])
		cb_saved=$CFLAGS
		CFLAGS="$CFLAGS -Werror $cb_flag"
		AC_COMPILE_IFELSE(
		    [AC_LANG_PROGRAM([[#include <stdlib.h>]], [])],
		    [AC_MSG_RESULT([yes]); $1="$$1 $cb_flag"],
		    [AC_MSG_RESULT([no])])
		CFLAGS=$cb_saved
	done
	AC_SUBST([$1])
])

dnl CB_TRY_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([CB_TRY_LDFLAGS], [
	for cb_flag in $2; do
		AC_MSG_CHECKING([whether the linker takes $cb_flag])
		cb_saved=$LDFLAGS
		LDFLAGS="$LDFLAGS -Werror $cb_flag"
		AC_LINK_IFELSE(
		    [AC_LANG_PROGRAM([[#include <stdlib.h>]], [])],
		    [AC_MSG_RESULT([yes]); $1="$$1 $cb_flag"],
		    [AC_MSG_RESULT([no])])
		LDFLAGS=$cb_saved
	done
	AC_SUBST([$1])
])
