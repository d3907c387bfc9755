# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
# Completion of xdnsctl's commands and options for bash.
_xdnsctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='lookup status top dump diff counters capture check-config doctor explain watch conflicts'
	local options='-d --bpf-dir -c --config -j --json -i --interval -u --url -t --token -C --cacert
		-s --seconds -w --write -q --name -r --reason -e --every -n --count -h --help -V --version'
	local i command=''

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ " $commands " != *" ${COMP_WORDS[i]} "* ]] || command=${COMP_WORDS[i]}
	done
	COMPREPLY=()
	case $previous in
	-c | --config | -w | --write | check-config | -t | --token | -C | --cacert)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-d | --bpf-dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	-r | --reason)
		mapfile -t COMPREPLY < <(compgen -W "answer pass drop all" -- "$current")
		return
		;;
	-i | --interval | -u | --url | -s | --seconds | -q | --name | -e | --every | -n | --count) return ;;
	esac
	if [[ $current = -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	elif [ -z "$command" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
	elif [ "$command" = lookup ] && [ "$previous" != lookup ]; then
		mapfile -t COMPREPLY < <(compgen -W 'A AAAA SRV SOA' -- "$current")
	fi
}
complete -F _xdnsctl xdnsctl
