/// The runtime: cores, tasks, and the way of a byte.
///
/// ```
///  task ──await──► Operation ──prepare──► Sqe ──► Driver ──► kernel
///    ▲                                              │
///    └── RunQueue ◄── resume ◄── Operation ◄── completion
/// ```
///
/// Read [Core] and its [Loop] first, which is the whole machine; then [Operation], [Driver] and one
/// of its implementations; then [Task] and [Mailbox]. What else there is, by what it is for:
///
/// ```
/// a program        Corio, Cores, CoreOptions, Signals · inside: StopSignals, ProcessLimits, ProcessEnd
/// tasks            Task, Suspension, Deadline, Blocking · Tasks, Parking, RunQueue, Sleeps, Orphans
/// requests         Operation, Descriptor, Sockets · InFlight, Dispatcher, Expiry
/// drivers          UringDriver with ControlRequests, Detours, ZeroCopySends, BufferGroup ·
///                  EpollDriver with Epoll… · Simulated…
/// which one runs   DriverKind, DriverChoice · OpenDriver, FailedDriver
/// memory           IoBuffer, BufferPool · BufferStore, BufferMemory, BufferSlab, LeaseQueue, Quarantine,
///                  BufferSupply, BufferPicks, BufferStack, BufferParts, BufferView
/// time             Timer · Timers
/// between threads  CoreCall, Detached, Doorbell, EndWatch · Mailbox, HandOver, EndWatches
/// its end          Shutdown, CoreFailure, FatalErrors · Estate
/// from outside     CoreStats, DelayHistogram · Watchdog, Events, TaskDump, LeakDetector, LoopLogger
/// in a test        Simulation, SimulationOptions, Faults, Buggify
/// ```
@NullMarked
package dev.corio.core;

import org.jspecify.annotations.NullMarked;
