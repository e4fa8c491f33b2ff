/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: one JSON object a line, and to each its answer, in order.
 *
 *   {"op": "service.add", "args": {"name": "web", "vip": "192.0.2.10", "port": 80}}
 *   {"ok": true, "result": ...}
 *   {"ok": false, "error": {"errno": "EEXIST", "arg": "name", "msg": "service ..."}}
 *
 * An answer is one line.  But the lists of vdport.ports and connection.show, as
 * the module gives them, come in several, each but the last with "more": true
 * and with a part of the array; a line with an error may be the last:
 *
 *   {"ok":true,"result":[...],"more":true}
 *   {"ok":true,"result":[...]}
 *
 * These lines have no blanks, no string in their rows needs an escape, and all
 * members come in the order given here and below.  dnatctl goes by that: it
 * reads such lines at once, and any other JSON that means the same more slowly.
 *
 * dnatd makes a part when the client has taken the one before, so that half a
 * million connections neither hold up the other clients nor fill the memory.
 * (dnatctl could read them from the module itself, but need not be in the
 * network namespace that dnatd is in.)
 *
 * op             args (? may be left out)                              result
 * service.add    name vip port proto? mode? scheduler? dev? fast?      null
 * service.set    name, and one or more of scheduler dev fast           null
 * service.del    name                                                  null
 * service.show   name?                                                 [service]
 * backend.add    service addr port? weight?                            null
 * backend.set    service addr port? weight                             null
 * backend.del    service addr port?                                    null
 * backend.show   service?                                              [backend]
 * vdport.show    -                                                     [pool]
 * vdport.ports   vip? proto?                                           [port]
 * vdport.set     one or more of range on-exhausted                     null
 * connection.show  service? backend? client? state?                    [connection]
 * stats          -                                                     stats
 * status         -                                                     status
 *
 * Addresses are strings, ports and weights are integers.  Unknown operations,
 * unknown arguments and arguments of the wrong type are refused.
 *
 * service:    {name vip port proto mode scheduler dev|null fast
 *              backends: [{addr port weight}]}; fast: "on" or "off"
 * backend:    {service addr port weight}
 * pool:       {vip proto backend port in_use half_open closed capacity
 *              taken_back failures}; half_open and closed are part of in_use
 * port:       {vip proto vdport backends}: connections to so many backends
 *             have this vdport
 * range:      "MIN-MAX"; on-exhausted: "drop" or "reset"; state: "open",
 *             "half-open" or "closed"
 * connection: {service|null proto client client_port vip port vdport backend
 *              backend_port state age expires}; age and expires in seconds,
 *              age null where the kernel keeps no timestamps; service null where no
 *              service has this VIP and port any more
 * stats:      {begun ended in_use unconfirmed taken_back skipped exhausted
 *              no_memory fast slow: {off header ttl flags new route size
 *              state}}: totals since the module was loaded, but for in_use;
 *              unconfirmed is part of ended, fast and slow count packets
 * status:     {version, allocator: {configured in_force reason},
 *              module: {version}|null, vdports: {range on-exhausted}|null,
 *              services, backends,
 *              checks: [{name value ok advice|null}]};
 *              value is a string or an integer; advice may stand where all
 *              is ok
 *
 * A backend's port left out means the service's port on add, and the only
 * backend with that address on set and del.
 *
 * A line may have CONTROL_LINE_MAX bytes; a longer one, and one that ends
 * before its newline, is answered with an error and the connection is closed.
 */
#ifndef DNAT_CONTROL_H
#define DNAT_CONTROL_H

#include <event2/event.h>
#include <jansson.h>

#include "err.h"
#include "parts.h"

#define CONTROL_LINE_MAX 65536

/* For the rest of a line that has begun, and for any progress with an answer. */
#ifndef CONTROL_TIMEOUT_MS
#define CONTROL_TIMEOUT_MS 30000
#endif

#define CONTROL_SOCKET "/run/dnat/control.sock"

struct control;

/**
 * typedef control_fn - carry out one request
 * @op: the operation
 * @args: its arguments, an object
 * @result: answer on success; the callee gives a new reference
 * @parts: or, instead of @result, an answer in parts; the callee gives it away
 * @err: the sentence on failure
 * @data: as given to control_new()
 *
 * Return: 0 or a negative errno
 */
typedef int (*control_fn)(const char *op, const json_t *args, json_t **result,
			  struct parts **parts, struct err *err, void *data);

/**
 * control_new - listen on a unix socket
 * @base: event loop that serves the clients
 * @path: the socket; its directory is made if its parent is there
 * @fn: carries out the requests
 * @data: for @fn
 *
 * A socket that a dead daemon left behind is replaced.
 *
 * Return: NULL with @err set, such as where another daemon answers on @path
 */
struct control *control_new(struct event_base *base, const char *path,
			    control_fn fn, void *data, struct err *err);

/* Cut all clients off and take the socket away. */
void control_free(struct control *control);

#endif
