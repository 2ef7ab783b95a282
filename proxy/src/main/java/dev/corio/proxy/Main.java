package dev.corio.proxy;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Entry of `corio.jar`. Ends with 0, with 1 when something failed at run time, or with 2 when the
/// command line was wrong; the last two say why in one line.
@Command(
        name = "corio",
        description = "A TCP proxy on io_uring or epoll, and a doctor for the machine it runs on.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {ProxyCommand.class, DoctorCommand.class})
public final class Main implements Runnable {
    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    @Spec private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /// Runs the command line `arguments` and ends the process.
    public static void main(String[] arguments) {
        // One line for each message of the runtime, as for our own; who wants more sets it.
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "corio: %5$s%6$s%n");
        }
        System.exit(commandLine().execute(arguments));
    }

    /// Without a subcommand there is nothing to do.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .registerConverter(Duration.class, Arguments::duration)
                .registerConverter(InetSocketAddress.class, Arguments::address)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::reportUsage)
                .setExecutionExceptionHandler((e, line, parsed) -> reportFailure(e, line));
    }

    private static int reportUsage(ParameterException e, String[] arguments) {
        CommandLine line = e.getCommandLine();
        String name = line.getCommandSpec().qualifiedName();
        line.getErr().println(name + ": " + e.getMessage() + "; see " + name + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    /// A failure of the machine or the network is one line. Anything else is our fault, and whoever
    /// repairs it needs the trace.
    private static int reportFailure(Exception e, CommandLine line) {
        PrintWriter errors = line.getErr();
        errors.println(line.getCommandSpec().qualifiedName() + ": " + describe(e));
        if (!(e instanceof IOException)) {
            e.printStackTrace(errors);
        }
        errors.flush();
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static String describe(Exception e) {
        return e instanceof IOException
                ? Objects.requireNonNullElse(e.getMessage(), e.toString())
                : e.toString();
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"corio " + Objects.requireNonNullElse(version, "(not packaged)")};
        }
    }
}
