package dev.corio.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Where the CPU time of a server goes, by samples of what it runs.
///
/// @param samples by place and function, the most frequent first
///
///   **Threading:** immutable.
record Profile(Map<Place, Map<String, Long>> samples) {
    private static final String UNKNOWN = "[unknown]";
    private static final String DELETED = " (deleted)";

    /// How files end in which a JVM names what it has compiled.
    private static final String MAP = ".map";

    /// Whose code it is.
    enum Place {
        /// The kernel's, in system calls and interrupts.
        KERNEL,
        /// The server's own: a program's file, or what the JVM compiled and interprets.
        PROGRAM,
        /// The JVM's: compilers, collector, and what compiled code asks of it.
        JVM,
        /// Of libraries, the C library above all.
        LIBRARIES
    }

    /// Counts lines of `perf script -F ip,sym,dso`, as in `ffff82 tcp_sendmsg ([kernel.kallsyms])`.
    ///
    /// @param program the name of the server's file
    static Profile of(Stream<String> lines, String program) {
        Map<Place, Map<String, Long>> counts = new EnumMap<>(Place.class);
        lines.map(String::strip)
                .filter(line -> line.endsWith(")"))
                .forEach(line -> count(counts, line, program));
        counts.replaceAll((place, functions) -> sorted(functions));
        return new Profile(counts);
    }

    /// The part of all samples that were taken there.
    double part(Place place) {
        return (double) count(place) / Math.max(1, count());
    }

    long count() {
        return samples.keySet().stream().mapToLong(this::count).sum();
    }

    /// The functions with the most samples in these places, each with its part of all samples.
    List<String> hottest(int countMax, Place... places) {
        Map<String, Long> all = new LinkedHashMap<>();
        for (Place place : places) {
            samples.getOrDefault(place, Map.of())
                    .forEach((name, count) -> all.merge(name, count, Long::sum));
        }
        return sorted(all).entrySet().stream()
                .limit(countMax)
                .map(each ->
                        "%s %.1f %%".formatted(each.getKey(), 100.0 * each.getValue() / count()))
                .toList();
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        samples.forEach((place, functions) -> map.put(key(place), functions));
        return map;
    }

    /// Reads what [#toMap] wrote.
    static Profile of(Map<String, Object> map) {
        Map<Place, Map<String, Long>> samples = new EnumMap<>(Place.class);
        for (Place place : Place.values()) {
            if (map.containsKey(key(place))) {
                Map<String, Object> functions = Json.map(map, key(place));
                Map<String, Long> counts = new LinkedHashMap<>();
                functions.keySet().forEach(name -> counts.put(name, Json.count(functions, name)));
                samples.put(place, counts);
            }
        }
        return new Profile(samples);
    }

    private static void count(Map<Place, Map<String, Long>> counts, String line, String program) {
        int name = line.indexOf(' ') + 1;
        int file = line.replace(DELETED, "").lastIndexOf(" (");
        String object = line.substring(file + 2, line.length() - 1).replace(DELETED, "");
        boolean isKernel = Long.parseUnsignedLong(line.substring(0, name - 1), 16) < 0;
        Place place = isKernel ? Place.KERNEL : place(object, program);
        counts.computeIfAbsent(place, each -> new LinkedHashMap<>())
                .merge(name(line.substring(Math.min(name, file), file), object), 1L, Long::sum);
    }

    private long count(Place place) {
        return samples.getOrDefault(place, Map.of()).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private static String key(Place place) {
        return place.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Long> sorted(Map<String, Long> functions) {
        List<Map.Entry<String, Long>> entries = new ArrayList<>(functions.entrySet());
        entries.sort(Map.Entry.<String, Long>comparingByValue().reversed());
        Map<String, Long> sorted = new LinkedHashMap<>();
        entries.forEach(each -> sorted.put(each.getKey(), each.getValue()));
        return sorted;
    }

    /// Code that a JVM makes is in no file, or in the file that maps its names.
    private static Place place(String object, String program) {
        if (object.endsWith("/libjvm.so")) {
            return Place.JVM;
        }
        boolean isUnnamed = object.equals(UNKNOWN) || object.startsWith("//anon");
        return isUnnamed || object.endsWith(MAP) || object.equals(program)
                ? Place.PROGRAM
                : Place.LIBRARIES;
    }

    /// Without arguments, result and package, or what a compiler appended.
    private static String name(String function, String object) {
        if (function.equals(UNKNOWN)) {
            return object.equals(UNKNOWN)
                    ? function
                    : object.substring(object.lastIndexOf('/') + 1);
        }
        if (!object.endsWith(MAP)) {
            String name = before('.', before('(', before('<', function)));
            return name.substring(name.lastIndexOf(' ') + 1);
        }
        String name = before('(', function).strip();
        name = name.substring(name.lastIndexOf(' ') + 1);
        int method = name.lastIndexOf('.');
        return name.substring(name.lastIndexOf('.', method - 1) + 1);
    }

    private static String before(char end, String text) {
        int index = text.indexOf(end);
        return index <= 0 ? text : text.substring(0, index);
    }
}
