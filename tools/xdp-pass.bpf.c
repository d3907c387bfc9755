// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Lets every frame pass. A veth device takes frames that its peer sends with
 * native XDP_TX only while it runs an XDP program itself; this is the smallest.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The same where the MTU allows frames of several buffers. */
SEC("xdp.frags")
int pass_frags(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
