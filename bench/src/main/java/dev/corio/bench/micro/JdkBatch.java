package dev.corio.bench.micro;

import dev.corio.core.Core;

/// A batch on a virtual thread of the JDK's default scheduler.
final class JdkBatch {
    private JdkBatch() {}

    static void run(Core.Body batch) throws InterruptedException {
        Throwable[] failure = new Throwable[1];
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        batch.run();
                    } catch (Throwable e) {
                        failure[0] = e;
                    }
                })
                .join();
        if (failure[0] != null) {
            throw new IllegalStateException("the batch failed", failure[0]);
        }
    }
}
