package dev.corio.bench;

import java.util.ArrayList;
import java.util.List;

/// Rows of text under a header: the first column to the left, numbers to the right.
///
/// **Threading:** confined to one thread.
final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(List.of(header));
    }

    void add(String... cells) {
        assert cells.length == rows.getFirst().size() : "a row has as many cells as the header";
        rows.add(List.of(cells));
    }

    /// The header first.
    List<List<String>> rows() {
        return List.copyOf(rows);
    }

    String toText() {
        int[] widths = widths();
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(column == 0 ? "" : GAP)
                        .append(padded(row.get(column), widths[column], column == 0));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    String toMarkdown() {
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < rows.size(); index++) {
            text.append("| ").append(String.join(" | ", rows.get(index))).append(" |\n");
            if (index == 0) {
                text.append("| ---").append(" | ---:".repeat(rows.getFirst().size() - 1));
                text.append(" |\n");
            }
        }
        return text.toString();
    }

    private int[] widths() {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        return widths;
    }

    private static String padded(String cell, int width, boolean left) {
        String spaces = " ".repeat(width - cell.length());
        return left ? cell + spaces : spaces + cell;
    }
}
