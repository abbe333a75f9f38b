dnl SPDX-License-Identifier: BSD-2-Clause

dnl NM_PKG(VAR, MODULES, DEBIAN-PACKAGE): pkg-config, or say what to install.
AC_DEFUN([NM_PKG], [
PKG_CHECK_MODULES([$1], [$2], [], [AC_MSG_ERROR(
	[$2 not found; on Debian: apt install $3])])
])

dnl NM_LIB(VAR, LIBRARY, FUNCTION, HEADER, DEBIAN-PACKAGE): without pkg-config.
AC_DEFUN([NM_LIB], [
nm_save_LIBS=$LIBS
AC_CHECK_HEADER([$4], [], [AC_MSG_ERROR(
	[$4 not found; on Debian: apt install $5])])
AC_CHECK_LIB([$2], [$3], [], [AC_MSG_ERROR(
	[lib$2 not found; on Debian: apt install $5])])
LIBS=$nm_save_LIBS
AC_SUBST([$1_LIBS], ["-l$2"])
])

dnl NM_PPPD(DEBIAN-PACKAGE): pppd's plugin headers, and their version, which
dnl names the directory pppd loads plugins from.
AC_DEFUN([NM_PPPD], [
AC_CHECK_HEADER([pppd/patchlevel.h], [PPPD_CFLAGS=], [
	AC_CHECK_HEADER([pppd/pppdconf.h], [PPPD_CFLAGS=], [AC_MSG_ERROR(
		[pppd's headers not found; on Debian: apt install $1])])])
AC_MSG_CHECKING([for pppd's version])
AS_IF([test -z "$PPPD_VERSION"], [
	PPPD_VERSION=`printf '%s\n' '#include <pppd/patchlevel.h>' \
		'nm_version=VERSION' >conftest.c &&
		$CC -E -P $CPPFLAGS conftest.c 2>/dev/null |
		sed -n 's/^nm_version="\(.*\)"$/\1/p'`])
AS_IF([test -z "$PPPD_VERSION"], [
	PPPD_VERSION=`$PKG_CONFIG --modversion pppd 2>/dev/null`])
AS_IF([test -z "$PPPD_VERSION"], [AC_MSG_ERROR(
	[cannot tell; on Debian: apt install $1, or set PPPD_VERSION])])
AC_MSG_RESULT([$PPPD_VERSION])
AC_ARG_VAR([PPPD_VERSION], [version of pppd the plugin is built for])
AC_SUBST([PPPD_CFLAGS])
])

dnl NM_CHECK_TOOL(PROGRAM, DEBIAN-PACKAGE): tests that need it are skipped
dnl without it.
AC_DEFUN([NM_CHECK_TOOL], [
AC_CHECK_PROG([nm_have_$1], [$1], [yes], [no])
AS_IF([test "$nm_have_$1" = no], [nm_check_needs="$nm_check_needs $2"])
])

dnl NM_ADD_FLAG(VAR, FLAG): append FLAG to VAR if the compiler takes it.
AC_DEFUN([NM_ADD_FLAG], [
AC_MSG_CHECKING([whether $CC accepts $2])
nm_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
	[AC_MSG_RESULT([yes]); $1="$$1 $2"], [AC_MSG_RESULT([no])])
CFLAGS=$nm_save_CFLAGS
])

dnl Warnings always, -Werror by --enable-werror; hardening unless
dnl --disable-hardening.
AC_DEFUN([NM_COMPILER_FLAGS], [
AC_LANG_PUSH([C])
WARN_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes"
WARN_CFLAGS="$WARN_CFLAGS -Wold-style-definition -Wvla -Wformat=2"
WARN_CFLAGS="$WARN_CFLAGS -Wpointer-arith -Wwrite-strings"
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror],
	[treat warnings as errors])])
AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
HARDEN_CFLAGS=
HARDEN_LDFLAGS=
AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening],
	[build without hardening flags])])
AS_IF([test "x$enable_hardening" != xno], [
	NM_ADD_FLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
	NM_ADD_FLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
	NM_ADD_FLAG([HARDEN_CFLAGS], [-fcf-protection])
	AS_IF([test "x$enable_sanitizers" != xyes], [
		HARDEN_CFLAGS="$HARDEN_CFLAGS -U_FORTIFY_SOURCE"
		HARDEN_CFLAGS="$HARDEN_CFLAGS -D_FORTIFY_SOURCE=2"])
	NM_ADD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,relro])
	NM_ADD_FLAG([HARDEN_LDFLAGS], [-Wl,-z,now])
])
AC_SUBST([WARN_CFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_LANG_POP([C])
])

AC_DEFUN([NM_SANITIZERS], [
AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
	[AddressSanitizer and UndefinedBehaviorSanitizer])])
SAN_CFLAGS=
AS_IF([test "x$enable_sanitizers" = xyes], [
	SAN_CFLAGS="-fsanitize=address,undefined -fno-omit-frame-pointer"
	SAN_CFLAGS="$SAN_CFLAGS -fno-sanitize-recover=undefined"])
AC_SUBST([SAN_CFLAGS])
])

dnl Fuzzers need clang's libFuzzer.
AC_DEFUN([NM_FUZZERS], [
AC_ARG_ENABLE([fuzzers], [AS_HELP_STRING([--enable-fuzzers],
	[build the fuzzers of tests/fuzz (needs CC=clang)])])
FUZZ_CFLAGS=
AS_IF([test "x$enable_fuzzers" = xyes], [
	NM_ADD_FLAG([FUZZ_CFLAGS], [-fsanitize=fuzzer-no-link])
	AS_IF([test -z "$FUZZ_CFLAGS"], [AC_MSG_ERROR([--enable-fuzzers needs
clang: CC=clang; on Debian: apt install clang libclang-rt-14-dev])])])
AM_CONDITIONAL([FUZZERS], [test "x$enable_fuzzers" = xyes])
AC_SUBST([FUZZ_CFLAGS])
])
