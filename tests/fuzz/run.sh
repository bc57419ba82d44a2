#!/bin/sh
# Run each fuzz target for SECONDS from its corpus, two at a time:
# fuzz/run.sh SECONDS [TARGET-PROGRAM...]
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
if [ $# = 0 ]; then
	find build/fuzz/tests/fuzz -maxdepth 1 -name 'fuzz_*' -type f -perm -1 |
		sort | xargs -r -n 1 -P 2 tests/fuzz/run.sh "$seconds"
	exit
fi

found=build/fuzz/found
export UBSAN_OPTIONS=print_stacktrace=1
for target; do
	name=$(basename "$target")
	decoder=${name#fuzz_}
	new=build/fuzz/new/$decoder
	mkdir -p "$found" "$new"
	corpus=tests/fuzz/corpus/$decoder
	[ -d "$corpus" ] || corpus=
	if "$target" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -artifact_prefix="$found/$name-" \
		-print_final_stats=1 "$new" $corpus \
		>"build/fuzz/$name.log" 2>&1; then
		echo "ok fuzz/$decoder"
	else
		tail -n 40 "build/fuzz/$name.log" >&2
		echo "FAIL fuzz/$decoder (input in $found)"
	fi
done
