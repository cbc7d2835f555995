/* test_config.c - what people type after the program's name */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ui/outcome.h"

enum { ARGS_MAX = 200 };

struct typed {
	struct qf_config config;
	int code;
	char *out;
	char *err;
	char line[4096]; /* cut into words */
	char *argv[ARGS_MAX];
};

/* Words are parted by spaces. */
static struct typed *type(const char *line)
{
	struct typed *t = calloc(1, sizeof *t);
	size_t out_len, err_len;
	char *word, *rest = NULL;
	FILE *out, *err;
	int argc = 0;

	assert_non_null(t);
	snprintf(t->line, sizeof t->line, "quickfi %s", line);
	for (word = strtok_r(t->line, " ", &rest); word && argc < ARGS_MAX - 1;
	     word = strtok_r(NULL, " ", &rest))
		t->argv[argc++] = word;
	out = open_memstream(&t->out, &out_len);
	err = open_memstream(&t->err, &err_len);
	assert_true(out && err);
	t->code = qf_config_read(&t->config, argc, t->argv, out, err);
	fclose(out);
	fclose(err);
	return t;
}

static void done(struct typed *t)
{
	free(t->out);
	free(t->err);
	free(t);
}

static void assert_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nis not in\n%s", part, text);
}

TEST(config, nothing_at_all_is_the_chat_on_the_usual_port)
{
	struct typed *t = type("");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.job, QF_JOB_CHAT);
	assert_int_equal(t->config.port, 9999);
	assert_false(t->config.port_given);
	assert_null(t->config.home);
	assert_string_equal(t->err, "");
	done(t);
}

TEST(config, what_irc_clients_may_do_is_set)
{
	static const char *const wrong[] = {
		"serve --irc-port x",  "serve --irc-port 70000",
		"--irc-port 6667",     "serve --irc-plain maybe",
		"serve --irc-trust x",
	};
	struct typed *t = type("serve --irc-port 6667 --irc-port 6697 "
	                       "--irc-plain no --irc-trust 10.0.0.7 "
	                       "--irc-trust fe80::1");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.irc_port_count, 2);
	assert_int_equal(t->config.irc_ports[1], 6697);
	assert_true(t->config.irc_no_plain);
	assert_int_equal(t->config.irc_trusted_count, 2);
	done(t);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		t = type(wrong[i]);
		assert_int_equal(t->code, QF_USAGE);
		done(t);
	}
}

TEST(config, only_what_serves_is_a_hub)
{
	struct typed *t = type("serve --hub");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_true(t->config.is_hub);
	done(t);
	t = type("--hub");
	assert_int_equal(t->code, QF_USAGE);
	done(t);
}

TEST(config, line_mode_can_be_asked_for_as_it_always_could)
{
	static const char *const ways[] = { "-cli", "--cli", "--line",
		                            "-cli --json" };

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct typed *t = type(ways[i]);

		assert_int_equal(t->code, QF_CONFIG_GO);
		assert_int_equal(t->config.job, QF_JOB_CHAT);
		done(t);
	}
}

TEST(config, threads_are_one_for_each_core_or_as_many_as_asked_for)
{
	struct typed *t = type("serve");

	assert_int_equal(t->config.threads, 0);
	done(t);
	t = type("serve --threads 3");
	assert_int_equal(t->config.threads, 3);
	done(t);
	t = type("serve --threads 0");
	assert_int_equal(t->code, 64);
	done(t);
}

TEST(config, contacts_and_who_take_what_they_need)
{
	struct typed *t = type("contacts --import friends");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.job, QF_JOB_CONTACTS);
	assert_string_equal(t->config.import_from, "friends");
	done(t);
	t = type("who");
	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.word_count, 0);
	done(t);
}

TEST(config, options_may_stand_before_and_behind_the_command)
{
	struct typed *t = type("--home /tmp/x send #lobby hi there --json "
	                       "--wait-copies 3 --connect 10.0.0.2 --connect "
	                       "[::1]:7 --join #a --join #b --name ana");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.job, QF_JOB_SEND);
	assert_int_equal(t->config.word_count, 3);
	assert_string_equal(t->config.words[0], "#lobby");
	assert_string_equal(t->config.words[2], "there");
	assert_string_equal(t->config.home, "/tmp/x");
	assert_string_equal(t->config.name, "ana");
	assert_true(t->config.json);
	assert_int_equal(t->config.copies, 3);
	assert_int_equal(t->config.connect_count, 2);
	assert_string_equal(t->config.addresses[0].host, "10.0.0.2");
	assert_int_equal(t->config.addresses[0].port, 9999);
	assert_string_equal(t->config.addresses[1].host, "::1");
	assert_int_equal(t->config.addresses[1].port, 7);
	assert_int_equal(t->config.join_count, 2);
	done(t);
}

TEST(config, classics_are_let_in_at_a_port_and_gone_to_at_an_address)
{
	struct typed *t = type("serve --classic 7000 --classic-room #old");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.classic_port, 7000);
	assert_string_equal(t->config.classic_room, "#old");
	done(t);
	t = type("connect --classic 10.0.0.1 7001");
	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_string_equal(t->config.target.host, "10.0.0.1");
	assert_int_equal(t->config.target.port, 7001);
	done(t);
	t = type("connect --classic 10.0.0.1");
	assert_int_equal(t->config.target.port, QF_PORT_DEFAULT);
	done(t);
	t = type("serve");
	assert_int_equal(t->config.classic_port, 0);
	done(t);
}

TEST(config, words_that_look_like_options_follow_two_dashes)
{
	struct typed *t = type("send #lobby -- --json -n");

	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.word_count, 3);
	assert_string_equal(t->config.words[1], "--json");
	assert_false(t->config.json);
	done(t);
}

TEST(config, each_command_has_its_own_number_of_lines)
{
	struct typed *t = type("tail #a --follow");

	assert_int_equal(t->config.lines, 10);
	assert_true(t->config.follow);
	done(t);
	t = type("history #a");
	assert_int_equal(t->config.lines, 50);
	done(t);
	t = type("history -n0 #a");
	assert_int_equal(t->config.lines, 0);
	done(t);
}

TEST(config, what_is_wrong_is_said_with_a_hint_and_ends_with_64)
{
	static const struct {
		const char *typed;
		const char *said;
	} wrong[] = {
		{ "--foo", "there is no option --foo" },
		{ "-x", "there is no option -x" },
		{ "send --home /x #a -dash", "there is no option -dash; -- " },
		{ "send -xyz #a t", "there is no option -xyz;" },
		{ "send #a -fx -- t", "there is no option -fx;" },
		{ "send #a -n", "the option -n needs a value; -- goes before" },
		{ "tail -x send", "there is no option -x\n" },
		{ "dance", "there is no command dance" },
		{ "--home", "the option --home needs a value" },
		{ "tail -n", "the option -n needs a value" },
		{ "tail #a -n x", "--lines x: it is not a whole number" },
		{ "tail #a -n -1", "it is not a whole number" },
		{ "tail #a -n 9999999", "it is more than 1000000" },
		{ "tail #a -n 99999999999", "it is more than 1000000" },
		{ "tail #a -n 99999999999999999999999", "it is more than" },
		{ "serve --listen foo", "--listen foo: it is no address" },
		{ "serve --listen 127.0.0.1:3", "it is no address" },
		{ "--port 65536", "--port 65536: it is more than 65535" },
		{ "--port http", "it is not a whole number" },
		{ "--name System", "--name System: a name has" },
		{ "--name zoe@ana", "--name zoe@ana: a name has" },
		{ "--join lobby", "--join lobby: a room is" },
		{ "--connect a:b:c", "--connect a:b:c: " },
		{ "--connect host:0", "a number from 1 to 65535" },
		{ "send", "send needs more: quickfi send ROOM [TEXT...]" },
		{ "send lobby hi", "lobby is not a room" },
		{ "tail #a #b", "tail takes no #b" },
		{ "connect [x", "connect [x: " },
		{ "status now", "status takes no now" },
		{ "tail #a --wait-copies 1", "--wait-copies is not for tail" },
		{ "send #a hi --port 1", "--port is not for send" },
		{ "--export f", "--export is not for the chat" },
		{ "contacts --export f --import g", "takes one of" },
		{ "who lobby", "lobby is not a room" },
		{ "send #a hi -cli", "--cli is not for send" },
		{ "history #a --follow", "--follow is not for history" },
		{ "--classic 7", "--classic is not for the chat" },
		{ "serve --classic 0", "--classic 0: a port is" },
		{ "serve --classic x", "--classic x: it is not a whole" },
		{ "serve --classic-room old", "--classic-room old: a room" },
		{ "connect --classic h x", "--classic h x: it is not" },
		{ "connect", "connect needs more: quickfi connect" },
		{ "connect 127.0.0.1 7001",
		  "connect takes no 7001; it is: quickfi connect "
		  "ADDRESS[:PORT]|NAME" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct typed *t = type(wrong[i].typed);

		assert_int_equal(t->code, QF_USAGE);
		assert_part(t->err, wrong[i].said);
		assert_part(t->err, "quickfi --help lists");
		assert_string_equal(t->out, "");
		done(t);
	}
}

TEST(config, a_list_that_is_too_long_is_refused)
{
	char line[2048] = "";
	struct typed *t;

	for (int i = 0; i < QF_CONFIG_LIST_MAX; i++)
		strcat(line, "--join #a ");
	t = type(line);
	assert_int_equal(t->code, QF_CONFIG_GO);
	assert_int_equal(t->config.join_count, QF_CONFIG_LIST_MAX);
	done(t);
	t = type(strcat(line, "--join #b"));
	assert_int_equal(t->code, QF_USAGE);
	assert_part(t->err, "64 of them are the most");
	done(t);
}

TEST(config, help_names_every_command_and_option_and_fits_a_terminal)
{
	static const char *const parts[] = {
		"serve",
		"send ROOM [TEXT...]",
		"tail ROOM",
		"history ROOM",
		"status",
		"digest ROOM",
		"connect ADDRESS",
		"who [ROOM]",
		"contacts",
		"--line",
		"--home",
		"--name",
		"--port",
		"--listen",
		"--connect",
		"--join",
		"--discovery HOW",
		"--no-discovery",
		"-h, --help",
		"--version",
		"Exit codes: 0 good",
	};
	struct typed *t = type("--help");

	assert_int_equal(t->code, 0);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		assert_part(t->out, parts[i]);
	for (const char *line = t->out; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > 79)
			fail_msg("too long: %.*s", (int)len, line);
		line += len + 1;
	}
	done(t);
}

TEST(config, help_of_a_command_has_its_options_and_no_others)
{
	struct typed *t = type("tail --help");

	assert_int_equal(t->code, 0);
	assert_part(t->out, "usage: quickfi tail [OPTION...] ROOM");
	assert_part(t->out, "-n, --lines N");
	assert_part(t->out, "--follow");
	assert_null(strstr(t->out, "--port"));
	assert_null(strstr(t->out, "--wait-copies"));
	done(t);
}

TEST(config, the_version_is_one_line)
{
	struct typed *t = type("--version");

	assert_int_equal(t->code, 0);
	assert_string_equal(t->out, "quickfi " QF_VERSION "\n");
	done(t);
}
