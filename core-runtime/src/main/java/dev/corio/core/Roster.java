package dev.corio.core;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// What a core has to take leave of before it ends, its live tasks or its open descriptors: a list
/// linked through its members, so that coming and going take constant time and allocate nothing.
///
/// **Threading:** confined to its core; [#count] may be read from anywhere.
final class Roster<M extends Roster.Member<M>> implements Iterable<M> {
    private @Nullable M first;
    private int count;

    /// What can be in one roster at a time.
    abstract static class Member<M extends Member<M>> {
        private @Nullable M next;
        private @Nullable M previous;
    }

    boolean isEmpty() {
        return first == null;
    }

    int count() {
        return count;
    }

    void add(M member) {
        links(member).next = first;
        if (first != null) {
            links(first).previous = member;
        }
        first = member;
        count++;
    }

    void remove(M member) {
        Member<M> links = links(member);
        if (links.previous == null) {
            first = links.next;
        } else {
            links(links.previous).next = links.next;
        }
        if (links.next != null) {
            links(links.next).previous = links.previous;
        }
        // Whoever keeps one that has gone must not keep its successors too.
        links.next = null;
        links.previous = null;
        count--;
    }

    /// The member that was handed out last may be removed meanwhile.
    @Override
    public Iterator<M> iterator() {
        return new Iterator<>() {
            private @Nullable M next = first;

            @Override
            public boolean hasNext() {
                return next != null;
            }

            @Override
            public M next() {
                M member = next;
                if (member == null) {
                    throw new NoSuchElementException();
                }
                next = links(member).next;
                return member;
            }
        };
    }

    /// The links are private to this class, and so only seen through its own type.
    private static <M extends Member<M>> Member<M> links(M member) {
        return member;
    }
}
