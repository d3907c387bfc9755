# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
# Completion of mesos-xdns's options for bash.
_mesos_xdns() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	case $previous in
	-config | --config | -log_dir | --log_dir | -log_link | --log_link)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	-v | --v)
		mapfile -t COMPREPLY < <(compgen -W '0 1 2' -- "$current")
		;;
	-log_backtrace_at | -logbuflevel | -stderrthreshold | -vmodule) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '-config -keep-serving -seccomp=false -version -v -h -help
			-alsologtostderr -log_backtrace_at -log_dir -log_link -logbuflevel
			-logtostderr -stderrthreshold -vmodule' -- "$current")
		;;
	esac
}
complete -F _mesos_xdns mesos-xdns
