package dev.corio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `corio bench report`: the page, made again from raw data.
@Command(
        name = "report",
        description = "Make report.html from the raw data that --out has left in a directory.",
        mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Holds the raw data, *.jsonl.")
    private Path directory = Path.of(".");

    @Override
    public Integer call() throws IOException {
        System.out.println("report: " + Report.write(directory));
        return 0;
    }
}
