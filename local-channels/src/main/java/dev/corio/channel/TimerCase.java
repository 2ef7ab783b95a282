package dev.corio.channel;

import dev.corio.core.Core;
import dev.corio.core.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The case of time that passes.
///
/// **Threading:** confined to its core.
final class TimerCase extends Case<@Nullable Void> {
    private final Core core;
    private final Duration delay;
    private final Timer timer =
            new Timer() {
                @Override
                protected void fired() {
                    select.timedOut(TimerCase.this);
                }
            };

    TimerCase(Select select, Core core, Duration delay) {
        super(select);
        this.core = core;
        this.delay = delay;
    }

    @Override
    public @Nullable Void value() {
        return null;
    }

    @Override
    boolean take() {
        return delay.isZero() || delay.isNegative();
    }

    @Override
    boolean begin() {
        core.arm(timer, delay);
        return false;
    }

    @Override
    void withdraw() {
        core.disarm(timer);
    }
}
