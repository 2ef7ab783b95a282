package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class PeersTest {
    private static final String SPINNING = "corio-io_uring-spin";

    @Test
    void theHelpNamesEveryPeer() {
        String echo = help("echo");
        EchoPeers.ALL.forEach(peer -> assertTrue(echo.contains(peer.name()), peer::name));
        String proxy = help("proxy");
        ProxyPeers.ALL.forEach(peer -> assertTrue(proxy.contains(peer.name()), peer::name));
        for (String both : List.of(help("serve"), help("all"))) {
            Stream.concat(EchoPeers.ALL.stream(), ProxyPeers.ALL.stream())
                    .forEach(peer -> assertTrue(both.contains(peer.name()), peer::name));
        }
    }

    @Test
    void theHelpOfAllBeginsWithWhatIsUsedMost() {
        String usage = Main.commandLine().getUsageMessage();
        String all = help("all");
        for (String option :
                List.of("--quick", "--full", "--peers", "--at", "--profile", "--out")) {
            assertTrue(usage.contains(option), option);
            assertTrue(all.contains(option), option);
        }
        assertTrue(usage.contains("Every command takes --help"), usage);
        assertTrue(all.contains("bench-results"), all);
    }

    @Test
    void theHelpSaysWhatAProfileNeeds() {
        String echo = help("echo");
        for (String need : List.of("linux-perf", "root", "kernel.perf_event_paranoid <= 1")) {
            assertTrue(echo.replaceAll("\\s+", " ").contains(need), echo);
        }
    }

    @Test
    void corioThatSpinsTakesPartOnlyWhenNamed() {
        assertFalse(EchoPeers.USUAL.stream().anyMatch(peer -> peer.name().equals(SPINNING)));
        assertEquals(
                EchoPeers.USUAL,
                new ComparisonOptions().choose(EchoPeers.USUAL, EchoPeers.ALL),
                "without --peers");
        ComparisonOptions named = new ComparisonOptions();
        new CommandLine(new Named(named)).parseArgs("--peers", SPINNING);
        assertEquals(
                List.of(SPINNING),
                named.choose(EchoPeers.USUAL, EchoPeers.ALL).stream().map(Peer::name).toList());
        assertEquals(
                List.of(SPINNING),
                named.choose(ProxyPeers.USUAL, ProxyPeers.ALL).stream().map(Peer::name).toList());
    }

    @Test
    void moreArgumentsStandAfterAPeersOwn() throws IOException {
        Peer echo = new Peer("echo", "the shell's", site -> List.of("echo", "first"));
        Peer more = echo.with("more", "second", "third");
        assertEquals("more", more.name());
        assertEquals("the shell's second third", more.description());
        try (Workbench workbench = Workbench.open(Placement.choose(), Progress.onConsole())) {
            assertEquals(
                    List.of("echo", "first", "second", "third"),
                    more.launch().command(workbench.site(more, new InetSocketAddress(7), null)));
        }
    }

    private static String help(String command) {
        return Main.commandLine().getSubcommands().get(command).getUsageMessage();
    }

    @CommandLine.Command
    private static final class Named {
        @CommandLine.Mixin private final ComparisonOptions options;

        Named(ComparisonOptions options) {
            this.options = options;
        }
    }
}
