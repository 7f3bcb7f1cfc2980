// swift-tools-version: 6.2
import PackageDescription

// libFuzzer brings the main function of each target, so they build only with the fuzzer's runtime: `make fuzz` sets this.
let isFuzzing = Context.environment["CRASHLAB_FUZZ"] == "1"

let fuzzTargets: [Target] = [
    .target(name: "FuzzMutation", dependencies: ["FuzzSupport", "CrashHarness"], path: "Sources/FuzzTargets/Mutation"),
    // One program for all targets, which tells them by the name under which it runs; `make fuzz-targets` gives it the names.
    .executableTarget(
        name: "fuzz", dependencies: ["FuzzSupport", "FuzzMutation"], path: "Sources/FuzzTargets/Program",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
]

let package = Package(
    name: "CrashLab",
    products: [
        .library(name: "SessionFormats", targets: ["SessionFormats"]),
        .library(name: "SessionFormatsFoundation", targets: ["SessionFormatsFoundation"]),
        .library(name: "LiveReplay", targets: ["LiveReplay"]),
        .library(name: "CrashHarness", targets: ["CrashHarness"]),
        .executable(name: "crashlab", targets: ["crashlab"]),
    ],
    targets: [
        // BLAKE3 with 256-bit vectors, behind a check at run time.
        .target(name: "WideHash"),
        // The ends of strings and UTF-8 in the same way.
        .target(name: "WideText"),
        // Mapped files that other programs cut, for programs that want to survive that.
        .target(name: "FileFaults"),
        .target(name: "SessionFormats", dependencies: ["WideHash", "WideText", "FileFaults"]),
        // What UUID and Date have to do with the formats' own values.
        .target(name: "SessionFormatsFoundation", dependencies: ["SessionFormats"]),
        .target(name: "LiveReplay", dependencies: ["SessionFormats"]),
        .target(name: "CrashHarness", dependencies: ["SessionFormats", "LiveReplay"]),
        .executableTarget(name: "crashlab", dependencies: ["SessionFormats", "LiveReplay", "CrashHarness"]),
        // What one input of a fuzzer is used for; also what replays the corpus in the tests.
        .target(
            name: "FuzzSupport", dependencies: ["SessionFormats", "LiveReplay", "CrashHarness"],
            path: "Sources/FuzzTargets/Support"),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(
            name: "SessionFormatsTests", dependencies: ["SessionFormats", "SessionFormatsFoundation", "TestSupport"]),
        .testTarget(name: "LiveReplayTests", dependencies: ["LiveReplay", "SessionFormats", "TestSupport"]),
        .testTarget(
            name: "CrashHarnessTests",
            dependencies: ["CrashHarness", "SessionFormats", "LiveReplay", "FuzzSupport", "TestSupport"]),
        .testTarget(name: "CrashLabCommandTests", dependencies: ["crashlab", "CrashHarness"]),
    ] + (isFuzzing ? fuzzTargets : []),
    swiftLanguageModes: [.v6]
)
