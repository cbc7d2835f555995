/* test_home.c - the directory of a node: found, owned, locked, with one key */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "store/home.h"

enum { SOMEBODY_ELSE = 65534 };

static char root[64];
static char why[512];

static void make_root(void)
{
	strcpy(root, "/tmp/qf-home-XXXXXX");
	assert_non_null(mkdtemp(root));
	why[0] = '\0';
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r '%s'", root);
	assert_int_equal(system(command), 0);
}

static const char *below(const char *name)
{
	static char path[2][256];
	static int turn;
	char *p = path[turn ^= 1];

	snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static struct qf_home open_home(const char *dir)
{
	struct qf_home h;

	if (qf_home_open(&h, dir, why, sizeof why))
		fail_msg("%s", why);
	return h;
}

static void write_to(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (int)len);
	close(fd);
}

static void only_environment(const char *name, const char *value)
{
	unsetenv("QUICKFI_HOME");
	unsetenv("XDG_DATA_HOME");
	setenv("HOME", root, 1);
	if (name)
		setenv(name, value, 1);
}

/* What the claim of a child process was: its exit status, 0 if it held. */
static int in_child(int (*claim)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(claim());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(home, the_directory_is_made_with_its_parents_for_us_alone)
{
	struct qf_home h;

	make_root();
	h = open_home(below("a/b//c/"));
	assert_string_equal(h.dir, below("a/b/c"));
	assert_int_equal(h.lock_fd, -1);
	assert_int_equal(mode_of(below("a/b/c")), 0700);
	assert_int_equal(mode_of(below("a")), 0700);
	remove_root();
}

TEST(home, it_is_looked_for_where_the_xdg_rules_say)
{
	make_root();
	only_environment(NULL, NULL);
	assert_string_equal(open_home(NULL).dir, below(".local/share/quickfi"));
	only_environment("XDG_DATA_HOME", below("xdg"));
	assert_string_equal(open_home(NULL).dir, below("xdg/quickfi"));
	only_environment("XDG_DATA_HOME", "relative/is/ignored");
	assert_string_equal(open_home(NULL).dir, below(".local/share/quickfi"));
	only_environment("XDG_DATA_HOME", "");
	assert_string_equal(open_home(NULL).dir, below(".local/share/quickfi"));
	setenv("QUICKFI_HOME", below("ours"), 1);
	assert_string_equal(open_home(NULL).dir, below("ours"));
	assert_string_equal(open_home(below("said")).dir, below("said"));
	remove_root();
}

TEST(home, a_file_in_its_place_is_said_to_be_no_directory)
{
	struct qf_home h;

	make_root();
	write_to(below("file"), "", 0);
	assert_int_equal(qf_home_open(&h, below("file"), why, sizeof why),
	                 QF_E_IO);
	assert_non_null(strstr(why, "is not a directory"));
	assert_int_equal(qf_home_open(&h, below("file/x"), why, sizeof why),
	                 QF_E_IO);
	assert_non_null(strstr(why, "Not a directory"));
	remove_root();
}

TEST(home, a_link_to_nowhere_is_an_error_and_no_loop)
{
	struct qf_home h;

	make_root();
	assert_int_equal(symlink(below("nowhere"), below("link")), 0);
	assert_int_equal(qf_home_open(&h, below("link/x"), why, sizeof why),
	                 QF_E_IO);
	assert_non_null(strstr(why, "cannot make the directory"));
	remove_root();
}

TEST(home, a_path_too_long_is_an_error)
{
	char path[5000];
	struct qf_home h;

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(qf_home_open(&h, path, why, sizeof why), QF_E_LIMIT);
	assert_non_null(strstr(why, "too long"));
}

TEST(home, a_directory_that_others_may_write_to_is_refused)
{
	struct qf_home h;

	make_root();
	assert_int_equal(chmod(root, 0770), 0);
	assert_int_equal(qf_home_open(&h, root, why, sizeof why), QF_E_DENIED);
	assert_non_null(strstr(why, "others may write"));
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(qf_home_open(&h, root, why, sizeof why), QF_OK);
	remove_root();
}

static void become_somebody(void)
{
	if (geteuid() == 0 && (setgid(SOMEBODY_ELSE) || setuid(SOMEBODY_ELSE)))
		_exit(100);
}

static int refuses_a_home_of_root(void)
{
	struct qf_home h;

	become_somebody();
	if (qf_home_open(&h, "/usr", why, sizeof why) != QF_E_DENIED)
		return 1;
	return strstr(why, "belongs to somebody else") ? 0 : 2;
}

TEST(home, a_directory_of_somebody_else_is_refused)
{
	assert_int_equal(in_child(refuses_a_home_of_root), 0);
}

static int refuses_what_it_cannot_write(void)
{
	struct qf_home h;

	become_somebody();
	if (qf_home_open(&h, root, why, sizeof why) != QF_E_DENIED ||
	    !strstr(why, "cannot write to"))
		return 1;
	if (qf_home_open(&h, below("x"), why, sizeof why) != QF_E_DENIED ||
	    !strstr(why, "cannot make the directory"))
		return 2;
	return 0;
}

TEST(home, a_directory_that_we_cannot_write_to_is_refused)
{
	make_root();
	assert_int_equal(chmod(root, 0500), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(root, SOMEBODY_ELSE, SOMEBODY_ELSE), 0);
	assert_int_equal(in_child(refuses_what_it_cannot_write), 0);
	assert_int_equal(chmod(root, 0700), 0);
	remove_root();
}

/* A child asserts nothing: it would go on with the other tests. */
static int finds_it_taken(void)
{
	struct qf_home h;
	char pid[32];

	snprintf(pid, sizeof pid, "process %ld ", (long)getppid());
	if (qf_home_open(&h, root, why, sizeof why) ||
	    qf_home_lock(&h, why, sizeof why) != QF_E_TAKEN)
		return 1;
	return strstr(why, pid) && h.lock_fd == -1 ? 0 : 2;
}

static int finds_it_free(void)
{
	struct qf_home h;

	return qf_home_open(&h, root, why, sizeof why) ||
	       qf_home_lock(&h, why, sizeof why);
}

TEST(home, one_process_is_the_node_and_the_next_is_told_which)
{
	struct qf_home h;

	make_root();
	h = open_home(root);
	assert_int_equal(qf_home_lock(&h, why, sizeof why), QF_OK);
	assert_int_equal(mode_of(below("lock")), 0600);
	assert_int_equal(in_child(finds_it_taken), 0);
	qf_home_unlock(&h);
	assert_int_equal(in_child(finds_it_free), 0);
	/* And it ended without unlocking. */
	assert_int_equal(qf_home_lock(&h, why, sizeof why), QF_OK);
	qf_home_unlock(&h);
	qf_home_unlock(&h);
	remove_root();
}

TEST(home, a_program_started_by_the_node_does_not_hold_the_lock)
{
	struct qf_home h;

	make_root();
	h = open_home(root);
	assert_int_equal(qf_home_lock(&h, why, sizeof why), QF_OK);
	assert_int_equal(fcntl(h.lock_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	qf_home_unlock(&h);
	remove_root();
}

TEST(home, the_key_is_made_once_and_is_ours_alone)
{
	struct qf_identity first, again;
	struct qf_home h;

	make_root();
	h = open_home(root);
	assert_int_equal(qf_home_identity(&h, &first, why, sizeof why), QF_OK);
	assert_int_equal(mode_of(below("key")), 0600);
	assert_int_not_equal(access(below("key.new"), F_OK), 0);
	assert_int_equal(qf_home_identity(&h, &again, why, sizeof why), QF_OK);
	assert_true(qf_key_equal(&first.key, &again.key));
	qf_identity_fini(&first);
	qf_identity_fini(&again);
	remove_root();
}

TEST(home, two_homes_have_two_keys)
{
	struct qf_identity one, other;
	struct qf_home h;

	make_root();
	h = open_home(below("one"));
	assert_int_equal(qf_home_identity(&h, &one, why, sizeof why), QF_OK);
	h = open_home(below("other"));
	assert_int_equal(qf_home_identity(&h, &other, why, sizeof why), QF_OK);
	assert_false(qf_key_equal(&one.key, &other.key));
	remove_root();
}

static void expect_no_new_key(const char *words)
{
	struct qf_home h = open_home(root);
	struct qf_identity id;
	struct stat before, after;

	assert_int_equal(lstat(below("key"), &before), 0);
	assert_int_not_equal(qf_home_identity(&h, &id, why, sizeof why), QF_OK);
	assert_non_null(strstr(why, words));
	assert_int_equal(lstat(below("key"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
}

TEST(home, a_key_of_the_wrong_size_is_an_error_and_stays)
{
	uint8_t bytes[QF_SEED_BYTES + 1] = { 0 };

	make_root();
	write_to(below("key"), bytes, 0);
	expect_no_new_key("is not a key");
	expect_no_new_key("If there is a copy of it, put that back");
	expect_no_new_key("sealed to the old key are lost");
	write_to(below("key"), bytes, QF_SEED_BYTES - 1);
	expect_no_new_key("is not a key");
	write_to(below("key"), bytes, QF_SEED_BYTES + 1);
	expect_no_new_key("is not a key");
	remove_root();
}

TEST(home, a_key_that_cannot_be_read_is_an_error_and_stays)
{
	make_root();
	assert_int_equal(mkdir(below("key"), 0700), 0);
	expect_no_new_key("is not a key");
	assert_int_equal(rmdir(below("key")), 0);
	assert_int_equal(symlink("key", below("key")), 0);
	expect_no_new_key("cannot read");
	remove_root();
}

TEST(home, a_key_that_others_could_read_becomes_private)
{
	uint8_t bytes[QF_SEED_BYTES] = { 7 };
	struct qf_identity id, want;
	struct qf_home h;

	make_root();
	h = open_home(root);
	write_to(below("key"), bytes, sizeof bytes);
	assert_int_equal(qf_home_identity(&h, &id, why, sizeof why), QF_OK);
	assert_int_equal(mode_of(below("key")), 0600);
	qf_identity_init(&want, bytes);
	assert_true(qf_key_equal(&id.key, &want.key));
	remove_root();
}

TEST(home, half_a_key_left_by_a_crash_is_never_used)
{
	struct qf_identity id;
	struct qf_home h;

	make_root();
	h = open_home(root);
	write_to(below("key.new"), "half", 4);
	assert_int_equal(qf_home_identity(&h, &id, why, sizeof why), QF_OK);
	assert_int_equal(mode_of(below("key")), 0600);
	remove_root();
}

TEST(home, a_certificate_is_kept_for_us_alone_until_it_is_put_aside)
{
	char aside[QF_HOME_ASIDE_MAX];
	struct qf_buf pem = { 0 };
	struct qf_home h;

	make_root();
	h = open_home(root);
	assert_int_equal(qf_home_certificate(&h, &pem, why, sizeof why),
	                 QF_E_NOTFOUND);
	assert_int_equal(qf_home_set_certificate(&h, qf_bytes("one", 3), why,
	                                         sizeof why),
	                 QF_OK);
	assert_int_equal(chmod(below("certificate"), 0644), 0);
	assert_int_equal(qf_home_certificate(&h, &pem, why, sizeof why), QF_OK);
	assert_int_equal(pem.len, 3);
	assert_memory_equal(pem.at, "one", 3);
	assert_int_equal(mode_of(below("certificate")), 0600);
	/* What was kept aside before stays. */
	write_to(below("certificate.damaged-1"), "old", 3);
	assert_int_equal(qf_home_shelve_certificate(&h, aside, why, sizeof why),
	                 QF_OK);
	assert_non_null(strstr(aside, "certificate.damaged-2"));
	assert_int_equal(mode_of(aside), 0600);
	assert_int_equal(qf_home_certificate(&h, &pem, why, sizeof why),
	                 QF_E_NOTFOUND);
	qf_buf_fini(&pem);
	remove_root();
}

TEST(home, a_path_in_it_is_whole_or_refused)
{
	struct qf_home h = { .dir = "/home/ana/q" };
	char path[20];

	assert_true(qf_home_path(&h, "store", path, sizeof path));
	assert_string_equal(path, "/home/ana/q/store");
	assert_false(qf_home_path(&h, "storehouse", path, sizeof path));
}
