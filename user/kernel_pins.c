// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The folder on the BPF file system where operators find the maps and links. */
#include "kernel_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util.h"

#define BPFFS_DEFAULT "/sys/fs/bpf"
#define FRESH_SUFFIX  "-new" /* of a pin on its way to its name */

static bool on_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* The standard place may not be mounted: no systemd, or a fresh namespace. */
static void mount_default(const char *dir)
{
	if (strncmp(dir, BPFFS_DEFAULT "/", strlen(BPFFS_DEFAULT "/")) || on_bpffs(BPFFS_DEFAULT))
		return;
	mount("bpf", BPFFS_DEFAULT, "bpf", 0, "mode=0700");
}

static int fail(char **ret_error, int r, const char *dir, const char *what)
{
	if (asprintf(ret_error, "bpfDir %s: %s", dir, what) < 0)
		*ret_error = NULL;
	return r;
}

/* What this daemon pins; a folder may be shared, by mistake or not, with pins of others. */
static bool is_ours(const char *name)
{
	static const char *const maps[] = {"names",	"front",    "records",	  "a_sets",
					   "aaaa_sets", "srv_sets", "name_tails", "targets",
					   "state",	"counters", "scratch",	  "config",	"clock"};
	size_t len = strlen(name), suffix = strlen(FRESH_SUFFIX);

	if (!strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX)))
		return true;
	if (len > suffix && !strcmp(name + len - suffix, FRESH_SUFFIX))
		len -= suffix;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (strlen(maps[i]) == len && !memcmp(maps[i], name, len))
			return true;
	return false;
}

/* Pins of a daemon that is gone: an XDP link among them would keep its program attached. */
static void remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (is_ours(e->d_name))
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

/* Makes the folder if need be and takes it for this process alone. */
int pins_open(const char *dir, int *ret_lock, char **ret_error)
{
	int lock;

	mount_default(dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return fail(ret_error, -errno, dir, strerror(errno));
	if (!on_bpffs(dir)) {
		rmdir(dir);
		return fail(ret_error, -ENOTSUP, dir,
			    "is not on a BPF file system (mount -t bpf bpf " BPFFS_DEFAULT ")");
	}
	lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return fail(ret_error, -errno, dir, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		close(lock);
		return fail(ret_error, -EBUSY, dir, "another mesos-xdns is using it");
	}
	remove_all(dir);
	*ret_lock = lock;
	return 0;
}

/* Pins under a name, in the place of what may be there: rename() leaves no moment without. */
int pins_put(int fd, const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL, *fresh = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0 ||
	    asprintf(&fresh, "%s/%s" FRESH_SUFFIX, dir, name) < 0)
		return -ENOMEM;
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh))
		return -errno;
	return rename(fresh, path) ? -errno : 0;
}

void pins_remove(const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) >= 0)
		unlink(path);
}

void pins_close(const char *dir, int lock)
{
	if (lock < 0)
		return;
	remove_all(dir);
	rmdir(dir);
	close(lock);
}

void kernel_forget(const struct config *cfg)
{
	_cleanup_free_ char *error = NULL;
	int lock;

	if (on_bpffs(cfg->bpf_dir) && !pins_open(cfg->bpf_dir, &lock, &error))
		pins_close(cfg->bpf_dir, lock);
}
