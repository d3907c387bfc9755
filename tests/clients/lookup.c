// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Looks names up by getaddrinfo(), of whatever C library it is compiled for.
 *
 *   lookup {A|AAAA} NAME [{A|AAAA} NAME]...
 *
 * Prints a line for each: type, name, and its addresses, sorted, or "none" (there is no such
 * name), "nodata" (it has no such address), "again" or another failure. As all of these clients do.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef EAI_NODATA
#define EAI_NODATA -5
#endif

#define ADDRESSES_MAX 64

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *failure(int error)
{
	switch (error) {
	case EAI_NONAME:
		return "none";
	case EAI_NODATA:
		return "nodata";
	case EAI_AGAIN:
		return "again";
	default:
		return gai_strerror(error);
	}
}

static void look_up(const char *type, const char *name)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *i;
	char text[ADDRESSES_MAX][INET6_ADDRSTRLEN];
	size_t n = 0;
	int error;

	hints.ai_family = !strcmp(type, "A") ? AF_INET : AF_INET6;
	error = getaddrinfo(name, NULL, &hints, &found);
	printf("%s %s", type, name);
	if (error) {
		printf(" %s\n", failure(error));
		return;
	}
	for (i = found; i && n < ADDRESSES_MAX; i = i->ai_next)
		getnameinfo(i->ai_addr, i->ai_addrlen, text[n++], sizeof(text[0]), NULL, 0,
			    NI_NUMERICHOST);
	freeaddrinfo(found);
	qsort(text, n, sizeof(text[0]), compare);
	for (size_t k = 0; k < n; k++)
		printf(" %s", text[k]);
	printf("\n");
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2)
		look_up(argv[i], argv[i + 1]);
	return 0;
}
