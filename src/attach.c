/* attach.c - the way to a node: the one that runs for this home, or our own
 *
 * The lock may be taken by a process that is just starting (its socket is not
 * there yet) or stopping (no longer there): then it is worth another try. A
 * port that is taken, or a home that is of no use, is not.
 */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum qf_outcome outcome_of(int rc)
{
	switch (rc) {
	case QF_E_DENIED:
		return QF_NO_PERMISSION;
	case QF_E_NEWER:
		return QF_BAD_CONFIG;
	case QF_E_IO:
		return QF_DISK;
	case QF_E_NOMEM:
		return QF_NO_MEMORY;
	case QF_E_TAKEN:
	case QF_E_AGAIN:
		return QF_UNAVAILABLE;
	default:
		return QF_CANNOT_CREATE;
	}
}

int qf_attach_init(struct qf_attach *a, const struct qf_config *config,
                   char *why, size_t cap)
{
	int rc;

	*a = (struct qf_attach){ .config = config,
		                 .as = config,
		                 .serves = { .json = config->json } };
	rc = qf_home_open(&a->home, config->home, why, cap);
	/* Nothing is there yet that could be read or written. */
	a->outcome = rc == QF_E_IO ? QF_CANNOT_CREATE : outcome_of(rc);
	return rc;
}

static bool listens(const struct qf_config *c)
{
	return c->job == QF_JOB_CHAT || c->job == QF_JOB_SERVE ||
	       c->job == QF_JOB_GUI;
}

static int start_engine(struct qf_attach *a, char *why, size_t cap)
{
	const struct qf_config *c = a->as;
	struct qf_engine_options options = {
		.home = &a->home,
		.name = c->name,
		.listens = listens(c),
		.listen = c->listen,
		.port = c->port,
		.port_rule = c->port_given ? QF_PORT_INSIST : QF_PORT_PREFER,
		.damaged = a->mended,
		.discovers = c->discovery != QF_DISCOVERY_OFF &&
		             (listens(c) || c->copies),
		.sweeps = c->discovery == QF_DISCOVERY_ON,
		.is_hub = c->is_hub,
		.socket = true,
		.dial_remembered = listens(c) || c->copies,
		.connect = c->connect,
		.connect_count = c->connect_count,
		.irc_name = c->irc_name,
		.irc_replay = (unsigned)c->irc_replay,
		.irc_line_ms = c->irc_rate ? 1000 / (unsigned)c->irc_rate : 0,
		.irc_no_plain = c->irc_no_plain,
		.irc_trusted = c->irc_trusted,
		.irc_trusted_count = c->irc_trusted_count,
		.join = c->join,
		.join_count = c->join_count,
		.built_ms = (uint64_t)QF_BUILT * 1000,
		.threads = (unsigned)c->threads,
	};

	return qf_engine_start(&a->engine, &options, why, cap);
}

static void stop_engine(struct qf_attach *a)
{
	qf_engine_stop(a->engine);
	a->engine = NULL;
	qf_home_unlock(&a->home);
}

static void note_will(const struct qf_attach *a)
{
	struct qf_address at;
	bool moved;

	qf_engine_listening(a->engine, &at, &moved);
	if (at.port)
		qf_will_write(&a->home, a->as, at.port);
	else
		qf_will_remove(&a->home);
}

static void note_services(struct qf_attach *a)
{
	const struct qf_config *c = a->as;

	a->serves = (struct qf_serve_options){
		.wanted_port = c->port_given ? 0 : c->port,
		.classic_port = c->classic_port,
		.classic_room = c->classic_room ? c->classic_room : "#lobby",
		.irc_ports = c->irc_ports,
		.irc_count = c->irc_port_count,
		.json = a->config->json,
	};
}

/* The lock is ours: be the node. */
static int become_node(struct qf_attach *a, int *fd, char *why, size_t cap)
{
	int rc = start_engine(a, why, cap);

	if (rc) {
		a->engine = NULL;
		qf_home_unlock(&a->home);
		return rc;
	}
	note_will(a);
	note_services(a);
	/* Those that watch it show it themselves. */
	if (*qf_engine_story(a->engine) && !listens(a->config))
		qf_complain("%s", qf_engine_story(a->engine));
	*fd = qf_engine_client(a->engine);
	if (*fd >= 0)
		return QF_OK;
	snprintf(why, cap, "no connection to our own node: %s",
	         strerror(errno));
	stop_engine(a);
	return QF_E_IO;
}

/* A path too long for a socket is reached by way of its open directory. */
static bool name_socket(const struct qf_home *h, int dir,
                        struct sockaddr_un *at)
{
	size_t cap = sizeof at->sun_path;

	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return qf_home_path(h, "socket", at->sun_path, cap) ||
	       (size_t)snprintf(at->sun_path, cap, "/proc/self/fd/%d/socket",
	                        dir) < cap;
}

static int connect_socket(const struct qf_home *h)
{
	int dir = open(h->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;

	if (fd >= 0 && (!name_socket(h, dir, &at) ||
	                connect(fd, (const struct sockaddr *)&at, sizeof at))) {
		close(fd);
		fd = -1;
	}
	if (dir >= 0)
		close(dir);
	return fd;
}

/* Another process has the lock, as `why` says already: be its client. */
static int reach_node(struct qf_attach *a, int *fd, char *why, size_t cap)
{
	const struct qf_config *c = a->config;
	size_t len = strlen(why);

	if (c->job == QF_JOB_SERVE)
		return QF_E_TAKEN;
	if (c->port_given || c->listen) {
		snprintf(why + len, cap - len,
		         "; --port and --listen are for whoever starts it, so "
		         "stop it first or leave them away");
		a->outcome = QF_USAGE;
		return QF_E_TAKEN;
	}
	*fd = connect_socket(&a->home);
	if (*fd >= 0)
		return QF_OK;
	snprintf(why + len, cap - len, ", but does not take clients");
	return QF_E_AGAIN;
}

static int first_try(struct qf_attach *a, int *fd, bool *own, char *why,
                     size_t cap)
{
	int rc = qf_home_lock(&a->home, why, cap);

	*own = !rc;
	if (!rc)
		return become_node(a, fd, why, cap);
	return rc == QF_E_TAKEN ? reach_node(a, fd, why, cap) : rc;
}

/* If there is none to be read, those that were known hold on. */
static int read_will(struct qf_attach *a)
{
	struct qf_will *will = &a->wills[a->as == &a->wills[0].config];
	int rc = qf_will_read(will, &a->home);

	if (!rc)
		a->as = &will->config;
	return rc;
}

/* The lock is ours, and was that of a node whose settings are to hold on: who
 * does not know them may let in whom it did not. */
static int inherit(struct qf_attach *a, char *why, size_t cap)
{
	int rc = read_will(a);

	if (!rc || rc == QF_E_NOTFOUND)
		return QF_OK;
	qf_home_unlock(&a->home);
	snprintf(why, cap,
	         "the node of %s has ended, and what it was started with "
	         "cannot be read",
	         a->home.dir);
	return QF_E_AGAIN;
}

static int take_its_place(struct qf_attach *a, int *fd, bool *own, char *why,
                          size_t cap)
{
	int rc = qf_home_lock(&a->home, why, cap);

	*own = !rc;
	if (!rc)
		rc = inherit(a, why, cap);
	if (!rc)
		return become_node(a, fd, why, cap);
	return rc == QF_E_TAKEN ? reach_node(a, fd, why, cap) : rc;
}

static int next_try(struct qf_attach *a, int *fd, bool *own, char *why,
                    size_t cap)
{
	if (!a->lost_ms) {
		a->lost_ms = qf_stream_now();
		/* Before there is a node for the moment, which leaves none. */
		read_will(a);
	}
	if (a->config->job == QF_JOB_CHAT &&
	    qf_stream_now() - a->lost_ms >= QF_HEIR_MS)
		return take_its_place(a, fd, own, why, cap);
	*own = false;
	*fd = connect_socket(&a->home);
	*why = '\0';
	if (*fd >= 0)
		return QF_OK;
	snprintf(why, cap, "no node of %s takes clients", a->home.dir);
	return QF_E_AGAIN;
}

static int mend_node(struct qf_attach *a, int *fd, bool *own, char *why,
                     size_t cap)
{
	int rc;

	qf_engine_stop(a->engine);
	a->engine = NULL;
	a->mended = true;
	*own = true;
	rc = become_node(a, fd, why, cap);
	if (rc)
		a->outcome = outcome_of(rc);
	return rc;
}

static int tell_end(struct qf_attach *a, char *why, size_t cap)
{
	a->ended = QF_DISK;
	if (qf_home_gone(&a->home)) {
		snprintf(why, cap,
		         "the home %s was deleted, so its node has ended",
		         a->home.dir);
	} else if (qf_engine_damaged(a->engine)) {
		snprintf(why, cap,
		         "the database is damaged again, so the disk of %s "
		         "cannot be trusted",
		         a->home.dir);
	} else if (qf_engine_starved(a->engine)) {
		snprintf(why, cap,
		         "the memory is used up, so the node has ended; what "
		         "it called stored is kept");
		a->ended = QF_NO_MEMORY;
	} else {
		snprintf(why, cap, "the node in this process has ended");
		a->ended = QF_SOFTWARE;
	}
	return QF_E_IO;
}

int qf_attach_try(void *ctx, int *fd, bool *own, char *why, size_t cap)
{
	struct qf_attach *a = ctx;
	int rc;

	if (a->engine && qf_engine_damaged(a->engine) && !a->mended)
		return mend_node(a, fd, own, why, cap);
	if (a->engine)
		return tell_end(a, why, cap);
	a->outcome = QF_GOOD;
	rc = a->attached ? next_try(a, fd, own, why, cap)
	                 : first_try(a, fd, own, why, cap);
	if (!rc) {
		a->attached = true;
		a->lost_ms = 0;
	} else if (!a->outcome) {
		a->outcome = outcome_of(rc);
	}
	return rc;
}

void qf_attach_fini(struct qf_attach *a)
{
	if (a->engine)
		stop_engine(a);
	qf_will_fini(&a->wills[0]);
	qf_will_fini(&a->wills[1]);
}
