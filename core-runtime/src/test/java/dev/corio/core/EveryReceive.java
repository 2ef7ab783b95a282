package dev.corio.core;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Like [EveryDriver], for a test of streams: where a driver has multishot receive it runs once
/// more without it, and where it can send without copies once more so.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@MethodSource("dev.corio.core.DriverUnderTest#chosenReceiving")
public @interface EveryReceive {}
