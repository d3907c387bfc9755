// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Links that a daemon has left behind: our program is on their interfaces already. */
#include "kernel_internal.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* Does a link's mode fit the configuration? A native one under auto only where none is lost. */
static bool mode_fits(const struct kernel *k, const struct interface *i, bool native)
{
	if (k->cfg->xdp_mode == XDP_MODE_AUTO)
		return !native || !attachments_native_would_lose(i);
	return native == (k->cfg->xdp_mode == XDP_MODE_NATIVE);
}

static int link_info(int fd, struct bpf_link_info *ret)
{
	uint32_t len = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	if (bpf_obj_get_info_by_fd(fd, ret, &len))
		return -errno;
	return ret->type == BPF_LINK_TYPE_XDP && ret->xdp.ifindex ? 0 : -ENOLINK;
}

static bool is_our_program(uint32_t id)
{
	char name[BPF_OBJ_NAME_LEN];

	attachments_program_name(id, name);
	return !name[0] || !strcmp(name, PROGRAM_NAME);
}

/* Takes over the descriptor, or leaves it. */
static bool adopt(struct kernel *k, const struct interfaces *in, int fd)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct attachment *bigger, a = {.link_fd = fd};
	const struct interface *i;
	struct bpf_link_info info;

	if (link_info(fd, &info) || !is_our_program(info.prog_id))
		return false;
	i = attachments_interface(in, info.xdp.ifindex);
	if (!i || attachments_have(k, i->index) || bpf_xdp_query(i->index, 0, &opts))
		return false;
	bigger = realloc(k->attached, (k->attached_count + 1) * sizeof(*bigger));
	if (!bigger)
		return false;
	k->attached = bigger;
	a.index = i->index;
	a.mtu = i->mtu;
	a.native = opts.drv_prog_id == info.prog_id;
	a.misfit = !mode_fits(k, i, a.native);
	memcpy(a.name, i->name, sizeof(a.name));
	k->attached[k->attached_count++] = a;
	log_notice("xdp: %s %s (attached already)", a.name, a.native ? "native" : "generic");
	return true;
}

/* Calls for each pinned link; what it does not take over is closed. */
static void for_each_link(const char *dir, bool (*fn)(void *ctx, int fd), void *ctx)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int fd;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, LINK_PREFIX, strlen(LINK_PREFIX)))
			continue;
		fd = pins_get(dir, e->d_name, false);
		if (fd >= 0 && !fn(ctx, fd))
			close(fd);
	}
	closedir(d);
}

struct adopting {
	struct kernel *k;
	const struct interfaces *in;
};

static bool adopt_one(void *ctx, int fd)
{
	struct adopting *a = ctx;

	return adopt(a->k, a->in, fd);
}

void attachments_adopt(struct kernel *k, const struct interfaces *in)
{
	struct adopting a = {k, in};

	if (!in)
		return;
	for_each_link(k->cfg->bpf_dir, adopt_one, &a);
	attachments_addresses(k, in);
}

struct programs {
	uint32_t *ids;
	size_t count, max;
};

static bool note_program(void *ctx, int fd)
{
	struct programs *p = ctx;
	struct bpf_link_info info;

	if (!link_info(fd, &info) && p->count < p->max)
		p->ids[p->count++] = info.prog_id;
	return false;
}

size_t attachments_programs(const char *dir, uint32_t *ids, size_t max)
{
	struct programs p = {.ids = ids, .max = max};

	for_each_link(dir, note_program, &p);
	return p.count;
}

void attachments_pin(struct kernel *k)
{
	_cleanup_free_ char(*pin)[LINK_PIN_BUF] = calloc(k->attached_count + 1, sizeof(*pin));
	_cleanup_free_ const char **name = calloc(k->attached_count + 1, sizeof(*name));

	if (!pin || !name)
		return;
	for (size_t n = 0; n < k->attached_count; n++) {
		attachments_link_pin(k->attached[n].name, pin[n]);
		name[n] = pin[n];
		pins_put(k->attached[n].link_fd, k->cfg->bpf_dir, pin[n]);
	}
	pins_tidy(k->cfg->bpf_dir, name, k->attached_count);
}
