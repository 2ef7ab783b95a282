package dev.corio.proxy;

import dev.corio.core.Core;
import dev.corio.core.CoreOptions;
import dev.corio.core.Cores;
import dev.corio.core.Corio;
import dev.corio.core.Cpus;
import dev.corio.core.DriverKind;
import dev.corio.core.Signal;
import dev.corio.core.Signals;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `corio proxy`: start, wait for a signal, drain, report.
@Command(
        name = "proxy",
        description = "Forwards TCP connections to upstreams in turn, one pinned core per CPU.",
        customSynopsis = "corio proxy --listen ADDRESS --to ADDRESS [OPTIONS]",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        showDefaultValues = true,
        footer = {
            "",
            "SIGTERM or Ctrl-C stops accepting and waits for the connections; a second one does not.",
            "Durations: 250ms, 3s, 5m, 1h. Addresses: host:port, [ipv6]:port, :port.",
            "Example: corio proxy --listen :6380 --to 127.0.0.1:6379 --to 127.0.0.1:6378"
        })
final class ProxyCommand implements Callable<Integer> {
    private static final int CONNECTIONS = 50_000;
    private static final String HOW_TO_RAISE =
            "(ulimit -Hn, LimitNOFILE=, docker --ulimit nofile=)";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            required = true,
            showDefaultValue = Help.Visibility.NEVER,
            description = "Accept here; may be given more than once.")
    private List<InetSocketAddress> listen = List.of();

    @Option(
            names = "--to",
            paramLabel = "ADDRESS",
            required = true,
            showDefaultValue = Help.Visibility.NEVER,
            description = "An upstream; may be given more than once.")
    private List<InetSocketAddress> upstreams = List.of();

    @Option(
            names = "--cores",
            paramLabel = "CPUS",
            description =
                    "CPUs to use, for example 0,2-3; all that affinity and cgroup allow if absent.")
    private @Nullable String cpus;

    @Option(
            names = "--driver",
            paramLabel = "DRIVER",
            converter = DriverConverter.class,
            description = "auto, io_uring or epoll; CORIO_DRIVER or auto if absent.")
    private @Nullable DriverKind driver;

    @Option(
            names = "--connect-timeout",
            paramLabel = "DURATION",
            defaultValue = "3s",
            description = "For one try of one upstream.")
    private Duration connectTimeout = Duration.ZERO;

    @Option(
            names = "--idle-timeout",
            paramLabel = "DURATION",
            defaultValue = "5m",
            description = "Closes a connection on which no byte moves for so long; 0 for never.")
    private Duration idleTimeout = Duration.ZERO;

    @Option(
            names = "--max-connections",
            paramLabel = "COUNT",
            description =
                    "Served at once; beyond that accepting pauses. No more than the limit of open"
                            + " files allows; 50000, or that limit, if absent.")
    private @Nullable Integer connectionsMax;

    @Option(
            names = "--accept",
            paramLabel = "HOW",
            defaultValue = "reuseport",
            description =
                    "reuseport: each core accepts, the kernel spreads; distribute: one core accepts"
                            + " and the least loaded one serves, for few long connections.")
    private Accepting accepting = Accepting.REUSEPORT;

    @Option(
            names = "--drain",
            paramLabel = "DURATION",
            defaultValue = "10s",
            description = "How long connections may go on after a signal to stop.")
    private Duration drain = Duration.ZERO;

    @Option(
            names = "--buffer",
            paramLabel = "SIZE",
            converter = BytesConverter.class,
            defaultValue = "16k",
            description = "Bytes read at once from a connection.")
    private int bufferBytes;

    @Option(
            names = "--spin",
            paramLabel = "DURATION",
            defaultValue = "0",
            description =
                    "Looks for work so long before sleeping: lower latency for more CPU time.")
    private Duration spin = Duration.ZERO;

    @Option(
            names = "--stats",
            paramLabel = "FILE",
            description = "Writes what happened to FILE at the end, as one line of JSON.")
    private @Nullable Path statsFile;

    @Override
    public Integer call() throws IOException {
        PrintWriter output = spec.commandLine().getOut();
        Notices notices = new Notices(spec.commandLine().getErr());
        int connections = connections();
        Run run = new Run(proxyOptions(connections), notices, output);
        int code = run(coreOptions(connections), run);
        run.report();
        return code;
    }

    /// The program of the main task, and what is left to say once the cores are closed.
    private final class Run implements Corio.Program {
        private final ProxyOptions options;
        private final Notices notices;
        private final PrintWriter output;
        private @Nullable IOException failure;
        private @Nullable Proxy proxy;
        private @Nullable Stats stats;

        Run(ProxyOptions options, Notices notices, PrintWriter output) {
            this.options = options;
            this.notices = notices;
            this.output = output;
        }

        @Override
        public int run(Core core) throws InterruptedException {
            Cores cores = core.cores();
            try {
                Proxy started = Proxy.start(cores, options, notices);
                if (connectionsMax == null && options.connectionsMax() < CONNECTIONS) {
                    sayLimit(options.connectionsMax(), notices);
                }
                // Before the line: who reads it may ask for the stop at once.
                try (Signals stop = Signals.open(Signal.TERM, Signal.INT)) {
                    output.println(startLine(cores, started));
                    output.flush();
                    stop.next();
                }
                drain(started, output);
                stats = Stats.of(cores);
                proxy = started;
                return CommandLine.ExitCode.OK;
            } catch (IOException e) {
                failure = e;
                return CommandLine.ExitCode.SOFTWARE;
            }
        }

        /// The traffic is exact only now.
        void report() throws IOException {
            if (failure != null) {
                throw failure;
            }
            if (statsFile != null && stats != null && proxy != null) {
                stats.write(statsFile, proxy.traffic());
            }
        }
    }

    /// A demand that contradicts the machine, such as a CPU that is not ours, is a wrong command
    /// line.
    private int run(CoreOptions coreOptions, Corio.Program program) throws IOException {
        try {
            return Corio.run(coreOptions, program);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e); // a JVM flag is missing; the text names it
        }
    }

    private void drain(Proxy proxy, PrintWriter output) throws IOException {
        int served = 0;
        try {
            proxy.stopAccepting();
            served = proxy.connections();
            if (served > 0) {
                output.printf(
                        "corio proxy: stopping, %d connections may go on for %s%n",
                        served, Arguments.text(drain));
                output.flush();
            }
            proxy.drain(drain);
        } catch (InterruptedException secondSignal) {
            output.println("corio proxy: signalled again");
        }
        int left = proxy.connections();
        output.printf(
                "corio proxy: stopped, %d connections drained, %d cut%n",
                Math.max(0, served - left), left);
        output.flush();
    }

    private String startLine(Cores cores, Proxy proxy) {
        String where =
                cores.isPinned()
                        ? cores.all().stream()
                                .map(core -> String.valueOf(core.cpu()))
                                .collect(Collectors.joining(",", "cpu ", ""))
                        : "unpinned";
        return "corio proxy: kernel %s, driver %s (%s), %d cores (%s), listening on %s, to %s"
                .formatted(
                        System.getProperty("os.version"),
                        cores.driver().kind(),
                        cores.driver().reason(),
                        cores.size(),
                        where,
                        join(proxy.addresses()),
                        join(upstreams));
    }

    private static String join(List<InetSocketAddress> addresses) {
        return addresses.stream().map(Proxy::text).collect(Collectors.joining(", "));
    }

    /// As many as were asked for, if there can be descriptors for them: whoever found out later
    /// would be a client. Where nobody asked, as many as there can be.
    private int connections() throws IOException {
        long files = OpenFiles.raise();
        int possible = OpenFiles.connections(files, coreCount());
        if (connectionsMax == null) {
            return Math.min(CONNECTIONS, possible);
        }
        require(connectionsMax > 0, "--max-connections must be positive: " + connectionsMax);
        require(
                connectionsMax <= possible,
                "--max-connections "
                        + connectionsMax
                        + ": the hard limit of open files, "
                        + files
                        + ", is enough for "
                        + possible
                        + "; raise it to "
                        + OpenFiles.needed(connectionsMax, coreCount())
                        + " "
                        + HOW_TO_RAISE
                        + ", or ask for fewer");
        return connectionsMax;
    }

    private static void sayLimit(int connections, Notices notices) throws IOException {
        notices.say(
                "serves at most "
                        + connections
                        + " connections, for the hard limit of open files is "
                        + OpenFiles.raise()
                        + ": raise it "
                        + HOW_TO_RAISE);
    }

    private int coreCount() throws IOException {
        try {
            return cpus == null ? Cpus.read().usable().length : Arguments.cpus(cpus).length;
        } catch (TypeConversionException e) {
            throw new ParameterException(spec.commandLine(), "--cores: " + e.getMessage(), e);
        }
    }

    private ProxyOptions proxyOptions(int connections) {
        require(connectTimeout.isPositive(), "--connect-timeout must be positive");
        for (InetSocketAddress upstream : upstreams) {
            require(upstream.getPort() != 0, "--to " + Proxy.text(upstream) + " has no port");
        }
        return new ProxyOptions(
                listen, upstreams, connectTimeout, idleTimeout, connections, accepting);
    }

    private CoreOptions coreOptions(int connections) {
        try {
            CoreOptions options =
                    CoreOptions.defaults()
                            .bufferBytes(bufferBytes)
                            .spin(spin)
                            // Two directions for each connection, all of which one core may get,
                            // and each of them may receive while it sends.
                            .operationsMax(Math.clamp(4L * connections + 1024, 1 << 18, 1 << 24));
            if (driver != null) {
                options = options.driver(driver);
            }
            return cpus == null ? options : options.cpus(Arguments.cpus(cpus));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void require(boolean condition, String text) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), text);
        }
    }

    static final class BytesConverter implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return Arguments.bytes(text);
        }
    }

    static final class DriverConverter implements ITypeConverter<DriverKind> {
        @Override
        public DriverKind convert(String text) {
            try {
                return DriverKind.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
