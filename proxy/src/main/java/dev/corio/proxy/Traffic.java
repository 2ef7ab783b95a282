package dev.corio.proxy;

/// What went through.
///
/// @param accepted connections taken from the kernel
/// @param refused of these, the ones that no upstream took or that failed before any byte moved
/// @param bytesForward from clients to upstreams
/// @param bytesBackward from upstreams to clients
record Traffic(long accepted, long refused, long bytesForward, long bytesBackward) {
    static final Traffic ZERO = new Traffic(0, 0, 0, 0);

    Traffic plus(Traffic other) {
        return new Traffic(
                accepted + other.accepted,
                refused + other.refused,
                bytesForward + other.bytesForward,
                bytesBackward + other.bytesBackward);
    }
}
