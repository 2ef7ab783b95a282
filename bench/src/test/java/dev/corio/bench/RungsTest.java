package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RungsTest {
    private static final List<Peer> PEERS = RungsCommand.peers(false);

    @Test
    void ratiosAreToTheMedianUnlessAPeerIsNamed() {
        assertEquals(Summary.TURN_MEDIAN, reference());
        assertEquals(Summary.TURN_MEDIAN, reference("--peers=all,c-uring,kernel-5.10"));
        assertEquals("epoll", reference("--against=epoll"));
        assertEquals(
                Summary.TURN_MEDIAN,
                reference("--against=epoll", "--peers=all,c-uring,kernel-5.10"),
                "who does not take part");
        assertEquals("all", reference("--peers=all,epoll"), "of two it would be the mean");
    }

    @Test
    void otherComparisonsStayWithTheFirst() {
        ComparisonOptions options = CommandLine.populateCommand(new ComparisonOptions());
        assertEquals("c-uring", options.reference(EchoPeers.USUAL));
    }

    private static String reference(String... arguments) {
        RungsCommand command = CommandLine.populateCommand(new RungsCommand(), arguments);
        ComparisonOptions options = command.prepared(PEERS);
        return options.reference(options.choose(PEERS, PEERS));
    }
}
