package dev.corio.bench;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
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
            LoadCommand.class,
            NettyEcho.class,
            NettyRelay.class,
            LoomEcho.class,
            CorioEcho.class,
            NioEcho.class
        })
public final class Main {
    private Main() {}

    /// Runs one sub-command and exits with its code: 0 done, 1 failed, 2 usage.
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(withCommand(arguments)));
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
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new CommandLine.TypeConversionException("'" + text + "' is not HOST:PORT");
        }
        return new InetSocketAddress(
                text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
}
