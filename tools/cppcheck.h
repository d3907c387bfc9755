/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What cppcheck has to know of the libraries' headers, which it does not read (make analyze). */
#define LIBBPF_OPTS(type, name, ...)		 struct type name = {0}
#define json_object_foreach(o, k, v)		 while (((k) = json_next(o)) && ((v) = json_value(o)))
#define json_array_foreach(a, i, v)		 for ((i) = 0; ((v) = json_array_get(a, i)); (i)++)
#define cds_lfht_for_each_entry(h, i, p, m)	 while (((p) = cds_next(h)))
#define cds_list_for_each_entry(p, h, m)	 while (((p) = cds_next(h)))
#define cds_list_for_each_entry_safe(p, n, h, m) while (((p) = cds_next(h)) && ((n) = cds_next(h)))
#define bpf_object__for_each_program(p, o)	 while (((p) = bpf_object__next_program(o, p)))
#define bpf_object__for_each_map(m, o)		 while (((m) = bpf_object__next_map(o, m)))
