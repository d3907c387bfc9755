/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is known of drivers as the place of the program, for `xdnsctl doctor`: docs/drivers.md in
 * short, which a test compares with this.
 *
 * X(what ethtool -i calls it, its name in docs/drivers.md, first kernel with native XDP or "none",
 *   largest MTU for a program without frags or 0, what to know of it)
 */
#ifndef XDNS_TOOLS_XDNSCTL_DRIVERS_H
#define XDNS_TOOLS_XDNSCTL_DRIVERS_H

/* clang-format off */
#define XDNS_DRIVERS(X)                                                                            \
	X("veth", "veth", "4.14", 3506, "native answers are lost unless the peer has NAPI on")     \
	X("virtio_net", "virtio_net", "4.10", 3506, "wants as many extra queue pairs as CPUs")     \
	X("ena", "ena", "5.6", 3498, "native only with at most half of the channels")              \
	X("gve", "gve", "6.4", 2032, "no head room; a swap of the program restarts the queues")    \
	X("hv_netvsc", "hv_netvsc", "5.6", 3506, "LRO has to be off; answers leave as skbs")       \
	X("mana", "mana", "5.17", 3506, "answers leave as skbs, under the queue's lock")           \
	X("vmxnet3", "vmxnet3", "6.6", 3494, "attaching resets the device")                        \
	X("ixgbevf", "ixgbevf", "4.17", 0, "attaching closes and opens the device")                \
	X("tun", "tun", "4.14", 0, "the answer goes to the reader of the tap")                     \
	X("ixgbe", "ixgbe", "4.12", 3050, "refused with SR-IOV, DCB or LRO on")                    \
	X("i40e", "i40e", "4.13", 3046, "attaching resets the device")                             \
	X("ice", "ice", "5.5", 3046, "needs the DDP package, and queues for half of the CPUs")     \
	X("igb", "igb", "5.10", 0, "attaching closes and opens the device")                        \
	X("igc", "igc", "5.13", 1500, "a swap of the program closes and opens the device")         \
	X("mlx4_en", "mlx4", "4.8", 3498, "attaching stops and starts the port")                   \
	X("mlx5_core", "mlx5", "4.9", 3500, "HW-GRO and LRO have to be off")                       \
	X("bnxt_en", "bnxt_en", "4.11", 3502, "channels must be combined; a swap restarts the NIC") \
	X("qede", "qede", "4.10", 0, "a swap of the program reloads the device")                   \
	X("sfc", "sfc", "5.5", 0, "a TX queue a CPU, made when the module is loaded")              \
	X("nfp", "nfp", "4.10", 0, "a TX ring more for each RX ring")                              \
	X("mvneta", "mvneta", "5.5", 3520, "not with hardware buffer management")                  \
	X("st_gmac", "stmmac", "5.13", 1500, "attaching releases and opens the device")            \
	X("fsl_dpaa2_eth", "dpaa2-eth", "5.0", 0, "a swap of the program closes and opens the device") \
	X("iavf", "iavf", "none", 0, "generic only")                                               \
	X("igbvf", "igbvf", "none", 0, "generic only")                                             \
	X("tg3", "tg3", "none", 0, "generic only")                                                 \
	X("bnx2x", "bnx2x", "none", 0, "generic only")                                             \
	X("e1000", "e1000", "none", 0, "generic only")                                             \
	X("e1000e", "e1000e", "none", 0, "generic only")                                           \
	X("r8169", "r8169", "none", 0, "generic only")                                             \
	X("be2net", "be2net", "none", 0, "generic only")                                           \
	X("hns3", "hns3", "none", 0, "generic only")                                               \
	X("idpf", "idpf", "none", 0, "generic only")                                               \
	X("bonding", "bonding", "5.15", 0, "native only if every slave has it and no own program") \
	X("802.1Q VLAN Support", "VLAN devices", "none", 0, "generic; or natively on the device below") \
	X("macvlan", "macvlan", "none", 0, "generic only")                                         \
	X("ipvlan", "ipvlan", "none", 0, "generic only")                                           \
	X("team", "team", "none", 0, "generic only")                                               \
	X("bridge", "bridge", "none", 0, "generic on the bridge")
/* clang-format on */

#endif
