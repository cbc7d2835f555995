/* config.h - what the program was asked to do, and how
 *
 * One table of settings gives getopt_long its options and --help its text, and
 * one of commands (jobs.h) says which take which. Everything is checked before
 * it is used.
 *
 * Memory: strings are argv's.
 */
#ifndef QF_CONFIG_H
#define QF_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/keep.h"
#include "jobs.h"

enum { QF_CONFIG_LIST_MAX = 64 };

/* How others on the network are looked for. */
enum qf_discovery {
	QF_DISCOVERY_ON,
	QF_DISCOVERY_NO_SWEEP, /* but ask no address that said nothing */
	QF_DISCOVERY_OFF,
};

struct qf_config {
	enum qf_job job;
	char **words; /* what follows the command */
	size_t word_count;
	char **argv; /* all that was typed */
	int argc;
	struct qf_address target; /* CONNECT: its word */

	const char *home;   /* NULL: where it always is */
	const char *name;   /* NULL: the remembered one, or $USER */
	const char *listen; /* NULL: all addresses */
	uint16_t port;
	bool port_given;
	const char *connect[QF_CONFIG_LIST_MAX];
	struct qf_address addresses[QF_CONFIG_LIST_MAX]; /* the same */
	size_t connect_count;
	const char *join[QF_CONFIG_LIST_MAX];
	size_t join_count;
	const char *export_to;    /* CONTACTS: a file; both NULL: to stdout */
	const char *import_from;  /* CONTACTS: a file */
	const char *classic;      /* of the original's protocol: a port to let
	                           * in at, or CONNECT: a host to go to */
	uint16_t classic_port;    /* 0: nobody is let in */
	const char *classic_room; /* NULL: #lobby */
	enum qf_discovery discovery;
	bool is_hub;
	const char *irc_name; /* NULL: "quickfi" */
	uint64_t irc_replay;
	uint64_t irc_rate;                    /* lines a second; 0: any */
	uint16_t irc_ports[QF_IRC_PORTS_MAX]; /* further ones */
	size_t irc_port_count;
	bool irc_no_plain;
	const char *irc_trusted[QF_CONFIG_LIST_MAX];
	size_t irc_trusted_count;
	uint64_t lines;
	uint64_t copies;
	uint64_t threads; /* 0: one for each core */
	bool json;
	bool svg; /* MAP */
	bool follow;
	bool help;
	bool version;
};

enum { QF_CONFIG_GO = -1 };

/* QF_CONFIG_GO, or the exit code: help and version were printed to `out`, or
 * what is wrong, and a hint, to `err`. */
int qf_config_read(struct qf_config *c, int argc, char **argv, FILE *out,
                   FILE *err);

#endif
