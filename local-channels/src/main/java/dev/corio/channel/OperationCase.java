package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Operation;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The case of an operation that ends.
///
/// When another case is the first, the operation is cancelled and its outcome awaited. If it was
/// done in spite of that, or had failed by itself, the outcome is kept: the next [Select#await]
/// answers it before anything is begun. So no byte and no descriptor gets lost, and the buffer is
/// never the kernel's after `await`. Who gives the select up asks [#isKept] first.
///
/// **Threading:** confined to its core.
public final class OperationCase extends Case<Operation> {
    private final Core core;
    private final Operation operation;
    private boolean begun;
    private boolean kept;
    private @Nullable IOException refusal;

    OperationCase(Select select, Core core, Operation operation) {
        super(select);
        this.core = core;
        this.operation = operation;
    }

    /// The operation; see [#result] for what came of it.
    @Override
    public Operation value() {
        return operation;
    }

    /// What came of the operation.
    ///
    /// @return the result, `>= 0`
    /// @throws IOException for a negative one, or when the operation could not begin
    public int result() throws IOException {
        if (refusal != null) {
            throw refusal;
        }
        return operation.outcome();
    }

    /// Whether there is an outcome that no `await` has answered yet.
    public boolean isKept() {
        return kept;
    }

    @Override
    boolean take() {
        boolean ready = kept;
        kept = false;
        return ready;
    }

    @Override
    boolean begin() {
        refusal = null;
        try {
            core.submit(operation, select.suspension());
            begun = true;
            return false;
        } catch (IOException e) {
            refusal = e;
            return true;
        }
    }

    @Override
    void withdraw() {
        if (begun) {
            core.cancel(operation);
        }
    }

    boolean isInFlight() {
        return begun && operation.isInFlight();
    }

    boolean hasEnded() {
        return begun && !operation.isInFlight();
    }

    /// The wait in which it was begun is over, and so is the operation.
    void settled(boolean isAnswered) {
        if (begun) {
            begun = false;
            kept = !isAnswered && !operation.wasCancelled();
        }
    }
}
