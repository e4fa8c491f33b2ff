/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol of the control socket: each request is one line with a JSON
 * object.  The answers come in the order of the requests.
 *
 *   {"op": "service.add", "args": {"name": "web", "vip": "192.0.2.10", "port": 80}}
 *   {"ok": true, "result": ...}
 *   {"ok": false, "error": {"errno": "EEXIST", "arg": "name", "msg": "service ..."}}
 *
 * An answer is one line, except for connection.del, connection.flush,
 * connection.show, vdport.ports and monitor.  These answer in several lines,
 * each with a part of the array; all but the last have "more": true.  The last
 * line may be an error instead:
 *
 *   {"ok":true,"result":[...],"more":true}
 *   {"ok":true,"result":[...]}
 *
 * dnatd makes the next part when the client has read the one before.  So half a
 * million connections neither block the other clients nor fill the memory.
 * connection.del and connection.flush stop when the client closes: connections
 * that are not ended by then stay.
 * (dnatctl does not read the connections from the module itself, because it
 * may run in another network namespace than dnatd.)
 *
 * The answer to config.apply may have up to 1000 errors:
 *
 *   {"ok": false, "error": {..., "errors": [{"arg": "services[3].backends[0].port", "msg": "..."}]}}
 *
 * op             args (? optional)                                     result
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
 * Group "dnat" may use the operations that only read: show, ports, stats,
 * status and monitor.  The others, config.apply with dry_run included, need
 * root or the admin's group and fail with EPERM otherwise (access.h).  Only
 * root may set a new exec-command (programs.h).
 *
 * Addresses are strings, ports and weights are integers.  Unknown operations,
 * unknown arguments and arguments of the wrong type are refused.
 *
 * STATE:      state and deadline, both optional; state: "up", "drain" or
 *             "remove"; deadline: the longest time that a drain may take, such
 *             as "60s"; the argument drain has the same form
 * HEALTH:     check interval timeout rise fall check-source http-path http-host
 *             http-status http-body dns-name exec-command on-down when-empty,
 *             all optional; rise and fall are integers
 * PLACE:      backup check-addr check-port, all optional
 * service:    {name vip port proto mode scheduler dev|null fast on-down
 *              when-empty backends: [{addr port weight STATE PLACE}] check HEALTH};
 *              fast and backup: "on" or "off"; members of HEALTH, STATE and
 *              PLACE that are not set or have no effect are left out
 * SUMS:       up drain down left|null: the numbers of backends that may get new
 *             connections, that drain, and that are down; left: the sum of left
 *             of the draining backends, null if none drains
 * backend:    {service addr port weight state deadline? PLACE left|null
 *              deadline_in|null unanswered|null health|null health_for? health_fault?
 *              health_pending?};
 *              state: also "drain" if weight is 0;
 *              left: the number of its connections that are not closed, if it
 *              drains; with hundreds of thousands of connections the count may
 *              be some seconds old;
 *              deadline_in: seconds;
 *              health: "up", "down", or "checking" before the first check;
 *              health_for: seconds since health changed or the checks began;
 *              health_fault: what the last failed check found;
 *              health_pending: why health is not yet in the rules
 * pool:       {vip proto backend port in_use half_open closed capacity
 *              taken_back failures}; half_open and closed are part of in_use
 * port:       {vip proto vdport backends}: the number of backends to which a
 *             connection has this vdport
 * range:      "MIN-MAX"; on-exhausted: "drop" or "reset"; state: "open",
 *             "half-open" or "closed", for connection.show also a state as in
 *             its answer, in upper or lower case; health: "up", "down",
 *             "checking", or "none" for backends without a check
 * connection: {service|null proto client client_port vip port vdport backend
 *              backend_port state age expires}; age and expires: seconds; age
 *              is null if the kernel keeps no timestamps; service is null if no
 *              service has this VIP and port any more
 * status.check fails with EHOSTDOWN if the service serves no clients; without
 *             an argument, if no service does
 * stats:      {begun ended in_use unconfirmed taken_back skipped uncounted
 *              exhausted no_memory fast slow: {off header ttl flags new route
 *              size state}}: totals since the module was loaded, except for
 *              in_use; unconfirmed is part of ended; uncounted, the connections
 *              in no COUNTS, is part of begun; fast and slow count packets
 * COUNTS:     connections in_use packets_in bytes_in packets_out bytes_out
 *              exhausted no_memory taken_back unanswered: totals, except for
 *              in_use, since the service was added or the module was loaded; a
 *              restart of dnatd does not reset them; in: to the backend; bytes
 *              include the IP header.  The counts of a service are the sums
 *              over its backends, deleted ones included; the list has a deleted
 *              backend for as long as it has connections
 * notes:      {notes: ["..."]}: arguments that have no effect for now, or null
 *             if there are none; for config.apply each note is {arg msg}, as
 *             its errors are
 * ended:      the number of connections that were ended, in the last line; with
 *             notes?, an array of strings, if allocator nf_nat has ended them
 * config:     {version vdports? services}: the content of the state file, see
 *             store.h; brief: true leaves out default values.
 *             config.apply replaces the whole configuration, or changes nothing
 *             if it fails; from: the name of the file, for the log.  dry_run:
 *             true changes nothing and returns {before after notes?}: two brief
 *             configs with the services that differ, and with the settings of
 *             vdports if these differ
 * status:     {version, allocator: {configured in_force reason},
 *              module: {version}|null, vdports: {range on-exhausted}|null,
 *              services, backends, backends_down, repairs: {total overruns},
 *              checks: [{name value ok advice|null}]};
 *              value is a string or an integer; advice may be set although ok
 *              is true
 *
 * event:      {time event ...}; time is UTC, as "2026-11-25T13:14:15.678Z",
 *             event is one of these names, followed by its members:
 *             start   version allocator services: the first event; time is when
 *                     dnatd started
 *             change  op uid service|null addr?: a request changed something;
 *                     uid: who sent it; addr: the backend's
 *             backend service addr port health fault|null: a backend went down
 *                     or up
 *             drain   service addr port what: "deadline": a draining backend
 *                     reached its deadline, its connections were ended;
 *                     "removed": the backend was removed from its service
 *             pool    vip proto backend port state open capacity failures: open
 *                     connections use that number of the pool's ports; it has
 *                     refused that number of connections; state is
 *                     "nearly-full" from 90 %, "exhausted" after a refusal,
 *                     and "recovered" below 80 %
 *             repair  what: others changed the "rules", "addresses" or
 *                     "module", and dnatd has repaired them
 *             health-pending  service reason: backends went down or up, but the
 *                            rules could not be changed
 *             repair-failed  what reason: dnatd could not repair them
 *             repairs-held   a_minute: more than a_minute repairs were needed
 *                     in a minute; dnatd now tries one a minute
 *             fault   name value advice: one of status' checks is no longer ok
 *             fault-over  name: it is ok again, or no service needs it
 *             lost    events: the number of events that the client lost because
 *                     it read too slowly
 *
 * The answer to monitor has no end: dnatd sends parts as events happen, start
 * first.  A client that reads too slowly loses events; dnatd then sends it the
 * event lost.  A client that reads nothing for CONTROL_TIMEOUT_MS is
 * disconnected.  The answer ends when the client closes the connection or its
 * sending side.
 *
 * If a backend's port is left out, add uses the service's port; set and del use
 * the only backend with that address.
 *
 * A line may have CONTROL_LINE_MAX bytes.  After a longer line, or one that
 * ends before its newline, dnatd answers with an error and closes the
 * connection.  A line that begins with exactly CONTROL_LONG may have
 * CONTROL_LONG_MAX bytes and take CONTROL_LONG_MS to arrive, if the client may
 * change something and no other client is sending such a line.
 *
 * Clients take turns: dnatd handles one request, or one part of an answer, and
 * goes on to the next client.  If a client that may only read closes the
 * connection, its requests are dropped.  A client that sends no request for
 * CONTROL_IDLE_MS is disconnected; one that may only read is disconnected
 * earlier if dnatd has too many clients.
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
 * @path: the socket; its directory is created if the parent exists
 * @access: the groups that may connect; copied.  The socket gets its group
 * @fn: carries out the requests
 * @data: for @fn
 *
 * Replaces the socket of a dnatd that has died.
 *
 * Return: freed with control_free(); NULL on error with @err set, for example
 *	if another dnatd listens on @path
 */
struct control *control_new(struct event_base *base, const char *path,
			    const struct access *access, control_fn fn,
			    void *data, struct err *err);

/*
 * @fn gets the lines over CONTROL_LINE_MAX unparsed: parsing takes too long for
 * the event loop.
 */
void control_set_long(struct control *control, control_long_fn fn);

/* Disconnect all clients and remove the socket.  @control may be NULL. */
void control_free(struct control *control);

#endif
