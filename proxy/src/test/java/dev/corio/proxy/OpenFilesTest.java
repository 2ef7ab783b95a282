package dev.corio.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class OpenFilesTest {
    @Test
    void whatIsNeededIsEnoughAndHardlyMore() {
        for (int cores : new int[] {1, 2, 64}) {
            for (int connections = 2; connections < 100_000; connections += connections / 2) {
                long files = OpenFiles.needed(connections, cores);
                assertEquals(connections, OpenFiles.connections(files, cores));
                assertTrue(OpenFiles.connections(files - 2, cores) < connections);
            }
        }
    }

    @Test
    void noLimitIsEnoughForAll() {
        assertEquals(Integer.MAX_VALUE, OpenFiles.connections(Long.MAX_VALUE / 2, 64));
    }
}
