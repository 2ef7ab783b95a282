/// What single steps cost, measured with JMH, beside the JDK's own.
///
/// A JMH thread is none of ours, so each benchmark hands a batch to a task (or to a virtual thread
/// of the JDK) and waits for its end; a score is per step of the batch.
@NullMarked
package dev.corio.bench.micro;

import org.jspecify.annotations.NullMarked;
