#!/bin/sh
# Run each fuzz target for SECONDS from its corpus: fuzz/run.sh SECONDS.
set -eu
cd "$(dirname "$0")/../.."
found=build/fuzz/found
mkdir -p "$found"
export UBSAN_OPTIONS=print_stacktrace=1
for target in $(find build/fuzz/tests/fuzz -maxdepth 1 -name 'fuzz_*' -type f -perm -1 | sort); do
	name=$(basename "$target")
	decoder=${name#fuzz_}
	new=build/fuzz/new/$decoder
	mkdir -p "$new"
	corpus=tests/fuzz/corpus/$decoder
	[ -d "$corpus" ] || corpus=
	if "$target" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="$found/$name-" -print_final_stats=1 \
		"$new" $corpus >"build/fuzz/$name.log" 2>&1; then
		echo "ok fuzz/$decoder"
	else
		tail -n 40 "build/fuzz/$name.log" >&2
		echo "FAIL fuzz/$decoder (input in $found)"
	fi
done
