# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A simulated Mesos cluster and its masters; tools/mesos-sim is the program."""
