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

#include "owner.h"
#include "util.h"

#define BPFFS_DEFAULT "/sys/fs/bpf"

bool pins_on_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* The standard place may not be mounted: no systemd, or a fresh namespace. */
static void mount_default(const char *dir)
{
	if (strncmp(dir, BPFFS_DEFAULT "/", strlen(BPFFS_DEFAULT "/")) ||
	    pins_on_bpffs(BPFFS_DEFAULT))
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
	static const char *const maps[] = {
#define X(name) #name,
		PINNED_MAPS(X)
#undef X
			PINNED_CONSTANTS};
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
void pins_remove_all(const char *dir)
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
	if (!pins_on_bpffs(dir)) {
		rmdir(dir);
		return fail(ret_error, -ENOTSUP, dir,
			    "is not on a BPF file system (mount -t bpf bpf " BPFFS_DEFAULT ")");
	}
	lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return fail(ret_error, -errno, dir, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		char who[OWNER_TEXT_MAX], text[OWNER_TEXT_MAX + sizeof("in use by ")];
		struct owner owner = {0};

		owner_of_lock(lock, &owner);
		close(lock);
		snprintf(text, sizeof(text), "in use by %s", owner_text(&owner, who, sizeof(who)));
		return fail(ret_error, -EBUSY, dir, text);
	}
	*ret_lock = lock;
	return 0;
}

int pins_put_fresh(int fd, const char *dir, const char *name)
{
	_cleanup_free_ char *fresh = NULL;

	if (asprintf(&fresh, "%s/%s" FRESH_SUFFIX, dir, name) < 0)
		return -ENOMEM;
	unlink(fresh);
	return bpf_obj_pin(fd, fresh) ? -errno : 0;
}

int pins_settle(const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL, *fresh = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0 ||
	    asprintf(&fresh, "%s/%s" FRESH_SUFFIX, dir, name) < 0)
		return -ENOMEM;
	return rename(fresh, path) ? -errno : 0;
}

/* Pins under a name, in the place of what may be there: rename() leaves no moment without. */
int pins_put(int fd, const char *dir, const char *name)
{
	int r = pins_put_fresh(fd, dir, name);

	return r ? r : pins_settle(dir, name);
}

int pins_get(const char *dir, const char *name, bool fresh)
{
	_cleanup_free_ char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/%s%s", dir, name, fresh ? FRESH_SUFFIX : "") < 0)
		return -ENOMEM;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static bool ends_fresh(const char *name)
{
	size_t len = strlen(name), suffix = strlen(FRESH_SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, FRESH_SUFFIX);
}

void pins_settle_all(const char *dir)
{
	char *names[32];
	size_t n = 0;
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && n < ARRAY_SIZE(names) && (e = readdir(d)))
		if (is_ours(e->d_name) && ends_fresh(e->d_name) &&
		    strncmp(e->d_name, LINK_PREFIX, strlen(LINK_PREFIX)) &&
		    (names[n] = strdup(e->d_name)))
			n++;
	if (d)
		closedir(d);
	while (n-- > 0) {
		names[n][strlen(names[n]) - strlen(FRESH_SUFFIX)] = '\0';
		pins_settle(dir, names[n]);
		free(names[n]);
	}
}

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

void pins_tidy(const char *dir, const char *const *links, size_t n)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		bool link = !strncmp(e->d_name, LINK_PREFIX, strlen(LINK_PREFIX));

		if (is_ours(e->d_name) && !is_one_of(e->d_name, links, n) &&
		    (link || ends_fresh(e->d_name)))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

void pins_remove(const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) >= 0)
		unlink(path);
}

void pins_close(const char *dir, int lock, bool keep)
{
	if (lock < 0)
		return;
	if (!keep) {
		pins_remove_all(dir);
		rmdir(dir);
	}
	close(lock);
}

void kernel_forget(const struct config *cfg)
{
	_cleanup_free_ char *error = NULL;
	int lock;

	if (pins_on_bpffs(cfg->bpf_dir) && !pins_open(cfg->bpf_dir, &lock, &error))
		pins_close(cfg->bpf_dir, lock, false);
}
