package dev.corio.net;

/// What is done with a connection, as a task of the core that has it. The connection is closed when
/// this returns or throws; what it throws is the outcome of that task.
///
/// **Threading:** called on the core that owns the stream, in a task, so it may wait.
@FunctionalInterface
public interface Handler {
    void serve(TcpStream stream) throws Exception;
}
