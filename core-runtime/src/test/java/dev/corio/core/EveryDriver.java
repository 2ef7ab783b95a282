package dev.corio.core;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A test that runs once on each driver and takes a [DriverUnderTest]. Where a driver is not to be
/// had, its run is skipped with the reason.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@MethodSource("dev.corio.core.DriverUnderTest#chosen")
public @interface EveryDriver {}
