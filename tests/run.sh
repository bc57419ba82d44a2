#!/bin/sh
# All that must pass. Each check is one line "ok NAME" or "FAIL NAME" in
# build/results; the last line printed counts them.
set -eu
cd "$(dirname "$0")/.."
unset CDPATH
results=$PWD/build/results
mkdir -p build
: >"$results"
rm -f "$results.said"

all=no
case ${1:-} in
--all) all=yes ;;
'') ;;
*) echo "usage: ./dev test [--all]" >&2; exit 2 ;;
esac

say() {
	printf '== %s (%ss)\n' "$*" "$(($(date +%s) - started))"
}

count() { # ok|FAIL NAME
	printf '%s %s\n' "$1" "$2" | tee -a "$results"
}

# A kind of check that left no line did not run, whatever else passed.
kinds='build/dev build/fuzz build/asan build/tsan dev/ asan/ tsan/
	lint/tidy fuzz/ journey/dev-1/ journey/dev-2/ journey/asan- package/'

finish() {
	status=$?
	trap - EXIT
	[ "$status" = 0 ] || count FAIL "run ended early ($status)"
	[ -z "$besides" ] || kill "$besides" 2>/dev/null || true
	for kind in $kinds; do
		grep -Eq "^(ok|FAIL) $kind" "$results" || count FAIL "$kind did not run"
	done
	passed=$(grep -c '^ok ' "$results" || true)
	failed=$(grep -c '^FAIL ' "$results" || true)
	[ ! -s "$results.said" ] || tail -n 150 "$results.said"
	[ "$failed" = 0 ] || grep '^FAIL ' "$results"
	echo "$passed passed, $failed failed"
	if [ "$failed" != 0 ] || [ "$passed" = 0 ]; then
		exit 1
	fi
	exit 0
}

at_once=3 # journeys wait more than they compute: a third on two cores is free
besides=
started=$(date +%s)
trap finish EXIT
trap 'exit 130' INT TERM

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

build() { # PRESET [TARGET...]: false when it does not build
	say "building $*"
	if ./dev build "$@" >"build/$1.log" 2>&1; then
		count ok "build/$1"
	else
		tail -n 60 "build/$1.log"
		count FAIL "build/$1"
		return 1
	fi
}

units() { # PRESET [ctest options]
	preset=$1
	shift
	say "unit tests, $preset"
	ctest --test-dir "build/$preset" -j 4 --output-on-failure \
		--output-junit "$PWD/build/$preset/units.xml" \
		--test-output-size-passed 1000000 "$@" >"build/$preset/units.log" 2>&1 ||
		{
			echo "-- unit tests, $preset"
			grep -E -A 12 '\*\*\*(Failed|Timeout|Exception)|ERROR: |WARNING: ' \
				"build/$preset/units.log" | head -n 60
		} | tee -a "$results.said"
	tests/units_count.py "$preset" "build/$preset/units.xml" |
		tee -a "$results" | grep -v '^ok ' || true
}

journeys() { # PRESET SHARDS [NAME...|--again]
	preset=$1 shards=$2
	shift 2
	say "journeys, $preset, shards $shards"
	as_root tests/journey/run --preset "$preset" --shards "$shards" \
		--results "$results" "$@" || true
}

fuzz() { # SECONDS
	say "fuzz targets, $1 s each"
	tests/fuzz/run.sh "$1" | tee -a "$results"
}

is_built() { # PRESET
	grep -qx "ok build/$1" "$results"
}

# What only computes goes on while journeys wait for their peers.
beside() {
	say lint
	if [ "$all" = yes ]; then export LINT=deep; fi
	tests/lint.sh | tee -a "$results"
	build fuzz fuzz_targets || true
	build asan all suites || true
	if [ "$all" = yes ]; then set -- all suites; else set -- suites_tsan; fi
	build tsan "$@" || true
	if is_built fuzz; then
		if [ "$all" = yes ]; then fuzz 60; else fuzz 3; fi
	fi
}

# Suites run with ASan and UBSan, those of several threads with TSan as well;
# with --all in every preset.
if [ "$all" = yes ]; then set -- all suites; else set -- all; fi
if build dev "$@"; then
	if [ "$all" = yes ]; then set --; else set -- -L 'lint|journey'; fi
	units dev "$@"
	beside &
	besides=$!
	renice -n 19 -p "$besides" >/dev/null
	journeys dev 1 --part together --jobs $at_once
	journeys dev 2 --again --part together --jobs $at_once
	wait "$besides" || count FAIL "what goes on beside journeys ($?)"
	besides=
	journeys dev 1 --part alone
	journeys dev 2 --again --part alone
	say packages
	if [ "$all" = yes ]; then set --; else set -- --binaries build/dev/bin; fi
	as_root tests/packages/run --results "$results" "$@" || true
fi
if is_built asan; then
	units asan
	if [ "$all" = yes ]; then
		journeys asan 1
	else
		journeys asan 2 sign_in call bad_input av_libre av_abuse_lengths \
			av_abuse_monkey
	fi
fi
if is_built tsan; then
	if [ "$all" = yes ]; then
		units tsan
		journeys tsan 2
	else
		units tsan -L tsan
	fi
fi
if [ "$all" = yes ]; then
	for preset in coverage release; do
		build "$preset" all suites && units "$preset"
	done
fi
