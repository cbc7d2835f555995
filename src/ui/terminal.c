/* terminal.c - the line being typed at a terminal
 *
 * libedit believes that one line is edited for ever: Enter takes a copy, and
 * ends by telling libedit to begin afresh. So the terminal stays in one mode
 * from the first prompt to the last, and what is pasted meanwhile is not cut
 * short by the kernel's own editing of lines.
 *
 * A run of text that comes at once is put in as a whole, for otherwise a long
 * paste would draw the line once a character.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "keys.h"

enum {
	READ_BYTES = 4096,
	RUN_CHARS = 1024,
	HISTORY_LINES = 500,
	TAB_COLUMNS = 8,
	COLUMNS_DEFAULT = 80,
};

/* A signal tells the loop through a pipe: 'c' continued, 'w' another size. */
static int signal_pipe[2] = { -1, -1 };
static struct termios modes_before;
static volatile sig_atomic_t modes_changed;

bool qf_terminal_is_there(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && *kind &&
	       strcmp(kind, "dumb") != 0;
}

static struct winsize window_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		size.ws_col = COLUMNS_DEFAULT;
	return size;
}

int qf_terminal_columns(void)
{
	return window_size().ws_col;
}

void qf_terminal_rescue(void)
{
	if (modes_changed)
		tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
}

static void on_signal(int number)
{
	int before = errno;

	if (write(signal_pipe[1], number == SIGCONT ? "c" : "w", 1) < 0)
		errno = before; /* full: the loop knows already */
	errno = before;
}

/* What the screen shows of the line */

/* As libedit shows it: a tab as spaces, what cannot be printed as its number,
 * a wide character that does not fit in the next row. */
static size_t width_of(wchar_t c, size_t column)
{
	int width = wcwidth(c);

	if (c == '\t')
		return TAB_COLUMNS - column % TAB_COLUMNS;
	if (width >= 0)
		return (size_t)width;
	if (c < 0x20 || c == 0x7f)
		return sizeof "^X" - 1;
	return c > 0xffff ? sizeof "\\U+12345" - 1 : sizeof "\\U+1234" - 1;
}

size_t qf_terminal_rows(const wchar_t *text, size_t count, size_t columns,
                        size_t *column)
{
	size_t rows = 0;

	for (size_t i = 0; i < count; i++) {
		size_t width = width_of(text[i], *column);

		if (*column + width > columns) {
			rows++;
			*column = 0;
		}
		*column += width;
		if (*column >= columns) {
			rows++;
			*column -= columns;
		}
	}
	return rows;
}

static void put(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

void qf_terminal_hide(struct qf_terminal *t)
{
	const LineInfoW *line = el_wline(t->edit);
	size_t columns = (size_t)qf_terminal_columns(), column = 0, rows;
	char erase[32];

	if (!t->shown)
		return;
	t->shown = false;
	rows = qf_terminal_rows(t->prompt, wcslen(t->prompt), columns, &column);
	rows += qf_terminal_rows(line->buffer,
	                         (size_t)(line->cursor - line->buffer), columns,
	                         &column);
	if (rows)
		snprintf(erase, sizeof erase, "\r\x1b[%zuA\x1b[J", rows);
	else
		snprintf(erase, sizeof erase, "\r\x1b[J");
	put(erase, strlen(erase));
}

static bool has_size(const struct qf_terminal *t, struct winsize size)
{
	return size.ws_col == t->columns && size.ws_row == t->lines;
}

void qf_terminal_show(struct qf_terminal *t)
{
	struct winsize size = window_size();

	if (t->shown || t->deaf)
		return;
	t->shown = true;
	/* It may be shown before the signal that says so has come. */
	if (!has_size(t, size))
		el_resize(t->edit);
	t->columns = size.ws_col;
	t->lines = size.ws_row;
	el_set(t->edit, EL_REFRESH);
}

/* What libedit calls */

static struct qf_terminal *terminal_of(EditLine *edit)
{
	void *t = NULL;

	el_get(edit, EL_CLIENTDATA, &t);
	return t;
}

static wchar_t *prompt_of(EditLine *edit)
{
	return terminal_of(edit)->prompt;
}

static int give_key(EditLine *edit, wchar_t *key)
{
	struct qf_terminal *t = terminal_of(edit);

	if (!t->feed_count)
		return 0;
	*key = *t->feed++;
	t->feed_count--;
	return 1;
}

static void append(struct qf_buf *to, const wchar_t *text, size_t count)
{
	mbstate_t state = { 0 };
	char bytes[MB_LEN_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t len = wcrtomb(bytes, text[i], &state);

		if (len != (size_t)-1)
			qf_put_raw(to, bytes, len);
	}
}

static void remember(struct qf_terminal *t, const wchar_t *line, size_t count)
{
	wchar_t *copy = malloc((count + 1) * sizeof *copy);
	HistEventW event;

	if (copy && count) {
		wmemcpy(copy, line, count);
		copy[count] = L'\0';
		history_w(t->history, &event, H_ENTER, copy);
	}
	free(copy);
}

static unsigned char on_enter(EditLine *edit, int key)
{
	struct qf_terminal *t = terminal_of(edit);
	const LineInfoW *line = el_wline(edit);
	size_t count = (size_t)(line->lastchar - line->buffer);
	struct qf_buf *to = qf_input_more(t->input);

	(void)key;
	qf_terminal_hide(t);
	append(to, line->buffer, count);
	qf_put_u8(to, '\n');
	remember(t, line->buffer, count);
	/* "Reset to known state", which is an empty line. */
	t->shown = true;
	return CC_FATAL;
}

static unsigned char on_end(EditLine *edit, int key)
{
	const LineInfoW *line = el_wline(edit);

	(void)key;
	if (line->lastchar != line->buffer) {
		if (line->cursor == line->lastchar)
			return CC_ERROR;
		el_cursor(edit, 1);
		el_deletestr(edit, 1);
		return CC_REFRESH;
	}
	terminal_of(edit)->input->ended = true;
	return CC_NORM;
}

/* In the midst of a paste it is a tab like any other. */
static unsigned char on_tab(EditLine *edit, int key)
{
	struct qf_terminal *t = terminal_of(edit);
	const LineInfoW *line = el_wline(edit);
	struct qf_buf before, more;

	(void)key;
	if (t->given < t->keys.len)
		return el_winsertstr(edit, L"\t") ? CC_ERROR : CC_REFRESH;
	qf_buf_init(&before, 0);
	qf_buf_init(&more, 0);
	append(&before, line->buffer, (size_t)(line->cursor - line->buffer));
	t->completer.complete(t->completer.ctx, qf_buf_bytes(&before), &more);
	qf_put_u8(&more, '\0');
	if (!more.bad && *more.at)
		el_insertstr(edit, (const char *)more.at);
	qf_buf_fini(&before);
	qf_buf_fini(&more);
	return CC_REFRESH;
}

/* Beginning and end */

static bool watch(int epoll, int fd)
{
	struct epoll_event want = { .events = EPOLLIN, .data.fd = fd };

	return !epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want);
}

static bool catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal,
		                    .sa_flags = SA_RESTART };

	return !pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) &&
	       !sigaction(SIGWINCH, &action, NULL) &&
	       !sigaction(SIGCONT, &action, NULL);
}

static void ignore_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGCONT, &action, NULL);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
}

static void bind_keys(EditLine *edit)
{
	el_set(edit, EL_EDITOR, "emacs");
	el_wset(edit, EL_ADDFN, L"qf-enter", L"Take the line", on_enter);
	el_wset(edit, EL_ADDFN, L"qf-end", L"Delete, or end", on_end);
	el_wset(edit, EL_ADDFN, L"qf-tab", L"Complete", on_tab);
	el_set(edit, EL_BIND, "^M", "qf-enter", NULL);
	el_set(edit, EL_BIND, "^J", "qf-enter", NULL);
	el_set(edit, EL_BIND, "^D", "qf-end", NULL);
	el_set(edit, EL_BIND, "^I", "qf-tab", NULL);
	el_set(edit, EL_BIND, "^G", "ed-delete-next-char", NULL);
	el_set(edit, EL_BIND, "^W", "ed-delete-prev-word", NULL);
}

static int init_edit(struct qf_terminal *t)
{
	HistEventW event;

	t->history = history_winit();
	t->edit = el_init("quickfi", stdin, stdout, stderr);
	if (!t->history || !t->edit)
		return QF_E_NOMEM;
	history_w(t->history, &event, H_SETSIZE, HISTORY_LINES);
	history_w(t->history, &event, H_SETUNIQUE, 1);
	el_set(t->edit, EL_CLIENTDATA, t);
	el_set(t->edit, EL_SIGNAL, 0);
	el_wset(t->edit, EL_PROMPT, prompt_of);
	el_wset(t->edit, EL_HIST, history_w, t->history);
	el_wset(t->edit, EL_GETCFN, give_key);
	bind_keys(t->edit);
	return QF_OK;
}

int qf_terminal_open(struct qf_terminal *t, struct qf_input *input,
                     const struct qf_completer *completer)
{
	int rc = QF_E_IO;

	*t = (struct qf_terminal){ .input = input, .completer = *completer };
	t->fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->fd < 0)
		return QF_E_IO;
	if (!catch_signals() || !watch(t->fd, STDIN_FILENO) ||
	    !watch(t->fd, signal_pipe[0]) ||
	    tcgetattr(STDIN_FILENO, &modes_before))
		goto close;
	if ((rc = init_edit(t)))
		goto end;
	modes_changed = 1;
	el_set(t->edit, EL_UNBUFFERED, 1);
	return QF_OK;

end:
	if (t->edit)
		el_end(t->edit);
	if (t->history)
		history_wend(t->history);
close:
	ignore_signals();
	close(t->fd);
	return rc;
}

void qf_terminal_close(struct qf_terminal *t)
{
	qf_terminal_hide(t);
	el_set(t->edit, EL_UNBUFFERED, 0);
	el_end(t->edit);
	history_wend(t->history);
	qf_terminal_rescue();
	modes_changed = 0;
	ignore_signals();
	close(t->fd);
	qf_buf_fini(&t->keys);
}

void qf_terminal_set_prompt(struct qf_terminal *t, const char *prompt)
{
	wchar_t wide[QF_PROMPT_CHARS_MAX + 1];
	size_t count = mbstowcs(wide, prompt, QF_PROMPT_CHARS_MAX);
	bool shown = t->shown;

	if (count == (size_t)-1)
		count = 0;
	wide[count] = L'\0';
	if (!wcscmp(wide, t->prompt))
		return;
	qf_terminal_hide(t);
	wcscpy(t->prompt, wide);
	if (shown)
		qf_terminal_show(t);
}

/* Reading */

static void put_plain(struct qf_terminal *t, size_t len)
{
	const char *at = (const char *)t->keys.at + t->given;
	const char *end = at + len;
	wchar_t run[RUN_CHARS + 1];

	qf_terminal_hide(t);
	while (at < end) {
		mbstate_t state = { 0 };
		size_t count = mbsnrtowcs(run, &at, (size_t)(end - at),
		                          RUN_CHARS, &state);

		if (count == (size_t)-1)
			break;
		run[count] = L'\0';
		el_winsertstr(t->edit, run);
	}
	t->given += len;
}

/* One key, or a run of text. False: no whole one is there. */
static bool give_next(struct qf_terminal *t)
{
	struct qf_bytes left = qf_bytes(t->keys.at + t->given,
	                                t->keys.len - t->given);
	size_t plain = qf_keys_plain(left), count, len;
	wchar_t key[QF_KEY_CHARS_MAX];
	int ignored;

	if (plain > 1) {
		put_plain(t, plain);
		return true;
	}
	len = qf_keys_next(left, key, &count);
	t->given += len;
	if (!count)
		return len;
	qf_terminal_show(t);
	t->feed = key;
	t->feed_count = count;
	el_wgets(t->edit, &ignored);
	return true;
}

static void read_keys(struct qf_terminal *t)
{
	uint8_t *to = qf_buf_room(&t->keys, READ_BYTES);
	ssize_t got = to ? read(STDIN_FILENO, to, READ_BYTES) : -1;

	if (got > 0)
		t->keys.len += (size_t)got;
	else if (!got || (errno != EINTR && errno != EAGAIN))
		t->deaf = t->input->ended = true;
	while (!t->input->ended && give_next(t))
		;
	qf_buf_drop_front(&t->keys, t->given);
	t->given = 0;
	qf_terminal_show(t);
}

static void take_signals(struct qf_terminal *t)
{
	char what[64];
	ssize_t got = read(signal_pipe[0], what, sizeof what);

	if (got <= 0)
		return;
	/* What is shown in that size is left alone: the window may have the
	 * next one already, and where our rows are we would not know. */
	if (t->shown && !memchr(what, 'c', (size_t)got) &&
	    has_size(t, window_size()))
		return;
	qf_terminal_hide(t);
	if (memchr(what, 'c', (size_t)got)) {
		/* The shell has had it meanwhile. */
		el_set(t->edit, EL_PREP_TERM, 0);
		el_set(t->edit, EL_PREP_TERM, 1);
	}
	el_resize(t->edit);
	qf_terminal_show(t);
}

void qf_terminal_read(struct qf_terminal *t)
{
	struct epoll_event ready[2];
	int count = epoll_wait(t->fd, ready, 2, 0);

	for (int i = 0; i < count; i++) {
		if (ready[i].data.fd == STDIN_FILENO)
			read_keys(t);
		else
			take_signals(t);
	}
}
