// swift-tools-version: 6.2
import PackageDescription

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
        .testTarget(name: "SessionFormatsTests", dependencies: ["SessionFormats"]),
        .testTarget(name: "CrashHarnessTests", dependencies: ["CrashHarness", "SessionFormats"]),
        .testTarget(name: "CrashLabCommandTests", dependencies: ["crashlab", "CrashHarness"]),
    ],
    swiftLanguageModes: [.v6]
)
