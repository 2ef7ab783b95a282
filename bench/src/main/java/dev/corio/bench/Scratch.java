package dev.corio.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A temporary directory for logs, configurations and compiled twins, gone when the JVM ends.
///
/// **Threading:** used by one thread; the hook's own thread only deletes.
final class Scratch implements AutoCloseable {
    private static final long CHILDREN_SECONDS_MAX = 10;

    private final Path directory;
    private final Thread hook;

    private Scratch(Path directory) {
        this.directory = directory;
        this.hook = Thread.ofPlatform().unstarted(this::deleteAtEnd);
    }

    static Scratch create() throws IOException {
        Scratch scratch = new Scratch(Files.createTempDirectory("corio-bench-"));
        Runtime.getRuntime().addShutdownHook(scratch.hook);
        return scratch;
    }

    Path directory() {
        return directory;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // The JVM is ending: the hook deletes.
        }
        delete();
    }

    /// Children are ended by hooks of their own, and write here until they are.
    void deleteAtEnd() {
        CompletableFuture.allOf(
                        ProcessHandle.current()
                                .children()
                                .map(ProcessHandle::onExit)
                                .toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, CHILDREN_SECONDS_MAX, TimeUnit.SECONDS)
                .join();
        try {
            delete();
        } catch (IOException | UncheckedIOException e) {
            System.err.println("left behind: " + directory + ": " + e.getMessage());
        }
    }

    private void delete() throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        Files.deleteIfExists(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
