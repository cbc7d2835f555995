/* mdns.h - the process that publishes and browses _quickfi._tcp by mDNS
 *
 * herald.h is its other end. It gives up its rights first: no user of its own
 * if it was root, no files, no new privileges. What it says of us is a hint in
 * TXT, and as a name: no person, no room, no key.
 */
#ifndef QF_MDNS_H
#define QF_MDNS_H

/* The whole life of that process; its exit code. */
int qf_mdns_run(const char *hint);

#endif
