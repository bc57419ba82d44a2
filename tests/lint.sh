#!/bin/sh
# Style and structure: one line "ok lint/NAME" or "FAIL lint/NAME" a check.
set -u
cd "$(dirname "$0")/.."

check() { # NAME COMMAND...: what it prints matters only when it fails
	name=$1
	shift
	if "$@" >"build/lint-$name.log" 2>&1; then
		echo "ok lint/$name"
	else
		sed "s|^|$name: |" "build/lint-$name.log" | head -n 60 >&2
		echo "FAIL lint/$name"
	fi
}

sources() {
	git ls-files --cached --others --exclude-standard "$@"
}

format() {
	sources '*.c' '*.h' | xargs -r clang-format-14 --dry-run -Werror
}

# clang-tidy on every file of the dev build; a file whose text, headers and
# rules have not changed since it last passed is skipped. The analyzer takes
# nine tenths of the time: it runs with LINT=deep alone, in ./dev test --all.
tidy_one() { # FILE; checks and headers: what is the same for all
	sum=$( (echo "$checks $headers"; cat "$1") | sha256sum | cut -c 1-32)
	[ -e "build/tidy/$sum" ] && return 0
	clang-tidy-14 -p build/dev --quiet --warnings-as-errors='*' \
		--checks="$checks" "$1" 2>/dev/null && : >"build/tidy/$sum"
}

tidy() {
	mkdir -p build/tidy
	checks=-clang-analyzer-\*
	[ "${LINT:-}" != deep ] || checks=
	headers=$( (cat .clang-tidy
		sources '*.h' '*.def' | xargs cat) | sha256sum)
	export checks headers
	sources '*.c' | grep -v -e '^tests/' -e '\.bpf\.c$' |
		xargs -r -n 4 -P 2 "$0" tidy-files
}

man() {
	pages=$(sources '*.1' '*.5' '*.7' '*.8')
	[ -n "$pages" ] || return 0
	mandoc -T lint -W warning $pages
}

python() {
	python3 -m compileall -q tests
}

case ${1:-all} in
tidy-files)
	shift
	status=0
	for f in "$@"; do
		tidy_one "$f" || status=1
	done
	exit $status
	;;
all)
	check format format
	check man man
	check man-tables tests/man_tables.py
	check readme tests/readme_names.py
	check docs tests/docs_pages.py
	check python python
	check tidy tidy
	;;
esac
