// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* As lookup.c, by c-ares. */
#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#define ADDRESSES_MAX 64

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void print(struct ares_addrinfo *found)
{
	char text[ADDRESSES_MAX][INET6_ADDRSTRLEN];
	size_t n = 0;

	for (struct ares_addrinfo_node *i = found->nodes; i && n < ADDRESSES_MAX; i = i->ai_next) {
		const void *address = &((struct sockaddr_in6 *)i->ai_addr)->sin6_addr;

		if (i->ai_family == AF_INET)
			address = &((struct sockaddr_in *)i->ai_addr)->sin_addr;
		inet_ntop(i->ai_family, address, text[n++], sizeof(text[0]));
	}
	qsort(text, n, sizeof(text[0]), compare);
	for (size_t k = 0; k < n; k++)
		printf(" %s", text[k]);
	printf("\n");
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
	(void)arg;
	(void)timeouts;
	if (status == ARES_SUCCESS)
		print(found);
	else if (status == ARES_ENOTFOUND)
		printf(" none\n");
	else if (status == ARES_ENODATA)
		printf(" nodata\n");
	else
		printf(" %s\n", ares_strerror(status));
	ares_freeaddrinfo(found);
}

static void wait_for_all(ares_channel channel)
{
	struct timeval room, *wait;
	fd_set in, out;
	int n;

	for (;;) {
		FD_ZERO(&in);
		FD_ZERO(&out);
		n = ares_fds(channel, &in, &out);
		if (!n)
			return;
		wait = ares_timeout(channel, NULL, &room);
		select(n, &in, &out, NULL, wait);
		ares_process(channel, &in, &out);
	}
}

int main(int argc, char **argv)
{
	struct ares_addrinfo_hints hints = {0};
	ares_channel channel;

	if (ares_library_init(ARES_LIB_INIT_ALL) || ares_init(&channel))
		return 1;
	for (int i = 1; i + 1 < argc; i += 2) {
		hints.ai_family = !strcmp(argv[i], "A") ? AF_INET : AF_INET6;
		printf("%s %s", argv[i], argv[i + 1]);
		ares_getaddrinfo(channel, argv[i + 1], NULL, &hints, on_answer, NULL);
		wait_for_all(channel);
	}
	ares_destroy(channel);
	return 0;
}
