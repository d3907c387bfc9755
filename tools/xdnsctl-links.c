// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "xdnsctl-links.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "kernel_internal.h"
#include "util.h"
#include "xdnsctl-tap-abi.h"
#include "xdnsctl.h"

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

int program_map(int program, const char *end)
{
	uint32_t ids[32], len;
	struct bpf_prog_info info = {.nr_map_ids = ARRAY_SIZE(ids), .map_ids = (uintptr_t)ids};

	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(program, &info, &len))
		return -errno;
	for (uint32_t i = 0; i < info.nr_map_ids && i < ARRAY_SIZE(ids); i++) {
		struct bpf_map_info map = {0};
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && ends_with(map.name, end))
			return fd;
		cleanup_close(&fd);
	}
	return -ENOENT;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* Of a look that ended together with its guard, and of the daemon's program: to be replaced. */
static bool is_left_behind(int program)
{
	_cleanup_close_ int fd = program_map(program, ".data");
	struct bpf_map_info info = {0};
	struct tap_control control;
	uint32_t zero = 0, len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != sizeof(control) || bpf_map_lookup_elem(fd, &zero, &control))
		return false;
	return control.until < boot_now_ns();
}

struct swap {
	int from, to; /* from -1: any that was left behind, or is `to` already */
	int done, foreign;
};

static void swap_one(struct swap *s, int link)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE, .old_prog_fd = s->from);
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	int other;

	if (s->from >= 0) {
		s->done += !bpf_link_update(link, s->to, &opts);
		return;
	}
	if (bpf_obj_get_info_by_fd(link, &info, &len) || info.type != BPF_LINK_TYPE_XDP)
		return;
	if (info.prog_id == program_id(s->to))
		return;
	other = bpf_prog_get_fd_by_id(info.prog_id);
	opts.old_prog_fd = other;
	if (other < 0 || !is_left_behind(other) || bpf_link_update(link, s->to, &opts))
		s->foreign++;
	cleanup_close(&other);
}

static void swap(const char *dir, struct swap *s)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		int link;

		if (strncmp(e->d_name, LINK_PREFIX, strlen(LINK_PREFIX)))
			continue;
		link = pins_get(dir, e->d_name, false);
		if (link >= 0)
			swap_one(s, link);
		cleanup_close(&link);
	}
	if (d)
		closedir(d);
}

/* In the guard. No signal of the terminal or of a service's end is for it. */
static void guard(const char *dir, int daemons, int ours, int alive)
{
	struct swap back = {.from = ours, .to = daemons};
	char none;

	for (int signum = 1; signum < SIGRTMIN; signum++)
		if (signum != SIGCHLD)
			signal(signum, SIG_IGN);
	setsid();
	while (read(alive, &none, 1) < 0 && errno == EINTR)
		;
	swap(dir, &back);
	_exit(0);
}

int links_take(const char *dir, int daemons, int ours, struct links *ret)
{
	struct swap check = {.from = -1, .to = daemons}, take = {.from = daemons, .to = ours};
	struct links l;
	int ends[2];

	swap(dir, &check);
	if (check.foreign)
		return -EBUSY;
	if (pipe(ends))
		return -errno;
	l.alive = ends[1];
	l.guard = fork();
	if (!l.guard) {
		close(ends[1]);
		guard(dir, daemons, ours, ends[0]);
	}
	close(ends[0]);
	if (l.guard < 0) {
		close(ends[1]);
		return -errno;
	}
	swap(dir, &take);
	if (!take.done) {
		links_give_back(&l);
		return -ENOLINK;
	}
	*ret = l;
	return 0;
}

void links_give_back(struct links *l)
{
	if (!l->guard)
		return;
	close(l->alive);
	while (waitpid(l->guard, NULL, 0) < 0 && errno == EINTR)
		;
	l->guard = 0;
}
