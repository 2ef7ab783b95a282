package dev.corio.bench;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The entry of the benchmarks and of the demo.
@Command(
        name = "corio-bench",
        description = {
            "Measure Corio and its peers on this machine.",
            "Without a command: all comparisons, and a report (all)."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            AllCommand.class,
            DemoCommand.class,
            EchoCommand.class,
            ProxyCommand.class,
            RungsCommand.class,
            CheckCommand.class,
            StartCommand.class,
            ServeCommand.class,
            MicroCommand.class,
            AcrossCommand.class,
            ReportCommand.class,
            LoadCommand.class
        })
public final class Main {
    private Main() {}

    /// Runs one sub-command and exits with its code: 0 done, 1 failed, 2 usage.
    public static void main(String[] arguments) {
        Callable<Integer> server = arguments.length == 0 ? null : server(arguments[0]);
        System.exit(
                server == null
                        ? commandLine().execute(withCommand(arguments))
                        : configured(server)
                                .execute(Arrays.copyOfRange(arguments, 1, arguments.length)));
    }

    /// A server by its name; null where it is none. Without all the other commands, for its start
    /// is measured.
    private static @Nullable Callable<Integer> server(String name) {
        return switch (name) {
            case "netty-echo" -> new NettyEcho();
            case "netty-relay" -> new NettyRelay();
            case "loom-echo" -> new LoomEcho();
            case "corio-echo" -> new CorioEcho();
            case "nio-echo" -> new NioEcho();
            default -> null;
        };
    }

    /// Without a sub-command everything is compared.
    static String[] withCommand(String... arguments) {
        boolean isNamed =
                arguments.length > 0
                        && (!arguments[0].startsWith("-")
                                || List.of("-h", "--help", "-V", "--version")
                                        .contains(arguments[0]));
        if (isNamed) {
            return arguments;
        }
        return Stream.concat(Stream.of("all"), Stream.of(arguments)).toArray(String[]::new);
    }

    static CommandLine commandLine() {
        return configured(new Main());
    }

    private static CommandLine configured(Object command) {
        return new CommandLine(command)
                .registerConverter(InetSocketAddress.class, Main::address)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println(line.getCommandName() + ": " + reason(failure));
                    return 1;
                });
    }

    private static String reason(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new CommandLine.TypeConversionException("'" + text + "' is not HOST:PORT");
        }
        return new InetSocketAddress(
                text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
}
