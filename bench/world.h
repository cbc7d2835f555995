/* world.h - all that one run of the bench drives: halls, links, threads
 *
 * A hall is a room of the run: who speaks there, and how far everyone has
 * heard. A link is a light peer: TLS with a key of its own and the talk of the
 * real core, while what it hears is only counted. A crew is a thread with its
 * share of the links.
 *
 * The same links drive the bare loop (limit.c): no talk there, only lines.
 */
#ifndef WORLD_H
#define WORLD_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "author.h"
#include "core/noise.h"
#include "core/session.h"
#include "histogram.h"
#include "net/channel.h"

enum world_kind {
	WORLD_NODE,
	WORLD_LIMIT_TLS,
	WORLD_LIMIT_PLAIN,
	WORLD_LIMIT_GUESTS, /* TLS, as who has no certificate */
	WORLD_IRC_TLS,
	WORLD_IRC_PLAIN,
	WORLD_WEB_TLS,
	WORLD_WEB_PLAIN,
};

enum link_state {
	LINK_IDLE,
	LINK_DIALLING,
	LINK_GREETING, /* TLS, HELLO, and the room until it is even */
	LINK_READY,
	LINK_LEAVING, /* it has been here, and comes again */
	LINK_LEFT,
	LINK_GONE,
};

struct crew;
struct world;

struct hall {
	struct world *world;
	unsigned index;
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct author past; /* who said what all links have from the start */
	struct qf_snapshot *snapshot; /* what they have */
	struct author *authors;
	struct link **speakers; /* of each author */
	unsigned author_count;
	struct crew *owner; /* of all speakers */

	unsigned fans;   /* links that hear a message and are waited for */
	unsigned window; /* messages that may be on their way */
	uint64_t to_say;
	unsigned turn; /* whose */
	_Atomic uint64_t said;
	_Atomic uint64_t delivered;
	atomic_bool ripe; /* another crew saw that more may be said */
};

struct link {
	struct crew *crew;
	struct hall *hall;
	unsigned number;
	enum link_state state;
	unsigned visits; /* that are left before it stays */
	bool slow;       /* reads little, and nobody waits for it */
	int fd;
	bool polls_out;
	struct qf_channel *channel;
	SSL *ssl;        /* as a client has it, or NULL */
	struct web *web; /* web.c; NULL: it is no browser */
	struct qf_carry carry;
	struct qf_session session;
	bool has_session;
	struct qf_buf partial; /* of a frame or line */
	struct qf_buf out;     /* what the socket did not take */
	uint32_t *heard;       /* of each author, the last seq */
	uint64_t began_ns;
	uint64_t ack_ns;
	unsigned unacked;
	char why[96]; /* GONE */
};

struct count {
	uint64_t deliveries, doubled, disordered;
	uint64_t plain_bytes, wire_bytes;
	uint64_t heres, here_bytes;
	uint64_t ack_bytes;
};

struct crew {
	pthread_t thread;
	struct world *world;
	int epoll;
	int bell;
	struct link **links;
	unsigned link_count;
	unsigned next_dial;
	unsigned dialling;
	uint64_t now_ns; /* of this event */
	uint64_t tick_ns;
	struct count count;
	struct histogram latency;
	struct histogram greeting; /* from connect() to READY */
	unsigned *fresh;           /* deliveries of this turn, by hall */
	struct hall **touched;     /* halls with some */
	unsigned touched_count;
	struct qf_buf plain;
	struct qf_buf wire;
	EVP_CIPHER_CTX *opener; /* of what browsers are sent */
	size_t text_at;         /* where a line of theirs had its text, last */
	uint8_t in[65536];
};

struct world {
	enum world_kind kind;
	uint16_t port;
	size_t line_bytes; /* of the bare loop */
	unsigned rate;     /* messages a second in each hall; 0: all at once */
	unsigned first; /* link number, so that two benches may share a node */
	uint64_t hlc;   /* before the first message of each author, or 0 */
	uint64_t began_ns; /* the first message */
	bool counting;     /* deliveries are part of the run */
	struct qf_tls tls;
	SSL_CTX *guest_tls;
	struct qf_noise_key page_key; /* of the node, for browsers */
	struct qf_noise_key page_shared;
	struct qf_hello hello;
	struct hall *halls;
	unsigned hall_count;
	unsigned visits; /* that each link makes before it stays */
	unsigned spoken; /* so many of them, from the first, are spoken in */
	struct link *links;
	unsigned link_count;
	struct crew *crews;
	unsigned crew_count;
	atomic_uint ready;
	atomic_uint gone;
	atomic_uint slow_gone;
	atomic_uint halls_done;
	atomic_bool speaking;
	atomic_bool returning;    /* who loses its link dials again */
	_Atomic uint64_t lost_ns; /* when the first lost it */
	atomic_bool ending;
	int bell; /* main waits here */
};

_Noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
uint64_t now_ns(void);

/* link.c: dial, and what epoll says of it. */
void link_init(struct link *l, struct crew *crew, struct hall *hall,
               unsigned number);
void link_fini(struct link *l);
void link_dial(struct link *l);
/* All that is said from now on is heard. */
void link_ready(struct link *l);
void link_event(struct link *l, uint32_t events);
void link_tick(struct link *l);
void link_say(struct link *l, struct qf_bytes bytes, unsigned messages);
void link_write(struct link *l, struct qf_bytes bytes);

/* heard.c: what comes, told apart and counted; how many bytes were whole. */
size_t heard_frames(struct link *l, struct qf_bytes in);
size_t heard_lines(struct link *l, struct qf_bytes in);

/* The next of an author has come. */
void hear(struct link *l, unsigned author, uint64_t seq);

/* irc.c: the same by IRC. */
bool is_irc(const struct world *w);
size_t irc_greeting(const struct link *l, char *out, size_t cap);
size_t heard_irc(struct link *l, struct qf_bytes in);

/* web.c: the same by the page's API. */
bool is_web(const struct world *w);
void web_greeting(struct link *l, struct qf_buf *out);
void web_seal(struct link *l, struct qf_bytes plain, struct qf_buf *out);
size_t heard_web(struct link *l, struct qf_bytes in);
void web_free(struct link *l);

/* hall.c: who speaks when. */
void hall_init(struct hall *h, struct world *w, unsigned index,
               unsigned authors, unsigned members);
void hall_fini(struct hall *h);
/* Owner's thread: say what the window allows. */
void hall_speak(struct hall *h);
/* Before a link is up: so many messages that the first speaker of another run
 * said, whose first link had that number, are what every link has. */
void hall_recall(struct hall *h, unsigned messages, unsigned first,
                 uint64_t hlc, size_t text_bytes);
/* All that was said is what every link has from now on, too. */
void hall_remember(struct hall *h);
/* Any crew: so many more were delivered. */
void hall_account(struct hall *h, struct crew *by, unsigned fresh);

/* crew.c: threads. */
void crew_init(struct crew *c, struct world *w, unsigned links);
void crew_fini(struct crew *c);
void crew_start(struct crew *c);
void crew_dial_more(struct crew *c);
void crew_heard(struct crew *c, struct hall *h);
void bell_ring(int bell);

#endif
