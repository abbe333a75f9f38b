# SPDX-License-Identifier: BSD-2-Clause
#
# What demo, test and bench have in common: packages, the build, the choice of
# the kernel, and the way into the lab. Sourced, with $here = lab/.

set -u
srcdir=$(dirname "$here")
build=$srcdir/build-lab
stage=$build/stage
kernel=
out=
keep=

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }
wrong() { echo "$0: $*; --help has all" >&2; exit 2; }
# value OPTION VALUE...: the value, which must be there.
value() { [ -n "${2:-}" ] || wrong "$1 needs a value"; echo "$2"; }

# Sources nothing that is not Debian's: an own Python or pytest may differ.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8

need_root() {
	[ "$(id -u)" -eq 0 ] || die "must run as root"
}

# Debian packages of the list that are not installed.
missing_packages() {
	local wanted
	wanted=$(sed 's/#.*//' "$here/packages" | grep -o '[^[:space:]]*')
	# shellcheck disable=SC2086
	comm -23 <(sort <<<"$wanted") <(dpkg-query -W \
		-f '${db:Status-Abbrev}${Package}\n' $wanted 2>/dev/null |
		sed -n 's/^ii //p' | sort)
}

# narrate LOG: every ten seconds, the last thing that happened.
narrate() {
	local n=0
	while sleep 1 && kill -0 $$; do
		[ $((++n % 10)) -ne 0 ] ||
			say "... $(tail -n 1 "$1" | cut -c1-70)"
	done
}

# apt LOG ARGUMENT...: waits for others who install something, as machines
# that have just been set up do.
apt() {
	local log=$1
	shift
	DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null
}

# without_daemons COMMAND...: what is installed meanwhile is not started.
without_daemons() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
	fi
	"$@"
)

# never_at_boot PACKAGE...: nor is it at the next boot. A DHCPv6 client would
# configure the machine, and a RADIUS server listen on it.
never_at_boot() {
	local package service
	for package in "$@"; do
		for service in $(dpkg-query -L "$package" |
			sed -n 's,^/etc/init\.d/,,p'); do
			update-rc.d "$service" disable >>"$build/packages.log" \
				2>&1 || say "$service: may run after a boot"
		done
	done
}

install_packages() {
	local missing narrator log=$build/packages.log
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	mkdir -p "$build"
	: >"$log"
	# shellcheck disable=SC2086
	say "installing Debian packages (a minute or two):" $missing
	narrate "$log" &
	narrator=$!
	# shellcheck disable=SC2086
	set -- apt "$log" -y --no-install-recommends install $missing
	without_daemons "$@" || {
		say "apt-get update (the package lists are missing or old)"
		apt "$log" update
		without_daemons "$@"
	}
	local status=$?
	kill $narrator
	[ $status -eq 0 ] || {
		tail -n 20 "$log" >&2
		die "could not install the packages; see $log"
	}
	# shellcheck disable=SC2086
	never_at_boot $missing
}

# logged WHAT COMMAND...: runs it quietly; says what failed, with the end.
logged() {
	local what=$1 log=$build/build.log
	shift
	"$@" >>"$log" 2>&1 && return
	tail -n 30 "$log" >&2
	die "$what failed; all of it is in $log"
}

# configure_in DIR [OPTION...]: an out-of-tree build, configured once, and
# again when the options change or the tree has moved.
configure_in() {
	local dir=$1 key
	shift
	key="$srcdir $*"
	if [ -e "$dir/Makefile" ] && [ "$(cat "$dir/.key" 2>/dev/null)" = "$key" ]
	then
		return 0
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && logged configure "$srcdir/configure" -q "$@") || exit 1
	echo "$key" >"$dir/.key"
}

# configure and Makefile.in, when what they are made of has changed: make would
# not install the helpers that a new Makefile.am may want.
generate() {
	local key
	key=$(cd "$srcdir" && find . -path ./build\* -prune -o \
		\( -name '*.am' -o -name '*.mk' -o -name configure.ac \
		-o -path ./m4/netmip4.m4 \) -print0 | sort -z |
		xargs -0 sha256sum)
	[ -x "$srcdir/configure" ] &&
		[ "$(cat "$build/generated" 2>/dev/null)" = "$key" ] && return
	say "generating configure"
	(cd "$srcdir" && logged autoreconf autoreconf -i) || exit 1
	echo "$key" >"$build/generated"
}

build_product() {
	mkdir -p "$build"
	: >"$build/build.log"
	generate
	[ -x "$stage/sbin/nasd" ] ||
		say "building in $build (about a minute the first time)"
	configure_in "$build/build" --prefix="$stage" \
		--localstatedir=/var --runstatedir=/run \
		--with-pppd-plugin-dir="$stage/lib/netmip4" \
		--with-systemdsystemunitdir="$stage/lib/systemd/system"
	logged make make -s -C "$build/build" -j2
	logged "make install" make -s -C "$build/build" install
}

# This kernel, when it has PPP over Ethernet, 6in4 and the filters.
kernel_has_it_all() {
	[ -d "/lib/modules/$(uname -r)" ] &&
		modprobe -qa ppp_generic ppp_mppe pppoe sit ipip ip_gre bridge \
			veth cls_u32 cls_flower cls_matchall act_skbedit \
			act_gact act_mirred act_vlan act_tunnel_key sch_ingress \
			sch_tbf act_police 8021q
	[ -c /dev/ppp ] && [ -e /proc/net/pppoe ] &&
		unshare --net sh -ec '
		ip link add t0 type sit local 127.0.0.1 remote 127.0.0.2
		ip link add t1 type ipip local 127.0.0.1 remote 127.0.0.2
		ip link add g0 type gre external
		ip link add v0 type veth peer name v1
		ip link add link v0 name v0.1 type vlan id 1
		ip link add b0 type bridge
		tc qdisc add dev lo clsact
		tc qdisc add dev lo root tbf rate 1mbit burst 20k latency 50ms
		tc filter add dev lo ingress matchall action police rate 1mbit \
			burst 20k conform-exceed drop
		tc filter add dev lo ingress protocol ipv6 u32 match ip6 src \
			fe80::/10 action skbedit mark 1
		tc filter add dev lo ingress protocol ipv6 flower \
			src_ip fe80::/10 action ok
		tc filter add dev lo egress protocol ipv6 flower \
			src_ip fe80::/10 action tunnel_key set id 1 \
			src_ip 127.0.0.1 dst_ip 127.0.0.2' >/dev/null 2>&1
}

# --native was asked for, and can not be.
check_kernel() {
	[ "$kernel" != native ] || kernel_has_it_all || die "this kernel lacks" \
		"PPP over Ethernet, tunnel devices or traffic filters; without" \
		"--native a user-mode Linux guest is started"
}

choose_kernel() {
	[ -n "$kernel" ] && return
	if kernel_has_it_all; then
		kernel=native
	else
		kernel=uml
	fi
}

# Where results and logs go; removed at the end unless asked for.
make_out() {
	if [ -n "$keep" ]; then
		mkdir -p "$keep"
		out=$(readlink -f "$keep")
	else
		out=$(mktemp -d /var/tmp/netmip4-lab.XXXXXX)
		trap 'rm -rf "$out"' EXIT
	fi
}

# in_lab SECONDS MEM COMMAND...
in_lab() {
	local seconds=$1 mem=$2
	shift 2
	choose_kernel
	export LAB_OUT=$out LAB_STAGE=$stage LAB_SRC=$srcdir LAB_DIR=$here
	"$here/lib/enter" "$kernel" "$out" "$seconds" "$mem" \
		env PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 "$@"
}
