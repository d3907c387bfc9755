#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# xdnsctl's manual and completions know every command and option of its tables, and no other.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
PAGE=docs/xdnsctl.8
BASH_FILE=tools/completion/xdnsctl.bash ZSH_FILE=tools/completion/_xdnsctl

# section NAME: of the usage, lines as they are
usage_section() {
	"$CTL" --help | sed -n "/^$1:/,/^\$/s/^  //p"
}

# Commands with their arguments as the manual shows them: "lookup name [type]".
commands() {
	usage_section Commands | sed 's/   *.*//' | tr '[:upper:]' '[:lower:]' | sed 's/ *$//'
}

options() {
	usage_section Options | grep -oE -- '--[a-z-]+' | sort -u
}

# page_entries SECTION: what its list has, as the reader sees it
page_entries() {
	mandoc -T ascii "$PAGE" | col -b | awk -v section="$1" '
		/^[A-Z]/ { in_section = ($0 == section) }
		in_section && /^     [^ ]/ { sub(/^ +/, ""); print }' | sed 's/   *.*//'
}

names=$(commands | sed 's/ .*//')
matches "there are commands" '^lookup$' "$names"
entries=$(page_entries COMMANDS)
while read -r line; do
	equal "the manual has \"$line\"" 1 "$(grep -cxF -- "$line" <<<"$entries")"
done < <(commands)
equal "and no other command" "$(wc -l <<<"$names")" \
	"$(awk '/^\.Sh/ { in_section = /COMMANDS/ } in_section && /^\.It Cm/' "$PAGE" | wc -l)"
equal "the manual has the options" "$(options)" \
	"$(awk '/^\.Sh/ { in_section = /DESCRIPTION/ } in_section && /^\.It Fl/' "$PAGE" |
		grep -oE 'Fl -[a-z-]+' | sed 's/Fl -/--/' | sort -u)"
bash_words() {
	# shellcheck disable=SC1090,SC2034 # what the completion reads
	(
		. "$BASH_FILE"
		COMP_WORDS=(xdnsctl "$@") COMP_CWORD=$#
		_xdnsctl
		printf '%s\n' "${COMPREPLY[@]}" | sort
	)
}
equal "bash completes the commands" "$(sort <<<"$names")" "$(bash_words '')"
equal "and the options" "$(options)" "$(bash_words --)"
equal "and types behind a name" "A AAAA" "$(bash_words lookup leader.mesos A | paste -sd ' ')"
equal "and files" "$PAGE" "$(bash_words check-config docs/xdnsctl)"
# zsh's list is written as bash would, too: "name:what it does"
zsh_list() {
	(
		commands=()
		eval "$(sed -n '/^commands=(/,/^)/p' "$ZSH_FILE")"
		printf '%s\n' "${commands[@]}" | sort
	)
}
equal "zsh's completion has the commands, with the usage's words" \
	"$(paste -d : <(echo "$names") <(usage_section Commands | sed 's/^[^ ].*   *//') | sort)" "$(zsh_list)"
equal "and the options" "$(options)" "$(grep -oE -- ',--[a-z-]+' "$ZSH_FILE" | tr -d , | sort -u)"
finish
