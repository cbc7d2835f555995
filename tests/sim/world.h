/* world.h - a whole network in one thread: machines, cables, time, chance
 *
 * The same seed tells the same story. What can happen next is a list of acts;
 * world_run_ms() picks one after the other, by chance when a host steps, and
 * when nothing is left moves the time on to the next thing that is due. A
 * checker may choose acts by itself instead.
 *
 * Laws that hold at any moment are watched (law.h); the first that is broken
 * is kept in `wrong`.
 */
#ifndef QF_SIM_WORLD_H
#define QF_SIM_WORLD_H

#include <stdio.h>

#include "sim/cable.h"
#include "sim/host.h"

enum {
	SIM_PORT = 9999,
	FRAMES = 32, /* more than there are types */
};

struct world_options {
	uint64_t seed;
	size_t queue;   /* events, and posts, on the way between two threads */
	size_t credits; /* questions that a worker may have open */
	size_t asks;    /* that wait in a carry before frames do */
	size_t keeps;   /* that wait for the store before the core does */
	size_t batch;   /* keeps of one commit */
	size_t window;  /* bytes on the way before a socket takes no more */
	size_t segment; /* bytes that arrive at once, at most; 0: a frame */
	uint64_t latency_ms;
	bool presence;     /* nodes tell who is here, and where they listen */
	unsigned hub_each; /* every so many there is a hub; 0: none is */
};

enum said_state {
	SAID_ASKED,
	SAID_QUEUED, /* it is a draft, while no time is known */
	SAID_STORED,
	SAID_REFUSED,
	SAID_LOST,
};

/* A request of a client and what became of it. */
struct said {
	struct host *host;
	uint64_t boot; /* of the host, when it was asked */
	enum qf_command_kind kind;
	enum said_state state;
	struct qf_nonce nonce; /* zero: it has none */
	struct qf_room_id room;
	struct qf_hash id;
	uint64_t lsn;
	uint64_t copies;
	char code[24]; /* why it was refused */
};

/* What has befallen a world, counted when it has an effect. */
enum fault {
	FAULT_CRASH,
	FAULT_PARTITION,
	FAULT_CUT,   /* of one link, at any byte */
	FAULT_MUTE,  /* of one link: what one end says is lost */
	FAULT_CLOCK, /* jumps */
	FAULT_ERROR, /* a commit failed, and it is unknown what it wrote */
	FAULT_FULL,  /* a commit failed, and has written nothing */
	FAULT_SLOW,  /* an end of a link reads seldom */
	FAULT_LEFT,  /* a node was told to stop, and did */
	FAULTS,
};

enum act_kind {
	ACT_COMMITTED, /* the core hears of a commit */
	ACT_STORE,     /* the store commits */
	ACT_EVENT,     /* the core takes an event of `worker` */
	ACT_EFFECT,    /* `worker` takes an effect of the core */
	ACT_READ,      /* a reader reads for `worker` */
	ACT_GOT,       /* `worker` takes what was read */
	ACT_PULL,      /* the socket of `end` takes what is due */
	ACT_BYTES,     /* some bytes, or a frame, arrive at `end` */
	ACT_NOTICE,    /* `end` notices that the other is gone */
};

struct act {
	enum act_kind kind;
	struct host *host;
	struct worker *worker;
	struct end *end;
};

struct acts {
	struct act *list;
	size_t count;
	size_t cap;
};

struct dialling {
	uint64_t due_ms;
	struct worker *worker;
	uint64_t boot;
	uint64_t number;
	struct qf_address address;
	bool expects_key;
	struct qf_key key;
};

struct world {
	struct world_options options;
	uint64_t now_ms;
	uint64_t random;
	struct host *hosts[HOSTS_MAX];
	unsigned host_count;
	bool apart[HOSTS_MAX][HOSTS_MAX]; /* cannot reach one another */
	struct fifo cables;               /* struct cable */
	unsigned cables_made;
	struct fifo dials; /* struct dialling, by due_ms */
	struct said *said; /* by request, from 0 */
	size_t said_count;
	size_t said_cap;
	struct qf_idmap said_by_id;
	struct qf_roots roots; /* of the watcher */
	uint64_t arrivals;     /* of frames, or bytes, so far */
	uint64_t sent[FRAMES]; /* bytes of frames, by type */
	uint64_t cut_at;       /* all is cut before that many, 0: never */
	uint64_t faults[FAULTS];
	uint64_t drafts; /* lines that had to wait for a time */
	uint64_t hash;   /* of all that has happened */
	FILE *narration; /* NULL: nobody is told */
	char wrong[200]; /* "": every law has held */
	const char *law; /* the format of that sentence: which law it is */
	uint64_t wrong_ms;
	struct acts acts; /* what may happen next, while one is chosen */
};

struct world_options world_defaults(uint64_t seed);
struct world *world_new(const struct world_options *o);
void world_free(struct world *w);
/* Adds a machine and boots it; it listens. */
struct host *world_host(struct world *w, const char *name, unsigned workers);

/* Requests of a client; their answers come later. */
size_t world_join(struct host *h, const char *room);
size_t world_say(struct host *h, const char *room, const char *text);
size_t world_say_once(struct host *h, const char *room, const char *text,
                      uint64_t nonce);
size_t world_connect(struct host *h, const struct host *to);
struct said *world_said(struct world *w, size_t request);

/* A link without a dial; it is not made anew when it is lost. */
struct cable *world_link(struct host *from, struct host *to);
void world_cut(struct cable *c);
void world_cut_all(struct world *w);
/* Whether two can reach one another; links between them are cut. */
void world_part(struct host *a, struct host *b, bool apart);
void world_crash(struct host *h, bool written_stays);
/* It is up, and goes as soon as it has said and stored all. */
void world_leave(struct host *h);

uint64_t world_random(struct world *w, uint64_t below);
void world_run_ms(struct world *w, uint64_t ms);
/* What may happen now is listed in `acts`; what does happen may list anew. */
void world_acts(struct world *w);
void world_act(struct world *w, struct act a);
void acts_add(struct acts *to, struct act a);

/* It goes into the hash. */
void world_mark(struct world *w, const struct host *h, const void *data,
                size_t len);
/* A sentence for whoever follows the story. */
void world_tell(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For hosts: what clients hear, and where to dial. */
void world_answered(struct host *h, const struct qf_answer *a);
void world_news(struct host *h, const struct qf_news *n);
void world_dial(struct worker *w, const struct qf_effect *fx);

#endif
