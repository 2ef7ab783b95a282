package dev.corio.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The command line of a sub-command of ours in a JVM of its own: the same JDK and class path.
///
/// **Threading:** safe from any thread.
final class JavaCommand {
    private JavaCommand() {}

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    static List<String> of(List<String> flags, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(flags);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(List.of(arguments));
        return command;
    }
}
