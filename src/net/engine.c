/* engine.c - a running node: its threads, started and stopped as one
 *
 * Start makes all parts on the caller's thread, then starts the threads. Stop
 * undoes both in reverse; the parts tell for themselves how far they came, so
 * a start that fails half-way is undone by the same function.
 */
#include "engine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/replica.h"
#include "helm.h"
#include "host.h"
#include "seeker.h"
#include "store/mend.h"
#include "tls.h"
#include "worker.h"
#include "writer.h"

#define SOCKET_NAME "socket"

struct qf_engine {
	struct qf_home *home;
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* "": the remembered one */
	char fallback[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_identity identity;
	struct qf_store *store;
	char store_path[sizeof((struct qf_home *)0)->dir + 16];
	char story[QF_MEND_PATH_MAX + QF_HOME_ASIDE_MAX + QF_HOME_ASIDE_MAX +
	           1024];
	struct qf_node *node;
	struct qf_tls tls;

	atomic_bool starved; /* it ended, or is about to: memory is out */
	struct qf_helm helm;
	struct qf_seeker seeker;
	bool seeks; /* it was made */
	struct qf_writer *writer;
	struct qf_worker *workers;
	struct qf_aid *aids; /* of the workers */
	unsigned worker_count;

	int tcp_fd; /* until a worker takes them; -1: none */
	int local_fd;
	bool has_socket;
	struct qf_address listening;
	bool moved;

	pthread_mutex_t handing; /* one at a time hands clients to workers */
};

static int no_memory(char *why, size_t cap)
{
	snprintf(why, cap, "%s", qf_err_text(QF_E_NOMEM));
	return QF_E_NOMEM;
}

/* What the store remembers goes to the node. */

static int load_room(void *ctx, const struct qf_loaded_room *room)
{
	struct qf_engine *e = ctx;

	return qf_node_load_room(e->node, &room->id, room->name, room->joined,
	                         room->hlc, room->own_seq, room->own_prev);
}

static int load_element(void *ctx, const struct qf_loaded_element *element)
{
	struct qf_engine *e = ctx;
	struct qf_setkey key = {
		.hlc = element->hlc,
		.lsn = element->lsn,
		.id = element->id,
		.class = element->class,
	};

	return qf_node_load_element(e->node, &element->room, &key);
}

static int load_nonce(void *ctx, const struct qf_nonce *nonce,
                      const struct qf_loaded_element *element)
{
	struct qf_engine *e = ctx;

	return qf_node_load_nonce(e->node, nonce, &element->room, element->hlc,
	                          element->lsn, &element->id);
}

static int load_draft(void *ctx, const struct qf_draft *draft)
{
	struct qf_engine *e = ctx;

	return qf_node_load_draft(e->node, draft);
}

static int load_peer(void *ctx, const struct qf_peer *peer)
{
	struct qf_engine *e = ctx;

	return qf_node_load_peer(e->node, peer);
}

static int load_page(void *ctx, uint8_t state)
{
	struct qf_engine *e = ctx;

	return qf_node_load_page(e->node, state);
}

static int load_marker(void *ctx, const struct qf_marker *marker)
{
	struct qf_engine *e = ctx;

	return qf_node_load_marker(e->node, marker);
}

static int load(struct qf_engine *e, char *why, size_t cap)
{
	struct qf_loader to = {
		.ctx = e,
		.room = load_room,
		.element = load_element,
		.nonce = load_nonce,
		.draft = load_draft,
		.peer = load_peer,
		.page = load_page,
		.marker = load_marker,
	};
	int rc = qf_store_load(e->store, &to);

	if (rc == QF_E_NOMEM)
		return no_memory(why, cap);
	if (rc)
		snprintf(why, cap, "%s cannot be read: %s", e->store_path,
		         qf_store_why(e->store));
	return rc;
}

/* Making the parts. */

static int make_name(struct qf_engine *e, const char *name, char *why,
                     size_t cap)
{
	qf_host_user(e->fallback);
	if (!name || !qf_user_name_check(qf_bytes(name, strlen(name)), e->name))
		return QF_OK;
	snprintf(why, cap,
	         "that is not a name: 1 to 32 characters, no spaces or control "
	         "characters, and not System");
	return QF_E_MALFORMED;
}

/* One sentence after the other. */
__attribute__((format(printf, 2, 3))) static void tell(struct qf_engine *e,
                                                       const char *format, ...)
{
	size_t told = strlen(e->story);
	va_list args;

	if (told)
		told += (size_t)snprintf(e->story + told,
		                         sizeof e->story - told, "; ");
	va_start(args, format);
	vsnprintf(e->story + told, sizeof e->story - told, format, args);
	va_end(args);
}

static void tell_mended(struct qf_engine *e, const struct qf_mended *mended)
{
	tell(e,
	     "the database was damaged and is kept as %s; %llu messages were "
	     "saved from it into a new one, and what others keep of the rest "
	     "comes back from them",
	     mended->aside, (unsigned long long)mended->saved);
}

static void tell_new_key(struct qf_engine *e)
{
	tell(e,
	     "the key of this home was missing, and a new one was made: others "
	     "see a new person, and private messages and accounts that were "
	     "sealed to the old key cannot be read; all lines are kept. If "
	     "there is a copy of the old key, stop this node and put it back "
	     "as %s/key",
	     e->home->dir);
}

static void tell_new_store(struct qf_engine *e)
{
	tell(e,
	     "the database of this home was missing or empty, and a new one "
	     "was made: its rooms, people and accounts are not known, and of "
	     "the messages only what others keep comes back, once the rooms "
	     "are joined again. If there is a copy of the old one, stop this "
	     "node and put it back as %s",
	     e->store_path);
}

/* Nothing is there, beside a key that was in use. */
static bool is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) ? errno == ENOENT : !st.st_size;
}

static int mend(struct qf_engine *e, uint64_t past, char *why, size_t cap)
{
	struct qf_mended mended;
	char cause[256];
	int rc = qf_mend(e->store_path, &e->identity, past,
	                 qf_host_now().wall_ms, &mended, cause, sizeof cause);

	if (rc)
		snprintf(why, cap,
		         "the database %s is damaged, and no new one can be "
		         "made: %s",
		         e->store_path, cause);
	else
		tell_mended(e, &mended);
	return rc;
}

/* A key that is older than its database has used numbers that nobody
 * remembers here. */
static int open_store(struct qf_engine *e, bool known, bool damaged, char *why,
                      size_t cap)
{
	uint64_t now_ms = qf_host_now().wall_ms;
	uint64_t past = qf_replica_past(now_ms, qf_host_random());
	int rc = qf_mend_finish(e->store_path, now_ms, why, cap);
	bool missing = known && is_missing(e->store_path);

	if (rc)
		return rc;
	rc = QF_E_MALFORMED;
	if (!damaged && !qf_mend_needed(e->store_path))
		rc = qf_store_open(&e->store, e->store_path, &e->identity,
		                   known ? past : 0, why, cap);
	if (!rc && missing && qf_store_is_empty(e->store))
		tell_new_store(e);
	if (rc != QF_E_MALFORMED)
		return rc;
	if ((rc = mend(e, past, why, cap)))
		return rc;
	return qf_store_open(&e->store, e->store_path, &e->identity, past, why,
	                     cap);
}

static int open_home(struct qf_engine *e, bool damaged, char *why, size_t cap)
{
	bool known = qf_home_has_key(e->home);
	int rc = qf_home_identity(e->home, &e->identity, why, cap);

	if (rc)
		return rc;
	if (!qf_home_path(e->home, "store", e->store_path,
	                  sizeof e->store_path)) {
		snprintf(why, cap, "%s is too long a path", e->home->dir);
		return QF_E_LIMIT;
	}
	rc = open_store(e, known, damaged, why, cap);
	if (!rc && !known && !qf_store_is_empty(e->store))
		tell_new_key(e);
	return rc;
}

/* The certificate that browsers and IRC clients are shown. */

static int show_new(struct qf_engine *e, char *why, size_t cap)
{
	struct qf_buf pem = { 0 };
	int rc = qf_tls_make_pem(&pem);

	if (rc)
		no_memory(why, cap);
	else if (!(rc = qf_home_set_certificate(e->home, qf_buf_bytes(&pem),
	                                        why, cap)) &&
	         (rc = qf_tls_init(&e->tls, e->identity.seed,
	                           qf_buf_bytes(&pem))))
		no_memory(why, cap);
	qf_buf_fini(&pem);
	return rc;
}

static int show_instead(struct qf_engine *e, char *why, size_t cap)
{
	char aside[QF_HOME_ASIDE_MAX];
	int rc = qf_home_shelve_certificate(e->home, aside, why, cap);

	if (rc)
		return rc;
	tell(e,
	     "the certificate that browsers and IRC clients are shown was "
	     "damaged and is kept as %s; a new one took its place, whose "
	     "fingerprint is another",
	     aside);
	return show_new(e, why, cap);
}

static int make_tls(struct qf_engine *e, char *why, size_t cap)
{
	struct qf_buf pem = { 0 };
	int rc = qf_home_certificate(e->home, &pem, why, cap);

	if (!rc) {
		rc = qf_tls_init(&e->tls, e->identity.seed, qf_buf_bytes(&pem));
		if (rc == QF_E_NOMEM)
			no_memory(why, cap);
		if (rc == QF_E_MALFORMED)
			rc = show_instead(e, why, cap);
	} else if (rc == QF_E_NOTFOUND) {
		rc = show_new(e, why, cap);
	}
	qf_buf_fini(&pem);
	return rc;
}

static int listen_on(struct qf_engine *e, const struct qf_engine_options *o,
                     char *why, size_t cap)
{
	int rc = QF_OK;

	if (o->listens)
		rc = qf_port_tcp(o->listen, o->port, o->port_rule, &e->tcp_fd,
		                 &e->listening, &e->moved, why, cap);
	if (!rc && o->socket)
		rc = qf_port_local(e->home->dir, SOCKET_NAME, &e->local_fd, why,
		                   cap);
	e->has_socket = !rc && o->socket;
	return rc;
}

static int make_node(struct qf_engine *e, const struct qf_engine_options *o)
{
	struct qf_node_options options = {
		.identity = &e->identity,
		.name = e->name[0] ? e->name : NULL,
		.fallback = e->fallback,
		.workers = e->worker_count,
		.explains = o->discovers && o->sweeps,
		.is_hub = o->is_hub,
		.dial_remembered = o->dial_remembered,
		.random_seed = qf_host_random(),
		.built_ms = o->built_ms,
		.quality = qf_host_clock_quality(),
		.past = qf_store_past(e->store),
	};

	e->node = qf_node_new(&options, qf_host_now());
	return e->node ? QF_OK : QF_E_NOMEM;
}

static int make_workers(struct qf_engine *e, const struct qf_engine_options *o)
{
	struct qf_worker_options options = {
		.tls = &e->tls,
		.store_path = e->store_path,
		.writer = e->writer,
		.core = &e->helm.bell,
		.starved = &e->starved,
		.all = e->workers,
		.aids = e->aids,
		.count = e->worker_count,
		.key = &e->identity.key,
		.story = e->story[0] ? e->story : NULL,
		.irc_name = o->irc_name,
		.irc_replay = o->irc_replay,
		.irc_line_ms = o->irc_line_ms,
		.irc_no_plain = o->irc_no_plain,
		.irc_trusted = o->irc_trusted,
		.irc_trusted_count = o->irc_trusted_count,
	};

	for (unsigned i = 0; i < e->worker_count; i++) {
		int rc;

		options.index = i;
		rc = qf_worker_init(&e->workers[i], &options);
		if (rc)
			return rc;
	}
	return QF_OK;
}

static int tell_helm(void *ctx, const struct qf_event *ev)
{
	return qf_helm_order(ctx, ev);
}

/* Last of all: it gives orders to the helm. */
static int make_seeker(struct qf_engine *e, const struct qf_engine_options *o)
{
	struct qf_seeker_options options = { .sweeps = o->sweeps,
		                             .tell = tell_helm,
		                             .ctx = &e->helm };

	if (!o->discovers)
		return QF_OK;
	qf_key_hint(&e->identity.key, &options.hint);
	e->seeks = true;
	e->helm.seeker = &e->seeker;
	return qf_seeker_init(&e->seeker, &options);
}

static int make_threads(struct qf_engine *e, const struct qf_engine_options *o,
                        char *why, size_t cap)
{
	int rc;

	if ((rc = make_node(e, o)) ||
	    (rc = qf_writer_init(e->writer, e->home, e->store, &e->helm.bell,
	                         &e->starved)) ||
	    (rc = make_workers(e, o)) ||
	    (rc = qf_helm_init(&e->helm, &e->starved, e->node, e->writer,
	                       e->workers, e->worker_count)) ||
	    (rc = make_seeker(e, o)))
		snprintf(why, cap, "the node cannot start: %s",
		         qf_err_text(rc));
	return rc;
}

/* What the command line asks, as if a client had: nobody hears the answer,
 * and what comes of it is news. */
static int order(struct qf_engine *e, enum qf_command_kind kind,
                 const struct qf_address *address, const char *room)
{
	struct qf_event ev = { .kind = QF_EV_COMMAND };
	struct qf_command *c = calloc(1, sizeof *c);
	int rc = QF_E_NOMEM;

	if (!c)
		return rc;
	c->kind = kind;
	if (address)
		c->address = *address;
	ev.command = c;
	c->room = room ? strdup(room) : NULL;
	if (!room || c->room)
		rc = qf_helm_order(&e->helm, &ev);
	if (rc)
		qf_command_free(c);
	return rc;
}

static int give_orders(struct qf_engine *e, const struct qf_engine_options *o,
                       char *why, size_t cap)
{
	struct qf_event ev = { .kind = QF_EV_LISTENING,
		               .address = e->listening };
	struct qf_address address;

	if (e->listening.port)
		ev.payload = qf_host_addresses(e->listening.host);
	if (qf_helm_order(&e->helm, &ev)) {
		qf_event_fini(&ev);
		return no_memory(why, cap);
	}
	for (size_t i = 0; i < o->join_count; i++)
		if (order(e, QF_CMD_JOIN, NULL, o->join[i]))
			return no_memory(why, cap);
	for (size_t i = 0; i < o->connect_count; i++) {
		if (!qf_address_parse(o->connect[i], &address, why, cap))
			return QF_E_MALFORMED;
		if (order(e, QF_CMD_CONNECT, &address, NULL))
			return no_memory(why, cap);
	}
	return QF_OK;
}

/* Threads. */

static int hand_over_listeners(struct qf_engine *e)
{
	int rc = QF_OK;

	if (e->tcp_fd >= 0)
		rc = qf_worker_listen(&e->workers[0], e->tcp_fd, false);
	e->tcp_fd = -1;
	if (e->local_fd >= 0 && !rc) {
		rc = qf_worker_listen(&e->workers[0], e->local_fd, true);
		e->local_fd = -1;
	}
	return rc;
}

static int start_all(struct qf_engine *e)
{
	int rc = qf_writer_start(e->writer);

	for (unsigned i = 0; i < e->worker_count && !rc; i++)
		rc = qf_worker_start(&e->workers[i]);
	if (!rc)
		rc = qf_helm_start(&e->helm);
	return rc || !e->seeks ? rc : qf_seeker_start(&e->seeker);
}

/* Signals are for the thread that started us, but for those that say what a
 * thread itself did wrong. */
static void block_signals(sigset_t *before)
{
	static const int own[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
		                   SIGABRT, SIGTRAP, SIGSYS };
	sigset_t others;

	sigfillset(&others);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(&others, own[i]);
	pthread_sigmask(SIG_SETMASK, &others, before);
}

static int start_threads(struct qf_engine *e, char *why, size_t cap)
{
	sigset_t before;
	int rc;

	/* A link may be up before the node has made its first step. */
	for (unsigned i = 0; i < e->worker_count; i++)
		qf_desk_name(&e->workers[i].desk, qf_node_name(e->node),
		             e->listening.port);
	rc = hand_over_listeners(e);
	if (rc)
		return no_memory(why, cap);
	block_signals(&before);
	rc = start_all(e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		snprintf(why, cap, "no thread can be started");
	return rc;
}

/* The helm ends the workers; without one they never had anything to do. */
static void end_threads(struct qf_engine *e)
{
	qf_seeker_stop(&e->seeker);
	qf_helm_stop(&e->helm);
	for (unsigned i = 0; e->workers && i < e->worker_count; i++) {
		qf_worker_end(&e->workers[i]);
		qf_worker_join(&e->workers[i]);
	}
}

/* Threads first; then what they shared, in reverse. */
static void engine_free(struct qf_engine *e)
{
	end_threads(e);
	if (e->has_socket)
		qf_port_unlink(e->home->dir, SOCKET_NAME);
	if (e->seeks)
		qf_seeker_fini(&e->seeker);
	qf_helm_fini(&e->helm);
	if (e->writer)
		qf_writer_fini(e->writer);
	for (unsigned i = 0; e->workers && i < e->worker_count; i++)
		qf_worker_fini(&e->workers[i]);
	for (unsigned i = 0; e->aids && i < e->worker_count; i++)
		qf_aid_fini(&e->aids[i]);
	qf_node_free(e->node);
	qf_tls_fini(&e->tls);
	if (e->tcp_fd >= 0)
		close(e->tcp_fd);
	if (e->local_fd >= 0)
		close(e->local_fd);
	if (e->store)
		qf_store_close(e->store);
	qf_identity_fini(&e->identity);
	qf_bell_fini(&e->helm.bell);
	pthread_mutex_destroy(&e->handing);
	free(e->writer);
	free(e->workers);
	free(e->aids);
	free(e);
}

static struct qf_engine *engine_new(const struct qf_engine_options *o)
{
	unsigned count = o->threads ? o->threads : qf_host_cores();
	struct qf_engine *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->home = o->home;
	e->tcp_fd = e->local_fd = -1;
	e->helm.bell.fd = e->seeker.bell.fd = -1;
	pthread_mutex_init(&e->handing, NULL);
	e->worker_count = count < QF_WORKERS_MAX ? count : QF_WORKERS_MAX;
	e->writer = calloc(1, sizeof *e->writer);
	e->workers = calloc(e->worker_count, sizeof *e->workers);
	e->aids = calloc(e->worker_count, sizeof *e->aids);
	if (!e->writer || !e->workers || !e->aids)
		goto fail;
	e->writer->bell.fd = -1;
	for (unsigned i = 0; i < e->worker_count; i++)
		e->workers[i].bell.fd = e->workers[i].fetcher.bell.fd = -1;
	if (!qf_bell_init(&e->helm.bell))
		return e;
fail:
	engine_free(e);
	return NULL;
}

int qf_engine_start(struct qf_engine **out,
                    const struct qf_engine_options *options, char *why,
                    size_t cap)
{
	struct qf_engine *e = engine_new(options);
	int rc;

	qf_host_raise_files();
	if (!e)
		return no_memory(why, cap);
	if ((rc = make_name(e, options->name, why, cap)) ||
	    (rc = open_home(e, options->damaged, why, cap)) ||
	    (rc = make_tls(e, why, cap)) ||
	    (rc = listen_on(e, options, why, cap)) ||
	    (rc = make_threads(e, options, why, cap)) ||
	    (rc = load(e, why, cap)) ||
	    (rc = give_orders(e, options, why, cap)) ||
	    (rc = start_threads(e, why, cap))) {
		engine_free(e);
		return rc;
	}
	*out = e;
	return QF_OK;
}

void qf_engine_listening(const struct qf_engine *e, struct qf_address *at,
                         bool *moved)
{
	*at = e->listening;
	*moved = e->moved;
}

int qf_engine_client(struct qf_engine *e)
{
	struct qf_worker *w;
	int ends[2];
	bool handed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	pthread_mutex_lock(&e->handing);
	w = qf_worker_least(e->workers, e->worker_count);
	handed = qf_worker_hand(&w->handed, ends[1], true);
	pthread_mutex_unlock(&e->handing);
	if (handed)
		return ends[0];
	close(ends[0]);
	close(ends[1]);
	errno = EAGAIN;
	return -1;
}

bool qf_engine_damaged(const struct qf_engine *e)
{
	return atomic_load(&e->writer->damaged);
}

const char *qf_engine_story(const struct qf_engine *e)
{
	return e->story;
}

bool qf_engine_starved(const struct qf_engine *e)
{
	return atomic_load(&e->starved);
}

void qf_engine_stop(struct qf_engine *e)
{
	engine_free(e);
}
