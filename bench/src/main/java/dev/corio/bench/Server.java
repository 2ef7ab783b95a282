package dev.corio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;

/// A server of the comparisons, which is a process of its own. Its start is measured too, so it
/// begins without the parser of the command line, which takes longer than some of them do.
///
/// **Threading:** used by one thread.
interface Server {
    /// Serves until the process ends.
    ///
    /// @param arguments in the order that the server expects; `HOST:PORT` to listen on is the first
    void serve(String... arguments) throws IOException, InterruptedException, ExecutionException;

    /// Reads `HOST:PORT`.
    ///
    /// @throws IllegalArgumentException when it is something else
    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT");
        }
        try {
            return new InetSocketAddress(
                    text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not HOST:PORT: " + e.getMessage(), e);
        }
    }
}
