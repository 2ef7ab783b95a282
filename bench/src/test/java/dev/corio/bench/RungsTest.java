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
        assertEquals(Summary.TURN_MEDIAN, reference("--peers=all,epoll"));
        assertEquals("epoll", reference("--against=epoll"));
        assertEquals("c-uring", reference("--against=epoll", "--peers=c-uring,all"));
    }

    @Test
    void otherComparisonsStayWithTheFirst() {
        ComparisonOptions options = CommandLine.populateCommand(new ComparisonOptions());
        assertEquals("c-uring", options.reference(EchoPeers.USUAL));
    }

    private static String reference(String... arguments) {
        RungsCommand command = CommandLine.populateCommand(new RungsCommand(), arguments);
        ComparisonOptions options = command.checked(PEERS);
        return options.reference(options.choose(PEERS, PEERS));
    }
}
