package dev.corio.bench;

import java.io.Console;
import java.io.PrintStream;

/// What a waiting person sees: one line rewritten in place on a terminal, and elsewhere (a log, a
/// pipe) a line whenever a new step begins.
///
/// **Threading:** used by one thread.
final class Progress {
    private static final String TO_LINE_START_AND_CLEAR = "\r\u001b[K";
    private static final int COLUMNS_MAX = 100;

    private final PrintStream out;
    private final boolean isTerminal;
    private final TimeLeft timeLeft = new TimeLeft(System::nanoTime);
    private String step = "";
    private boolean isLineOpen;

    Progress(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /// On standard error, so that tables on standard output can be redirected. JDK 25 answers no
    /// console again where there is no terminal, whatever the check believes.
    @SuppressWarnings("SystemConsoleNull")
    static Progress onConsole() {
        Console console = System.console();
        return new Progress(System.err, console != null && console.isTerminal());
    }

    /// A new step begins.
    void step(String text) {
        step = text;
        if (isTerminal) {
            rewrite(text);
        } else {
            out.println(text);
        }
    }

    /// How the step is doing; only a terminal shows it.
    void detail(String text) {
        if (isTerminal) {
            rewrite(step + "  " + text);
        }
    }

    /// Removes the line in place before other output.
    void clear() {
        if (isLineOpen) {
            out.print(TO_LINE_START_AND_CLEAR);
            out.flush();
            isLineOpen = false;
        }
    }

    /// How long the person will have to wait.
    TimeLeft timeLeft() {
        return timeLeft;
    }

    private void rewrite(String text) {
        String line = text.length() > COLUMNS_MAX ? text.substring(0, COLUMNS_MAX) : text;
        out.print(TO_LINE_START_AND_CLEAR + line);
        out.flush();
        isLineOpen = true;
    }
}
