// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said to be the output of ipvsadm-save -n: all that comes of it is
 * what apply takes.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs the corpus below and the files it is given.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/import.h"
#include "lang/conf.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_faults(const struct file_errors *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		if (!faults->list[i].msg[0])
			abort();
}

static void refused(const struct err *err, void *data)
{
	(void)data;
	fprintf(stderr, "%s\n", err->msg);
	abort();
}

static void check_lines(const struct ipvs *ipvs)
{
	struct file_errors faults = { 0 };
	struct model *model;
	struct conf conf;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		abort();
	import_ipvs(file, ipvs);
	if (fclose(file))
		abort();
	conf_read(&conf, text, len, &faults);
	/* Without a service it is refused, so that nobody applies it unseen. */
	if (faults.n != !conf.n)
		abort();
	model = conf.n ? model_read(conf.json, refused, NULL) : NULL;
	if (conf.n && !model)
		abort();
	model_free(model);
	file_errors_clean(&faults);
	conf_clean(&conf);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct file_errors faults = { 0 };
	struct ipvs ipvs;

	if (!text)
		return 0;
	memcpy(text, data, size);
	ipvs_read(&ipvs, text, size, &faults);
	check_faults(&faults);
	check_lines(&ipvs);
	ipvs_clean(&ipvs);
	file_errors_clean(&faults);
	free(text);
	return 0;
}

#ifdef FUZZ_STANDALONE
#define TCP "-A -t 192.0.2.10:80"
#define TO "-a -t 192.0.2.10:80 -r 10.1.0.11:8080"

static const char *const corpus[] = {
	"", "\n", "#", "-A", "-a", "-A -t", "-A -f 2 -t 192.0.2.10:80", "-A -s rr", "-a -r 10.1.0.11:1 -m",
	TCP, TCP "\n" TCP, TCP "\n" TO, TO, TCP "\n" TO "\n" TO,
	TCP " -s wlc -p 300 -M 255.255.255.0\n" TO " -g -w 1 -x 5 -y 3",
	TCP " -p -o --pe sip -b sh-port\n" TO " -i -w 2147483647 --tun-type gue --tun-nocsum",
	TCP " -s 'a\nb\x1b'", TCP " -w 1", TO " -s rr", TCP "\n" TO ":1",
	TCP "\n-a -t 192.0.2.10:80 -r 10.1.0.11\n-a -t 192.0.2.10:80 -r 10.1.0.11:80",
	"-A -t [2001:db8::1]:80 -s rr\n-a -t [2001:db8::1]:80 -r [fd00::1]:1 -m -w 0",
	"-A -t [2001:db8::1]:80\n-a -t [2001:db8::1]:80 -r 10.1.0.1:1 -i",
	"-A -f 1 -s sh\n-A -f 1 -6\n-a -f 1 -r 10.1.0.1:0 -w 4294967295",
	"-A --sctp-service 192.0.2.10:80", "-A -u 192.0.2.10:0\n-a -u 192.0.2.10:0 -r 10.1.0.1:0 -m",
	TCP " -s", TCP " -M", TCP " --pe", TCP " -b", TCP " -f", TCP "\n" TO " -w", "-A -f",
	TCP "\n-P -t 192.0.2.10:80 -z",
	"-A -t 0.0.0.0:80", "-A -t []:80", "-A -t [:80", "-A -t ::1:80", "-A -t :80", "-A -t 1.2.3.4:",
};

#include "standalone.h"
#endif
