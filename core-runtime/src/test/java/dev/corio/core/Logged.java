package dev.corio.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What the runtime logs while this is open; kept from the console.
final class Logged implements AutoCloseable {
    private final Logger logger = Logger.getLogger("dev.corio.core");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    records.add(record);
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    Logged() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    /// The messages that contain a text.
    List<String> with(String text) {
        return records.stream()
                .map(LogRecord::getMessage)
                .filter(message -> message.contains(text))
                .toList();
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
