/* quickfi_sim.c - the program quickfi-sim: random worlds, and whether any broke
 *
 * Each world is a plot made from a seed, played in a process of its own
 * (play.h). What is printed last is a hash of all that has happened in all of
 * them: the same seeds have the same hash, whatever built the program.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sim/seals.h"
#include "sim/shrink.h"

enum {
	GOOD = 0,
	BROKEN = 1,
	USAGE = 64, /* sysexits.h */
	OS_ERROR = 71,
	PLAYS_MAX = 1000,
	HOUR_MS = 3600000,
};

struct wish {
	uint64_t seed;
	uint64_t worlds;
	unsigned nodes;
	uint64_t lasts_ms;
	bool narrates;
	const char *expected; /* hash, or NULL */
};

struct total {
	uint64_t worlds;
	struct outcome all; /* summed up */
};

static const char help[] =
	"usage: quickfi-sim [OPTION...]\n"
	"\n"
	"Plays random networks of QuickFi nodes in virtual time, with faults of\n"
	"every kind, and proves that each heals and has lost nothing.\n"
	"\n"
	"  --seed N       the first world's (default: 1); the next has N + 1\n"
	"  --worlds K     how many (default: 1)\n"
	"  --nodes M      in each, 2 to 100 (default: 2 to 6, by the seed); more than\n"
	"                 16 stand on several networks in a row\n"
	"  --hours H      how long each lasts, such as 0.5, with a line a second\n"
	"                 (default: some seconds, and crowded, by the seed)\n"
	"  --signatures KIND  real or cheap (default: real)\n"
	"  --expect HASH  it is wrong if another comes out\n"
	"  --narrate      tell all that happens, in words\n"
	"  --help         print this\n"
	"\n"
	"A world that breaks the law ends it: the shortest story that still does\n"
	"is told, and the exit code is 1.\n";

static void complain(const char *what, const char *value)
{
	fprintf(stderr, "quickfi-sim: %s: %s. Try quickfi-sim --help.\n", value,
	        what);
	exit(USAGE);
}

static uint64_t number(const char *value, uint64_t least, uint64_t most)
{
	size_t len = strlen(value);
	uint64_t n;

	if (!len || len > 18 || strspn(value, "0123456789") != len)
		complain("it is not a whole number", value);
	n = strtoull(value, NULL, 10);
	if (n < least || n > most) {
		fprintf(stderr,
		        "quickfi-sim: %s: it must be from %" PRIu64
		        " to %" PRIu64 ".\n",
		        value, least, most);
		exit(USAGE);
	}
	return n;
}

static uint64_t hours(const char *value)
{
	char *end;
	double h = strtod(value, &end);

	if (end == value || *end || !(h > 0) || h > PLOT_HOURS_MAX)
		complain("it is not a number of hours", value);
	return 1 + (uint64_t)(h * HOUR_MS);
}

static void choose_seals(const char *kind)
{
	if (!strcmp(kind, "cheap"))
		seals_cheap = true;
	else if (strcmp(kind, "real"))
		complain("signatures are real or cheap", kind);
}

static void read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "worlds", required_argument, NULL, 'w' },
		{ "nodes", required_argument, NULL, 'n' },
		{ "hours", required_argument, NULL, 'h' },
		{ "signatures", required_argument, NULL, 'e' },
		{ "expect", required_argument, NULL, 'x' },
		{ "narrate", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, '?' + 1 },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			wish->seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'w':
			wish->worlds = number(optarg, 1, UINT64_MAX);
			break;
		case 'n':
			wish->nodes = (unsigned)number(optarg, 2, HOSTS_MAX);
			break;
		case 'h':
			wish->lasts_ms = hours(optarg);
			break;
		case 'e':
			choose_seals(optarg);
			break;
		case 'x':
			wish->expected = optarg;
			break;
		case 't':
			wish->narrates = true;
			break;
		case '?' + 1:
			fputs(help, stdout);
			exit(GOOD);
		default:
			exit(USAGE); /* getopt has said why */
		}
	}
	if (optind < argc)
		complain("no word is expected here", argv[optind]);
}

static double seconds_of(int who)
{
	struct rusage used;

	getrusage(who, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void add(struct total *t, const struct outcome *one)
{
	struct outcome *all = &t->all;

	t->worlds++;
	all->simulated_ms += one->simulated_ms;
	all->said += one->said;
	all->stored += one->stored;
	all->drafts += one->drafts;
	all->heals += one->heals;
	for (size_t i = 0; i < FAULTS; i++)
		all->faults[i] += one->faults[i];
	all->hash = (all->hash ^ one->hash) * UINT64_C(0x100000001b3);
}

static void print_faults(const struct total *t, double simulated_hours)
{
	static const char *const names[FAULTS] = {
		[FAULT_CRASH] = "crashes",    [FAULT_PARTITION] = "partitions",
		[FAULT_CUT] = "links cut",    [FAULT_MUTE] = "links muted",
		[FAULT_CLOCK] = "clocks set", [FAULT_ERROR] = "disk errors",
		[FAULT_FULL] = "disk full",   [FAULT_SLOW] = "slow readers",
		[FAULT_LEFT] = "left",
	};

	for (size_t i = 0; i < FAULTS; i++)
		printf("%-12s %" PRIu64 ", %.0f an hour\n", names[i],
		       t->all.faults[i],
		       (double)t->all.faults[i] / simulated_hours);
}

static void print_total(const struct total *t)
{
	/* One processor is used; how long it had to wait for that says nothing.
	 */
	double seconds = seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN);
	double simulated = (double)t->all.simulated_ms / 1e3;

	printf("%-12s %" PRIu64 ", healed %" PRIu64 " times\n", "worlds",
	       t->worlds, t->all.heals);
	printf("%-12s %" PRIu64 ", stored %" PRIu64 ", first queued %" PRIu64
	       "\n",
	       "lines said", t->all.said, t->all.stored, t->all.drafts);
	print_faults(t, simulated / 3600);
	printf("%-12s %.3f hours in %.1f s of one processor: %.0f times real "
	       "time\n",
	       "simulated", simulated / 3600, seconds, simulated / seconds);
	printf("%-12s %016" PRIx64 "\n", "hash", t->all.hash);
}

static void tell_why(struct plot *p, uint64_t seed, struct outcome *why)
{
	unsigned plays;

	printf("seed %" PRIu64 " breaks the law: %s\n", seed, why->wrong);
	printf("looking for the shortest story that does ...\n");
	plays = shrink(p, why, PLAYS_MAX);
	printf("after %u plays: %u nodes, %zu twists, %.3f s\n", plays,
	       plot_nodes(p), p->count, (double)why->wrong_ms / 1000);
	play_apart(p, stdout, false, why);
	printf("seed %" PRIu64 ": %s\n", seed, why->wrong);
}

static bool play_seed(const struct wish *wish, uint64_t seed, struct total *t)
{
	struct outcome out;
	struct plot p;

	plot_make(&p, seed, wish->nodes, wish->lasts_ms);
	play_apart(&p, wish->narrates ? stdout : NULL, false, &out);
	if (out.wrong[0])
		tell_why(&p, seed, &out);
	plot_fini(&p);
	add(t, &out);
	return !out.wrong[0];
}

static bool is_expected(const struct wish *wish, const struct total *t)
{
	char hash[17];

	snprintf(hash, sizeof hash, "%016" PRIx64, t->all.hash);
	if (!wish->expected || !strcmp(hash, wish->expected))
		return true;
	printf("but the hash %s was expected\n", wish->expected);
	return false;
}

int main(int argc, char **argv)
{
	struct wish wish = { .seed = 1, .worlds = 1 };
	struct total total = { 0 };

	if (!qf_identity_ready())
		return OS_ERROR;
	read_options(argc, argv, &wish);
	for (uint64_t i = 0; i < wish.worlds; i++)
		if (!play_seed(&wish, wish.seed + i, &total))
			return BROKEN;
	print_total(&total);
	return is_expected(&wish, &total) ? GOOD : BROKEN;
}
