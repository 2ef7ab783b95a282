package dev.corio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
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
        },
        footer = {
            "",
            "Most used, of all comparisons and of each: --quick for a first look, --full for hours,"
                    + " --peers NAME,NAME for some of the servers, --at PERCENT,PERCENT for open loops,"
                    + " --profile for where CPU time goes, --out DIR to keep raw data.",
            "Every command takes --help."
        })
public final class Main {
    private Main() {}

    /// Runs one sub-command and exits with its code: 0 done, 1 failed, 2 usage.
    public static void main(String[] arguments) {
        Server server = arguments.length == 0 ? null : server(arguments[0]);
        System.exit(
                server == null
                        ? commandLine().execute(withCommand(arguments))
                        : serve(server, arguments));
    }

    /// A server by its name; null where it is none.
    private static @Nullable Server server(String name) {
        return switch (name) {
            case "netty-echo" -> new NettyEcho();
            case "netty-relay" -> new NettyRelay();
            case "loom-echo" -> new LoomEcho();
            case "corio-echo" -> new CorioEcho();
            case "nio-echo" -> new NioEcho();
            case "nio-relay" -> new NioRelay();
            default -> null;
        };
    }

    private static int serve(Server server, String... arguments) {
        try {
            server.serve(Arrays.copyOfRange(arguments, 1, arguments.length));
            return 0;
        } catch (IOException | InterruptedException | ExecutionException | RuntimeException e) {
            System.err.println(arguments[0] + ": " + reason(e));
            return 1;
        }
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
        return new CommandLine(new Main())
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
        try {
            return Server.address(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }
}
