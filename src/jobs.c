/* jobs.c - the commands of the program: how each is typed, and what it does */
#include "jobs.h"

#include <stdint.h>

const struct qf_job_form qf_jobs[QF_JOBS] = {
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
	[QF_JOB_CONNECT] = { "connect", " ADDRESS[:PORT]|NAME", 0, 1,
	                     "link with the node at an address, or a contact",
	                     "Waits up to 10 seconds for the outcome and "
	                     "prints who answered, with words to compare "
	                     "aloud. The address is remembered. A contact "
	                     "has to show the key that is known." },
	[QF_JOB_WHO] = { "who", " [ROOM]", 0, 1,
	                 "print who is here, or in a room",
	                 "Everyone who can be reached through any number of "
	                 "nodes, with the words of their keys." },
	[QF_JOB_CONTACTS] = { "contacts", "", 0, 0,
	                      "print, export or import whom you have met",
	                      "One contact a line: name, key and address. What "
	                      "is exported here can be imported elsewhere; "
	                      "- is standard input or output." },
	[QF_JOB_QR] = { "qr", " [ROOM]", 0, 1,
	                "show links that let phones in, as QR codes",
	                "Whoever opens one in a browser picks a name and is in "
	                "the room as a guest of this node, for one to two "
	                "weeks." },
	[QF_JOB_GUI] = { "gui", "", 0, 0, "open the window, in a browser",
	                 "Asks the node that runs for this home, or is one "
	                 "until stopped. The link is good once, and only on "
	                 "this machine." },
	[QF_JOB_DOCTOR] = { "doctor", "", 0, 0,
	                    "say why nobody is found here, and what helps",
	                    "Looks at this machine and its networks for some "
	                    "seconds: network, firewall, VPN, multicast, who "
	                    "answers, port, versions, clock. Each thing that "
	                    "is in the way is told with what was seen and what "
	                    "to do; then the exit code is 69. As root it also "
	                    "reads the packet filter." },
	[QF_JOB_MAP] = { "map", "", 0, 0, "draw who is linked with whom",
	                 "Everyone who is here, as a tree along the shortest "
	                 "ways from this node, with the links that are on none "
	                 "of them below; or as a drawing for a browser: "
	                 "quickfi map --svg > map.svg" },
	[QF_JOB_ACCOUNT] = { "account", " list|add|passwd|cert|remove [NAME]",
	                     1, 3, "give a name a password, for IRC clients",
	                     "add reads the password from standard input, one "
	                     "line. From then on only who knows it goes by "
	                     "that name through this node. passwd changes it, "
	                     "cert NAME FINGERPRINT lets a client in by its TLS "
	                     "certificate too (SHA-256, in hex), remove makes "
	                     "the name free again, and list shows them all." },
};
