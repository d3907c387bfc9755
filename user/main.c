// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "daemon.h"
#include "json_load.h"
#include "log.h"
#include "options.h"
#include "util.h"

#ifndef XDNS_VERSION
#define XDNS_VERSION "dev"
#endif

/* Else the first sockets would be 0 to 2, and what is logged would go into one of them. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * OpenSSL makes what all of it stands on when it is first needed. Without memory for that it goes
 * on, and the process ends by a signal: here it can be said.
 */
static bool libcrypto_ready(void)
{
	return OPENSSL_init_crypto(0, NULL) && OSSL_LIB_CTX_get0_global_default();
}

static int run(const struct options *o)
{
	_cleanup_free_ char *error = NULL;
	struct config *cfg;

	if (!libcrypto_ready()) {
		log_error("no memory for libcrypto");
		return EXIT_FAILURE;
	}
	if (config_load(o->config, &cfg, &error)) {
		log_error("%s", error ? error : "no memory for the configuration");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < cfg->warnings_count; i++)
		log_warn("%s", cfg->warnings[i]);
	config_set_keep_serving(cfg, o->keep_serving);
	config_log(cfg);
	if (cfg->resolv_subnet_first)
		log_warn("%s: ResolvSubnetFirst: has no effect in this version", cfg->file);
	return daemon_run(cfg, o->seccomp);
}

/*
 * Documents, large sets and answers of the HTTP API come and go for months. What has 128 KiB gets
 * pages of its own, which go back when it is freed; glibc would raise that limit by itself. The
 * threads share two arenas, so that not each of them keeps what its largest answer took once.
 */
static void memory_goes_back(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
	_cleanup_free_ char *error = NULL;
	struct options o;
	int status = EXIT_SUCCESS;

	/* until daemon.c watches them; a reload that is asked for so early must not be the end */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	open_standard_files();
	memory_goes_back();
	json_load_init();
	if (options_parse(argc, argv, &o, &error)) {
		fprintf(stderr, "%s\n", error ? error : "no memory");
		options_usage(stderr);
		return 2;
	}
	log_init(o.verbosity);
	if (o.help)
		options_usage(stderr);
	else if (o.version)
		puts(XDNS_VERSION);
	else
		status = run(&o);
	options_done(&o);
	return status;
}
