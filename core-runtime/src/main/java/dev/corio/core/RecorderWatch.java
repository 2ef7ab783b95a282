package dev.corio.core;

import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;

/// Waits until somebody starts the flight recorder, or finds that he has, and registers our events
/// then. Registered by itself, an event would start the whole recorder, a tenth of the time that a
/// runtime takes to start.
///
/// **Threading:** called by the thread that starts the recorder, or by the one that begins to watch
/// when it runs already.
final class RecorderWatch implements FlightRecorderListener {
    private RecorderWatch() {}

    static void begin() {
        FlightRecorder.addListener(new RecorderWatch());
    }

    @Override
    public void recorderInitialized(FlightRecorder recorder) {
        JfrEvents.register();
        Events.Recorder.exists = true;
    }
}
