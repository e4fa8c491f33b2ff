// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "common/socket.h"
#include "lang/grammar.h"

const struct global_option global_options[] = {
	{ "-j", "--json", "", "print JSON, on one line" },
	{ "-p", "--pretty", "", "print JSON, indented" },
	{ NULL, "--socket", "PATH",
	  "control socket of dnatd, default " CONTROL_SOCKET },
	{ "-h", "--help", "",
	  "print this text, or the part about an object and command" },
	{ "-V", "--version", "", "print the version" },
	{ 0 }
};

static const struct arg none[] = { { 0 } };

/* The check keywords, which service add and service set both have. */
#define CHECK_KEYWORDS \
	{ "check", "tcp|http|https|dns|exec|none", VALUE_WORD, OPTIONAL, \
	  "how backends are checked, default none" }, \
	{ "interval", "TIME", VALUE_TIME, OPTIONAL, \
	  "from one check to the next, default 2s" }, \
	{ "timeout", "TIME", VALUE_TIME, OPTIONAL, \
	  "for the answer to a check, default 1s" }, \
	{ "rise", "N", VALUE_COUNT, OPTIONAL, \
	  "passed checks in a row that make a backend up, default 2" }, \
	{ "fall", "N", VALUE_COUNT, OPTIONAL, \
	  "failed checks in a row that make it down, default 3" }, \
	{ "check-source", "own|vip", VALUE_WORD, OPTIONAL, \
	  "address that checks come from, default own" }, \
	{ "http-path", "PATH", VALUE_TEXT, OPTIONAL, \
	  "what check http or https asks for, default /" }, \
	{ "http-host", "NAME", VALUE_TEXT, OPTIONAL, \
	  "of which host, default the backend's address" }, \
	{ "http-status", "N|N-M,...", VALUE_TEXT, OPTIONAL, \
	  "status that is a good answer, default 200-399" }, \
	{ "http-body", "REGEX", VALUE_TEXT, OPTIONAL, \
	  "what the answer's body has to match" }, \
	{ "dns-name", "NAME", VALUE_TEXT, OPTIONAL, "what check dns asks for" }, \
	{ "exec-command", "PATH", VALUE_TEXT, OPTIONAL, \
	  "what check exec runs; words after a blank are its arguments" }, \
	{ "on-down", "keep|reset", VALUE_WORD, OPTIONAL, \
	  "what becomes of the connections of a backend that goes down, default keep" }, \
	{ "when-empty", "reject|drop|backup", VALUE_WORD, OPTIONAL, \
	  "what a client gets while no backend is up, default reject" },

static const struct arg service_add[] = {
	{ "vip", "ADDR", VALUE_ADDR, REQUIRED,
	  "address that clients connect to, IPv4 or IPv6" },
	{ "port", "N", VALUE_PORT, REQUIRED,
	  "port that clients connect to, 1 to 65535" },
	{ "proto", "tcp|udp", VALUE_WORD, OPTIONAL, "protocol, default tcp" },
	{ "mode", "double-nat", VALUE_WORD, OPTIONAL,
	  "forwarding mode, default double-nat" },
	{ "scheduler", "rr|wrr", VALUE_WORD, OPTIONAL,
	  "backends in turn, or in turn by weight; default rr" },
	{ "dev", "IFACE", VALUE_DEV, OPTIONAL,
	  "interface to put the VIP on, default none" },
	{ "fast", "on|off", VALUE_WORD, OPTIONAL,
	  "whether the module forwards packets itself, default on" },
	CHECK_KEYWORDS
	{ 0 }
};

static const struct arg service_set[] = {
	{ "scheduler", "rr|wrr", VALUE_WORD, OPTIONAL,
	  "backends in turn, or in turn by weight" },
	{ "dev", "IFACE|none", VALUE_DEV, OPTIONAL,
	  "interface to put the VIP on, none to take it away" },
	{ "fast", "on|off", VALUE_WORD, OPTIONAL,
	  "whether the module forwards new connections' packets itself" },
	CHECK_KEYWORDS
	{ 0 }
};

#define BACKEND_KEYWORDS \
	{ "backup", "on|off", VALUE_WORD, OPTIONAL, \
	  "whether it serves only while no other is up, default off" }, \
	{ "check-addr", "ADDR", VALUE_ADDR, OPTIONAL, \
	  "address to check instead of its own" }, \
	{ "check-port", "N", VALUE_PORT, OPTIONAL, \
	  "port to check instead of its own" },

static const struct arg health[] = {
	{ "health", "up|down|checking|none", VALUE_WORD, OPTIONAL,
	  "only backends that checks found so; none: not checked" },
	{ 0 }
};

static const struct arg backend_add[] = {
	{ "addr", "ADDR", VALUE_ADDR, REQUIRED,
	  "address of the backend, of the VIP's family" },
	{ "port", "N", VALUE_PORT, OPTIONAL,
	  "port of the backend, default the service's" },
	{ "weight", "W", VALUE_WEIGHT, OPTIONAL,
	  "share with scheduler wrr, 0 to 256, default 1; 0: no new connections" },
	{ "state", "up|drain|remove", VALUE_WORD, OPTIONAL,
	  "default up; drain: no new connections; remove: then it goes" },
	{ "deadline", "TIME", VALUE_TIME, OPTIONAL,
	  "how long a drain may take, such as 60s, default for ever" },
	BACKEND_KEYWORDS
	{ 0 }
};

static const struct arg backend_set[] = {
	{ "addr", "ADDR", VALUE_ADDR, REQUIRED, "address of the backend" },
	{ "port", "N", VALUE_PORT, PICKS,
	  "port of the backend, needed where it has several" },
	{ "weight", "W", VALUE_WEIGHT, OPTIONAL,
	  "share with scheduler wrr, 0 to 256; 0: no new connections" },
	{ "state", "up|drain|remove", VALUE_WORD, OPTIONAL,
	  "drain: no new connections; remove: then it goes; up: neither" },
	{ "deadline", "TIME", VALUE_TIME, OPTIONAL,
	  "end the remaining connections after this time, such as 60s" },
	BACKEND_KEYWORDS
	{ 0 }
};

static const struct arg backend_del[] = {
	{ "addr", "ADDR", VALUE_ADDR, REQUIRED, "address of the backend" },
	{ "port", "N", VALUE_PORT, OPTIONAL,
	  "port of the backend, needed where it has several" },
	{ "drain", "TIME", VALUE_TIME, OPTIONAL,
	  "time that connections get to end by themselves, such as 60s" },
	{ 0 }
};

#define CONNECTION_ARGS \
	{ "service", "NAME", VALUE_NAME, OPTIONAL, \
	  "only those of this service" }, \
	{ "backend", "ADDR", VALUE_ADDR, OPTIONAL, \
	  "only those to this backend" }, \
	{ "client", "ADDR", VALUE_ADDR, OPTIONAL, \
	  "only those of this client" },

static const struct arg connection_show[] = {
	CONNECTION_ARGS
	{ "state", "STATE", VALUE_STATE, OPTIONAL,
	  "only those that are open, half-open or closed, or in a state such as ESTABLISHED" },
	{ 0 }
};

static const struct arg connection_del[] = {
	CONNECTION_ARGS
	{ "state", "open|half-open|closed", VALUE_WORD, OPTIONAL,
	  "only those in this state" },
	{ 0 }
};

static const struct arg vdport_ports[] = {
	{ "vip", "ADDR", VALUE_ADDR, OPTIONAL, "only those of this VIP" },
	{ "proto", "tcp|udp", VALUE_WORD, OPTIONAL, "only those of this protocol" },
	{ 0 }
};

static const struct arg vdport_set[] = {
	{ "range", "MIN-MAX", VALUE_RANGE, OPTIONAL,
	  "ports that are allocated, within 1-65535" },
	{ "on-exhausted", "drop|reset", VALUE_WORD, OPTIONAL,
	  "what a client without a vdport gets: nothing, or a reset" },
	{ 0 }
};

static const struct arg stats[] = {
	{ "-i", "TIME", VALUE_INTERVAL, OPTIONAL,
	  "print rates a second, at this interval, such as 2s" },
	{ 0 }
};

static const struct arg top[] = {
	{ "-i", "TIME", VALUE_INTERVAL, OPTIONAL,
	  "refresh at this interval, default 1s" },
	{ 0 }
};

static const struct arg apply[] = {
	{ "-f", "FILE", VALUE_FILE, REQUIRED,
	  "file with the whole configuration, - for the standard input" },
	{ "--dry-run", "", VALUE_FLAG, OPTIONAL,
	  "change nothing, print what would change" },
	{ 0 }
};

static const struct arg export[] = {
	{ "-f", "FILE", VALUE_FILE, OPTIONAL,
	  "write this file, whole or not at all; - for the standard output" },
	{ 0 }
};

static const struct arg batch[] = {
	{ "-f", "FILE", VALUE_FILE, REQUIRED,
	  "file with commands, a line each, - for the standard input" },
	{ "--force", "", VALUE_FLAG, OPTIONAL, "go on after an error" },
	{ 0 }
};

static const struct arg import_ipvs[] = {
	{ "-f", "FILE", VALUE_FILE, REQUIRED,
	  "what ipvsadm-save -n has printed, - for the standard input" },
	{ 0 }
};

#define TARGET(name, value, need, help) \
	{ name, value, VALUE_NAME, need, help }
#define NO_TARGET { 0 }

#define NOTHING "nothing to change"

const struct command commands[] = {
	{ "service", "add", "service.add",
	  TARGET("name", "NAME", REQUIRED, "name of the new service"),
	  service_add, NULL, "add a service" },
	{ "service", "set", "service.set",
	  TARGET("name", "NAME", REQUIRED, "name of the service"),
	  service_set, NOTHING, "change a service" },
	{ "service", "del", "service.del",
	  TARGET("name", "NAME", REQUIRED, "name of the service"),
	  none, NULL, "delete a service with its backends" },
	{ "service", "show", "service.show",
	  TARGET("name", "NAME", OPTIONAL, "only this service"),
	  health, NULL, "list the services, or those with such a backend" },

	{ "backend", "add", "backend.add",
	  TARGET("service", "SERVICE", REQUIRED, "name of the service"),
	  backend_add, NULL, "add a backend to a service" },
	{ "backend", "set", "backend.set",
	  TARGET("service", "SERVICE", REQUIRED, "name of the service"),
	  backend_set, NOTHING, "change a backend" },
	{ "backend", "del", "backend.del",
	  TARGET("service", "SERVICE", REQUIRED, "name of the service"),
	  backend_del, NULL, "remove a backend from a service" },
	{ "backend", "show", "backend.show",
	  TARGET("service", "SERVICE", OPTIONAL, "only those of this service"),
	  health, NULL, "list the backends" },

	{ "vdport", "show", "vdport.show", NO_TARGET,
	  none, NULL, "list the pools of vdports" },
	{ "vdport", "show ports", "vdport.ports", NO_TARGET,
	  vdport_ports, NULL,
	  "list the vdports in use, and by how many backends each" },
	{ "vdport", "set", "vdport.set", NO_TARGET,
	  vdport_set, NOTHING, "change how vdports are allocated" },

	{ "connection", "show", "connection.show", NO_TARGET,
	  connection_show, NULL, "list the connections" },

	{ "connection", "del", "connection.del", NO_TARGET,
	  connection_del, "it is not said which", "end connections" },
	{ "connection", "del all", "connection.flush", NO_TARGET,
	  none, NULL, "end all connections" },

	{ "apply", NULL, "config.apply", NO_TARGET,
	  apply, NULL, "replace the configuration by that in a file" },
	{ "batch", NULL, "batch", NO_TARGET,
	  batch, NULL, "run the commands in a file" },
	{ "export", NULL, "config.show", NO_TARGET,
	  export, NULL, "print all services as lines for apply" },
	{ "import", "ipvs", "import.ipvs", NO_TARGET,
	  import_ipvs, NULL, "print IPVS's services as lines for apply" },

	{ "stats", NULL, "stats", NO_TARGET,
	  stats, NULL,
	  "show what the module has counted in all, or rates" },
	{ "stats", "service", "stats.services",
	  TARGET("service", "NAME", OPTIONAL, "only this service"),
	  stats, NULL, "the same for each service" },
	{ "stats", "backend", "stats.backends",
	  TARGET("service", "SERVICE", OPTIONAL, "only those of this service"),
	  stats, NULL, "the same for each backend" },

	{ "top", NULL, "top", NO_TARGET,
	  top, NULL,
	  "show rates a second on the terminal, by service or backend" },

	{ "status", NULL, "status", NO_TARGET,
	  none, NULL,
	  "show the allocator in force, versions and system settings" },
	{ "status", "check", "status.check",
	  TARGET("service", "SERVICE", OPTIONAL, "is this one served"),
	  none, NULL,
	  "tell by the exit status whether clients are served" },

	{ "monitor", NULL, "monitor", NO_TARGET,
	  none, NULL,
	  "print events as they happen" },
	{ 0 }
};

const struct command *grammar_object(const char *object)
{
	const struct command *c;

	for (c = commands; c->object; c++)
		if (!strcmp(c->object, object))
			return c;
	return NULL;
}

const struct command *grammar_op(const char *op)
{
	const struct command *c;

	for (c = commands; c->object; c++)
		if (!strcmp(c->op, op))
			return c;
	return NULL;
}

const struct command *grammar_next(const struct command *command)
{
	const struct command *next = command + 1;

	if (next->object && !strcmp(next->object, command->object))
		return next;
	return NULL;
}

const struct arg *grammar_arg(const struct command *command, const char *name)
{
	const struct arg *a;

	for (a = command->args; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

const char *grammar_title(const struct command *command, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s", command->object,
		 command->name ? " " : "", command->name ? command->name : "");
	return buf;
}
