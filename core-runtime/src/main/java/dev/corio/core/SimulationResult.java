package dev.corio.core;

import java.time.Duration;

/// What one run of a [Simulation] came to. Two runs of one seed are equal in all of it.
///
/// @param seed of the run
/// @param time virtual time that passed
/// @param events what the kernel did and was asked
/// @param traceHash over all events
/// @param trace the events as text, a line for each: the last hundred, or all of them when the run
///   was made with [Simulation#trace]
/// @param stats the core's, at its end
///
///   **Threading:** immutable.
public record SimulationResult(
        long seed, Duration time, long events, long traceHash, String trace, CoreStats stats) {}
