// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ncurses.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/screen.h"
#include "common/addr.h"

enum {
	PAIR_ALARM = 1,
	PAIR_TITLE,
};

static SCREEN *screen;

int screen_check(struct err *err)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return 0;
	return err_set(err, -ENOTTY, NULL,
		       "top: standard input and output are not a terminal; use \"stats service -i 1\"");
}

int screen_open(struct err *err)
{
	const char *term = getenv("TERM");
	char quoted[80];

	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return err_set(err, -EINVAL, "TERM",
			       "top: the terminal's type \"%s\" is not known; set TERM, or use \"stats service -i 1\"",
			       text_quote(term ? term : "", quoted,
					  sizeof(quoted)));
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	if (has_colors() && start_color() == OK) {
		use_default_colors();
		init_pair(PAIR_ALARM, COLOR_RED, -1);
		init_pair(PAIR_TITLE, COLOR_CYAN, -1);
	}
	return 0;
}

void screen_close(void)
{
	endwin();
	delscreen(screen);
}

/* Without colours, pair 0 is used, which changes nothing. */
static attr_t attrs_of(enum top_style style)
{
	switch (style) {
	case TOP_TITLE:
		return A_BOLD | (attr_t)COLOR_PAIR(has_colors() ? PAIR_TITLE : 0);
	case TOP_HEADER:
		return A_REVERSE;
	case TOP_SORTED:
		return A_REVERSE | A_BOLD;
	case TOP_ALARM:
		return A_BOLD | (attr_t)COLOR_PAIR(has_colors() ? PAIR_ALARM : 0);
	case TOP_PLAIN:
		break;
	}
	return A_NORMAL;
}

static void put(int y, int x, enum top_style style, const char *text,
		void *data)
{
	attr_t attrs = attrs_of(style);

	(void)data;
	attron((int)attrs);
	mvaddstr(y, x, text);
	attroff((int)attrs);
}

void screen_draw(struct top *top)
{
	erase();
	top_draw(top, COLS, LINES, put, NULL);
	refresh();
}

int screen_key(int wait_ms)
{
	static const struct {
		int curses;
		int key;
	} keys[] = {
		{ KEY_UP, TOP_UP },
		{ KEY_DOWN, TOP_DOWN },
		{ KEY_PPAGE, TOP_PAGE_UP },
		{ KEY_NPAGE, TOP_PAGE_DOWN },
		{ KEY_HOME, TOP_HOME },
		{ KEY_END, TOP_END },
		{ KEY_BACKSPACE, TOP_BACKSPACE },
		{ KEY_ENTER, '\n' },
		{ KEY_RESIZE, TOP_RESIZE },
	};
	int key;

	timeout(wait_ms);
	key = getch();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].curses)
			return keys[i].key;
	return key == ERR || key > 0xff ? -1 : key;
}
