/* lookup.c - the addresses of a name, asked of the system without waiting */
#include "lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qf_lookup_unref(struct qf_lookup *l)
{
	if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	qf_bell_fini(&l->done);
	free(l);
}

static void take_found(struct qf_lookup *l, const struct addrinfo *a)
{
	for (; a && l->count < QF_LOOKUP_MAX; a = a->ai_next) {
		struct qf_sockaddr *to = &l->found[l->count++];

		memcpy(&to->at, a->ai_addr, a->ai_addrlen);
		to->len = a->ai_addrlen;
	}
}

static void *run(void *ctx)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	struct qf_lookup *l = ctx;
	char port[8];

	snprintf(port, sizeof port, "%u", l->address.port);
	l->error = getaddrinfo(l->address.host, port, &hints, &found);
	if (!l->error) {
		take_found(l, found);
		freeaddrinfo(found);
	}
	qf_bell_ring(&l->done);
	qf_lookup_unref(l);
	return NULL;
}

static bool start(struct qf_lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_store(&l->refs, 2);
	started = !pthread_create(&thread, &attr, run, l);
	pthread_attr_destroy(&attr);
	return started;
}

struct qf_lookup *qf_lookup_new(const struct qf_address *a)
{
	struct qf_lookup *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	atomic_init(&l->refs, 1);
	l->address = *a;
	if (!qf_bell_init(&l->done) && start(l))
		return l;
	atomic_store(&l->refs, 1);
	qf_lookup_unref(l);
	return NULL;
}
