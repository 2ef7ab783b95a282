/// Designs that were not taken, each measured beside what Corio has in its place.
///
/// One file is one choice: its doc says what the alternatives are and why they lost. The method
/// `corio` is the chosen one; the others are written as somebody would who believed in them. Where
/// the chosen one is internal to a module, the file has the same steps again.
///
/// Wherever something is decided by more than time, the doc says by what: a number that is better
/// here does not make a design the better one.
@NullMarked
package dev.corio.bench.alternatives;

import org.jspecify.annotations.NullMarked;
