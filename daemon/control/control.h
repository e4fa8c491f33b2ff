/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: one JSON object a line, and to each its answer, in order.
 *
 *   {"op": "service.add", "args": {"name": "web", "vip": "192.0.2.10", "port": 80}}
 *   {"ok": true, "result": ...}
 *   {"ok": false, "error": {"errno": "EEXIST", "arg": "name", "msg": "service ..."}}
 *
 * An answer is one line.  But those to connection.del and connection.flush, and
 * the lists of vdport.ports and connection.show, come in several, each but the
 * last with "more": true and with a part of the array; a line with an error may be
 * the last:
 *
 *   {"ok":true,"result":[...],"more":true}
 *   {"ok":true,"result":[...]}
 *
 * dnatd makes a part when the client has taken the one before, so that half a
 * million connections neither hold up the other clients nor fill the memory.
 * A client that goes away leaves those that are not ended yet as they are.
 * (dnatctl could read them from the module itself, but need not be in the
 * network namespace that dnatd is in.)
 *
 * The answer to config.apply may tell of several errors, of 1000 at most:
 *
 *   {"ok": false, "error": {..., "errors": [{"arg": "services[3].backends[0].port", "msg": "..."}]}}
 *
 * op             args (? may be left out)                              result
 * service.add    name vip port proto? mode? scheduler? dev? fast?      notes
 *                HEALTH?
 * service.set    name, and one or more of scheduler dev fast HEALTH    notes
 * service.del    name                                                  null
 * service.show   name? health?                                         [service SUMS]
 * backend.add    service addr port? weight? STATE? PLACE?              notes
 * backend.set    service addr port?, and one or more of weight STATE   notes
 *                PLACE
 * backend.del    service addr port? drain?                             null
 * backend.show   service? health?                                      [backend]
 * vdport.show    -                                                     [pool]
 * vdport.ports   vip? proto?                                           [port]
 * vdport.set     one or more of range on-exhausted                     null
 * connection.show  service? backend? client? state?                    [connection]
 * connection.del   one or more of service backend client state         [{ended}]
 * connection.flush -                                                   [{ended}]
 * config.show    brief?                                                config
 * config.apply   config dry_run? from?                                 notes
 * stats          -                                                     stats
 * stats.services service?                                              [{service COUNTS}]
 * stats.backends service?                                              [{service addr port COUNTS}]
 * status         -                                                     status
 * status.check   service?                                              null
 * monitor        -                                                     [event]
 *
 * Those called show, ports, stats, status and monitor are for group dnat, too;
 * the others change something, config.apply with dry_run included: they need
 * root or the admin's group, and are refused with EPERM (access.h); so is an
 * exec-command that is new, but for root (programs.h).
 *
 * Addresses are strings, ports and weights are integers.  Unknown operations,
 * unknown arguments and arguments of the wrong type are refused.
 *
 * STATE:      state deadline, each of which may be left out; state: "up",
 *             "drain" or "remove"; deadline: how long a drain may take, as drain
 *             is, such as "60s"
 * HEALTH:     check interval timeout rise fall check-source http-path http-host
 *             http-status http-body dns-name exec-command on-down when-empty,
 *             each of which may be left out; rise and fall are integers
 * PLACE:      backup check-addr check-port, each of which may be left out
 * service:    {name vip port proto mode scheduler dev|null fast on-down
 *              when-empty backends: [{addr port weight STATE PLACE}] check HEALTH};
 *              fast and backup: "on" or "off"; of HEALTH, STATE and PLACE there
 *              is what says something
 * SUMS:       up drain down left|null: how many backends may take new
 *             connections, drain, or were found down, and of those that drain
 *             the sum of left, null where none does
 * backend:    {service addr port weight state deadline? PLACE left|null
 *              deadline_in|null unanswered|null health|null health_for? health_fault?
 *              health_pending?}; state is
 *              "drain" with weight 0, too; left: how many connections that are
 *              not closed it has, where it drains, as of a count that may be some
 *             seconds old where there are hundreds of thousands; deadline_in: seconds; health:
 *              "up", "down", or "checking" before the first check; seconds since
 *              when; what the last bad check found; why the rules do not follow
 * pool:       {vip proto backend port in_use half_open closed capacity
 *              taken_back failures}; half_open and closed are part of in_use
 * port:       {vip proto vdport backends}: connections to so many backends
 *             have this vdport
 * range:      "MIN-MAX"; on-exhausted: "drop" or "reset"; state: "open",
 *             "half-open" or "closed", of connection.show also a state as it
 *             gives it, in letters of either case; health: "up", "down",
 *             "checking", or "none" where nothing is checked
 * connection: {service|null proto client client_port vip port vdport backend
 *              backend_port state age expires}; age and expires in seconds,
 *              age null where the kernel keeps no timestamps; service null where no
 *              service has this VIP and port any more
 * status.check fails with EHOSTDOWN where no client of the service is served,
 *             or of any service where none is named
 * stats:      {begun ended in_use unconfirmed taken_back skipped uncounted
 *              exhausted no_memory fast slow: {off header ttl flags new route
 *              size state}}: totals since the module was loaded, but for
 *              in_use; unconfirmed is part of ended, uncounted (in no COUNTS)
 *              of begun; fast and slow count packets
 * COUNTS:     connections in_use packets_in bytes_in packets_out bytes_out
 *              exhausted no_memory taken_back unanswered: totals since the service was
 *              added or the module loaded, whatever becomes of dnatd, but for
 *              in_use; bytes from the IP header on, in: to the backend.  A
 *              service's are the sums over its backends, those that were
 *              deleted since included; a deleted backend is in the list for as
 *              long as it has connections
 * notes:      {notes: ["..."]}, what was asked for and counts for nothing as
 *             things are, or null where there is nothing to say; of
 *             config.apply each is {arg msg}, as its errors are
 * ended:      how many connections were ended, in the last line; with notes?,
 *             an array of strings, where allocator nf_nat has ended them
 * config:     {version vdports? services}: the state file's content, see
 *             store.h; brief: true leaves out what is as by default.
 *             config.apply makes all that is in force equal to it, or changes
 *             nothing; from: its file, for the log.  With dry_run: true it
 *             only tells what would change:
 *             {before after notes?}, two configs, brief, of the services that
 *             differ, and of the vdports' settings where they do
 * status:     {version, allocator: {configured in_force reason},
 *              module: {version}|null, vdports: {range on-exhausted}|null,
 *              services, backends, backends_down, repairs: {total overruns},
 *              checks: [{name value ok advice|null}]};
 *              value is a string or an integer; advice may stand where all
 *              is ok
 *
 * event:      {time event ...}; time is UTC, as "2026-11-25T13:14:15.678Z",
 *             event what has happened, and the rest depends on that:
 *             start   version allocator services: dnatd runs since
 *             change  op uid service|null addr?: a request that changed
 *                     something, whose it was, and the backend's address
 *             backend service addr port health fault|null: it went down or up
 *             drain   service addr port what: a backend that drains has come to
 *                     its "deadline", and its connections were ended; or it
 *                     was "removed" from its service
 *             pool    vip proto backend port state open capacity failures: so
 *                     many of its ports are in use by open connections, and so
 *                     many connections it has refused; state is "nearly-full"
 *                     from 90 % on, "exhausted" when it has refused one, and
 *                     "recovered" below 80 %
 *             repair  what: "rules", "addresses" or "module" were not as dnatd
 *                     had left them, and are again
 *             health-pending  service reason: its backends went down or up, and
 *                            the rules could not be changed
 *             repair-failed  what reason: and are not
 *             repairs-held   a_minute: so many were needed in a minute; now one
 *                     a minute is tried
 *             fault   name value advice: one of status' checks is no longer ok
 *             fault-over  name: it is ok again, or no service needs it
 *             lost    events: so many that were not taken in time
 *
 * The list of monitor has no end: its parts come as things happen, the event
 * start first.  One who takes them slowly loses events and is told so; one who
 * takes nothing for CONTROL_TIMEOUT_MS is cut off.  The answer ends when the
 * client closes the connection or its own direction of it.
 *
 * A backend's port left out means the service's port on add, and the only
 * backend with that address on set and del.
 *
 * A line may have CONTROL_LINE_MAX bytes; a longer one, and one that ends
 * before its newline, is answered with an error and the connection is closed.
 * One that begins with exactly CONTROL_LONG may have CONTROL_LONG_MAX bytes
 * where its sender may change something and nobody else is sending such a one,
 * and CONTROL_LONG_MS to be there.
 *
 * Clients take turns: one request, or one part of an answer, and then the next
 * client.  What one who may only look has asked for is dropped when he closes the
 * connection.  One who asks nothing for CONTROL_IDLE_MS is cut off; one who may
 * only look also when his place is needed.
 */
#ifndef DNAT_CONTROL_H
#define DNAT_CONTROL_H

#include <event2/event.h>

#include "common/err.h"
#include "common/socket.h"
#include "control/access.h"
#include "control/protocol.h"

struct control;

/**
 * control_new - listen on a unix socket
 * @base: event loop that serves the clients
 * @path: the socket; its directory is made if its parent is there
 * @access: who is let in; the socket is its group's
 * @fn: carries out the requests
 * @data: for @fn
 *
 * A socket that a dead daemon left behind is replaced.
 *
 * Return: NULL with @err set, such as where another daemon answers on @path
 */
struct control *control_new(struct event_base *base, const char *path,
			    const struct access *access, control_fn fn,
			    void *data, struct err *err);

/* Have @fn take lines over CONTROL_LINE_MAX, which take long to parse. */
void control_set_long(struct control *control, control_long_fn fn);

/* Cut all clients off and take the socket away. */
void control_free(struct control *control);

#endif
