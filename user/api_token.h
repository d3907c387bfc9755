/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The token that clients of the API have to show, as its hash; any thread. */
#ifndef XDNS_API_TOKEN_H
#define XDNS_API_TOKEN_H

#include <pthread.h>

#include "config.h"

struct api_token {
	pthread_mutex_t lock; /* of what follows */
	bool wanted;	      /* false: everybody may ask */
	uint8_t sha256[32];
};

#define API_TOKEN_NONE ((struct api_token){.lock = PTHREAD_MUTEX_INITIALIZER})

/* From now on that of this configuration. */
void api_token_set(struct api_token *t, const struct config *cfg);

/* authorization: the header of that name, NULL: there is none. Takes the same time for all wrong
 * ones. */
bool api_token_good(struct api_token *t, const char *authorization);

#endif
