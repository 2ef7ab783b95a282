package dev.corio.bench;

import static j2html.TagCreator.body;
import static j2html.TagCreator.details;
import static j2html.TagCreator.div;
import static j2html.TagCreator.document;
import static j2html.TagCreator.each;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.h3;
import static j2html.TagCreator.h4;
import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.script;
import static j2html.TagCreator.section;
import static j2html.TagCreator.style;
import static j2html.TagCreator.summary;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.title;
import static j2html.TagCreator.tr;

import j2html.tags.DomContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Comparisons as one page of HTML that needs nothing beside it: tables, curves of latency over
/// percentile on logarithmic axes, and what each peer needs as connections grow. It is made from
/// the raw data, so it can be made again.
///
/// **Threading:** used by one thread.
final class Report {
    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/uPlot";

    private Report() {}

    /// Writes `report.html` beside the raw data in a directory.
    ///
    /// @throws IOException when there is none
    static Path write(Path directory) throws IOException {
        List<RawData> all = RawData.in(directory);
        ClientCheck check = ClientCheck.in(directory);
        if (all.isEmpty()) {
            throw new IOException(
                    directory + " holds no raw data (*.jsonl); run a comparison with --out");
        }
        Path file = directory.resolve("report.html");
        Files.writeString(file, page(all, check));
        return file;
    }

    private static String page(List<RawData> all, @Nullable ClientCheck check) throws IOException {
        return document(
                html(
                                head(
                                        meta().withCharset("utf-8"),
                                        meta().withName("viewport")
                                                .withContent("width=device-width"),
                                        title("Corio, compared"),
                                        style(rawHtml(resource(UPLOT + ".min.css"))),
                                        style(rawHtml(resource("/report/report.css")))),
                                body(
                                        h1("Corio, compared"),
                                        p(all.getFirst().machine()).withClass("machine"),
                                        p(
                                                "Each round has a fresh process for each server, on a CPU that only"
                                                        + " servers use, one at a time. They are measured in interleaved"
                                                        + " turns, and ratios are taken within a turn. In parentheses are"
                                                        + " quartiles, of fewer than eight the extremes. CPU is the"
                                                        + " kernel's accounting of the whole server process."),
                                        each(all, Report::comparison),
                                        check == null ? each() : check(check),
                                        script(rawHtml(resource(UPLOT + ".iife.min.js"))),
                                        script(rawHtml(resource("/report/report.js")))))
                        .withLang("en"));
    }

    private static DomContent comparison(RawData data) {
        return section(
                h2(data.title()),
                p("Ratios are to " + data.reference() + "."),
                setup(data),
                chart("groups", ReportCharts.scaling(data)),
                chart("groups", ReportCharts.rates(data)),
                each(data.loads(), load -> load(data, load)));
    }

    private static DomContent setup(RawData data) {
        if (data.commands().isEmpty()) {
            return each();
        }
        Table commands = new Table("server", "command line, port 0 for any");
        data.commands().forEach(commands::add);
        return details(
                summary("What was run"),
                p(Versions.text(data.versions())),
                div(table(commands)).withClass("commands"));
    }

    private static DomContent load(RawData data, LoadOptions load) {
        List<Summary> summaries = Summary.of(data.rounds(load), data.reference());
        return div(
                h3(load.text()),
                div(table(
                                load.isOpenLoop()
                                        ? OpenLoopTable.of(summaries)
                                        : ComparisonTable.of(summaries, data.reference())))
                        .withClass("scroll"),
                p(ComparisonTable.losses(summaries)).withClass("note"),
                each(ComparisonTable.warnings(summaries), text -> p(text).withClass("warning")),
                profile(summaries),
                chart("percentiles", ReportCharts.percentiles(summaries)));
    }

    private static DomContent profile(List<Summary> summaries) {
        if (!ProfileTable.isThere(summaries)) {
            return each();
        }
        return div(
                h4(ProfileTable.TITLE),
                div(table(ProfileTable.of(summaries))).withClass("scroll"),
                each(ProfileTable.hottest(summaries), line -> p(line)));
    }

    private static DomContent check(ClientCheck check) {
        return section(
                h2("Is the load generator right?"),
                p(check.title() + "; differences are taken within a round."),
                div(table(check.table())).withClass("scroll"),
                p(ClientCheck.READING),
                each(
                        ComparisonTable.disturbances(check.uses()),
                        text -> p(text).withClass("warning")));
    }

    private static DomContent chart(String kind, Map<String, Object> data) {
        // A script's content is not escaped by HTML's rules: only its end must not appear in it.
        String json = Json.line(data).replace("</", "<\\/");
        return div(script(rawHtml(json)).withType("application/json"))
                .withClass("chart")
                .withData("kind", kind);
    }

    private static DomContent table(Table rows) {
        List<List<String>> cells = rows.rows();
        return j2html.TagCreator.table(
                thead(tr(each(cells.getFirst(), cell -> th(cell)))),
                tbody(
                        each(
                                cells.subList(1, cells.size()),
                                row -> tr(each(row, cell -> td(cell))))));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the jar lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
