package dev.corio.core;

import org.jspecify.annotations.Nullable;

/// The descriptors that a core owns, linked through themselves, so that none outlives it.
///
/// **Threading:** confined to its core; [#count] may be read from anywhere.
final class OpenDescriptors {
    private static final System.Logger LOG = System.getLogger("dev.corio.core");

    private @Nullable Descriptor first;
    private int count;

    int count() {
        return count;
    }

    void add(Descriptor descriptor) {
        descriptor.nextOpen = first;
        if (first != null) {
            first.previousOpen = descriptor;
        }
        first = descriptor;
        count++;
    }

    void remove(Descriptor descriptor) {
        Descriptor next = descriptor.nextOpen;
        Descriptor previous = descriptor.previousOpen;
        if (previous == null) {
            first = next;
        } else {
            previous.nextOpen = next;
        }
        if (next != null) {
            next.previousOpen = previous;
        }
        // Whoever keeps a closed one must not keep its successors too.
        descriptor.nextOpen = null;
        descriptor.previousOpen = null;
        count--;
    }

    /// Closes what nobody closed, each once its last operation is done.
    void closeAll() {
        Descriptor each = first;
        while (each != null) {
            Descriptor next = each.nextOpen;
            LOG.log(System.Logger.Level.DEBUG, "{0} was left open", each);
            each.closeSoon();
            each = next;
        }
    }
}
