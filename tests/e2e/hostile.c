/* hostile.c - a stranger that attacks a node on 127.0.0.1
 *
 * usage: hostile PORT SEED NAME [discarded]
 *        hostile                   lists the attacks, not the campaigns
 *
 * NAME is an attack of attacks.c or one of the campaigns below. With
 * `discarded` the other side takes TLS, and throws away what comes. Prints how
 * it ended, and exits with 0 if that was right. hostile.py looks after the node
 * meanwhile.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attacks.h"
#include "forge.h"

enum {
	END_SECONDS = 10,
	SILENCE_SECONDS = 45,
	GREETING_SECONDS = QF_GREETING_MS / 1000,
	MUTANTS = 3000,
	MUTANTS_A_LINK = 50,
	OFFENCES = 64, /* more than a node has workers */
	READERS = 100,
	HAVES = 8000, /* more than all buffers on the way take */
};

static const struct stranger_look as_a_node;
static bool is_discarded; /* nobody answers, so nothing is waited for */

static bool arrive(struct stranger *s, enum stage stage)
{
	if (stage >= TLS && !stranger_shake(s, &as_a_node))
		return false;
	if (stage == GREETED)
		stranger_greet(s);
	return stage < IN_ROOM || stranger_enter(s, "#lobby");
}

/* Some stay until their standard input ends. */
static bool is_told_to_end(int wait_ms)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, wait_ms) != 0;
}

static bool has_ended(const struct stranger *s, const char *how)
{
	return !strncmp(s->end, how, strlen(how));
}

/* An address that nobody else has, nearly always. */
static uint32_t somewhere(void)
{
	return (uint32_t)chance() | STRANGER_NEXT_DOOR << 1;
}

static bool attack(const struct attack *a, uint16_t port)
{
	struct stranger s;
	bool right;

	stranger_init(&s, port, chance(), somewhere());
	if (arrive(&s, a->stage))
		a->make(&s);
	if (!strcmp(a->end, "left") && !s.end[0])
		strcpy(s.end, "left");
	else if (strcmp(a->end, "open"))
		stranger_outlive(&s, END_SECONDS);
	else if (stranger_is_welcome(&s))
		strcpy(s.end, "open");
	right = has_ended(&s, a->end);
	printf("%s%s%s\n", s.end, right ? "" : ", instead of ",
	       right ? "" : a->end);
	stranger_fini(&s);
	return right;
}

/* Frames that are right on their link, and then changed a little: the link may
 * end, but with a reason. */

static uint8_t make_mutant(struct stranger *s)
{
	static const uint8_t often[] = { QF_FRAME_MSG, QF_FRAME_MSG,
		                         QF_FRAME_RECON, QF_FRAME_HAVE };
	uint8_t type = (uint8_t)(chance() % QF_FRAME_BYE + 1);
	struct qf_buf b = { 0 };

	if (chance() % 3)
		type = often[chance() % sizeof often];
	forge_payload(s, type, &b);
	for (uint64_t i = chance() % 3; i; i--)
		forge_mutate(&b);
	say_payload(s, type, &b);
	return type;
}

static bool say_mutant(struct stranger *s)
{
	uint8_t type = make_mutant(s);

	return stranger_is_welcome(s) || has_ended(s, "bye: ") ||
	       (type == QF_FRAME_BYE && has_ended(s, "closed"));
}

static bool mutated_frames(uint16_t port)
{
	const char *patience = getenv("PATIENCE");
	int left = MUTANTS / (patience ? atoi(patience) : 1), links = 0;
	bool right = true;

	while (left && right) {
		struct stranger s;

		stranger_init(&s, port, chance(), somewhere());
		right = arrive(&s, IN_ROOM);
		for (int i = 0; i < MUTANTS_A_LINK && left && !s.end[0]; i++) {
			left--;
			right = say_mutant(&s);
		}
		links++;
		if (!right)
			printf("this is no end: \"%s\"; ", s.end);
		stranger_fini(&s);
	}
	printf("%d links, %d frames left\n", links, left);
	return right;
}

/* As fast as the other side takes them, and again as soon as a link ends, with
 * a new key. Most frames are not read any more when the first bad one was. */
static bool mutants_from(uint16_t port, uint32_t place)
{
	uint64_t links = 0, frames = 0;
	struct qf_frame frame;

	puts("mutants");
	fflush(stdout);
	while (!is_told_to_end(0)) {
		struct stranger s;

		stranger_init(&s, port, chance(), place);
		arrive(&s, is_discarded ? TLS : IN_ROOM);
		for (; !s.end[0] && !is_told_to_end(0); frames++) {
			struct pollfd heard = { .fd = s.fd, .events = POLLIN };

			make_mutant(&s);
			if (poll(&heard, 1, 0))
				stranger_hear(&s, &frame);
		}
		links++;
		stranger_fini(&s);
	}
	printf("%" PRIu64 " links, %" PRIu64 " frames\n", links, frames);
	return true;
}

static bool mutants_at_line_rate(uint16_t port)
{
	return mutants_from(port, somewhere());
}

static bool mutants_next_door(uint16_t port)
{
	return mutants_from(port, STRANGER_NEXT_DOOR);
}

/* One key offends until it is refused, by whichever worker it comes to. */
static bool offender(uint16_t port)
{
	static const char refused[] = "bye: it broke the protocol, and is "
				      "refused for ";
	uint64_t who = chance();
	uint32_t place = somewhere();
	struct stranger s = { 0 };

	for (int i = 0; i < OFFENCES && !has_ended(&s, refused); i++) {
		stranger_init(&s, port, who, place);
		if (arrive(&s, GREETED))
			stranger_say_frame(&s, QF_FRAME_TAGS,
			                   qf_bytes((const uint8_t *)"?", 1));
		stranger_outlive(&s, END_SECONDS);
		stranger_fini(&s);
	}
	puts(s.end);
	return has_ended(&s, refused);
}

/* Those that never greet, in TCP or in TLS. */

static bool say_nothing(uint16_t port, enum stage stage, const char *end)
{
	time_t begun = time(NULL), took;
	struct stranger s;
	bool right;

	stranger_init(&s, port, chance(), somewhere());
	arrive(&s, stage);
	stranger_outlive(&s, SILENCE_SECONDS);
	took = time(NULL) - begun;
	right = has_ended(&s, end) && took >= GREETING_SECONDS - 1 &&
	        took <= GREETING_SECONDS + END_SECONDS;
	printf("%s after %ld s\n", s.end, (long)took);
	stranger_fini(&s);
	return right;
}

static bool silent_tcp(uint16_t port)
{
	return say_nothing(port, TCP, "closed");
}

static bool silent_tls(uint16_t port)
{
	return say_nothing(port, TLS, "bye: no greeting within 30 s");
}

/* Those that ask much and read little. */

static bool take_named(void *named, const struct qf_named *first)
{
	*(struct qf_named *)named = *first;
	return false;
}

static void ask_for_all(struct stranger *s)
{
	struct qf_buf b = { 0 };

	put_list(&b, 0);
	say_payload(s, QF_FRAME_RECON, &b);
}

/* However often it is put off. */
static bool hear_have(struct stranger *s, struct qf_frame *frame)
{
	while (stranger_hear(s, frame)) {
		if (frame->type == QF_FRAME_HAVE)
			return true;
		if (frame->type != QF_FRAME_LATER)
			continue;
		if (!stranger_hear_type(s, QF_FRAME_OPEN, frame))
			return false;
		stranger_open(s);
		ask_for_all(s);
	}
	return false;
}

/* All of the room, as if we had nothing: the other side names it (more than it
 * would push), and we want it. */
static bool want_all(struct stranger *s)
{
	struct qf_named all = { .range = false };
	struct qf_frame frame;
	struct qf_buf b;
	uint64_t handle;

	if (!hear_have(s, &frame))
		return false;
	qf_named_get(frame.payload, frame.type, &handle, take_named, &all);
	all.count = 0;
	qf_buf_init(&b, 0);
	qf_named_put(&b, QF_FRAME_WANT, STRANGER_HANDLE, &all, 1);
	say(s, &b);
	return all.range;
}

static void read_a_byte(struct stranger *s)
{
	uint8_t byte;

	recv(s->fd, &byte, 1, MSG_DONTWAIT);
}

static bool come_to_read(struct stranger *s)
{
	if (is_discarded)
		return arrive(s, TLS);
	if (!arrive(s, IN_ROOM))
		return false;
	ask_for_all(s);
	return true;
}

static bool read_slowly(uint16_t port, int count)
{
	struct stranger *all = calloc((size_t)count, sizeof *all);
	bool here = true;

	for (int i = 0; i < count; i++) {
		stranger_init(&all[i], port, chance(), somewhere());
		here = come_to_read(&all[i]) && here;
	}
	/* Nobody waits for more than its own turn. */
	for (int i = 0; i < count && !is_discarded; i++)
		here = want_all(&all[i]) && here;
	puts("slow");
	fflush(stdout);
	while (!is_told_to_end(1000))
		for (int i = 0; i < count; i++) {
			read_a_byte(&all[i]);
			say_number(&all[i], QF_FRAME_PING, chance());
		}
	for (int i = 0; i < count; i++)
		stranger_fini(&all[i]);
	free(all);
	return here;
}

static bool slow_reader(uint16_t port)
{
	return read_slowly(port, 1);
}

static bool slow_readers(uint16_t port)
{
	return read_slowly(port, READERS);
}

/* Each HAVE is answered by a WANT, and none of these is read. */
static bool deaf_talker(uint16_t port)
{
	struct qf_named named[256];
	struct qf_buf have = { 0 };
	struct stranger s;
	bool here;

	for (size_t i = 0; i < 256; i++)
		named[i] = (struct qf_named){ .short_id = chance(),
			                      .count = 1 };
	qf_named_put(&have, QF_FRAME_HAVE, STRANGER_HANDLE, named, 256);
	stranger_init(&s, port, chance(), somewhere());
	here = arrive(&s, IN_ROOM);
	ask_for_all(&s);
	here = here && want_all(&s);
	for (int i = 0; i < HAVES; i++)
		stranger_say(&s, qf_buf_bytes(&have));
	qf_buf_fini(&have);
	puts("deaf");
	fflush(stdout);
	is_told_to_end(-1);
	stranger_fini(&s);
	return here;
}

static const struct campaign {
	const char *name;
	bool (*wage)(uint16_t port);
} campaigns[] = {
	{ "mutated_frames", mutated_frames },
	{ "silent_tcp", silent_tcp },
	{ "silent_tls", silent_tls },
	{ "slow_reader", slow_reader },
	{ "deaf_talker", deaf_talker },
	{ "slow_readers", slow_readers },
	{ "mutants_at_line_rate", mutants_at_line_rate },
	{ "mutants_next_door", mutants_next_door },
	{ "offender", offender },
};

static bool wage(const char *name, uint16_t port)
{
	for (const struct attack *a = attacks; a->name; a++)
		if (!strcmp(a->name, name))
			return attack(a, port);
	for (size_t i = 0; i < sizeof campaigns / sizeof *campaigns; i++)
		if (!strcmp(campaigns[i].name, name))
			return campaigns[i].wage(port);
	printf("there is no attack \"%s\"\n", name);
	return false;
}

int main(int argc, char **argv)
{
	if (argc == 1) {
		for (const struct attack *a = attacks; a->name; a++)
			puts(a->name);
		return 0;
	}
	is_discarded = argc == 5 && !strcmp(argv[4], "discarded");
	if (argc != 4 + is_discarded || sodium_init() < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	chance_init(strtoull(argv[2], NULL, 10));
	return wage(argv[3], (uint16_t)atoi(argv[1])) ? 0 : 1;
}
