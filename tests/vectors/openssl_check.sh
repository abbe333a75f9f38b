#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vectors.txt is what vec.py makes, and the openssl command computes every
# authenticator in it alike: a third implementation beside Python's and ours.
# Needs python3 and openssl.
set -eu
for tool in python3 openssl; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

python3 -B "$here/vec.py" >"$tmp/vectors.txt"
cmp "$tmp/vectors.txt" "$here/vectors.txt"

python3 -B "$here/vec.py" auth "$tmp"
equal=0
differ=0
while read -r n name type digest key sum; do
	got=$(openssl dgst "-$digest" -mac HMAC -macopt "hexkey:$key" \
		"$tmp/$n.bin" | sed 's/.*= //')
	if [ "$got" = "$sum" ]; then
		equal=$((equal + 1))
	else
		differ=$((differ + 1))
		echo "$name: extension $type: openssl says $got, not $sum"
	fi
done <"$tmp/list"
# The key of an agent pair [D69], as check_auth.c has it.
got=$(printf 'FA-HA\306\063\144\001\300\000\002\001\000\000\001\000' |
	openssl dgst -sha1 -mac HMAC -macopt \
	hexkey:000102030405060708090a0b0c0d0e0f10111213 | sed 's/.*= //')
[ "$got" = a314bf0078a0cb8a2983b905c8ddd5e148fbceb4 ] || {
	differ=$((differ + 1))
	echo "HA-RK: openssl derives $got"
}
echo "$equal authenticators equal, $differ differ"
[ "$equal" -eq 22 ] && [ "$differ" -eq 0 ]
