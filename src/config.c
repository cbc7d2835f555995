/* config.c - what the program was asked to do, and how */
#include "config.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/room.h"
#include "net/engine.h"
#include "ui/outcome.h"

enum {
	WHY_BYTES = 200,
	HELP_COLUMN = 24, /* where the text of an option begins */
	HELP_WIDTH = 79,
	TAIL_LINES = 10,
	HISTORY_LINES = 50,
	COPIES_MAX = 1000,
	FIRST_CODE = 256, /* getopt's value of settings[0] */
};

#define ONLY(job) (1u << QF_JOB_##job)
#define ALL       ((1u << QF_JOBS) - 1)
#define LISTENERS (ONLY(CHAT) | ONLY(SERVE))

static const struct {
	const char *name;  /* NULL: none is needed */
	const char *usage; /* of its words */
	size_t words_min;
	size_t words_max;
	const char *summary;
	const char *about;
} jobs[] = {
	[QF_JOB_CHAT] = { NULL, "", 0, 0,
	                  "chat in #lobby: what you type is said, what others "
	                  "say is printed",
	                  "Lines of standard input go to #lobby, and what "
	                  "others say there is printed. A line that begins "
	                  "with a slash is a command; /help lists them. "
	                  "Without a node for this home this program is one as "
	                  "long as it runs. At the end of the input it waits "
	                  "until all is stored." },
	[QF_JOB_SERVE] = { "serve", "", 0, 0, "be a node until stopped",
	                   "Keeps the rooms that were joined, takes links from "
	                   "other nodes, and serves the other commands. Prints "
	                   "where it listens, then each link that comes or "
	                   "goes. SIGTERM or Ctrl-C stops it in order, a "
	                   "second one at once." },
	[QF_JOB_SEND] = { "send", " ROOM [TEXT...]", 1, SIZE_MAX,
	                  "say something, or each line of standard input",
	                  "Joins the room and ends when all is stored here. "
	                  "Without TEXT each line of standard input is a "
	                  "message; empty lines are passed over. Words that "
	                  "begin with a dash follow a --." },
	[QF_JOB_TAIL] = { "tail", " ROOM", 1, 1,
	                  "print a room's last lines, and what comes",
	                  "Prints the last lines that are kept here. With "
	                  "--follow it joins the room and goes on with what "
	                  "comes, each line once, until it is stopped." },
	[QF_JOB_HISTORY] = { "history", " ROOM", 1, 1,
	                     "print what a room has kept",
	                     "Prints the last lines that are kept here, in an "
	                     "order that is the same on every node." },
	[QF_JOB_STATUS] = { "status", "", 0, 0,
	                    "print who this node is, its rooms and links",
	                    "Asks the node that runs for this home; when none "
	                    "runs it says so, and prints what is "
	                    "remembered." },
	[QF_JOB_DIGEST] = { "digest", " ROOM", 1, 1,
	                    "print one hash of all that a room holds",
	                    "Two nodes hold the same messages if and only if "
	                    "their digests are equal. Below it, for each "
	                    "author, are the numbers of the first and the "
	                    "last message and how many are missing." },
	[QF_JOB_CONNECT] = { "connect", " ADDRESS", 1, 1,
	                     "link with the node at an address",
	                     "Waits up to 10 seconds for the outcome and "
	                     "prints who answered, with words to compare "
	                     "aloud. The address is remembered." },
	[QF_JOB_WHO] = { "who", " [ROOM]", 0, 1,
	                 "print who is here, or in a room",
	                 "Everyone who can be reached through any number of "
	                 "nodes, with the words of their keys." },
	[QF_JOB_CONTACTS] = { "contacts", "", 0, 0,
	                      "print, export or import whom you have met",
	                      "One contact a line: name, key and address. What "
	                      "is exported here can be imported elsewhere; "
	                      "- is standard input or output." },
};

static bool refuse(char *why, const char *sentence)
{
	snprintf(why, WHY_BYTES, "%s", sentence);
	return false;
}

/* A whole number up to max, digits only. */
static bool read_number(const char *value, uint64_t max, uint64_t *out,
                        char *why)
{
	size_t len = strlen(value);
	uint64_t n;

	if (!len || len > 9 || strspn(value, "0123456789") != len)
		return refuse(why, "it is not a whole number");
	n = strtoull(value, NULL, 10);
	if (n > max) {
		snprintf(why, WHY_BYTES, "it is more than %llu",
		         (unsigned long long)max);
		return false;
	}
	*out = n;
	return true;
}

static bool take_home(struct qf_config *c, const char *value, char *why)
{
	c->home = value;
	return *value || refuse(why, "it is empty");
}

static bool take_name(struct qf_config *c, const char *value, char *why)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];

	c->name = value;
	return !qf_user_name_check(qf_bytes(value, strlen(value)), checked) ||
	       refuse(why, "a name has 1 to 32 characters, no spaces, does "
	                   "not begin with # or / and is not System");
}

static bool take_listen(struct qf_config *c, const char *value, char *why)
{
	c->listen = value;
	return *value || refuse(why, "it is empty");
}

static bool take_port(struct qf_config *c, const char *value, char *why)
{
	uint64_t port = 0;
	bool good = read_number(value, UINT16_MAX, &port, why);

	c->port = (uint16_t)port;
	c->port_given = true;
	return good;
}

static bool take_connect(struct qf_config *c, const char *value, char *why)
{
	if (c->connect_count == QF_CONFIG_LIST_MAX)
		return refuse(why, "64 of them are the most");
	c->connect[c->connect_count] = value;
	return qf_address_parse(value, &c->addresses[c->connect_count++], why,
	                        WHY_BYTES);
}

static bool is_room(const char *name)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];

	return !qf_room_name_fold(qf_bytes(name, strlen(name)), folded);
}

static bool take_join(struct qf_config *c, const char *value, char *why)
{
	if (c->join_count == QF_CONFIG_LIST_MAX)
		return refuse(why, "64 of them are the most");
	c->join[c->join_count++] = value;
	return is_room(value) ||
	       refuse(why, "a room is # and 1 to 63 more bytes, without "
	                   "spaces or commas");
}

static bool take_nothing(struct qf_config *c, const char *value, char *why)
{
	(void)c;
	(void)value;
	(void)why;
	return true;
}

static bool take_export(struct qf_config *c, const char *value, char *why)
{
	c->export_to = value;
	return *value || refuse(why, "it is empty");
}

static bool take_import(struct qf_config *c, const char *value, char *why)
{
	c->import_from = value;
	return *value || refuse(why, "it is empty");
}

static bool take_json(struct qf_config *c, const char *value, char *why)
{
	c->json = true;
	return take_nothing(c, value, why);
}

static bool take_lines(struct qf_config *c, const char *value, char *why)
{
	return read_number(value, QF_HISTORY_MAX, &c->lines, why);
}

static bool take_follow(struct qf_config *c, const char *value, char *why)
{
	c->follow = true;
	return take_nothing(c, value, why);
}

static bool take_copies(struct qf_config *c, const char *value, char *why)
{
	return read_number(value, COPIES_MAX, &c->copies, why);
}

static bool take_help(struct qf_config *c, const char *value, char *why)
{
	c->help = true;
	return take_nothing(c, value, why);
}

static bool take_version(struct qf_config *c, const char *value, char *why)
{
	c->version = true;
	return take_nothing(c, value, why);
}

static const struct {
	const char *name;
	char letter;         /* 0: none */
	const char *value;   /* what it is called in help; NULL: a flag */
	const char *initial; /* as help says it, or NULL */
	unsigned jobs;
	bool (*take)(struct qf_config *c, const char *value, char *why);
	const char *help;
} settings[] = {
	{ "home", 0, "DIR", "$QUICKFI_HOME or ~/.local/share/quickfi", ALL,
	  take_home, "the directory that is the node: its key and messages" },
	{ "name", 0, "NAME", "the last one, or $USER", ALL, take_name,
	  "what others see beside your messages" },
	{ "port", 0, "PORT", "9999, or a free one if that is taken", LISTENERS,
	  take_port, "listen on this port and no other; 0 is any free one" },
	{ "listen", 0, "ADDRESS", "all", LISTENERS, take_listen,
	  "listen on this address of the machine only" },
	{ "connect", 0, "ADDRESS", NULL, ALL & ~ONLY(CONNECT), take_connect,
	  "link with HOST, HOST:PORT or [IPv6]:PORT; may be repeated" },
	{ "join", 0, "ROOM", NULL, ALL, take_join,
	  "join a room, such as #lobby; may be repeated" },
	{ "no-discovery", 0, NULL, NULL, ALL, take_nothing,
	  "do not look for others on the network; nothing does yet" },
	{ "lines", 'n', "N", "10; history 50", ONLY(TAIL) | ONLY(HISTORY),
	  take_lines, "how many of the last lines" },
	{ "follow", 'f', NULL, NULL, ONLY(TAIL), take_follow,
	  "go on with what comes" },
	{ "wait-copies", 0, "N", NULL, ONLY(SEND), take_copies,
	  "wait up to 30 seconds until each message is stored on N other "
	  "nodes; remembered nodes are dialled too" },
	{ "export", 0, "FILE", NULL, ONLY(CONTACTS), take_export,
	  "write them to a file" },
	{ "import", 0, "FILE", NULL, ONLY(CONTACTS), take_import,
	  "remember those of a file too" },
	{ "line", 0, NULL, NULL, ONLY(CHAT), take_nothing,
	  "talk in lines, not on the full screen; so it always is for now" },
	{ "cli", 0, NULL, NULL, ONLY(CHAT), take_nothing,
	  "the same; -cli is it too" },
	{ "json", 0, NULL, NULL, ALL, take_json,
	  "print one JSON object a line (docs/api.md)" },
	{ "help", 'h', NULL, NULL, ALL, take_help, "print this and end" },
	{ "version", 0, NULL, NULL, ALL, take_version,
	  "print the version and end" },
};

enum { SETTINGS = sizeof settings / sizeof *settings };

/* Help */

/* Words in lines that begin at a column; the cursor is at `at` now. */
static void print_wrapped(FILE *out, const char *text, int at, int column)
{
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > column && at + 1 + len > HELP_WIDTH) {
			fputc('\n', out);
			at = 0;
		}
		if (at <= column)
			at += fprintf(out, "%*s", column - at, "");
		else
			at += fprintf(out, " ");
		at += fprintf(out, "%.*s", len, text);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

static void print_setting(FILE *out, size_t i)
{
	char text[400];
	int at;

	at = settings[i].letter ? fprintf(out, "  -%c, ", settings[i].letter)
	                        : fprintf(out, "      ");
	at += fprintf(out, "--%s", settings[i].name);
	if (settings[i].value)
		at += fprintf(out, " %s", settings[i].value);
	if (at >= HELP_COLUMN) {
		fputc('\n', out);
		at = 0;
	}
	snprintf(text, sizeof text, settings[i].initial ? "%s (%s)" : "%s",
	         settings[i].help, settings[i].initial);
	print_wrapped(out, text, at, HELP_COLUMN);
}

static void print_jobs(FILE *out)
{
	fprintf(out, "\nCommands:\n");
	for (int i = QF_JOB_CHAT + 1; i < QF_JOBS; i++) {
		int at = fprintf(out, "  %s%s", jobs[i].name, jobs[i].usage);

		print_wrapped(out, jobs[i].summary, at, HELP_COLUMN);
	}
	fprintf(out, "quickfi COMMAND --help tells more of one.\n");
}

static void print_outcomes(FILE *out)
{
	fprintf(out, "\nExit codes: 0 good; 64 usage; 65 some of the input "
	             "was not text; 66 no such\nroom here; 69 no node, port or "
	             "peer to be had; 73, 74 or 77 the home cannot be\nmade, "
	             "read or written; 75 not yet: not stored, or copies are "
	             "missing; 78 the\nhome is of a newer version.\n");
}

static void print_help(const struct qf_config *c, FILE *out)
{
	const char *name = jobs[c->job].name;

	if (name) {
		fprintf(out, "usage: quickfi %s [OPTION...]%s\n\n", name,
		        jobs[c->job].usage);
	} else {
		fprintf(out, "quickfi - encrypted chat for everyone on the "
		             "same network\n\n");
		fprintf(out, "usage: quickfi [OPTION...]\n"
		             "       quickfi COMMAND [OPTION...] ...\n\n");
	}
	print_wrapped(out, jobs[c->job].about, 0, 0);
	if (!name)
		print_jobs(out);
	fprintf(out, "\nOptions:\n");
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings[i].jobs & 1u << c->job)
			print_setting(out, i);
	print_outcomes(out);
}

/* Reading */

__attribute__((format(printf, 2, 3))) static int usage(FILE *err,
                                                       const char *format, ...)
{
	va_list args;

	fprintf(err, "quickfi: ");
	va_start(args, format);
	vfprintf(err, format, args);
	va_end(args);
	fprintf(err, "\n  quickfi --help lists commands and options.\n");
	return QF_USAGE;
}

static void make_options(struct option options[SETTINGS + 1],
                         char letters[2 * SETTINGS + 2])
{
	*letters++ = ':'; /* a missing value is told from a wrong option */
	for (int i = 0; i < SETTINGS; i++) {
		options[i] = (struct option){
			.name = settings[i].name,
			.has_arg = settings[i].value ? required_argument
			                             : no_argument,
			.val = FIRST_CODE + i,
		};
		if (!settings[i].letter)
			continue;
		*letters++ = settings[i].letter;
		if (settings[i].value)
			*letters++ = ':';
	}
	options[SETTINGS] = (struct option){ 0 };
	*letters = '\0';
}

static int setting_of(int code)
{
	for (int i = 0; code < FIRST_CODE && i < SETTINGS; i++)
		if (settings[i].letter == code)
			return i;
	return code - FIRST_CODE;
}

/* The settings that were given, as bits. */
static int read_options(struct qf_config *c, int argc, char **argv,
                        unsigned *given, FILE *err)
{
	struct option options[SETTINGS + 1];
	char letters[2 * SETTINGS + 2];
	char why[WHY_BYTES] = "";
	int code;

	make_options(options, letters);
	opterr = 0;
	optind = 0; /* begin anew, even if this is not the first time */
	while ((code = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		int i = setting_of(code);

		if (code == ':')
			return usage(err, "the option %s needs a value",
			             argv[optind - 1]);
		if (code == '?')
			return usage(err, "there is no option %s",
			             argv[optind - 1]);
		if (!settings[i].take(c, optarg, why))
			return usage(err, "--%s %s: %s", settings[i].name,
			             optarg, why);
		*given |= 1u << i;
	}
	return QF_CONFIG_GO;
}

static int read_job(struct qf_config *c, FILE *err)
{
	if (!c->word_count)
		return QF_CONFIG_GO;
	for (int i = QF_JOB_CHAT + 1; i < QF_JOBS; i++) {
		if (strcmp(jobs[i].name, c->words[0]))
			continue;
		c->job = (enum qf_job)i;
		c->words++;
		c->word_count--;
		return QF_CONFIG_GO;
	}
	return usage(err, "there is no command %s", c->words[0]);
}

static int check_options(const struct qf_config *c, unsigned given, FILE *err)
{
	const char *job = jobs[c->job].name;

	for (int i = 0; i < SETTINGS; i++)
		if (given & 1u << i && !(settings[i].jobs & 1u << c->job))
			return usage(err, "the option --%s is not for %s",
			             settings[i].name, job ? job : "the chat");
	return QF_CONFIG_GO;
}

static int check_words(struct qf_config *c, FILE *err)
{
	const char *job = jobs[c->job].name;
	char why[WHY_BYTES] = "";

	if (c->word_count < jobs[c->job].words_min)
		return usage(err, "%s needs more: quickfi %s%s", job, job,
		             jobs[c->job].usage);
	if (c->word_count > jobs[c->job].words_max)
		return usage(err, "%s takes no %s", job,
		             c->words[jobs[c->job].words_max]);
	if (c->export_to && c->import_from)
		return usage(err, "contacts takes one of --export and "
		                  "--import");
	if (c->job == QF_JOB_CONNECT)
		return qf_address_parse(c->words[0], &c->target, why,
		                        sizeof why)
		               ? QF_CONFIG_GO
		               : usage(err, "connect %s: %s", c->words[0], why);
	if (c->word_count && strstr(jobs[c->job].usage, "ROOM") &&
	    !is_room(c->words[0]))
		return usage(err,
		             "%s is not a room: a room is # and 1 to 63 more "
		             "bytes, without spaces or commas",
		             c->words[0]);
	return QF_CONFIG_GO;
}

/* The option that the first QuickFi had is no bundle of letters. */
static void read_old_habit(int argc, char **argv)
{
	static char cli[] = "--cli";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "-cli"))
			argv[i] = cli;
}

int qf_config_read(struct qf_config *c, int argc, char **argv, FILE *out,
                   FILE *err)
{
	unsigned lines = setting_of('n');
	unsigned given = 0;
	int end;

	*c = (struct qf_config){ .port = QF_PORT_DEFAULT };
	read_old_habit(argc, argv);
	if ((end = read_options(c, argc, argv, &given, err)) != QF_CONFIG_GO)
		return end;
	c->words = argv + optind;
	c->word_count = (size_t)(argc - optind);
	if ((end = read_job(c, err)) != QF_CONFIG_GO)
		return end;
	if (c->help) {
		print_help(c, out);
		return QF_GOOD;
	}
	if (c->version) {
		fprintf(out, "quickfi %s\n", QF_VERSION);
		return QF_GOOD;
	}
	if (!(given & 1u << lines))
		c->lines = c->job == QF_JOB_TAIL ? TAIL_LINES : HISTORY_LINES;
	if ((end = check_options(c, given, err)) != QF_CONFIG_GO)
		return end;
	return check_words(c, err);
}
