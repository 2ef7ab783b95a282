package dev.corio.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The code in the documentation compiles, and everything that one uses by itself shows some.
final class ExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/corio/channel");
    private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    /// What the examples take for granted.
    private static final String SURROUNDINGS =
            """
            import dev.corio.channel.*;
            import dev.corio.core.*;
            import java.time.Duration;

            abstract class Example {
                Core core;
                Core worker;
                Core other;
                Cores cores;
                Object request;
                Object response;
                LocalChannel<String> lines;

                abstract void write(Object any);
                abstract void read(Object any);
                abstract void read();
                abstract void log(String text);
                abstract void load();
                abstract void upload();
                abstract void report();
                abstract void handle();
                abstract void handle(String text);
                abstract String readLine();
                abstract String ask(String question);
                abstract String fetch(String name);

                void example() throws Exception {
                    %s
                }
            }
            """;

    @TempDir private Path output;

    static Stream<Path> documents() throws Exception {
        try (Stream<Path> files = Files.list(SOURCES)) {
            List<Path> documented =
                    files.filter(file ->
                                    file.getFileName()
                                            .toString()
                                            .matches("(Local|CrossCore|Request|Mesh|Select).*java"))
                            .sorted()
                            .toList();
            assertFalse(documented.isEmpty());
            return Stream.concat(documented.stream(), Stream.of(Path.of("README.md")));
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void examplesCompile(Path document) throws Exception {
        String text = Files.readString(document).replaceAll("(?m)^ *///(?: |$)", "");
        Matcher code = CODE.matcher(text);
        int examples = 0;
        while (code.find()) {
            assertEquals(List.of(), errorsOf(SURROUNDINGS.formatted(code.group(1))));
            examples++;
        }
        assertFalse(examples == 0, () -> document + " shows no example");
    }

    private List<String> errorsOf(String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        List<String> options =
                List.of(
                        "-proc:none",
                        "-d",
                        output.toString(),
                        "-cp",
                        System.getProperty("java.class.path"));
        var file =
                new SimpleJavaFileObject(
                        URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignored) {
                        return source;
                    }
                };
        compiler.getTask(null, null, diagnostics, options, null, List.of(file)).call();
        List<String> errors = new ArrayList<>();
        for (Diagnostic<?> each : diagnostics.getDiagnostics()) {
            if (each.getKind() == Diagnostic.Kind.ERROR) {
                errors.add(each.toString());
            }
        }
        return errors;
    }
}
