/* engine.h - a running node: its threads, started and stopped as one
 *
 * core thread, store thread, and per worker one network thread and one reader
 * thread (design.md 4). The engine owns the home's socket while it runs.
 *
 * Threads: all functions are for the thread that started the engine, except
 * qf_engine_client(), which any may call until stop.
 */
#ifndef QF_ENGINE_H
#define QF_ENGINE_H

#include "port.h"
#include "store/home.h"
#include "store/store.h"

enum { QF_WORKERS_MAX = 64 };

struct qf_engine_options {
	struct qf_home *home; /* locked; borrowed for the engine's life */
	const char *name;     /* NULL: $USER, or "someone" */
	bool listens;         /* a node for the moment does not */
	const char *listen;   /* address to bind, NULL: all (IPv6 and IPv4) */
	uint16_t port;
	enum qf_port_rule port_rule;
	bool damaged;   /* the database is, whatever it looks like */
	bool discovers; /* look for others nearby, and be found */
	bool sweeps;    /* where nobody answers, ask each address */
	bool is_hub;    /* say that this node is always on */
	bool socket;    /* serve the API on HOME/socket */
	bool dial_remembered;
	const char *const *connect; /* HOST, HOST:PORT or [HOST]:PORT */
	size_t connect_count;
	const char *const *join; /* room names */
	size_t join_count;
	uint64_t built_ms; /* Unix, when the program was built; 0: not told */
	unsigned threads;  /* workers, 0: one a core */
	const char *irc_name; /* of the IRC server; NULL: "quickfi" */
	unsigned irc_replay;  /* lines of a room shown at a join by IRC */
	unsigned irc_line_ms; /* what a line costs who types it; 0: nothing */
	bool irc_no_plain; /* of other machines only who uses TLS is let in */
	const char *const *irc_trusted; /* addresses that type for nothing */
	size_t irc_trusted_count;
};

struct qf_engine;

/* When it returns QF_OK, the listener is bound, the socket is there, and all
 * of the store is loaded. `why` gets a sentence otherwise. */
int qf_engine_start(struct qf_engine **out,
                    const struct qf_engine_options *options, char *why,
                    size_t cap);
/* Where it listens (port 0: it does not), and whether that is another port
 * than the preferred. */
void qf_engine_listening(const struct qf_engine *e, struct qf_address *at,
                         bool *moved);
/* A new API client inside the process: one end of a socketpair, the caller's
 * to read, write and close; -1 with errno. */
int qf_engine_client(struct qf_engine *e);
/* It may end by itself, and then closes its clients' connections: when its home
 * is gone, or for one of these reasons. Memory was out. */
bool qf_engine_starved(const struct qf_engine *e);
/* The database was found damaged while it ran. Stopped and started again with
 * that option, it keeps the old one aside and goes on with a new one. */
bool qf_engine_damaged(const struct qf_engine *e);
/* What people should know of its start: a sentence, or "". */
const char *qf_engine_story(const struct qf_engine *e);
/* Answer what was accepted, refuse the rest ("stopping"), store, close, unlink
 * the socket, join all threads. Does not unlock the home. */
void qf_engine_stop(struct qf_engine *e);

#endif
