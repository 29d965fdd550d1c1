"""The one table of structures: what the labs show, run, check and measure is listed here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ["CATALOG", "Entry", "Operation", "find_entry", "of_lab", "search"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a structure.

    ``effect`` names the cell whose won CAS (or store) is where the operation takes effect and its item counts, empty
    where it changes nothing; ``items`` is +1 where that puts an item in or makes a change, -1 where it takes one out,
    0 where there is nothing to count. ``keys`` are those that a live run draws from. What is not ``live`` is for
    programs only: its result has too many values to be named one by one.
    """

    name: str
    takes_value: bool
    effect: str
    items: int
    takes_key: bool = False
    keys: tuple[int | str, ...] = ()
    live: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a call is given: a key where it takes one, then a value where it takes one."""
        return ("key",) * self.takes_key + ("value",) * self.takes_value


@dataclass(frozen=True, slots=True)
class Entry:
    """A structure as the labs know it.

    ``family`` groups a structure with its mutex twin and its flawed variant; ``variant`` is which of the three it is:
    ``lock-free``, or ``lockless`` where it has no lock and is not lock-free all the same, ``mutex``, ``flawed``.
    ``factory`` is ``module:Class``. ``scene`` is the picture it is drawn with. ``aliases`` are the names
    that people search for. ``program`` is what Step begins with, ``start`` what is done before its threads begin.
    ``heap`` structures need the simulated heap, so they can be stepped but not watched in real threads. ``sources``
    are further modules that belong to the algorithm, as a reclamation scheme does. ``processes`` is what the processes
    share that run it in Watch (``drive.plan.SHARED``); empty where threads do.
    """

    key: str
    family: str
    variant: str
    title: str
    summary: str
    paper: str
    progress: str
    scene: str
    factory: str
    operations: tuple[Operation, ...]
    aliases: tuple[str, ...] = ()
    flaw: str = ""
    program: str = ""
    start: str = ""
    heap: bool = False
    sources: tuple[str, ...] = ()
    processes: str = ""

    def describe(self) -> dict[str, Any]:
        """The entry as plain data, for pages and the API."""
        return asdict(self) | {"labs": list(self.labs)}

    @property
    def labs(self) -> tuple[str, ...]:
        """Where it can be used."""
        if self.processes:
            return ("watch",)
        return ("step",) if self.heap else ("watch", "step")

    @property
    def source(self) -> str:
        """The dotted name of the module that holds the algorithm."""
        return self.factory.partition(":")[0]


_STACK = (Operation("push", True, "head", +1), Operation("pop", False, "head", -1))
_QUEUE = (Operation("enqueue", True, "next", +1), Operation("dequeue", False, "head", -1))
_RING = (Operation("try_put", True, "tail", +1), Operation("try_get", False, "head", -1))
_COUNTER = (Operation("increment", False, "value", +1),)
_STRIPES = (Operation("increment", False, "stripe", +1), Operation("sum", False, "", 0, live=False))
_KEYS = tuple(range(1, 8))
_FIELDS = ("volume", "brightness")
_READS = (Operation("get", False, "", 0, True, _KEYS), Operation("items", False, "", 0, live=False))
_MAP = (Operation("set", True, "root", +1, True, _KEYS), *_READS)
_RW_MAP = (Operation("set", True, "version", +1, True, _KEYS), *_READS)
_STATE = (
    Operation("set", True, "state", +1, True, _FIELDS),
    Operation("snapshot", False, "", 0),
    Operation("audit", False, "", 0),
)
_PAIR = (
    Operation("move_right", True, "balances", +1),
    Operation("move_left", True, "balances", +1),
    Operation("balances", False, "", 0, live=False),
)
_ACCOUNTS = (*(Operation(move.name, True, "moves", +1) for move in _PAIR[:2]), _PAIR[2])
_PACKAGE = "lockfree_core.structures"
_STACK_PROGRAM = ("push 3; pop | pop; push 4", "push 1; push 2")
_QUEUE_PROGRAM = ("enqueue 3; dequeue | dequeue; enqueue 4", "enqueue 1; enqueue 2")
_RING_PROGRAM = ("try_put 3; try_get | try_get; try_put 4", "try_put 1; try_put 2")
_COUNTER_PROGRAM = ("increment; increment | increment; increment", "")
_MAP_PROGRAM = ("set 3 31; get 1 | set 1 11; items", "set 2 20; set 1 10; set 3 30")
_STATE_PROGRAM = ("set volume 7; snapshot | set brightness 4; audit", "set volume 5; set brightness 5")
_ACCOUNTS_PROGRAM = ("move_right 10; balances | move_left 20", "")
_POOL_STACK_PROGRAM = ("pop | pop; push 4 | pop; pop", "push 1; push 2; push 3")
_POOL_QUEUE_PROGRAM = ("dequeue; enqueue 3 | dequeue; enqueue 4", "enqueue 1; enqueue 2")
_TREIBER = "R. K. Treiber: Systems Programming: Coping with Parallelism. IBM RJ 5118, 1986"
_MICHAEL_SCOTT = (
    "M. M. Michael, M. L. Scott: Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue Algorithms. "
    "PODC 1996"
)
_HAZARD = (
    "M. M. Michael: Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects. IEEE TPDS 15(6), 2004",
    "lockfree_core.reclamation.hazard_pointers",
    ("hazard pointers", "hazard pointer", "SMR", "safe memory reclamation", "reclamation"),
)
_EPOCH = (
    "K. Fraser: Practical Lock-Freedom. UCAM-CL-TR-579, 2004",
    "lockfree_core.reclamation.epochs",
    ("EBR", "epochs", "epoch-based reclamation", "SMR", "safe memory reclamation", "reclamation", "quiescence", "RCU"),
)
_TAGGED = ("tagged pointer", "DCAS", "double-width CAS", "cmpxchg16b", "version counter", "stamped reference",
           "AtomicStampedReference", "pool")  # fmt: skip
_PROCESSES = ("multiprocessing", "shared memory", "shared_memory", "process", "processes", "IPC", "fork")
_ABA = ("ABA", "ABA problem", "use after free", "double free")

_ENTRIES = (
    Entry(
        "treiber-stack", "stack", "lock-free", "Treiber stack",
        "Last in, first out, on one atomic head pointer.",
        "R. K. Treiber: Systems Programming: Coping with Parallelism. IBM RJ 5118, 1986.",
        "lock-free", "stack", f"{_PACKAGE}.treiber_stack:TreiberStack", _STACK,
        ("LIFO", "TreiberStack", "push", "pop", "lock-free stack", "ConcurrentStack"), "", *_STACK_PROGRAM,
    ),
    Entry(
        "locked-stack", "stack", "mutex", "Stack behind a mutex",
        "The same stack with one lock around each operation.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "stack", f"{_PACKAGE}.locked.stack:LockedStack", _STACK,
        ("LIFO", "lock", "LockedStack", "blocking stack", "mutex stack"), "", *_STACK_PROGRAM,
    ),
    Entry(
        "michael-scott-queue", "queue", "lock-free", "Michael-Scott queue",
        "First in, first out, with a dummy node; whoever finds the tail behind helps it on.",
        "M. M. Michael, M. L. Scott: Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue "
        "Algorithms. PODC 1996.",
        "lock-free", "queue", f"{_PACKAGE}.michael_scott_queue:MichaelScottQueue", _QUEUE,
        ("FIFO", "MSQueue", "MSQ", "MS queue", "MichaelScottQueue", "enqueue", "dequeue", "ConcurrentLinkedQueue",
         "lock-free queue"), "", *_QUEUE_PROGRAM,
    ),
    Entry(
        "locked-queue", "queue", "mutex", "Queue behind a mutex",
        "The same queue with one lock around each operation.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "queue", f"{_PACKAGE}.locked.queue:LockedQueue", _QUEUE,
        ("FIFO", "lock", "LockedQueue", "blocking queue", "mutex queue"), "", *_QUEUE_PROGRAM,
    ),
    Entry(
        "storing-queue", "queue", "flawed", "Queue that stores where it must CAS",
        "The simplified Michael-Scott queue of many tutorials: enqueue links its node with a plain store.",
        "A common simplification of the 1996 algorithm. Known bad.",
        "broken", "queue", f"{_PACKAGE}.flawed.storing_queue:StoringQueue", _QUEUE,
        ("FIFO", "StoringQueue", "broken queue", "simplified MSQueue", "lost segment"),
        "Two enqueuers that race both store tail.next: one segment is dropped, and a later dequeue raises.",
        "enqueue 3; dequeue | enqueue 4; dequeue", "enqueue 1",
    ),
    Entry(
        "atomic-counter", "counter", "lock-free", "Counter by CAS loop",
        "Reads, adds one, and swings the value if nobody else did.",
        "M. Herlihy: Wait-Free Synchronization. TOPLAS 13(1), 1991 (compare-and-swap as the universal primitive).",
        "lock-free", "counter", f"{_PACKAGE}.atomic_counter:AtomicCounter", _COUNTER,
        ("AtomicCounter", "AtomicInteger", "fetch_add", "increment", "AtomicLong"), "", *_COUNTER_PROGRAM,
    ),
    Entry(
        "locked-counter", "counter", "mutex", "Counter behind a mutex",
        "The same counter with a lock around read and write.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "counter", f"{_PACKAGE}.locked.counter:LockedCounter", _COUNTER,
        ("lock", "LockedCounter", "synchronized"), "", *_COUNTER_PROGRAM,
    ),
    Entry(
        "racy-counter", "counter", "flawed", "Counter that reads and then writes",
        "No CAS and no lock: an increment that comes in between is overwritten.",
        "The lost update, the oldest race there is. Known bad.",
        "broken", "counter", f"{_PACKAGE}.flawed.racy_counter:RacyCounter", _COUNTER,
        ("RacyCounter", "lost update", "race condition", "i++", "data race"),
        "Two threads that read the same number both write that number plus one; one increment is lost.",
        *_COUNTER_PROGRAM,
    ),
    Entry(
        "split-cas-counter", "counter", "flawed", "Counter whose CAS is three steps",
        "The CAS loop, with a compare-and-swap that is a read, a comparison and a write.",
        "What is left of the 1991 algorithm where its one instruction is written by hand. Known bad.",
        "broken", "counter", f"{_PACKAGE}.flawed.split_cas_counter:SplitCasCounter", _COUNTER,
        ("SplitCasCounter", "fake CAS", "check then act", "TOCTOU", "non-atomic CAS"),
        "Two threads that have both compared before either writes both write; one increment is lost.",
        *_COUNTER_PROGRAM,
    ),
    Entry(
        "striped-counter", "counter", "lock-free", "Counter in stripes",
        "A cell for each thread, eight of them: nobody waits for anybody, and the sum is read stripe after stripe.",
        "D. Lea: LongAdder. java.util.concurrent.atomic, Java 8, 2014.",
        "wait-free", "counter", f"{_PACKAGE}.striped_counter:SmallStripedCounter", _STRIPES,
        ("StripedCounter", "SmallStripedCounter", "LongAdder", "sharded counter", "per-thread counter", "false sharing",
         "statistics counter"), "", "increment; increment | increment; sum", "",
    ),
    Entry(
        "copy-on-write-map", "map", "lock-free", "Copy-on-write map",
        "A tree that is never changed: a write copies one path and swings the root; readers hold what they have.",
        "J. Driscoll, N. Sarnak, D. Sleator, R. Tarjan: Making Data Structures Persistent. JCSS 38(1), 1989.",
        "lock-free", "map", f"{_PACKAGE}.copy_on_write_map:CopyOnWriteMap", _MAP,
        ("CopyOnWriteMap", "COW", "persistent map", "immutable map", "path copying", "treap", "snapshot", "RCU"), "",
        *_MAP_PROGRAM,
    ),
    Entry(
        "rw-lock-map", "map", "mutex", "Map behind a readers-writer lock",
        "The same tree, changed in place by one writer, when no reader is inside.",
        "P. Courtois, F. Heymans, D. Parnas: Concurrent Control with Readers and Writers. CACM 14(10), 1971.",
        "blocking", "map", f"{_PACKAGE}.locked.map:RWLockMap", _RW_MAP,
        ("lock", "RWLockMap", "ReadWriteLock", "readers-writer lock", "shared mutex"), "", *_MAP_PROGRAM,
    ),
    Entry(
        "ignoring-map", "map", "flawed", "Map that ignores whether its CAS won",
        "The copy-on-write map that swings its root once, does not look, and returns.",
        "A bug as common as the pattern. Known bad.",
        "broken", "map", f"{_PACKAGE}.flawed.ignoring_map:IgnoringMap", _MAP,
        ("IgnoringMap", "lost write", "ignored CAS result", "COW"),
        "Of two writes that copied the same version one is thrown away, and its caller is told that all is well.",
        *_MAP_PROGRAM,
    ),
    Entry(
        "app-state", "state", "lock-free", "Immutable state under one CAS",
        "A frozen dataclass, replaced as a whole; readers keep the one that they have.",
        "R. Hickey: A History of Clojure. HOPL IV, 2020 (the atom).",
        "lock-free", "graph", f"{_PACKAGE}.app_state:StateHolder", _STATE,
        ("AppState", "StateHolder", "atom", "immutable state", "frozen dataclass", "snapshot", "store"), "",
        *_STATE_PROGRAM,
    ),
    Entry(
        "locked-state", "state", "mutex", "Immutable state behind a mutex",
        "The same versions with one lock around each operation.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "graph", f"{_PACKAGE}.locked.state:LockedState", _STATE,
        ("lock", "LockedState", "synchronized state"), "", *_STATE_PROGRAM,
    ),
    Entry(
        "thawed-state", "state", "flawed", "Frozen state that holds a mutable dict",
        "The dataclass is frozen; the dict that it refers to is not, and all versions share it.",
        "A freeze that is one level deep. Known bad.",
        "broken", "graph", f"{_PACKAGE}.flawed.thawed_state:ThawedState", _STATE,
        ("ThawedState", "shallow freeze", "shallow copy", "mutable default", "aliasing"),
        "A write changes the snapshots that others hold; who reads one twice may find two different things.",
        "set volume 7; set brightness 4 | audit; snapshot", "set volume 5; set brightness 5",
    ),
    Entry(
        "paired-accounts", "accounts", "lock-free", "Two accounts under one CAS",
        "Both balances in one immutable pair: a move replaces the pair, or nothing.",
        "M. Herlihy: A Methodology for Implementing Highly Concurrent Data Objects. TOPLAS 15(5), 1993.",
        "lock-free", "graph", f"{_PACKAGE}.paired_accounts:PairedAccounts", _PAIR,
        ("PairedAccounts", "bank transfer", "transaction", "multi-word CAS"), "", *_ACCOUNTS_PROGRAM,
    ),
    Entry(
        "locked-accounts", "accounts", "mutex", "Two accounts behind one mutex",
        "Two balances, one lock over both.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "graph", f"{_PACKAGE}.locked.accounts:LockedAccounts", _ACCOUNTS,
        ("lock", "LockedAccounts", "coarse lock"), "", *_ACCOUNTS_PROGRAM,
    ),
    Entry(
        "two-lock-accounts", "accounts", "flawed", "Two accounts with a lock each",
        "Each move takes the lock of the one account and then that of the other, in the order in which it needs them.",
        "E. Coffman, M. Elphick, A. Shoshani: System Deadlocks. Computing Surveys 3(2), 1971. Known bad.",
        "broken", "graph", f"{_PACKAGE}.flawed.two_locks:TwoLockAccounts", _ACCOUNTS,
        ("TwoLockAccounts", "deadlock", "lock order", "dining philosophers", "deadly embrace"),
        "Two moves in opposite directions each hold the lock that the other one waits for, for ever.",
        *_ACCOUNTS_PROGRAM,
    ),
    Entry(
        "hazard-pointer-stack", "stack", "lock-free", "Treiber stack with hazard pointers",
        "Nodes are freed and used again; each thread says which one it is looking at.",
        f"{_TREIBER}; {_HAZARD[0]}.",
        "lock-free", "stack", f"{_PACKAGE}.pooled_stack:HazardPointerStack", _STACK,
        ("LIFO", "HazardPointerStack", *_HAZARD[2]), "", *_POOL_STACK_PROGRAM, heap=True, sources=(_HAZARD[1],),
    ),
    Entry(
        "epoch-stack", "stack", "lock-free", "Treiber stack with epochs",
        "Nodes are freed and used again, when everybody who may hold one has left.",
        f"{_TREIBER}; {_EPOCH[0]}.",
        "lock-free", "stack", f"{_PACKAGE}.pooled_stack:EpochStack", _STACK,
        ("LIFO", "EpochStack", *_EPOCH[2]), "", *_POOL_STACK_PROGRAM, heap=True, sources=(_EPOCH[1],),
    ),
    Entry(
        "tagged-stack", "stack", "lock-free", "Treiber stack with a tagged head",
        "Nodes are freed at once; a version beside the pointer tells one that came back.",
        f"{_TREIBER}; the tag is that of IBM's System/370 manual of 1983.",
        "lock-free", "stack", f"{_PACKAGE}.tagged_stack:TaggedStack", _STACK,
        ("LIFO", "TaggedStack", *_TAGGED), "", *_POOL_STACK_PROGRAM, heap=True,
    ),
    Entry(
        "freeing-stack", "stack", "flawed", "Stack that frees at once",
        "The Treiber stack on memory that is freed and used again, and nobody asks who still holds a node.",
        "What IBM's System/370 manual of 1983 warns of under the name ABA. Known bad.",
        "broken", "stack", f"{_PACKAGE}.flawed.freeing_stack:FreeingStack", _STACK,
        ("LIFO", "FreeingStack", *_ABA),
        "A node that is popped, freed, allocated and pushed again is taken for the one that was read: head swings to a "
        "freed node.",
        *_POOL_STACK_PROGRAM, heap=True,
        sources=(f"{_PACKAGE}.pooled_stack", "lockfree_core.reclamation.immediate"),
    ),
    Entry(
        "unvalidated-hazard-stack", "stack", "flawed", "Stack with hazard pointers and no second look",
        "A hazard pointer is published, and nobody looks whether its node was still there.",
        "The mistake that Michael's paper of 2004 guards against. Known bad.",
        "broken", "stack", f"{_PACKAGE}.flawed.unvalidated_hazard_stack:UnvalidatedHazardStack", _STACK,
        ("LIFO", "UnvalidatedHazardStack", "hazard pointers without validation", *_ABA),
        "A node that is freed between the load and the publication is looked into all the same.",
        *_POOL_STACK_PROGRAM, heap=True, sources=(f"{_PACKAGE}.pooled_stack", _HAZARD[1]),
    ),
    Entry(
        "wrapping-tag-stack", "stack", "flawed", "Stack whose tag wraps",
        "The tagged stack with a version of two bits: after four changes it is what it was.",
        "Why tags need many bits; the Michael-Scott paper of 1996 discusses it. Known bad.",
        "broken", "stack", f"{_PACKAGE}.flawed.wrapping_tag_stack:WrappingTagStack", _STACK,
        ("LIFO", "WrappingTagStack", "tag overflow", "version wrap-around", "ABA", "tagged pointer"),
        "A thread that sleeps through four changes finds both node and version as it expects: head swings to a freed "
        "node.",
        *_POOL_STACK_PROGRAM, heap=True, sources=(f"{_PACKAGE}.tagged_stack",),
    ),
    Entry(
        "hazard-pointer-queue", "queue", "lock-free", "Michael-Scott queue with hazard pointers",
        "Nodes are freed and used again; each thread says which two it is looking at.",
        f"{_MICHAEL_SCOTT}; {_HAZARD[0]}.",
        "lock-free", "queue", f"{_PACKAGE}.pooled_queue:HazardPointerQueue", _QUEUE,
        ("FIFO", "HazardPointerQueue", *_HAZARD[2]), "", *_POOL_QUEUE_PROGRAM, heap=True, sources=(_HAZARD[1],),
    ),
    Entry(
        "epoch-queue", "queue", "lock-free", "Michael-Scott queue with epochs",
        "Nodes are freed and used again, when everybody who may hold one has left.",
        f"{_MICHAEL_SCOTT}; {_EPOCH[0]}.",
        "lock-free", "queue", f"{_PACKAGE}.pooled_queue:EpochQueue", _QUEUE,
        ("FIFO", "EpochQueue", *_EPOCH[2]), "", *_POOL_QUEUE_PROGRAM, heap=True, sources=(_EPOCH[1],),
    ),
    Entry(
        "tagged-queue", "queue", "lock-free", "Michael-Scott queue with tagged pointers",
        "The algorithm as its paper has it: nodes are freed at once, and every pointer has a version.",
        f"{_MICHAEL_SCOTT}.",
        "lock-free", "queue", f"{_PACKAGE}.tagged_queue:TaggedQueue", _QUEUE,
        ("FIFO", "TaggedQueue", *_TAGGED), "", *_POOL_QUEUE_PROGRAM, heap=True,
    ),
    Entry(
        "freeing-queue", "queue", "flawed", "Queue that frees at once",
        "The Michael-Scott queue on memory that is freed and used again, and nobody asks who still holds a node.",
        "The algorithm of 1996 without the counters that its paper gives every pointer. Known bad.",
        "broken", "queue", f"{_PACKAGE}.flawed.freeing_queue:FreeingQueue", _QUEUE,
        ("FIFO", "FreeingQueue", *_ABA),
        "A thread goes on to read, and to link behind, a node that others have freed meanwhile.",
        *_POOL_QUEUE_PROGRAM, heap=True,
        sources=(f"{_PACKAGE}.pooled_queue", "lockfree_core.reclamation.immediate"),
    ),
    Entry(
        "ring-queue", "ring", "lockless", "Bounded ring",
        "First in, first out, in four slots with stamps; no lock, and yet not lock-free.",
        "D. Vyukov: Bounded MPMC queue. 1024cores.net, 2010.",
        "blocking", "ring", f"{_PACKAGE}.ring_queue:SmallRingQueue", _RING,
        ("FIFO", "RingQueue", "SmallRingQueue", "ring buffer", "circular buffer", "bounded queue", "Vyukov", "MPMC",
         "ArrayBlockingQueue", "Disruptor"), "", *_RING_PROGRAM,
    ),
    Entry(
        "locked-ring", "ring", "mutex", "Bounded ring behind a mutex",
        "The same ring without stamps, and with one lock around each operation.",
        "The textbook alternative; the lock is the memory's own, so that a blocked thread can be seen.",
        "blocking", "ring", f"{_PACKAGE}.locked.ring:SmallLockedRing", _RING,
        ("FIFO", "lock", "LockedRing", "SmallLockedRing", "ring buffer", "circular buffer", "bounded queue",
         "mutex ring"), "", *_RING_PROGRAM,
    ),
    Entry(
        "process-cas-counter", "process-counter", "lock-free", "Counter between processes by CAS loop",
        "Processes share one page; each reads, adds one, and swings the value if no other process did.",
        "M. Herlihy: Wait-Free Synchronization. TOPLAS 13(1), 1991 (compare-and-swap as the universal primitive).",
        "lock-free", "processes", f"{_PACKAGE}.atomic_counter:AtomicCounter", _COUNTER,
        (*_PROCESSES, "SharedMemoryCounter", "AtomicCounter", "compare-and-swap", "atomics", "kill -9"), "",
        *_COUNTER_PROGRAM, processes="atomics",
    ),
    Entry(
        "process-add-counter", "process-counter", "lock-free", "Counter between processes by fetch-and-add",
        "Processes share one page; each adds with one instruction, which cannot fail.",
        "M. Herlihy: Wait-Free Synchronization. TOPLAS 13(1), 1991.",
        "wait-free", "processes", f"{_PACKAGE}.fetch_add_counter:FetchAddCounter", _COUNTER,
        (*_PROCESSES, "SharedMemoryCounter", "FetchAddCounter", "fetch_add", "fetch-and-add", "atomics"), "",
        *_COUNTER_PROGRAM,
        processes="atomics",
    ),
    Entry(
        "process-racy-counter", "process-counter", "flawed", "Counter between processes whose CAS is three steps",
        "Shared memory that is compared and then written: what many programs have for lack of a compare-and-swap.",
        "The lost update, the oldest race there is, across address spaces. Known bad.",
        "broken", "processes", f"{_PACKAGE}.flawed.split_cas_counter:SplitCasCounter", _COUNTER,
        (*_PROCESSES, "RacySharedCounter", "SplitCasCounter", "lost update", "fake CAS", "race condition"),
        "Two processes that have both compared before either writes both write; one increment is lost.",
        *_COUNTER_PROGRAM, processes="words",
    ),
    Entry(
        "process-locked-counter", "process-counter", "mutex", "multiprocessing.Value with its lock",
        "What the standard library offers: an integer in shared memory, and a lock that its users take.",
        "The textbook alternative. A process that is killed while it holds the lock leaves it held.",
        "blocking", "processes", f"{_PACKAGE}.locked.counter:LockedCounter", _COUNTER,
        (*_PROCESSES, "SharedAtomicCounter", "LockedCounter", "multiprocessing.Value", "lock", "semaphore", "kill -9"),
        "", *_COUNTER_PROGRAM, processes="value",
    ),
)  # fmt: skip

CATALOG: Final[Mapping[str, Entry]] = {entry.key: entry for entry in _ENTRIES}


def find_entry(key: str) -> Entry:
    """The entry with that key.

    Raises:
        KeyError: naming what exists.
    """
    try:
        return CATALOG[key]
    except KeyError:
        raise KeyError(f"no structure {key!r}; there are {', '.join(CATALOG)}") from None


def of_lab(lab: str) -> dict[str, Entry]:
    """The entries that a lab can use, by key."""
    return {key: entry for key, entry in CATALOG.items() if lab in entry.labs}


def search(text: str) -> list[Entry]:
    """Entries that a search for ``text`` finds: in the title, the key, the aliases or the summary, best first."""
    words = text.lower().split()
    scored: list[tuple[int, int, Entry]] = []
    for entry in CATALOG.values():
        names = " ".join((entry.title, entry.key, entry.family, *entry.aliases)).lower()
        rest = f"{entry.summary} {entry.paper} {entry.variant}".lower()
        if all(word in names or word in rest for word in words):
            scored.append((-sum(word in names for word in words), len(scored), entry))
    return [entry for _, _, entry in sorted(scored, key=lambda item: item[:2])]
