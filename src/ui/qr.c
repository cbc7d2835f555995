/* qr.c - the commands qr and gui: links by which browsers come in
 *
 * A link for the owner lets in whoever has it, once, so no command line shows
 * it: a browser is given a file that only its user can read, and that leads
 * there.
 */
#include "qr.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "gateway/qr.h"
#include "lines.h"
#include "print.h"

extern char **environ;

void qf_qr_print(FILE *to, const struct qf_reply *links)
{
	for (size_t i = 0; i < links->link_count; i++) {
		struct qf_bytes link = links->links[i].link;
		struct qf_buf code;
		char text[1024];

		snprintf(text, sizeof text, "%.*s", (int)link.len,
		         (const char *)link.at);
		qf_buf_init(&code, 0);
		if (qf_qr_put(&code, text))
			fwrite(code.at, 1, code.len, to);
		qf_buf_fini(&code);
		qf_print_word(to, link);
		putc('\n', to);
	}
	if (!qf_reply_is(links->page, "open")) {
		fputs("the page is ", to);
		qf_print_word(to, links->page);
		fputs(": newcomers stay out until /page open\n", to);
	}
}

enum qf_outcome qf_qr_run(struct qf_stream *s, const char *room, bool json)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply links;
	enum qf_outcome end;

	if (s->own) {
		qf_complain("no node is running here that a browser could "
		            "reach: start one, with quickfi serve");
		return QF_UNAVAILABLE;
	}
	qf_buf_init(&request, 0);
	qf_request_room(&request, id, "invite", room ? room : "#lobby");
	end = qf_ask(s, id, &request, &links);
	qf_buf_fini(&request);
	if (end)
		return end;
	if (json)
		qf_lines_raw(stdout, &links);
	else
		qf_qr_print(stdout, &links);
	if (!qf_print_done(stdout))
		end = QF_DISK;
	qf_reply_fini(&links);
	return end;
}

/* False: there is no place for it, or no screen for a browser. */
static bool write_way(struct qf_bytes link, char *path, size_t cap)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	FILE *file;
	int fd;

	if (!dir || (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")))
		return false;
	if ((size_t)snprintf(path, cap, "%s/quickfi-gui.html", dir) >= cap)
		return false;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	          0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return false;
	/* Of base64url, digits and dots, so nothing needs to be escaped. */
	fprintf(file,
	        "<!doctype html><meta http-equiv=\"refresh\" "
	        "content=\"0;url=%.*s\"><a href=\"%.*s\">QuickFi</a>\n",
	        (int)link.len, (const char *)link.at, (int)link.len,
	        (const char *)link.at);
	return !fclose(file);
}

static bool open_browser(struct qf_bytes link)
{
	char path[4096], program[] = "xdg-open";
	char *argv[] = { program, path, NULL };
	pid_t child;

	return write_way(link, path, sizeof path) &&
	       !posix_spawnp(&child, program, NULL, NULL, argv, environ);
}

enum qf_outcome qf_gui_run(struct qf_stream *s, uint64_t wanted_port, bool json)
{
	struct qf_reply links;
	enum qf_outcome end = qf_ask_plain(s, "gui", &links);

	if (end)
		return end;
	if (json) {
		qf_lines_raw(stdout, &links);
	} else if (!links.link_count || !open_browser(links.links[0].link)) {
		fputs("open this in a browser on this machine; it is good "
		      "once:\n",
		      stdout);
		if (links.link_count)
			qf_print_word(stdout, links.links[0].link);
		putchar('\n');
	}
	if (!qf_print_done(stdout))
		end = QF_DISK;
	qf_reply_fini(&links);
	if (!s->own || end)
		return end;
	return qf_serve_run(s, &(struct qf_serve_options){
				       .wanted_port = wanted_port,
				       .json = json,
			       });
}
