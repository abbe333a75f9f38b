#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Manual pages are clean, and nasctl(8), hactl(8) and fadctl(8) have every
# command and argument that --help shows.
: "${top_srcdir:=../..}" "${top_builddir:=../..}"
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
failed=0

for page in "$top_srcdir"/man/*.[578]; do
	lint=$(mandoc -Tlint -Wwarning "$page") && [ -z "$lint" ] || {
		echo "$lint"
		failed=1
	}
done

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
program=$(cd "$top_builddir/nasctl" && pwd)/nasctl
for name in nasctl hactl fadctl; do
	ln -s "$program" "$dir/$name"
	# one line, plain: overstriking and line breaks do not matter
	page=$(mandoc -Tascii "$top_srcdir/man/$name.8" |
		sed "s/.$(printf '\b')//g" | tr -s ' \n' ' ')
	"$dir/$name" --help >"$dir/help" || failed=1
	# commands are indented by two, their description by more
	sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)*\).*/\1/p' \
		"$dir/help" >"$dir/commands"
	[ "$(wc -l <"$dir/commands")" -ge 5 ] || {
		echo "$name --help: few commands"
		failed=1
	}
	while read -r command; do
		case $page in
		*" $command "*) ;;
		*)
			echo "$name.8: nothing on: $command"
			failed=1
			;;
		esac
	done <"$dir/commands"
done
exit $failed
