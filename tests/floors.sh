#!/bin/sh
# Check the tree against tests/floors.txt: floors.sh [BUILD_DIR [CHECK]]
# CHECK: arrows third calls headers symbols mutable sizes (all when left out)
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/dev}
rules=tests/floors.txt
folders="common topology access-edge webconf-edge av-edge edgectl"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sources() { # PATTERN...: product files
	for dir in $folders; do
		[ -d "$dir" ] || continue
		for p in "$@"; do find "$dir" -name "$p" -type f; done
	done | sort
}

includes() { # FIRST-CHARACTER: "file header" a line
	sources '*.c' '*.h' '*.def' | xargs grep -HE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$1" |
		sed -E 's/^([^:]*):[^"<]*["<]([^">]*)[">].*/\1 \2/'
}

arrows() {
	includes '"' | awk -v rules=$rules '
		function fits(text, pattern) { return text ~ ("^(" pattern ")$") }
		BEGIN { while ((getline line < rules) > 0) {
			n = split(line, word, " ")
			if (word[1] != "arrow") continue
			from[++count] = word[2]
			for (i = 3; i <= n; i++) to[count] = to[count] " " word[i]
		} }
		{
			good = 0
			for (r = 1; r <= count && !fits($1, from[r]); r++) ;
			n = split(to[r], word, " ")
			for (i = 1; i <= n && !good; i++) good = fits($2, word[i])
			if (!good) { print $1 " may not include " $2; bad = 1 }
		}
		END { exit bad }'
}

third() {
	includes '<' | awk -v rules=$rules '
		function fits(text, pattern) { return text ~ ("^(" pattern ")$") }
		BEGIN { while ((getline line < rules) > 0) {
			n = split(line, word, " ")
			if (word[1] == "system") system_header[++systems] = word[2]
			if (word[1] != "third") continue
			library[++count] = word[2]
			for (i = 3; i <= n; i++) files[count] = files[count] " " word[i]
		} }
		{
			good = 0
			for (i = 1; i <= systems && !good; i++) good = fits($2, system_header[i])
			for (r = 1; r <= count && !good; r++) {
				if (!fits($2, library[r])) continue
				n = split(files[r], word, " ")
				for (i = 1; i <= n && !good; i++) good = fits($1, word[i])
			}
			if (!good) { print $1 " may not see <" $2 ">"; bad = 1 }
		}
		END { exit bad }'
}

calls() {
	status=0
	while read -r kind name files; do
		[ "$kind" = call ] || continue
		homes=$(echo "$files" | tr -s ' ' '|')
		sources '*.c' '*.h' | grep -vE "^($homes)\$" |
			xargs grep -nE "(^|[^a-zA-Z0-9_])$name *\(" >"$tmp/calls" || true
		if [ -s "$tmp/calls" ]; then
			sed 's/$/   <- has one home/' "$tmp/calls"
			status=1
		fi
	done <$rules
	return $status
}

headers() { # each compiles alone; all together define nothing
	status=0
	flags="-std=gnu17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -x c"
	for h in $(sources '*.h'); do
		echo "#include \"$h\"" >>"$tmp/all.c"
		${CC:-cc} $flags -fsyntax-only "$h" 2>"$tmp/why" && continue
		echo "$h does not compile alone:"
		cat "$tmp/why"
		status=1
	done
	[ $status = 0 ] || return 1
	${CC:-cc} $flags -c "$tmp/all.c" -o "$tmp/all.o"
	if [ -n "$(nm --defined-only "$tmp/all.o")" ]; then
		echo "a header defines something:"
		nm --defined-only "$tmp/all.o"
		return 1
	fi
}

libraries() {
	for dir in $folders; do
		[ -d "$build/$dir" ] && find "$build/$dir" -name '*.a'
	done
}

exported() { # ARCHIVE: names it defines for others
	nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }'
}

library_path() {
	${CC:-cc} -print-file-name="$1"
}

symbols() {
	status=0
	[ -n "$(libraries)" ] || { echo "no libraries in $build"; return 1; }
	for a in $(libraries); do
		folder=${a#"$build"/}
		folder=${folder%%/*}
		own=$(awk -v f="$folder" '$1 == "prefix" && $3 == f { print $2 }' $rules)
		exported "$a" | sort >"$tmp/own"
		if grep -vE "^($own)" "$tmp/own" >"$tmp/bad"; then
			sed "s|^|$a exports |" "$tmp/bad"
			status=1
		fi
		cat "$tmp/own" >>"$tmp/all"
	done
	sort -u "$tmp/all" >"$tmp/ours"
	for lib in $(awk '$1 == "foreign" { print $2 }' $rules); do
		nm -D --defined-only "$(library_path "$lib")" | awk '{ print $NF }' |
			sed 's/@.*//' | sort -u >"$tmp/theirs"
		[ -s "$tmp/theirs" ] || { echo "cannot read $lib"; status=1; }
		comm -12 "$tmp/ours" "$tmp/theirs" >"$tmp/both"
		[ -s "$tmp/both" ] || continue
		sed "s|\$| is also defined by $lib|" "$tmp/both"
		status=1
	done
	return $status
}

mutable() { # what lies in .data and .bss; tables under .data.rel.ro are const
	[ -n "$(libraries)" ] || { echo "no libraries in $build"; return 1; }
	for a in $(libraries); do
		objdump -t "$a" 2>/dev/null
	done | awk -v rules=$rules '
		BEGIN { while ((getline line < rules) > 0) {
			split(line, word, " ")
			if (word[1] == "mutable") known[word[2] " " word[3]] = 1
		} }
		/file format/ { object = $1; sub(/:$/, "", object) }
		# "value flags section<TAB>size name"; const tables: .data.rel.ro
		/ O [^\t]*\t/ {
			n = split($0, side, "\t")
			split(side[1], word, " ")
			section = word[length(word)]
			if (section !~ /^\.(data|bss|tdata|tbss)/ ||
			    section ~ /^\.data\.rel\.ro/) next
			name = $NF
			if (!((object " " name) in known)) {
				print object " has the mutable variable " name
				bad = 1
			}
		}
		END { exit bad }'
}

sizes() {
	{
		sources '*.c' '*.h'
		find tests -name '*.[ch]' -type f | sort
	} | xargs awk '
		function judge() {
			most = file ~ /\.h$/ ? 200 : 600
			if (lines > most) {
				print file " has " lines " lines, stop and split at " most
				bad = 1
			}
			if (headers > 12) {
				print file " includes " headers " project headers, at most 12"
				bad = 1
			}
		}
		FNR == 1 { if (file) judge(); file = FILENAME; headers = 0 }
		/^#include "/ { headers++ }
		{ lines = FNR }
		END { judge(); exit bad }'
}

result=0
for check in ${2:-arrows third calls headers symbols mutable sizes}; do
	"$check" || result=1
done
exit $result
