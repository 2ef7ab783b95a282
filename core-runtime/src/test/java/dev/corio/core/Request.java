package dev.corio.core;

import dev.corio.uring.Sqe;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An operation whose entry is written by a lambda and whose completions are kept.
final class Request extends Operation {
    private final Consumer<Sqe> entry;
    final List<Integer> results = new ArrayList<>();
    int flags;

    private Request(@Nullable Descriptor descriptor, Consumer<Sqe> entry) {
        super(descriptor);
        this.entry = entry;
    }

    static Request of(Consumer<Sqe> entry) {
        return new Request(null, entry);
    }

    static Request on(Descriptor descriptor, Consumer<Sqe> entry) {
        return new Request(descriptor, entry);
    }

    @Override
    protected void prepare(Sqe sqe) {
        entry.accept(sqe);
    }

    @Override
    protected void completed(int result, int completionFlags) {
        results.add(result);
        flags = completionFlags;
    }

    @Override
    public String toString() {
        return "request(" + descriptor() + ")";
    }
}
