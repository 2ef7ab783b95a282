package dev.corio.proxy;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How many connections are served at once, over all cores: the one thing that they share. A place
/// is taken and given back once per connection, never per byte.
///
/// **Threading:** safe from any thread.
final class ConnectionLimit {
    private final int connectionsMax;
    private final Semaphore places;

    ConnectionLimit(int connectionsMax) {
        this.connectionsMax = connectionsMax;
        places = new Semaphore(connectionsMax);
    }

    /// Takes a place, if there is one.
    boolean tryTake() {
        return places.tryAcquire();
    }

    /// Takes a place; the task waits for one, its core goes on.
    void take() throws InterruptedException {
        places.acquire();
    }

    void giveBack() {
        places.release();
    }

    int taken() {
        return connectionsMax - places.availablePermits();
    }

    /// Waits until no place is taken.
    boolean awaitNoneTaken(Duration timeout) throws InterruptedException {
        boolean isNoneTaken =
                places.tryAcquire(connectionsMax, timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (isNoneTaken) {
            places.release(connectionsMax);
        }
        return isNoneTaken;
    }
}
