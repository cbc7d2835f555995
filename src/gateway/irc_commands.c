/* irc_commands.c - which command of IRC is which: one table */
#include <string.h>

#include "irc_state.h"

enum {
	EARLY = 1, /* before somebody has registered, too */
};

static const struct {
	const char *name;
	size_t params; /* at least so many */
	unsigned flags;
	void (*run)(struct qf_irc *irc, struct qf_irc_line *l);
	const char *help; /* what follows it, and what it does */
} commands[] = {
	{ "PRIVMSG", 0, 0, qf_irc_privmsg,
	  "TARGET[,TARGET...] :TEXT - say it to a channel or to somebody" },
	{ "NOTICE", 0, 0, qf_irc_notice,
	  "TARGET[,TARGET...] :TEXT - the same, and nothing answers it" },
	{ "PING", 0, EARLY, qf_irc_ping,
	  "TOKEN - answered when all that you said before can be read" },
	{ "PONG", 0, EARLY, qf_irc_pong, "TOKEN - answers a PING" },
	{ "TAGMSG", 1, 0, qf_irc_tagmsg,
	  "TARGET[,TARGET...] - only the tags before it" },
	{ "BATCH", 1, 0, qf_irc_batch,
	  "+REF draft/multiline TARGET - begin a message of several lines" },
	{ "REDACT", 2, 0, qf_irc_redact,
	  "TARGET MSGID [:WHY] - take back what you said" },
	{ "JOIN", 1, 0, qf_irc_join,
	  "CHANNEL[,CHANNEL...] - come into channels" },
	{ "PART", 1, 0, qf_irc_part,
	  "CHANNEL[,CHANNEL...] [:WHY] - leave channels" },
	{ "TOPIC", 1, 0, qf_irc_topic,
	  "CHANNEL [:TOPIC] - what a channel is about" },
	{ "NAMES", 0, 0, qf_irc_names, "[CHANNEL] - who is there" },
	{ "LIST", 0, 0, qf_irc_list, "[MASK,...] [<N] [>N] - the channels" },
	{ "INVITE", 0, 0, qf_irc_invite,
	  "NAME CHANNEL - ask somebody to come" },
	{ "KICK", 2, 0, qf_irc_kick,
	  "CHANNEL NAME - open rooms have no operators, so nobody can" },
	{ "MODE", 1, 0, qf_irc_mode,
	  "CHANNEL or NAME [+B-i...] - modes: B bot, i invisible, T no CTCP" },
	{ "WHO", 0, 0, qf_irc_who,
	  "CHANNEL, NAME or MASK [%FIELDS,TOKEN] - who is here" },
	{ "WHOIS", 0, 0, qf_irc_whois,
	  "NAME - who somebody is, and how they came here" },
	{ "WHOWAS", 0, 0, qf_irc_whowas,
	  "NAME or MASK [COUNT] - who had that name" },
	{ "ISON", 1, 0, qf_irc_ison, "NAME... - which of them are here" },
	{ "USERHOST", 1, 0, qf_irc_userhost, "NAME... - where they are" },
	{ "AWAY", 0, 0, qf_irc_away, "[:WHY] - that you are away, or back" },
	{ "SETNAME", 1, 0, qf_irc_setname, ":NAME - your real name" },
	{ "MONITOR", 1, 0, qf_irc_monitor,
	  "+NAME,... -NAME,... C L or S - hear of who comes and goes" },
	{ "CHATHISTORY", 0, 0, qf_irc_chathistory,
	  "LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS - the past" },
	{ "MARKREAD", 0, 0, qf_irc_markread,
	  "TARGET [timestamp=TIME] - how far you have read" },
	{ "NICK", 0, EARLY, qf_irc_nick_cmd, "NAME - what you are called" },
	{ "USER", 0, EARLY, qf_irc_user,
	  "NAME 0 * :REAL NAME - who you are, once" },
	{ "PASS", 0, EARLY, qf_irc_pass,
	  "PASSWORD - not needed here; see REGISTER" },
	{ "CAP", 1, EARLY, qf_irc_cap,
	  "LS 302, LIST, REQ or END - what your client can do" },
	{ "AUTHENTICATE", 1, EARLY, qf_irc_authenticate,
	  "MECHANISM - log in to an account" },
	{ "REGISTER", 3, EARLY, qf_irc_register,
	  "* * PASSWORD - an account of the name that you have" },
	{ "QUIT", 0, EARLY, qf_irc_quit, "[:WHY] - go" },
	{ "LUSERS", 0, 0, qf_irc_lusers, "- how many are here" },
	{ "MOTD", 0, 0, qf_irc_motd, "- what this server says to everybody" },
	{ "VERSION", 0, 0, qf_irc_version, "- what this server is" },
	{ "HELP", 0, 0, qf_irc_help, "[COMMAND] - this" },
	{ "HELPOP", 0, 0, qf_irc_help, "[COMMAND] - the same as HELP" },
	{ "INFO", 0, 0, qf_irc_info, "- what this server is" },
	{ "TIME", 0, 0, qf_irc_time_cmd, "- what time it is here" },
	{ "ADMIN", 0, 0, qf_irc_admin, "- whose server this is" },
	{ "LINKS", 0, 0, qf_irc_links, "- other servers: there are none" },
	{ "OPER", 2, 0, qf_irc_oper, "NAME PASSWORD - there are no operators" },
};

const char *qf_irc_help_on(const char *command)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcasecmp(commands[i].name, command))
			return commands[i].help;
	return NULL;
}

bool qf_irc_is_talk(const struct qf_irc_line *l)
{
	return !strcmp(l->command, "PRIVMSG") || !strcmp(l->command, "NOTICE");
}

void qf_irc_do(struct qf_irc *irc, struct qf_irc_line *l)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, l->command))
			continue;
		if (!irc->guest && !(commands[i].flags & EARLY))
			qf_irc_numeric(irc, 451, ":You have not registered");
		else if (l->count < commands[i].params)
			qf_irc_need_more(irc, l->command);
		else
			commands[i].run(irc, l);
		return;
	}
	if (irc->guest)
		qf_irc_numeric(irc, 421, "%s :Unknown command", l->command);
	else
		qf_irc_numeric(irc, 451, ":You have not registered");
}
