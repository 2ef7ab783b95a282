package dev.corio.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ScratchTest {
    @Test
    void atTheEndWhatChildrenWriteLastIsDeletedToo() throws Exception {
        try (Scratch scratch = Scratch.create()) {
            Path late = scratch.file("late");
            Process child =
                    new ProcessBuilder("sh", "-c", "sleep 0.3; echo counters > " + late).start();
            assertTrue(child.isAlive());
            scratch.deleteAtEnd();
            assertFalse(child.isAlive(), "it was awaited");
            assertFalse(Files.exists(scratch.directory()));
            Files.createDirectory(scratch.directory());
        }
    }
}
