package dev.corio.net;

/// What is done with a connection, as a task of the core that has it. The connection is closed when
/// this returns or throws.
@FunctionalInterface
public interface Handler {
    void serve(TcpStream stream) throws Exception;
}
