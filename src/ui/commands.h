/* commands.h - what the program does when asked: one function a command
 *
 * Each is a client of the API over a stream that is open, and returns the exit
 * code. Data goes to standard output, what is said about it to standard error.
 * With `json` the data is one object a line, as docs/api.md has it.
 */
#ifndef QF_COMMANDS_H
#define QF_COMMANDS_H

#include "outcome.h"
#include "stream.h"

struct qf_facts; /* core/diagnosis.h */

/* What the command line asks of a node that was running already. */
struct qf_setup {
	const char *name; /* or NULL */
	const struct qf_address *connect;
	size_t connect_count;
	const char *const *join;
	size_t join_count;
};

struct qf_serve_options {
	uint64_t wanted_port;  /* another was found if it was taken, 0: any */
	uint16_t classic_port; /* where the original's are let in, 0: nowhere */
	const char *classic_room;
	const uint16_t *irc_ports; /* further ones, for IRC clients */
	size_t irc_count;
	bool json;
};

struct qf_send_options {
	const char *room;
	char *const *words; /* the message; none: lines of standard input */
	size_t word_count;
	uint64_t copies; /* to wait for */
	bool dials;      /* addresses were given, so a link may come */
	bool json;
};

/* QF_GOOD, or what was refused has been said. */
enum qf_outcome qf_setup_run(struct qf_stream *s, const struct qf_setup *setup);

/* Until a signal stops it. */
enum qf_outcome qf_serve_run(struct qf_stream *s,
                             const struct qf_serve_options *options);
/* Until the input ends or a signal stops it. When this process becomes the
 * node, `serves` says from then on what of the one that has ended goes on. */
enum qf_outcome qf_chat_run(struct qf_stream *s, const char *room,
                            const struct qf_serve_options *serves);
enum qf_outcome qf_send_run(struct qf_stream *s,
                            const struct qf_send_options *options);
/* Without follow this is the command history. */
enum qf_outcome qf_tail_run(struct qf_stream *s, const char *room,
                            uint64_t last, bool follow, bool json);
/* What the machine knows, with what its node knows. QF_UNAVAILABLE: something
 * is in the way. */
enum qf_outcome qf_doctor_run(struct qf_stream *s, struct qf_facts *facts,
                              bool json);
/* Who is linked with whom: for a terminal, or as SVG. */
enum qf_outcome qf_map_run(struct qf_stream *s, bool svg, bool json);
enum qf_outcome qf_status_run(struct qf_stream *s, bool json);
enum qf_outcome qf_digest_run(struct qf_stream *s, const char *room, bool json);
/* Everyone, or who is in a room; NULL: everyone. */
enum qf_outcome qf_who_run(struct qf_stream *s, const char *room, bool json);
/* Print, or write to a file, or read from one; "-" is standard output or
 * input. */
enum qf_outcome qf_contacts_run(struct qf_stream *s, const char *export_to,
                                const char *import_from, bool json);
/* Links for guests into a room; NULL: the lobby. */
enum qf_outcome qf_qr_run(struct qf_stream *s, const char *room, bool json);
/* The page, for the owner; a node of ours then goes on until a signal. */
enum qf_outcome qf_gui_run(struct qf_stream *s, uint64_t wanted_port,
                           bool json);
/* words: list; add or passwd and a name, with a line of standard input as the
 * password; cert, a name and a fingerprint; or remove and a name. */
enum qf_outcome qf_account_run(struct qf_stream *s, char **words, bool json);
/* With whom that word names, or what answers at the address that it is. */
enum qf_outcome qf_connect_run(struct qf_stream *s, const char *word,
                               const struct qf_address *address, bool json);
/* With a host that speaks the original's protocol, which becomes a guest of
 * that room as long as the node runs. */
enum qf_outcome qf_connect_classic(struct qf_stream *s,
                                   const struct qf_address *address,
                                   const char *room, bool json);

#endif
