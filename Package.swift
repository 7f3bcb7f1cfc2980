// swift-tools-version: 6.2
import PackageDescription

// libFuzzer brings the main function of each target, so they build only with the fuzzer's runtime: `make fuzz` sets this.
let isFuzzing = Context.environment["CRASHLAB_FUZZ"] == "1"

func fuzzTarget(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: dependencies, path: "Sources/FuzzTargets/\(name)",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let fuzzTargets: [Target] =
    ["session-log", "live-replay-trace", "cursor", "judges", "empty"].map { fuzzTarget($0, ["FuzzSupport"]) }
    // Those whose lengths and checksums are mended after a mutation.
    + ["replay-segment", "active-session", "mv2"].map { fuzzTarget($0, ["FuzzSupport", "FuzzMutation"]) }
    + [.target(name: "FuzzMutation", dependencies: ["FuzzSupport"], path: "Sources/FuzzTargets/Mutation")]

let package = Package(
    name: "CrashLab",
    products: [
        .library(name: "SessionFormats", targets: ["SessionFormats"]),
        .library(name: "CrashHarness", targets: ["CrashHarness"]),
        .executable(name: "crashlab", targets: ["crashlab"]),
    ],
    targets: [
        // BLAKE3 with 256-bit vectors, behind a check at run time.
        .target(name: "WideHash"),
        .target(name: "SessionFormats", dependencies: ["WideHash"]),
        .target(name: "CrashHarness", dependencies: ["SessionFormats"]),
        .executableTarget(name: "crashlab", dependencies: ["SessionFormats", "CrashHarness"]),
        // What one input of a fuzzer is used for; also what replays the corpus in the tests.
        .target(
            name: "FuzzSupport", dependencies: ["SessionFormats", "CrashHarness"], path: "Sources/FuzzTargets/Support"),
        .testTarget(name: "SessionFormatsTests", dependencies: ["SessionFormats"]),
        .testTarget(name: "CrashHarnessTests", dependencies: ["CrashHarness", "SessionFormats", "FuzzSupport"]),
        .testTarget(name: "CrashLabCommandTests", dependencies: ["crashlab", "CrashHarness"]),
    ] + (isFuzzing ? fuzzTargets : []),
    swiftLanguageModes: [.v6]
)
