package dev.corio.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/// JSON as maps, one object per line: what the processes of a comparison say to each other and what
/// they leave on disk.
///
/// **Threading:** safe from any thread.
final class Json {
    private static final JSON LINES = JSON.std;

    private Json() {}

    static String line(Map<String, ? extends @Nullable Object> map) {
        return LINES.asString(map);
    }

    static Map<String, Object> parse(String line) {
        try {
            return LINES.mapFrom(line);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not a JSON object: " + line, e);
        }
    }

    static double number(Map<String, Object> map, String key) {
        return value(map, key, Number.class).doubleValue();
    }

    static long count(Map<String, Object> map, String key) {
        return value(map, key, Number.class).longValue();
    }

    static String text(Map<String, Object> map, String key) {
        return value(map, key, String.class);
    }

    @SuppressWarnings("unchecked") // the keys of a JSON object are strings
    static Map<String, Object> map(Map<String, Object> map, String key) {
        return (Map<String, Object>) value(map, key, Map.class);
    }

    /// A list of JSON objects.
    static List<Map<String, Object>> maps(Map<String, Object> map, String key) {
        List<Map<String, Object>> maps = new ArrayList<>();
        for (Object value : value(map, key, List.class)) {
            if (!(value instanceof Map<?, ?>)) {
                throw new IllegalArgumentException("\"" + key + "\" has no objects in " + map);
            }
            maps.add(map(Map.of(key, value), key));
        }
        return maps;
    }

    /// A map of texts in their order, empty where it is missing.
    static Map<String, String> texts(Map<String, Object> map, String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (map.containsKey(key)) {
            Map<String, Object> values = map(map, key);
            values.keySet().forEach(name -> texts.put(name, text(values, name)));
        }
        return texts;
    }

    private static <T> T value(Map<String, Object> map, String key, Class<T> type) {
        Object value = map.get(key);
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("\"" + key + "\" is missing in " + map);
        }
        return type.cast(value);
    }
}
