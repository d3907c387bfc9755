// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /: the page for people, page.html as it stands. */
#include "api_internal.h"

/* The octets of the file, found from where the compiler is started. */
__asm__(".section .rodata\n"
	".global xdns_page_html, xdns_page_html_end\n"
	"xdns_page_html:\n"
	".incbin \"user/page.html\"\n"
	"xdns_page_html_end:\n"
	".previous\n");
extern const char xdns_page_html[], xdns_page_html_end[];

int api_page(struct api *a, const char *name, struct json_writer *w)
{
	(void)a;
	(void)name;
	fwrite(xdns_page_html, 1, (size_t)(xdns_page_html_end - xdns_page_html), w->out);
	return 200;
}
