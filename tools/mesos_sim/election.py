# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Leadership moves; agents and frameworks register with a new leader; masters go and come."""
import collections
import threading
import time


class Plan:
    """What a new leader knows, and what happens to it then."""

    def __init__(self, given):
        self.empty = bool(given.pop('empty', False))
        self.recovered = bool(given.pop('recovered', True))
        self.rate = float(given.pop('reregister', 0))
        self.lost = int(given.pop('lost', 0))
        self.share = float(given.pop('frameworks', 1.0))
        self.frameworks_after = float(given.pop('frameworks_after', 0))
        if given:
            raise ValueError('nothing known of ' + ', '.join(given))


class Election:
    """Called with the simulation's lock held."""

    def __init__(self, sim, make_server):
        self.sim, self.make_server = sim, make_server
        self.term = 0  # ends what an earlier leader had begun
        self.zookeeper = None
        self.planned = {}  # master -> Plan, for when ZooKeeper says that it leads

    # Masters

    def up(self, master):
        if master.server is None:
            master.server = self.make_server(master)
            master.host, master.port = master.server.server_address[:2]
            master.server.start()
            self.sim.emit(None, None, what='master up', master=master.number)
            if self.zookeeper:
                self.zookeeper.register(master)

    def down(self, master):
        """It refuses connections, as when its process has ended."""
        server, master.server = master.server, None
        if server is None:
            return
        if master is self.sim.leader:
            self.lose()
        else:
            master.reborn()
        if self.zookeeper:
            self.zookeeper.withdraw(master)
        server.refuse()
        # Its loop has to end first, and may need the lock for that.
        threading.Thread(target=server.stop, daemon=True).start()
        self.sim.emit(None, None, what='master down', master=master.number)

    # Leadership

    def lose(self):
        """Nobody leads."""
        self.term += 1
        self.sim.waiting.clear()
        if self.sim.leader:
            self.sim.leader.reborn()
        self.sim.leader = None
        self.sim.hub.drop_all()
        self.sim.emit(None, None, what='no leader')

    def elect(self, master, plan, pause=0.0, down=False):
        """Another master leads after so many seconds, or the same one in another life."""
        old = self.sim.leader
        if old:
            self.lose()
        if down and old and old is not master:
            self.down(old)
        self.up(master)
        if self.zookeeper:
            self.planned[master] = plan
            self.sim.clock.after(pause, lambda: self.zookeeper.arrange(master))
        elif pause:
            term = self.term
            self.sim.clock.after(pause, lambda: self.later(term, master, plan))
        else:
            self.lead(master, plan)

    def later(self, term, master, plan):
        with self.sim.lock:
            if term == self.term and master.server:
                self.lead(master, plan)

    def won(self, master):
        """ZooKeeper says who leads; None: nobody, or none of ours."""
        with self.sim.lock:
            if master is not self.sim.leader or master in self.planned:
                if self.sim.leader:
                    self.lose()
                if master and master.server:
                    self.lead(master, self.planned.pop(master, None) or Plan({}))

    def lead(self, master, plan):
        sim, self.term = self.sim, self.term + 1
        master.elected = time.time()
        sim.cluster.elected(plan.empty, plan.recovered)
        sim.leader = master
        sim.emit(None, None, what='elected', master=master.number, id=master.id,
                 address=master.address, empty=plan.empty)
        if plan.empty:
            self.come_back(plan)

    # Agents and frameworks register again

    def come_back(self, plan):
        sim, term = self.sim, self.term
        agents = list(sim.cluster.agents.values())
        sim.cluster.random.shuffle(agents)
        sim.waiting = collections.deque(agents[:max(0, len(agents) - plan.lost)])
        frameworks = list(sim.cluster.frameworks.values())
        sim.clock.after(plan.frameworks_after, lambda: self.register_frameworks(
            term, frameworks[:round(plan.share * len(frameworks))]))
        if plan.rate > 0:
            sim.clock.each(plan.rate, len(sim.waiting), lambda: self.register(term))

    def register(self, term):
        """The next agent that waits for it."""
        with self.sim.lock:
            while term == self.term and self.sim.waiting:
                agent = self.sim.waiting.popleft()
                if agent.id in self.sim.cluster.agents and not agent.registered:
                    self.sim.cluster.register(agent)
                    return

    def register_frameworks(self, term, frameworks):
        with self.sim.lock:
            for framework in frameworks if term == self.term else ():
                if framework.id in self.sim.cluster.frameworks:
                    self.sim.cluster.register_framework(framework)
