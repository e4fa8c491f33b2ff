// SPDX-License-Identifier: GPL-2.0-only
/* What dnatctl top shows, on a screen of memory. */
#include <errno.h>

#include "cli/top.h"
#include "unit.h"

#define WIDTH_MAX 200
#define HEIGHT_MAX 50

static char screen[HEIGHT_MAX][WIDTH_MAX + 1];
static enum top_style styles[HEIGHT_MAX][WIDTH_MAX];
static int width, height;
static struct top top;

static void put(int y, int x, enum top_style style, const char *text,
		void *data)
{
	(void)data;
	CHECK(y >= 0 && y < height);
	CHECK(x >= 0 && x + (int)strlen(text) <= width);
	for (; y < height && x < width && *text; x++, text++) {
		CHECK(*text >= ' ' && *text <= '~');
		screen[y][x] = *text;
		styles[y][x] = style;
	}
}

static void draw(int w, int h)
{
	width = w;
	height = h;
	memset(screen, ' ', sizeof(screen));
	memset(styles, 0, sizeof(styles));
	top_draw(&top, w, h, put, NULL);
	for (int y = 0; y < h; y++) {
		screen[y][w] = '\0';
		for (int x = w; x && screen[y][x - 1] == ' '; )
			screen[y][--x] = '\0';
	}
}

/* Rates of services, the last of them with failures. */
static json_t *services(void)
{
	return json_pack("[{s:s, s:i, s:i, s:i}, {s:s, s:i, s:I}, {s:s, s:i, s:i, s:i}]",
			 "service", "web", "connections", 100, "in_use", 7,
			 "packets_in", 99999,
			 "service", "dns", "connections", 2000, "bytes_out",
			 (json_int_t)1234567890123,
			 "service", "mail", "connections", 3, "exhausted", 4,
			 "no_memory", 5);
}

static void take(json_t *rates)
{
	CHECK_INT(top_take(&top, rates), 0);
	json_decref(rates);
}

static void keys(const char *text)
{
	for (; *text; text++)
		CHECK_INT(top_key(&top, *text), TOP_GO_ON);
}

static void test_rows(void)
{
	top_init(&top, 2000);
	CHECK_STR(top_op(&top), "stats.services");
	take(services());
	draw(81, 8);
	CHECK_STR(screen[0], "dnatctl top: 3 of 3 services, every 2s, by CONN/s");
	CHECK_STR(screen[1], "all of them        2103      7     99999          0          0        1.2T      9");
	CHECK_STR(screen[2], "SERVICE          CONN/s IN_USE PKTS_IN/s BYTES_IN/s PKTS_OUT/s BYTES_OUT/s FAIL/s");
	CHECK_STR(screen[3], "dns                2000      0         0          0          0        1.2T      0");
	CHECK_STR(screen[4], "web                 100      7     99999          0          0           0      0");
	CHECK_STR(screen[5], "mail                  3      0         0          0          0           0      9");
	CHECK_STR(screen[6], "");
	CHECK_STR(screen[7], "q quit  b backends  < > sort  r reverse  / filter");
	/* what fails, and what is sorted by, can be seen */
	CHECK_INT(styles[5][80], TOP_ALARM);
	CHECK_INT(styles[4][80], TOP_PLAIN);
	CHECK_INT(styles[2][20], TOP_SORTED);
	CHECK_INT(styles[2][30], TOP_HEADER);
	top_clean(&top);
}

static void test_numbers(void)
{
	top_init(&top, 1000);
	take(json_pack("[{s:s, s:i, s:i, s:i, s:I, s:I}]", "service", "x",
		       "connections", 99999, "in_use", 100000, "packets_in",
		       999949, "bytes_in", (json_int_t)999950000, "bytes_out",
		       (json_int_t)9223372036854775807));
	draw(120, 5);
	CHECK(strstr(screen[3], " 99999 100.0k    999.9k "));
	CHECK(strstr(screen[3], " 1.0G "));
	CHECK(strstr(screen[3], " 9.2E "));
	top_clean(&top);
}

static void test_sort(void)
{
	top_init(&top, 1000);
	take(services());
	keys("r");
	draw(100, 8);
	CHECK_STR(screen[0], "dnatctl top: 3 of 3 services, every 1s, by CONN/s in reverse");
	CHECK(!strncmp(screen[3], "mail ", 5));
	keys("r>");
	draw(100, 8);
	CHECK(strstr(screen[0], "by IN_USE"));
	CHECK(!strncmp(screen[3], "web ", 4));
	keys("<<");
	draw(100, 8);
	CHECK(strstr(screen[0], "by name"));
	CHECK(!strncmp(screen[3], "dns ", 4));
	CHECK(!strncmp(screen[5], "web ", 4));
	CHECK_INT(styles[2][0], TOP_SORTED);
	/* the order holds for what comes, too */
	take(services());
	draw(100, 8);
	CHECK(!strncmp(screen[3], "dns ", 4));
	top_clean(&top);
}

static void test_filter(void)
{
	top_init(&top, 1000);
	take(services());
	keys("/aiq");
	draw(100, 8);
	CHECK_STR(screen[7], "filter: aiq_");
	CHECK_STR(screen[3], "");
	CHECK_INT(top_key(&top, TOP_BACKSPACE), TOP_GO_ON);
	keys("\n");
	draw(100, 8);
	CHECK_STR(screen[0], "dnatctl top: 1 of 3 services, every 1s, by CONN/s, with ai");
	CHECK(!strncmp(screen[3], "mail ", 5));
	CHECK_STR(screen[4], "");
	/* sums are of what is shown */
	CHECK(strstr(screen[1], " 9") && !strstr(screen[1], "2103"));
	keys("/");
	for (int i = 0; i < 1000; i++)
		top_key(&top, 'x');
	CHECK_INT(strlen(top.filter), TOP_FILTER_LEN);
	CHECK_INT(top_key(&top, TOP_ESCAPE), TOP_GO_ON);
	CHECK_INT(top.n_shown, 3);
	keys("/d\n");
	CHECK_INT(top.n_shown, 1);
	CHECK_INT(top_key(&top, 27), TOP_GO_ON);
	CHECK_INT(top.n_shown, 3);
	CHECK_INT(top_key(&top, 'q'), TOP_QUIT);
	top_clean(&top);
}

static void test_backends(void)
{
	top_init(&top, 1000);
	CHECK_INT(top_key(&top, 'b'), TOP_ASK);
	CHECK_STR(top_op(&top), "stats.backends");
	take(json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}]", "service", "web",
		       "addr", "10.1.0.11", "port", 8080, "service",
		       "a\033[31mb", "addr", "fd00:1::11", "port", 53));
	draw(140, 8);
	CHECK(strstr(screen[0], "2 of 2 backends"));
	CHECK(!strncmp(screen[3], "a\\x1b[31mb [fd00:1::11]:53 ", 27));
	CHECK(!strncmp(screen[4], "web 10.1.0.11:8080 ", 19));
	CHECK_STR(screen[7], "q quit  b services  < > sort  r reverse  / filter");
	top_clean(&top);
}

static void test_scroll(void)
{
	json_t *rates = json_array();
	char name[16];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		json_array_append_new(rates, json_pack("{s:s, s:i}", "service",
						       name, "connections",
						       1000 - i));
	}
	top_init(&top, 1000);
	take(rates);
	draw(100, 14);		/* ten rows */
	CHECK(!strncmp(screen[3], "s0 ", 3));
	CHECK(!strncmp(screen[12], "s9 ", 3));
	top_key(&top, TOP_DOWN);
	draw(100, 14);
	CHECK(!strncmp(screen[3], "s1 ", 3));
	top_key(&top, TOP_PAGE_DOWN);
	draw(100, 14);
	CHECK(!strncmp(screen[3], "s11 ", 4));
	top_key(&top, TOP_END);
	draw(100, 14);
	CHECK(!strncmp(screen[12], "s99 ", 4));
	/* a larger screen is filled */
	draw(100, 44);
	CHECK(!strncmp(screen[3], "s60 ", 4));
	CHECK(!strncmp(screen[42], "s99 ", 4));
	top_key(&top, TOP_PAGE_UP);
	top_key(&top, TOP_PAGE_UP);
	top_key(&top, TOP_UP);
	draw(100, 44);
	CHECK(!strncmp(screen[3], "s0 ", 3));
	top_clean(&top);
}

/* However small, nothing is written beside it. */
static void test_sizes(void)
{
	top_init(&top, 1000);
	take(services());
	snprintf(top.note, sizeof(top.note), "dnatd is not there");
	for (int h = 1; h < 12; h++)
		for (int w = 1; w < WIDTH_MAX; w += w < 20 ? 1 : 7)
			draw(w, h);
	draw(60, 8);
	CHECK_STR(screen[7], "dnatd is not there");
	/* a name is cut, but a number that would be is left out */
	take(json_pack("[{s:s, s:i, s:i}]", "service",
		       "a-name-that-is-longer-than-its-column", "connections",
		       2000, "packets_out", 99999));
	draw(60, 8);
	CHECK_STR(screen[3], "a-name-that-is-l   2000      0         0          0");
	top_clean(&top);
}

static void test_strange(void)
{
	json_t *rates = json_pack("{}");

	top_init(&top, 1000);
	CHECK_INT(top_take(&top, rates), -EPROTO);
	json_decref(rates);
	take(json_pack("[i, {}, {s:i, s:s}]", 1, "service", 5, "connections",
		       "x"));
	draw(80, 10);
	CHECK_INT(top.n, 3);
	take(json_array());
	draw(80, 10);
	CHECK(strstr(screen[0], "0 of 0"));
	top_clean(&top);
}

int main(void)
{
	test_rows();
	test_numbers();
	test_sort();
	test_filter();
	test_backends();
	test_scroll();
	test_sizes();
	test_strange();
	return unit_result();
}
