# SPDX-License-Identifier: BSD-2-Clause
#
# Building and running the fuzzers of tests/fuzz, for test and fuzz. Sourced
# after common.sh.

fuzz_dir=$build/fuzz
declare -A fuzz_job=()

# fuzz_names [PATTERN]: every fuzzer whose name contains it.
fuzz_names() {
	local source
	for source in "$srcdir"/tests/fuzz/fuzz_*.c; do
		source=$(basename "$source" .c)
		[[ $source != *"${1:-}"* ]] || echo "$source"
	done
}

build_fuzzers() {
	configure_in "$fuzz_dir" CC=clang --enable-fuzzers \
		--enable-sanitizers --prefix="$stage"
	logged "make of the fuzzers" make -s -C "$fuzz_dir" -j2
}

# fuzz_one NAME SECONDS CORPUS LOG: from the seeds and what CORPUS has already,
# which grows; what makes it fail is put beside the log.
fuzz_one() {
	mkdir -p "$3"
	"$srcdir/tests/fuzz/seeds.py" "$1" "$3" || return
	(cd "$(dirname "$4")" && exec "$fuzz_dir/tests/fuzz/$1" \
		-max_total_time="$2" -timeout=10 -max_len=1500 \
		-print_final_stats=1 -artifact_prefix="$1-" "$3") >"$4" 2>&1
}

# fuzz_figures LOG: executions, their rate, and the edges they covered.
fuzz_figures() {
	awk '/^stat::number_of_executed_units:/ { n = $2 }
	/^stat::average_exec_per_sec:/ { rate = $2 }
	match($0, /cov: [0-9]+/) { edges = substr($0, RSTART + 5, RLENGTH - 5) }
	END { printf "%d executions, %d a second, %d edges\n", n, rate, edges }
	' "$1"
}

# fuzz_reap: waits for one of those that run; calls fuzz_done NAME STATUS.
fuzz_reap() {
	local pid status name
	wait -n -p pid "${!fuzz_job[@]}"
	status=$?
	name=${fuzz_job[$pid]}
	unset "fuzz_job[$pid]"
	fuzz_done "$name" "$status"
}

# fuzz_all SECONDS CORPORA LOGS NAME...: two at a time.
fuzz_all() {
	local seconds=$1 corpora=$2 logs=$3 name
	shift 3
	for name; do
		[ ${#fuzz_job[@]} -lt 2 ] || fuzz_reap
		fuzz_one "$name" "$seconds" "$corpora/$name" \
			"$logs/$name.log" &
		fuzz_job[$!]=$name
	done
	while [ ${#fuzz_job[@]} -gt 0 ]; do
		fuzz_reap
	done
}
