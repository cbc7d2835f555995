/* config.c - what the program was asked to do, and how */
#include "config.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/room.h"
#include "net/engine.h"
#include "net/sockaddr.h"
#include "ui/outcome.h"

enum {
	WHY_BYTES = 200,
	HELP_COLUMN = 24, /* where the text of an option begins */
	HELP_WIDTH = 79,
	TAIL_LINES = 10,
	HISTORY_LINES = 50,
	IRC_HISTORY = 50,
	IRC_HISTORY_MAX = 1000,
	IRC_RATE = 10,
	IRC_RATE_MAX = 1000,
	COPIES_MAX = 1000,
	FIRST_CODE = 256, /* getopt's value of settings[0] */
};

#define ONLY(job) (1u << QF_JOB_##job)
#define ALL       ((1u << QF_JOBS) - 1)
#define LISTENERS (ONLY(CHAT) | ONLY(SERVE) | ONLY(GUI))

static const char a_room[] =
	"a room is # and 1 to 63 more bytes, without spaces or commas";

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

	if (!len || strspn(value, "0123456789") != len)
		return refuse(why, "it is not a whole number");
	n = strtoull(value, NULL, 10); /* or UINT64_MAX */
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
	return (!qf_user_name_check(qf_bytes(value, strlen(value)), checked) &&
	        !strchr(value, '@')) ||
	       refuse(why, "a name has 1 to 32 characters, no spaces and no "
	                   "@, does not begin with # or / and is not System");
}

static bool take_listen(struct qf_config *c, const char *value, char *why)
{
	struct qf_address address = { .port = QF_PORT_DEFAULT };
	struct qf_sockaddr numeric;

	c->listen = value;
	snprintf(address.host, sizeof address.host, "%s", value);
	return !strcmp(value, "localhost") ||
	       qf_address_numeric(&address, &numeric) ||
	       refuse(why, "it is no address, such as 192.168.1.7");
}

static bool take_port(struct qf_config *c, const char *value, char *why)
{
	uint64_t port = 0;
	bool good = read_number(value, UINT16_MAX, &port, why);

	c->port = (uint16_t)port;
	c->port_given = true;
	return good;
}

static bool take_threads(struct qf_config *c, const char *value, char *why)
{
	return read_number(value, QF_WORKERS_MAX, &c->threads, why) &&
	       (c->threads || refuse(why, "it takes at least one"));
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
	return is_room(value) || refuse(why, a_room);
}

static bool take_classic(struct qf_config *c, const char *value, char *why)
{
	c->classic = value;
	return *value || refuse(why, "it is empty");
}

static bool take_classic_room(struct qf_config *c, const char *value, char *why)
{
	c->classic_room = value;
	return is_room(value) || refuse(why, a_room);
}

static bool take_discovery(struct qf_config *c, const char *value, char *why)
{
	static const char *const ways[] = {
		[QF_DISCOVERY_ON] = "on",
		[QF_DISCOVERY_NO_SWEEP] = "no-sweep",
		[QF_DISCOVERY_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (strcmp(value, ways[i]) != 0)
			continue;
		c->discovery = i;
		return true;
	}
	return refuse(why, "it is on, off or no-sweep");
}

static bool take_no_discovery(struct qf_config *c, const char *value, char *why)
{
	(void)value;
	return take_discovery(c, "off", why);
}

static bool take_irc_name(struct qf_config *c, const char *value, char *why)
{
	size_t len = strlen(value);

	c->irc_name = value;
	return (len && len < 64 && strchr(value, '.') &&
	        strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
	                      "wxyz0123456789.-") == len) ||
	       refuse(why, "it has letters, digits, hyphens and at least one "
	                   "dot, as my.house");
}

static bool take_irc_history(struct qf_config *c, const char *value, char *why)
{
	return read_number(value, IRC_HISTORY_MAX, &c->irc_replay, why);
}

static bool take_irc_rate(struct qf_config *c, const char *value, char *why)
{
	return read_number(value, IRC_RATE_MAX, &c->irc_rate, why);
}

static bool take_irc_port(struct qf_config *c, const char *value, char *why)
{
	uint64_t port = 0;

	if (c->irc_port_count == QF_IRC_PORTS_MAX)
		return refuse(why, "8 of them are the most");
	if (!read_number(value, UINT16_MAX, &port, why))
		return false;
	c->irc_ports[c->irc_port_count++] = (uint16_t)port;
	return true;
}

static bool take_irc_plain(struct qf_config *c, const char *value, char *why)
{
	c->irc_no_plain = !strcmp(value, "no");
	return c->irc_no_plain || !strcmp(value, "yes") ||
	       refuse(why, "it is yes or no");
}

static bool take_irc_trust(struct qf_config *c, const char *value, char *why)
{
	uint8_t address[sizeof(struct in6_addr)];

	if (c->irc_trusted_count == QF_CONFIG_LIST_MAX)
		return refuse(why, "64 of them are the most");
	c->irc_trusted[c->irc_trusted_count++] = value;
	return inet_pton(AF_INET, value, address) == 1 ||
	       inet_pton(AF_INET6, value, address) == 1 ||
	       refuse(why, "it is no address, such as 192.168.1.7");
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

static bool take_hub(struct qf_config *c, const char *value, char *why)
{
	c->is_hub = true;
	return take_nothing(c, value, why);
}

static bool take_json(struct qf_config *c, const char *value, char *why)
{
	c->json = true;
	return take_nothing(c, value, why);
}

static bool take_svg(struct qf_config *c, const char *value, char *why)
{
	c->svg = true;
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
	{ "threads", 0, "N", "one for each core", LISTENERS, take_threads,
	  "serve links with so many threads" },
	{ "connect", 0, "ADDRESS", NULL, ALL & ~ONLY(CONNECT), take_connect,
	  "link with HOST, HOST:PORT or [IPv6]:PORT; may be repeated" },
	{ "join", 0, "ROOM", NULL, ALL, take_join,
	  "join a room, such as #lobby; may be repeated" },
	{ "classic", 0, "PORT", NULL, ONLY(SERVE) | ONLY(CONNECT), take_classic,
	  "let the original QuickFi in at this port (connect: HOST [PORT], go "
	  "to one); what it reads and writes is not private" },
	{ "classic-room", 0, "ROOM", "#lobby", ONLY(SERVE) | ONLY(CONNECT),
	  take_classic_room, "the room that such guests are in" },
	{ "discovery", 0, "HOW", "on", ALL, take_discovery,
	  "how others on the network are found, and find us: on, off, or "
	  "no-sweep, which asks no address that has not said anything" },
	{ "no-discovery", 0, NULL, NULL, ALL, take_no_discovery,
	  "the same as --discovery off" },
	{ "hub", 0, NULL, NULL, ONLY(SERVE), take_hub,
	  "tell others that this node is always on: those in its rooms link "
	  "with it rather than with each other" },
	{ "irc-name", 0, "NAME", "quickfi", LISTENERS, take_irc_name,
	  "what IRC clients are told that this server is called" },
	{ "irc-history", 0, "N", "50", LISTENERS, take_irc_history,
	  "lines of a room that an IRC client is shown when it joins" },
	{ "irc-rate", 0, "N", "10", LISTENERS, take_irc_rate,
	  "lines a second that an IRC client of another machine may type; 0 "
	  "is any number" },
	{ "irc-trust", 0, "ADDRESS", "this machine", LISTENERS, take_irc_trust,
	  "an IRC client there may type as fast as it likes; may be "
	  "repeated" },
	{ "irc-plain", 0, "YES|NO", "yes", LISTENERS, take_irc_plain,
	  "let IRC clients of other machines in without TLS" },
	{ "irc-port", 0, "PORT", "none", ONLY(SERVE), take_irc_port,
	  "let IRC clients in there too, as 6667 or 6697, in plain text and "
	  "in TLS; 0 is any free one; may be repeated" },
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
	{ "svg", 0, NULL, NULL, ONLY(MAP), take_svg, "print an SVG instead" },
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
		int at = fprintf(out, "  %s%s", qf_jobs[i].name,
		                 qf_jobs[i].usage);

		print_wrapped(out, qf_jobs[i].summary, at, HELP_COLUMN);
	}
	fprintf(out, "quickfi COMMAND --help tells more of one.\n");
}

static void print_outcomes(FILE *out)
{
	fprintf(out,
	        "\nExit codes: 0 good; 64 usage; 65 some of the input "
	        "was not text; 66 no such\nroom here; 69 no node, port or "
	        "peer to be had; 71 the memory is used up; 73, 74\nor 77 "
	        "the home cannot be made, read or written; 75 not yet: not "
	        "stored, or\ncopies are missing; 78 the home is of a newer "
	        "version.\n");
}

static void print_help(const struct qf_config *c, FILE *out)
{
	const char *name = qf_jobs[c->job].name;

	if (name) {
		fprintf(out, "usage: quickfi %s [OPTION...]%s\n\n", name,
		        qf_jobs[c->job].usage);
	} else {
		fprintf(out, "quickfi - encrypted chat for everyone on the "
		             "same network\n\n");
		fprintf(out, "usage: quickfi [OPTION...]\n"
		             "       quickfi COMMAND [OPTION...] ...\n\n");
	}
	print_wrapped(out, qf_jobs[c->job].about, 0, 0);
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

/* getopt has gone past a word only once it has read the last letter of it. */
static const char *word_read(char **argv, bool letter)
{
	const char *before = argv[optind - 1];
	size_t len = strlen(before);
	bool ends_it = *before == '-' && len > 1 && before[1] != '-' &&
	               before[len - 1] == optopt;

	return letter && !ends_it ? argv[optind] : before;
}

static int refuse_option(char **argv, bool lacks, FILE *err)
{
	const char *word = word_read(argv,
	                             !lacks && optopt && optopt < FIRST_CODE);
	bool sends = false;

	for (char **at = argv + 1; *at && *at != word; at++)
		sends |= !strcmp(*at, qf_jobs[QF_JOB_SEND].name);
	return usage(
		err, "%s %s%s%s", lacks ? "the option" : "there is no option",
		word, lacks ? " needs a value" : "",
		sends ? "; -- goes before a message that begins with a dash"
		      : "");
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

		if (code == ':' || code == '?')
			return refuse_option(argv, code == ':', err);
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
		if (strcmp(qf_jobs[i].name, c->words[0]))
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
	const char *job = qf_jobs[c->job].name;

	for (int i = 0; i < SETTINGS; i++)
		if (given & 1u << i && !(settings[i].jobs & 1u << c->job))
			return usage(err, "the option --%s is not for %s",
			             settings[i].name, job ? job : "the chat");
	return QF_CONFIG_GO;
}

static bool read_classic_port(struct qf_config *c, const char *value, char *why)
{
	uint64_t port = 0;

	if (!read_number(value, UINT16_MAX, &port, why))
		return false;
	c->classic_port = (uint16_t)port;
	return port || refuse(why, "a port is a number from 1 to 65535");
}

/* The option's value is a port, or of connect a host, whose port may follow. */
static int check_classic(struct qf_config *c, FILE *err)
{
	char why[WHY_BYTES] = "";

	if (!c->classic)
		return c->job == QF_JOB_CONNECT && !c->word_count
		               ? usage(err, "connect needs more: quickfi "
		                            "connect ADDRESS|NAME")
		               : QF_CONFIG_GO;
	if (c->job != QF_JOB_CONNECT)
		return read_classic_port(c, c->classic, why)
		               ? QF_CONFIG_GO
		               : usage(err, "--classic %s: %s", c->classic,
		                       why);
	if (!qf_address_parse(c->classic, &c->target, why, sizeof why))
		return usage(err, "--classic %s: %s", c->classic, why);
	if (c->word_count && !read_classic_port(c, c->words[0], why))
		return usage(err, "--classic %s %s: %s", c->classic,
		             c->words[0], why);
	if (c->word_count)
		c->target.port = c->classic_port;
	return QF_CONFIG_GO;
}

static int check_account(const struct qf_config *c, FILE *err)
{
	static const struct {
		const char *verb;
		const char *usage;
		size_t words; /* with itself */
	} verbs[] = {
		{ "list", "", 1 },
		{ "add", " NAME", 2 },
		{ "passwd", " NAME", 2 },
		{ "remove", " NAME", 2 },
		{ "cert", " NAME FINGERPRINT", 3 },
	};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(c->words[0], verbs[i].verb))
			continue;
		if (c->word_count == verbs[i].words)
			return QF_CONFIG_GO;
		return usage(err, "it is: quickfi account %s%s", verbs[i].verb,
		             verbs[i].usage);
	}
	return usage(err,
	             "account takes list, add, passwd, cert or remove, "
	             "not %s",
	             c->words[0]);
}

static int check_words(struct qf_config *c, FILE *err)
{
	const char *job = qf_jobs[c->job].name;
	char why[WHY_BYTES] = "";

	if (c->word_count < qf_jobs[c->job].words_min)
		return usage(err, "%s needs more: quickfi %s%s", job, job,
		             qf_jobs[c->job].usage);
	if (c->word_count > qf_jobs[c->job].words_max)
		return usage(err, "%s takes no %s; it is: quickfi %s%s", job,
		             c->words[qf_jobs[c->job].words_max], job,
		             qf_jobs[c->job].usage);
	if (c->export_to && c->import_from)
		return usage(err, "contacts takes one of --export and "
		                  "--import");
	if (c->classic || c->job == QF_JOB_CONNECT) {
		int end = check_classic(c, err);

		if (end != QF_CONFIG_GO || c->classic)
			return end;
	}
	if (c->job == QF_JOB_ACCOUNT)
		return check_account(c, err);
	if (c->job == QF_JOB_CONNECT)
		return qf_address_parse(c->words[0], &c->target, why,
		                        sizeof why)
		               ? QF_CONFIG_GO
		               : usage(err, "connect %s: %s", c->words[0], why);
	if (c->word_count && strstr(qf_jobs[c->job].usage, "ROOM") &&
	    !is_room(c->words[0]))
		return usage(err, "%s is not a room: %s", c->words[0], a_room);
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

	*c = (struct qf_config){ .port = QF_PORT_DEFAULT,
		                 .irc_replay = IRC_HISTORY,
		                 .irc_rate = IRC_RATE,
		                 .argv = argv,
		                 .argc = argc };
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
