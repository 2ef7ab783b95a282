package dev.corio.bench;

import dev.corio.uring.RingFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `corio bench rungs`: what each feature of io_uring is worth, taken away alone, or used alone
/// where it is off otherwise, and what older kernels have of them. Before those the C program with
/// features that pay nothing there.
@Command(
        name = "rungs",
        description = "Compare Corio with and without each feature of io_uring.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Ratios are to the median of all peers in the same turn, unless --against names one.",
            "",
            "Peers: c-uring, c-fixed-files, c-poll-first, c-zero-copy, c-multishot, c-multishot-128,"
                    + " c-incremental (not with --proxy), all, no-FEATURE, with-FEATURE, kernel-5.7,"
                    + " kernel-5.10, kernel-5.15, kernel-6.0, kernel-6.1, epoll."
        })
final class RungsCommand implements Callable<Integer> {
    private static final String TITLE = "The features of io_uring";

    /// Those that the drivers use and a program runs without. Of the ways to run completion work
    /// the better one hides the others.
    private static final List<List<RingFeature>> FEATURES =
            List.of(
                    List.of(RingFeature.DEFER_TASKRUN),
                    List.of(
                            RingFeature.DEFER_TASKRUN,
                            RingFeature.COOP_TASKRUN,
                            RingFeature.TASKRUN_FLAG),
                    List.of(RingFeature.DEFER_TASKRUN, RingFeature.SINGLE_ISSUER),
                    List.of(RingFeature.REGISTERED_RING),
                    List.of(RingFeature.NO_SQARRAY),
                    List.of(RingFeature.EXT_ARG),
                    List.of(RingFeature.NO_IOWAIT),
                    List.of(RingFeature.PBUF_RING),
                    List.of(RingFeature.MULTISHOT_RECV),
                    List.of(RingFeature.MULTISHOT_ACCEPT),
                    List.of(RingFeature.CQE_SKIP));

    private static final List<String> PRESETS =
            List.of("kernel-6.1", "kernel-6.0", "kernel-5.15", "kernel-5.10", "kernel-5.7");

    @Mixin private ComparisonOptions options = new ComparisonOptions();

    @Option(names = "--proxy", description = "As a proxy before an echo server, not as an echo.")
    private boolean isProxy;

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Peer> peers = peers(isProxy);
        new ComparisonRun(prepared(peers), options.directory(), System.out)
                .run(
                        TITLE,
                        isProxy ? "rungs-proxy" : "rungs-echo",
                        peers,
                        peers,
                        isProxy ? ProxyPeers.UPSTREAM : null);
        return 0;
    }

    /// The options with what is usual here. Most peers differ by little, and all would by the luck
    /// of the one they are compared with.
    ComparisonOptions prepared(List<Peer> peers) {
        options.checkNames(peers);
        options.preferMedian();
        return options;
    }

    static List<Peer> peers(boolean isProxy) {
        List<Peer> peers = new ArrayList<>(isProxy ? List.of() : EchoPeers.C_VARIANTS);
        Peer all = corio(isProxy, "all", "io_uring", "");
        peers.add(all);
        for (List<RingFeature> features : FEATURES) {
            List<String> names = features.stream().map(RingFeature::name).toList();
            peers.add(
                    corio(
                            isProxy,
                            "no-" + String.join("+", names),
                            "io_uring",
                            "-" + String.join(",-", names)));
        }
        peers.add(corio(isProxy, "with-FIXED_FILES", "io_uring", "+FIXED_FILES"));
        peers.add(corio(isProxy, "with-PBUF_INC", "io_uring", "+PBUF_INC"));
        peers.add(
                corio(
                        isProxy,
                        "no-MULTISHOT_RECV+with-POLL_FIRST",
                        "io_uring",
                        "-MULTISHOT_RECV,+POLL_FIRST"));
        peers.add(all.withJvmOption("with-SEND_ZC", "-Dcorio.send.zerocopy=1"));
        peers.add(all.withJvmOption("with-NAPI", "-Dcorio.napi.micros=50"));
        PRESETS.forEach(preset -> peers.add(corio(isProxy, preset, "io_uring", preset)));
        peers.add(corio(isProxy, "epoll", "epoll", ""));
        return peers;
    }

    private static Peer corio(boolean isProxy, String name, String driver, String featureMask) {
        return isProxy
                ? ProxyPeers.corio(name, driver, featureMask)
                : EchoPeers.corio(name, driver, featureMask);
    }
}
